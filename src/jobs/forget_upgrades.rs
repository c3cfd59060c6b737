//! Removes the databases of before upgrades that nobody has gone back to within a week.

use std::sync::Arc;
use std::time::Duration;

use domain::{JobKind, Result};
use services::{Backends, upgrades};

use crate::{Job, Progress, Turn};

pub const JOB: Job = Job {
    kind: JobKind::named("forget-upgrades"),
    every: |_| Some(Duration::from_secs(24 * 3600)),
    body: |backends, turn| Box::pin(run(backends, turn)),
};

async fn run(backends: Arc<Backends>, turn: Turn) -> Result<Progress> {
    let removed = upgrades::remove_old_snapshots(turn.now, &backends).await?;
    if removed > 0 {
        tracing::info!(removed, "removed databases of before upgrades, which were kept for a week");
    }
    Ok(Progress::Done)
}
