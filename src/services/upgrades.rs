//! What upgrades leave behind, to be taken back with.

use domain::{Result, Timestamp};
use metadata::snapshots;

use crate::Backends;

/// Removes the databases of before upgrades whose week is over, and says how many those were. The contents that only
/// they refer to were held for as long.
///
/// # Errors
/// [`Unavailable`](domain::Error::Unavailable) when the folder they lie in cannot be read or written to.
pub async fn remove_old_snapshots(now: Timestamp, backends: &Backends) -> Result<usize> {
    snapshots::remove_old(&backends.metadata, now)
}
