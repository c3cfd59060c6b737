//! Renaming and moving: one row changes, however much lies below it.

use domain::{Caller, Conditions, Error, NodePath, Result};
use metadata::nodes::{self, Change, Located};
use metadata::{Tx, locks, spaces};

use super::remove::trash;
use super::{Placed, Target, name_of, node_of, parent_of};
use crate::Backends;
use crate::steps::{judge, may_remove};

/// Moves what is at `from`; what is at the target goes into the trash if it may be replaced.
///
/// # Errors
/// [`NotFound`](Error::NotFound), [`ParentMissing`](Error::ParentMissing), [`Stale`](Error::Stale) (also when
/// the target exists and may not be replaced), [`Locked`](Error::Locked), and [`Forbidden`](Error::Forbidden)
/// when one of the two paths lies within the other.
pub async fn relocate(
    caller: &Caller,
    backends: &Backends,
    from: &NodePath,
    to: &Target,
    conditions: &Conditions,
) -> Result<Placed> {
    apart(from, &to.path)?;
    let tx = backends.metadata.begin().await?;
    let seq = spaces::take_pen(&tx, caller.home.space, 0).await?;
    let source = nodes::locate(&tx, caller.home.root, from, caller.now).await?;
    let target = nodes::locate(&tx, caller.home.root, &to.path, caller.now).await?;
    let node = node_of(&source)?;
    judge(&tx, caller, &source, conditions).await?;
    may_remove(&tx, caller, &source, conditions).await?;
    may_place(&tx, caller, &target, to.overwrite, conditions).await?;

    trash(&tx, caller, seq, &target).await?;
    let place = Change::Place(parent_of(&target)?.id, &name_of(&to.path)?);
    nodes::change(&tx, caller, seq, node.id, place).await?;
    // Locks do not move along (RFC 4918 §7.5).
    locks::remove_within(&tx, source.space.id, node.id, caller.now).await?;
    nodes::stir(&tx, seq, source.ancestors().into_iter().chain(target.ancestors())).await?;
    tx.commit().await?;
    Ok(placed(&target))
}

/// Refuses two paths of which one lies within the other: a folder cannot go into itself, and what replaced
/// the folder around it would take the place of its own source.
pub(super) fn apart(from: &NodePath, to: &NodePath) -> Result<()> {
    if from.is_within(to) || to.is_within(from) {
        let sentence = "Source and destination lie within one another; nothing was changed.";
        return Err(Error::Forbidden(sentence.into()));
    }
    Ok(())
}

/// Whether something may be put at the target.
pub(super) async fn may_place(
    tx: &Tx,
    caller: &Caller,
    target: &Located,
    overwrite: bool,
    conditions: &Conditions,
) -> Result<()> {
    parent_of(target)?;
    if target.node().is_some() {
        if !overwrite {
            return Err(Error::Stale("Something with this name exists and may not be replaced.".into()));
        }
        return may_remove(tx, caller, target, conditions).await;
    }
    conditions.may_change_members(caller.user, &target.standing())
}

pub(super) fn placed(target: &Located) -> Placed {
    match target.node() {
        Some(_) => Placed::Replaced,
        None => Placed::Created,
    }
}
