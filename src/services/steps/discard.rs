//! Getting rid of bytes that no node came to show.

use domain::BlobId;

use crate::Backends;

/// Forgets a registered blob and removes its bytes, unless a transaction has made it live: nobody can
/// know, after a lost answer, whether that happened, so the row decides, and goes first.
pub(crate) async fn discard(backends: &Backends, blob: BlobId) {
    let done = match metadata::blobs::forget(&backends.metadata, blob).await {
        Ok(true) => backends.blobs.remove(blob).await,
        Ok(false) => Ok(()),
        Err(error) => Err(error),
    };
    if let Err(error) = done {
        // What stays is garbage by construction: registered, never live. The next start sweeps it.
        tracing::warn!(%blob, %error, "the bytes of a refused upload could not be removed yet");
    }
}
