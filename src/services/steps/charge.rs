//! Charging a space for what is copied.

use domain::{Error, Result, SpaceId};
use metadata::copies::Weight;
use metadata::{Tx, spaces};

/// How many nodes one copy may have: it is one transaction of some 20 µs a node, and whoever else wants to
/// write waits that long.
pub(crate) const NODES_MAX: u64 = 250_000;

/// Charges the space whose pen is held, unless that is too much for one copy.
///
/// # Errors
/// [`TooLarge`](Error::TooLarge), [`QuotaExceeded`](Error::QuotaExceeded).
pub(crate) async fn charge_copy(tx: &Tx, space: SpaceId, weight: Weight) -> Result<()> {
    if weight.nodes > NODES_MAX {
        let (nodes, at_most) = (weight.nodes, NODES_MAX);
        let text =
            format!("{nodes} files and folders are too many for one copy; copy at most {at_most} at once.");
        return Err(Error::TooLarge(text.into()));
    }
    spaces::charge(tx, space, weight.bytes).await?;
    match weight.system_bytes {
        0 => Ok(()),
        bytes => spaces::count_system(tx, space, bytes).await.map(drop),
    }
}
