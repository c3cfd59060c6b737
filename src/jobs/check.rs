//! Compares everything with everything once a day, and shows what it found as metrics.

use std::sync::Arc;
use std::time::Duration;

use domain::{JobKind, Result};
use metrics::{describe_gauge, gauge};
use services::Backends;
use services::upkeep::{self, Numbers};

use crate::{Job, Progress, Turn};

pub const JOB: Job = Job {
    kind: JobKind::named("check"),
    every: |_| Some(Duration::from_secs(24 * 3600)),
    body: |backends, turn| Box::pin(run(backends, turn)),
};

async fn run(backends: Arc<Backends>, turn: Turn) -> Result<Progress> {
    let check = upkeep::check(&backends, turn.now, |_| ()).await?;
    let Numbers { orphaned, missing, damaged, drift_bytes, broken_rows } = check.numbers;
    for (name, number, meaning) in [
        ("larder_blobs_orphaned", orphaned, "Blobs in the store that the database does not know"),
        ("larder_blobs_missing", missing, "Contents that are not in the store, or not whole"),
        ("larder_blobs_damaged", damaged, "Contents whose bytes are not what they were"),
        ("larder_quota_drift_bytes", drift_bytes, "Bytes that the counters of the drives are wrong by"),
        ("larder_rows_broken", broken_rows, "Rows that do not fit the others"),
    ] {
        describe_gauge!(name, meaning);
        gauge!(name).set(number as f64);
    }
    for found in &check.found {
        let (aspect, count, examples) = (&found.aspect, found.count, found.examples.join(", "));
        tracing::error!(
            ?aspect,
            count,
            examples,
            "something is not as it must be: `larder doctor --deep` says more"
        );
    }
    Ok(Progress::Done)
}
