//! Goes on with suspended accounts: they are locked, told of the end, and purged.

use std::sync::Arc;
use std::time::Duration;

use domain::{JobKind, Result};
use services::{Backends, users};

use crate::{Job, Progress, Turn};

pub const JOB: Job = Job {
    kind: JobKind::named("end-suspensions"),
    every: |_| Some(Duration::from_secs(24 * 3600)),
    body: |backends, turn| Box::pin(run(backends, turn)),
};

async fn run(backends: Arc<Backends>, turn: Turn) -> Result<Progress> {
    users::end_suspensions(turn.now, &backends).await.map(Progress::more_if)
}
