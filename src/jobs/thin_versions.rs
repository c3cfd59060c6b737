//! Thins out the earlier contents of files.

use std::sync::Arc;
use std::time::Duration;

use domain::{JobKind, Result};
use services::{Backends, versions};

use crate::{Job, Progress, Turn};

pub const JOB: Job = Job {
    kind: JobKind::named("thin-versions"),
    every: |_| Some(Duration::from_secs(24 * 3600)),
    body: |backends, turn| Box::pin(run(backends, turn)),
};

async fn run(backends: Arc<Backends>, turn: Turn) -> Result<Progress> {
    versions::thin(&backends, turn.now).await.map(Progress::more_if)
}
