//! Renaming and moving: one row changes, however much lies below it.

use domain::{Caller, Conditions, NodePath, Result};
use metadata::nodes::{self, Change};
use metadata::{locks, spaces};

use super::{Placed, Target};
use crate::Backends;
use crate::steps::{apart, judge, may_place, may_remove, name_of, node_of, parent_of, placed, trash};

/// Moves what is at `from`; what is at the target goes into the trash if it may be replaced.
///
/// # Errors
/// [`NotFound`](domain::Error::NotFound), [`ParentMissing`](domain::Error::ParentMissing), [`Stale`](domain::Error::Stale) (also when
/// the target exists and may not be replaced), [`Locked`](domain::Error::Locked), and [`Forbidden`](domain::Error::Forbidden)
/// when one of the two paths lies within the other.
pub async fn relocate(
    caller: &Caller,
    backends: &Backends,
    from: &NodePath,
    to: &Target,
    conditions: &Conditions,
) -> Result<Placed> {
    apart(from, &to.path)?;
    let name = name_of(backends, &to.path)?;
    let tx = backends.metadata.begin().await?;
    let seq = spaces::take_pen(&tx, caller.home.space, 0).await?;
    let source = nodes::locate(&tx, caller.home.root, from, caller.now).await?;
    let target = nodes::locate(&tx, caller.home.root, &to.path, caller.now).await?;
    let node = node_of(&source)?;
    judge(&tx, caller, &source, conditions).await?;
    may_remove(&tx, caller, &source, conditions).await?;
    may_place(&tx, caller, &target, to.overwrite, conditions).await?;

    trash(&tx, caller, seq, &target).await?;
    let place = Change::Place(parent_of(&target)?.id, &name);
    nodes::change(&tx, caller, seq, node.id, place).await?;
    // Locks do not move along (RFC 4918 §7.6).
    locks::remove_within(&tx, source.space.id, node.id, caller.now).await?;
    nodes::stir(&tx, seq, source.ancestors().into_iter().chain(target.ancestors())).await?;
    tx.commit().await?;
    Ok(placed(&target))
}
