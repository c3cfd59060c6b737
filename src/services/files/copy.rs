//! Copying: new rows that refer to the same blobs; no bytes move.

use domain::{Caller, Conditions, Error, NodePath, Result};
use metadata::copies::{self, CopyTo};
use metadata::{nodes, spaces};

use super::{Placed, Target};
use crate::Backends;
use crate::steps::{apart, judge, may_place, name_of, node_of, parent_of, placed, trash};

/// How many nodes one copy may have: it is one transaction of some 20 µs a node, and whoever else wants to
/// write waits that long.
const NODES_MAX: u64 = 250_000;

/// Copies what is at `from`, with `deep` everything below it; what is at the target goes into the trash if
/// it may be replaced.
///
/// # Errors
/// As for [`relocate`](super::relocate), and [`QuotaExceeded`](Error::QuotaExceeded), or
/// [`TooLarge`](Error::TooLarge) for more nodes than one copy may have.
pub async fn copy(
    caller: &Caller,
    backends: &Backends,
    from: &NodePath,
    to: &Target,
    deep: bool,
    conditions: &Conditions,
) -> Result<Placed> {
    apart(from, &to.path)?;
    let name = name_of(backends, &to.path)?;
    let tx = backends.metadata.begin().await?;
    let space = caller.home.space;
    let seq = spaces::take_pen(&tx, space, 0).await?;
    let source = nodes::locate(&tx, caller.home.root, from, caller.now).await?;
    let target = nodes::locate(&tx, caller.home.root, &to.path, caller.now).await?;
    let node = node_of(&source)?;
    judge(&tx, caller, &source, conditions).await?;
    may_place(&tx, caller, &target, to.overwrite, conditions).await?;

    let weight = copies::weight(&tx, node.id, deep).await?;
    if weight.nodes > NODES_MAX {
        let (nodes, at_most) = (weight.nodes, NODES_MAX);
        let text =
            format!("{nodes} files and folders are too many for one copy; copy at most {at_most} at once.");
        return Err(Error::TooLarge(text.into()));
    }
    spaces::charge(&tx, space, weight.bytes).await?;
    trash(&tx, caller, seq, &target).await?;
    let place = CopyTo { space, parent: parent_of(&target)?.id, name: &name };
    copies::copy(&tx, caller, seq, node.id, deep, place).await?;
    nodes::stir(&tx, seq, target.ancestors()).await?;
    tx.commit().await?;
    Ok(placed(&target))
}
