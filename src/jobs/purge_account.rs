//! Purges everything of an account that was deleted.

use std::sync::Arc;

use domain::Result;
use services::{Backends, users};

use crate::{Job, Progress, Turn};

pub const JOB: Job =
    Job { kind: users::PURGE, every: |_| None, body: |backends, turn| Box::pin(run(backends, turn)) };

async fn run(backends: Arc<Backends>, turn: Turn) -> Result<Progress> {
    users::purge_batch(turn.now, &backends, &turn.key).await.map(Progress::more_if)
}
