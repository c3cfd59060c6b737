//! Purges what is in a project that somebody has purged.

use std::sync::Arc;

use domain::Result;
use services::{Backends, projects};

use crate::{Job, Progress, Turn};

pub const JOB: Job =
    Job { kind: projects::PURGE, every: |_| None, body: |backends, turn| Box::pin(run(backends, turn)) };

async fn run(backends: Arc<Backends>, turn: Turn) -> Result<Progress> {
    while projects::purge_batch(&backends, &turn.key).await? {
        if turn.stop.is_cancelled() {
            return Ok(Progress::More);
        }
    }
    Ok(Progress::Done)
}
