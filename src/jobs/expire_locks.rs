//! Removes locks that are of no use to anybody any more.

use std::sync::Arc;
use std::time::Duration;

use domain::{JobKind, Result};
use services::{Backends, files};

use crate::{Job, Progress, Turn};

pub const JOB: Job = Job {
    kind: JobKind::named("expire-locks"),
    every: |_| Some(Duration::from_secs(3600)),
    body: |backends, turn| Box::pin(run(backends, turn)),
};

async fn run(backends: Arc<Backends>, turn: Turn) -> Result<Progress> {
    files::expire_locks(turn.now, &backends).await.map(Progress::more_if)
}
