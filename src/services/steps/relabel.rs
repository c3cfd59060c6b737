//! Having the paths written anew that stand with bytes in the store.

use std::time::Duration;

use domain::{JobKind, NodeId, Result, Timestamp};
use metadata::{Tx, jobs};

use crate::Backends;

/// The job that writes them, whose key is the number of a file or folder; without one, it looks at everything.
pub const ORIGINAL_PATHS: JobKind = JobKind::named("original-paths");

/// Programs that save carefully rename several times in a row, and clients move much of what they have just made.
const SETTLED: Duration = Duration::from_secs(30);

/// Wants the paths written anew of the files at and below a node, in the transaction that has given it another one. No
/// statement where no store keeps such a thing; whether anything is wanted.
pub(crate) async fn relabel_later(
    tx: &Tx,
    backends: &Backends,
    now: Timestamp,
    node: NodeId,
) -> Result<bool> {
    if !backends.blobs.keep_paths() {
        return Ok(false);
    }
    jobs::enqueue(tx, now, &ORIGINAL_PATHS, &node.0.to_string(), now.after(SETTLED)).await?;
    Ok(true)
}
