//! Clears away what servers were receiving that are gone.

use std::sync::Arc;
use std::time::Duration;

use domain::{JobKind, Result};
use services::{Backends, files, servers};

use crate::{Job, Progress, Turn};

pub const JOB: Job = Job {
    kind: JobKind::named("clear-unfinished"),
    // The only server of a house does so at its start.
    every: |backends| backends.metadata.is_shared().then_some(Duration::from_secs(60)),
    body: |backends, turn| Box::pin(run(backends, turn)),
};

async fn run(backends: Arc<Backends>, _turn: Turn) -> Result<Progress> {
    let unfinished = files::discard_unfinished(&backends).await?;
    if unfinished > 0 {
        tracing::info!(uploads = unfinished, "removed what uploads to servers that are gone had left behind");
    }
    servers::forget_gone(&backends).await.map(|()| Progress::Done)
}
