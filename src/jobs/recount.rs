//! Adds up every space, and sets right what is counted wrongly.

use std::sync::Arc;
use std::time::Duration;

use domain::{JobKind, Result};
use services::{Backends, quotas};

use crate::{Job, Progress, Turn};

pub const JOB: Job = Job {
    kind: JobKind::named("recount"),
    every: |_| Some(Duration::from_secs(24 * 3600)),
    body: |backends, turn| Box::pin(run(backends, turn)),
};

async fn run(backends: Arc<Backends>, turn: Turn) -> Result<Progress> {
    quotas::recount(&backends, turn.now).await.map(|_| Progress::Done)
}
