//! Removing locks that nobody can refer to any more.

use domain::{GRACE, Result, Timestamp};
use metadata::{again, locks};

use crate::Backends;

/// How many locks go in one transaction.
const BATCH_MAX: u32 = 1000;

/// Removes locks whose [`GRACE`] is over, so many at a time, and says whether there may be more. Nobody is kept out by them,
/// and what they cost is room.
///
/// # Errors
/// Whatever the database says.
pub async fn expire_locks(now: Timestamp, backends: &Backends) -> Result<bool> {
    let over = now.before(GRACE);
    if !locks::any_ended(&backends.metadata, over).await? {
        return Ok(false);
    }
    again(|| async {
        let tx = backends.metadata.begin().await?;
        let removed = locks::remove_ended(&tx, over, BATCH_MAX).await?;
        tx.commit().await?;
        Ok(removed == u64::from(BATCH_MAX))
    })
    .await
}
