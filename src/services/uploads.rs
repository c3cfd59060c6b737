//! The uploads that run, as an operator sees them.

use domain::Result;

use crate::Backends;

pub use coordination::UploadState;

/// The uploads of all servers, the oldest first.
///
/// # Errors
/// [`Unavailable`](domain::Error::Unavailable) when the state that servers share cannot be read.
pub async fn list(backends: &Backends) -> Result<Vec<UploadState>> {
    backends.coordination.uploads().await
}
