//! Whether what is counted of every space is what its rows add up to.

use std::collections::HashSet;

use domain::{Result, SpaceId, Timestamp};
use metadata::again;
use metadata::spaces::{self, Drift};

use crate::Backends;

/// Adds up every space and sets the counters right that say something else, each space in a transaction of its own
/// under its pen. Says what it found: nothing, always, since whatever changes the rows changes the counters with
/// them. The log says what else it was.
///
/// # Errors
/// Whatever the database says; what was set right until then stays so.
pub async fn recount(backends: &Backends, now: Timestamp) -> Result<Vec<Drift>> {
    let suspects = spaces::drifts(&backends.metadata).await?;
    let suspects: HashSet<SpaceId> = suspects.iter().map(|drift| drift.space).collect();
    let mut found = Vec::new();
    for space in suspects {
        let drifts = again(|| correct(backends, space)).await?;
        for Drift { counter, counted_bytes, stored_bytes, .. } in &drifts {
            let (space, counter, at_ms) = (space.0, counter.column(), now.millis());
            tracing::error!(
                %space, counter, counted_bytes, stored_bytes, at_ms,
                "a counter of a space was not what its rows add up to, and was set right; please report this"
            );
        }
        found.extend(drifts);
    }
    Ok(found)
}

async fn correct(backends: &Backends, space: SpaceId) -> Result<Vec<Drift>> {
    let tx = backends.metadata.begin().await?;
    spaces::take_pen_unheard(&tx, space).await?;
    // Once more: what was seen without the pen may be over.
    let drifts = spaces::drifts_of(&tx, space).await?;
    for drift in &drifts {
        spaces::correct(&tx, drift).await?;
    }
    tx.commit().await?;
    Ok(drifts)
}
