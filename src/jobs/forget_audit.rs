//! Removes entries of the record of who did what that are older than the settings say.

use std::sync::Arc;
use std::time::Duration;

use domain::{JobKind, Result};
use services::{Backends, audit};

use crate::{Job, Progress, Turn};

pub const JOB: Job = Job {
    kind: JobKind::named("forget-audit"),
    every: |_| Some(Duration::from_secs(3600)),
    body: |backends, turn| Box::pin(run(backends, turn)),
};

async fn run(backends: Arc<Backends>, turn: Turn) -> Result<Progress> {
    audit::forget(&backends, turn.now).await.map(Progress::more_if)
}
