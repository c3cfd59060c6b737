//! Putting something where it goes, and what is there already into the trash.

use domain::{Caller, Conditions, Error, NodePath, Result, Seq};
use metadata::nodes::{self, Change, Located};
use metadata::{Tx, locks};

use super::{may_remove, parent_of};
use crate::files::Placed;

/// Refuses two paths of which one lies within the other: a folder cannot go into itself, and what replaced
/// the folder around it would take the place of its own source.
pub(crate) fn apart(from: &NodePath, to: &NodePath) -> Result<()> {
    if from.is_within(to) || to.is_within(from) {
        let sentence = "Source and destination lie within one another; nothing was changed.";
        return Err(Error::Forbidden(sentence.into()));
    }
    Ok(())
}

/// Whether something may be put at the target.
pub(crate) async fn may_place(
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

pub(crate) fn placed(target: &Located) -> Placed {
    match target.node() {
        Some(_) => Placed::Replaced,
        None => Placed::Created,
    }
}

/// Marks what is at the path as trashed, if anything is; its locks end.
pub(crate) async fn trash(tx: &Tx, caller: &Caller, seq: Seq, located: &Located) -> Result<()> {
    let Some(node) = located.node() else { return Ok(()) };
    nodes::change(tx, caller, seq, node.id, Change::Trashed(caller.now)).await?;
    locks::remove_within(tx, located.space.id, node.id, caller.now).await
}
