//! Clears away what unfinished uploads left behind while the server ran on.

use std::sync::Arc;
use std::time::Duration;

use domain::{JobKind, Result};
use services::{Backends, files};

use crate::{Job, Progress, Turn};

pub const JOB: Job = Job {
    kind: JobKind::named("sweep-uploads"),
    every: |_| Some(Duration::from_secs(6 * 3600)),
    body: |backends, turn| Box::pin(run(backends, turn)),
};

async fn run(backends: Arc<Backends>, turn: Turn) -> Result<Progress> {
    let swept = files::sweep_stale(turn.now, &backends).await?;
    if swept > 0 {
        tracing::info!(uploads = swept, "removed what unfinished uploads had left behind");
    }
    Ok(Progress::Done)
}
