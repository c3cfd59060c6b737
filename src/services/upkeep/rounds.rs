//! The sweep and the scrub as work that is done a little at a time, by whoever has time for it.

use std::sync::Arc;

use domain::{Result, Timestamp};
use tokio::sync::Mutex;

use super::{Scrub, Sweep};
use crate::Backends;

/// The rounds this process is on. They are lost with it, and what is begun anew then costs nothing but time.
#[derive(Default)]
pub(crate) struct Rounds {
    sweep: Mutex<Option<Sweep>>,
    scrub: Mutex<Option<Scrub>>,
}

/// Does a part of a sweep through the store and says whether there is more; after the last part the next sweep begins.
///
/// # Errors
/// Whatever the database and the store say; then the sweep is begun anew.
pub async fn sweep(now: Timestamp, backends: &Arc<Backends>) -> Result<bool> {
    let mut slot = backends.rounds.sweep.lock().await;
    // Taken, so that whatever breaks off in the middle is begun anew.
    let mut sweep = slot.take().unwrap_or_else(|| Sweep::begin(now));
    let more = sweep.step(backends).await?;
    if more {
        *slot = Some(sweep);
    } else {
        let swept = sweep.swept();
        let (condemned, abandoned, unknown) = (swept.condemned, swept.abandoned, swept.unknown);
        tracing::info!(condemned, abandoned, unknown, "swept the file store");
    }
    Ok(more)
}

/// Reads some of the share of a day, for about a second, and says whether there is more of it.
///
/// # Errors
/// Whatever the database and the store say.
pub async fn scrub(now: Timestamp, backends: &Backends) -> Result<bool> {
    let mut slot = backends.rounds.scrub.lock().await;
    let mut scrub = match slot.take() {
        Some(scrub) => scrub,
        None => Scrub::share(backends, now).await?,
    };
    let more = scrub.step(backends).await?;
    if more {
        *slot = Some(scrub);
    } else if scrub.read_bytes() > 0 {
        let (bytes, damaged) = (scrub.read_bytes(), scrub.damaged());
        tracing::info!(bytes, damaged, "read a share of what is stored");
    }
    Ok(more)
}
