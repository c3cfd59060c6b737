//! Getting rid of bytes that no node came to show.

use std::sync::Arc;
use std::time::Duration;

use domain::{BlobId, Result};
use metadata::blobs::Abandoned;

use crate::Backends;

/// When to try again, in seconds from the last time: what held up the database or the store is mostly over soon.
const AGAIN_SOON: [u64; 2] = [1, 5];
/// And then, for an hour: as long as it lasts, the room of the upload is missed.
const AGAIN_LATER: u64 = 20;
const LATER_TIMES: usize = 180;

/// How often what is not registered is looked for again, where others may write as well: a statement that nobody waits for
/// any more, such as one that registers a blob for somebody who hangs up, still waits for its rows there, and happens.
const LOOKS: usize = 3;

/// Removes the bytes of a registered blob and forgets it, unless a transaction has made it live. What cannot be
/// done now is tried again in the background, and at the latest the sweep or the next start does it.
pub(crate) async fn discard(backends: &Arc<Backends>, blob: BlobId) {
    match attempt(backends, blob).await {
        Ok(Done::ForGood) => return,
        Ok(Done::ForNow) => {}
        Err(error) => tracing::warn!(%blob, %error, "the bytes of a refused upload could not be removed yet"),
    }
    let backends = Arc::clone(backends);
    tokio::spawn(async move {
        let later = std::iter::repeat_n(AGAIN_LATER, LATER_TIMES);
        for (looked, seconds) in (1..).zip(AGAIN_SOON.into_iter().chain(later)) {
            tokio::time::sleep(Duration::from_secs(seconds)).await;
            match attempt(&backends, blob).await {
                Ok(Done::ForGood) => return,
                Ok(Done::ForNow) if looked >= LOOKS => return,
                Ok(Done::ForNow) | Err(_) => {}
            }
        }
        tracing::warn!(%blob, "the bytes of a refused upload are left for the sweep to remove");
    });
}

/// What an attempt came to.
enum Done {
    /// Nothing can come of the upload any more.
    ForGood,
    /// There was nothing, or something else than before.
    ForNow,
}

/// Nobody can know, after a lost answer, whether the transaction happened, so the row decides. It goes last:
/// as long as it is there, the next start knows of the bytes, wherever the process dies. Where others have given the
/// upload up and forgotten it, bytes that came since are known to nobody else.
async fn attempt(backends: &Backends, blob: BlobId) -> Result<Done> {
    let is_over = match metadata::blobs::abandon(&backends.metadata, blob).await? {
        Abandoned::Shown => true,
        Abandoned::Unknown => {
            backends.blobs.receiving().discard(blob).await?;
            false
        }
        Abandoned::Ours(leftover) => {
            failpoint::reach("discard.decided");
            backends.blobs.at(leftover.store)?.discard(blob).await?;
            failpoint::reach("discard.removed");
            metadata::blobs::forget(&backends.metadata, &leftover).await?
        }
    };
    Ok(if is_over || !backends.metadata.is_shared() { Done::ForGood } else { Done::ForNow })
}
