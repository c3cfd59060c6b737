//! Putting something where it goes, and what is there already into the trash.

use domain::{Beginning, Caller, Conditions, Error, Node, NodePath, Result, Seq, trash_names};
use metadata::nodes::{self, Change, Located};
use metadata::{Tx, locks, placeholders, system_files};

use super::companions::go_along;
use super::{may_remove, parent_of};
use crate::files::Placed;

/// Refuses the top of a tree as a place to go to, and two paths of which one lies within the other: a folder cannot go into itself, and what replaced
/// the folder around it would take the place of its own source.
pub(crate) fn apart(caller: &Caller, from: &NodePath, to: &NodePath) -> Result<()> {
    let is_one_tree = caller.tree(from) == caller.tree(to);
    if is_one_tree && (from.names().starts_with(to.names()) || to.names().starts_with(from.names())) {
        let sentence = "Source and destination lie within one another; nothing was changed.";
        return Err(Error::Forbidden(sentence.into()));
    }
    if to.is_root() {
        let sentence = "The top folder of a drive or project cannot be replaced; name a folder in it.";
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

/// Takes away what is at the path, if anything is, with its locks: into the trash, and its companion with it. A
/// system file is gone for good, and a placeholder is withdrawn. Gives back what stayed in the companion's place: that of
/// a placeholder does, since Finder deletes and remakes the empty file while it copies both.
pub(crate) async fn trash(
    tx: &Tx,
    caller: &Caller,
    seq: Seq,
    located: &Located,
    companion: Option<Node>,
) -> Result<Option<Node>> {
    let Some(node) = located.node() else { return Ok(companion) };
    if node.is_system() {
        system_files::purge(tx, node).await?;
        return Ok(companion);
    }
    let withdrawn = placeholder(tx, caller, node).await?.is_some();
    locks::remove_within(tx, located.space.id, node.id, caller.now).await?;
    match withdrawn {
        true => placeholders::withdraw(tx, caller, seq, node).await?,
        false => make_entry(tx, caller, seq, node).await?,
    }
    match companion {
        Some(companion) if !withdrawn && !companion.is_folder() => {
            go_along(tx, caller, seq, &companion, node.id).await?;
            Ok(None)
        }
        companion => Ok(companion),
    }
}

/// Makes an entry of the trash of a node.
pub(crate) async fn make_entry(tx: &Tx, caller: &Caller, seq: Seq, node: &Node) -> Result<()> {
    let names = trash_names(&node.name, node.id, caller.now, caller.request);
    nodes::change(tx, caller, seq, node.id, Change::Trashed(caller.now, &names)).await
}

/// How a file began, if it is a placeholder of the caller's. For other files nobody asks.
pub(crate) async fn placeholder(tx: &Tx, caller: &Caller, node: &Node) -> Result<Option<Beginning>> {
    if !node.may_be_placeholder() {
        return Ok(None);
    }
    let beginning = placeholders::beginning(tx, node).await?;
    Ok(Some(beginning).filter(|beginning| node.is_placeholder_of(caller.user, *beginning, caller.now)))
}
