//! Clearing away what uploads left behind when the process died in the middle of them.

use std::sync::Arc;

use domain::{Result, Timestamp};

use crate::Backends;
use crate::steps::discard;

/// Removes the bytes of every upload registered before a moment that never became a file, and says how
/// many there were; what they had set aside is given back. At the start of the only server on a data folder all of them
/// are over: whoever wrote them is gone.
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
