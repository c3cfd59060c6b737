//! Writes the paths that stand with bytes in the store anew: after a rename, and once a day wherever one was missed.

use std::sync::Arc;
use std::time::Duration;

use domain::Result;
use services::{Backends, files};

use crate::{Job, Progress, Turn};

pub const JOB: Job = Job {
    kind: files::ORIGINAL_PATHS,
    every: |backends| backends.blobs.keep_paths().then_some(Duration::from_secs(24 * 3600)),
    body: |backends, turn| Box::pin(run(backends, turn)),
};

async fn run(backends: Arc<Backends>, turn: Turn) -> Result<Progress> {
    files::refresh_original_paths(&backends, &turn.key).await.map(Progress::more_if)
}
