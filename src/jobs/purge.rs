//! Purges what has lain in the trash for too long, and the rest of what somebody has purged.

use std::sync::Arc;
use std::time::Duration;

use domain::Result;
use services::{Backends, trash};

use crate::{Job, Progress, Turn};

pub const JOB: Job = Job {
    kind: trash::PURGE,
    every: |_| Some(Duration::from_secs(3600)),
    body: |backends, turn| Box::pin(run(backends, turn)),
};

async fn run(backends: Arc<Backends>, turn: Turn) -> Result<Progress> {
    let expired = trash::purge_expired(&backends, turn.now).await?;
    let doomed = trash::purge_batch(&backends, turn.now).await?;
    Ok(Progress::more_if(expired || doomed))
}
