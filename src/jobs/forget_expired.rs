//! Removes idempotency keys, sessions, invitations and app passwords whose time is over.

use std::sync::Arc;
use std::time::Duration;

use domain::{JobKind, Result};
use services::{Backends, upkeep};

use crate::{Job, Progress, Turn};

pub const JOB: Job = Job {
    kind: JobKind::named("forget-expired"),
    every: |_| Some(Duration::from_secs(3600)),
    body: |backends, turn| Box::pin(run(backends, turn)),
};

async fn run(backends: Arc<Backends>, turn: Turn) -> Result<Progress> {
    upkeep::forget_expired(turn.now, &backends).await.map(Progress::more_if)
}
