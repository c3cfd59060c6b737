//! Clearing away what uploads left behind when the process died in the middle of them.

use std::sync::Arc;

use domain::{Result, Timestamp};

use crate::Backends;
use crate::steps::discard;

/// Discards every upload that never became a file, and says how many there were; what they had set aside is given back.
/// For the start of the only server on a data folder: all of them are over, since whoever wrote them is gone.
///
/// # Errors
/// Whatever the database says; what cannot be removed stays registered and is tried again.
pub async fn discard_unfinished(backends: &Arc<Backends>) -> Result<usize> {
    // Whenever they were registered: the clock may have been set back since.
    let left = metadata::blobs::pending(&backends.metadata, Timestamp::from_millis(i64::MAX)).await?;
    for blob in &left {
        discard(backends, *blob).await;
    }
    Ok(left.len())
}
