//! Clearing away what uploads left behind when the process died in the middle of them.

use std::sync::Arc;
use std::time::Duration;

use domain::{Result, Timestamp};

use crate::Backends;
use crate::steps::discard;

/// An upload into which nothing has come for so long is none any more: its connection was given up long before.
const STALE_AFTER: Duration = Duration::from_secs(24 * 3600);

/// Removes the bytes of every upload registered before a moment that never became a file, and says how
/// many there were. At the start of the only server on a data folder that moment is now: whoever wrote
/// them is gone.
///
/// # Errors
/// Whatever the database says; what cannot be removed stays registered and is tried again.
pub async fn sweep_unfinished(backends: &Arc<Backends>, before: Timestamp) -> Result<usize> {
    let left = metadata::blobs::pending(&backends.metadata, before).await?;
    for blob in &left {
        discard(backends, *blob).await;
    }
    Ok(left.len())
}

/// Removes the bytes of uploads that were registered a day ago or earlier, never became a file, and into which nothing
/// has come for a day; says how many there were. Beside running uploads, some of which may be that old.
///
/// # Errors
/// Whatever the database or the file store says; what cannot be removed stays registered and is tried again.
pub async fn sweep_stale(now: Timestamp, backends: &Arc<Backends>) -> Result<usize> {
    let before = now.before(STALE_AFTER);
    let mut swept = 0;
    for blob in metadata::blobs::pending(&backends.metadata, before).await? {
        if backends.blobs.written_at(blob).await?.is_none_or(|written_at| written_at < before) {
            discard(backends, blob).await;
            swept += 1;
        }
    }
    Ok(swept)
}
