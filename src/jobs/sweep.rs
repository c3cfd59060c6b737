//! Removes from the store what nothing refers to any more.

use std::sync::Arc;
use std::time::Duration;

use domain::{JobKind, Result};
use services::{Backends, upkeep};

use crate::{Job, Progress, Turn};

pub const JOB: Job = Job {
    kind: JobKind::named("sweep"),
    every: |_| Some(Duration::from_secs(6 * 3600)),
    body: |backends, turn| Box::pin(run(backends, turn)),
};

async fn run(backends: Arc<Backends>, turn: Turn) -> Result<Progress> {
    while upkeep::sweep(turn.now, &backends).await? {
        if turn.stop.is_cancelled() {
            return Ok(Progress::More);
        }
    }
    Ok(Progress::Done)
}
