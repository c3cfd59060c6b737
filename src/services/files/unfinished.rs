//! Clearing away what uploads left behind whose server is gone.

use std::sync::Arc;

use domain::Result;

use crate::Backends;
use crate::steps::discard;

/// Discards every upload that never became a file and that nobody receives any more, and says how many there were; what
/// they had set aside is given back. Of a house with one server these are, at its start, all there are.
///
/// # Errors
/// Whatever the database says; what cannot be removed stays registered and is tried again.
pub async fn discard_unfinished(backends: &Arc<Backends>) -> Result<usize> {
    let mut left = metadata::blobs::left_over(&backends.metadata).await?;
    // What this server still receives, though another had given it up that is gone by now, is not taken over: it would be
    // this server's again, and could be shown while its bytes are being removed.
    left.retain(|blob| !backends.under_way.holds(*blob));
    for blob in &left {
        discard(backends, *blob).await;
    }
    Ok(left.len())
}
