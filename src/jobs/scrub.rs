//! Reads the share of the day of everything stored, to see whether it still is what it was.

use std::sync::Arc;
use std::time::Duration;

use domain::{JobKind, Result};
use services::{Backends, upkeep};

use crate::{Job, Progress, Turn};

pub const JOB: Job = Job {
    kind: JobKind::named("scrub"),
    every: |backends| (backends.scrub.days > 0).then_some(Duration::from_secs(24 * 3600)),
    body: |backends, turn| Box::pin(run(backends, turn)),
};

async fn run(backends: Arc<Backends>, turn: Turn) -> Result<Progress> {
    while upkeep::scrub(turn.now, &backends).await? {
        if turn.stop.is_cancelled() {
            return Ok(Progress::More);
        }
    }
    Ok(Progress::Done)
}
