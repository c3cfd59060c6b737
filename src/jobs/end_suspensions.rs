//! Goes on with suspended accounts, which are locked, told of the end, and purged, and purges those that were never opened.

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
    let more = users::end_suspensions(turn.now, &backends).await?
        || users::end_unconfirmed(turn.now, &backends).await?;
    Ok(Progress::more_if(more))
}
