//! Putting something where it goes, and what is there already into the trash.

use domain::{
    Beginning, Caller, Code, Conditions, Error, Message, Node, NodeId, NodeName, NodePath, NumberedName,
    OnConflict, Result, Seq, trash_names,
};
use metadata::nodes::{self, Change, Located};
use metadata::{Tx, locks, names, placeholders, system_files};

use super::companions::go_along;
use super::{may_remove, parent_of};
use crate::files::{Placed, Target};

/// Refuses the top of a tree as a place to go to, and two paths of which one lies within the other: a folder cannot go into itself, and what replaced
/// the folder around it would take the place of its own source.
pub(crate) fn apart(caller: &Caller, from: &NodePath, to: &Target) -> Result<()> {
    let is_one_tree = caller.tree(from) == caller.tree(&to.path);
    let (above, below) =
        (from.names().starts_with(to.path.names()), to.path.names().starts_with(from.names()));
    // What gets a name of its own replaces nothing.
    let is_beside = to.on_conflict == OnConflict::Rename && above;
    if is_one_tree && !is_beside && (above || below) {
        let sentence = "Source and destination lie within one another; nothing was changed.";
        return Err(Error::Forbidden(sentence.into()));
    }
    if to.path.is_root() {
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
            let sentence = "Something with this name exists and may not be replaced.";
            return Err(Error::Stale(Message::coded(Code::NameTaken, sentence)));
        }
        return may_remove(tx, caller, target, conditions).await;
    }
    conditions.may_change_members(caller.user, &target.standing())
}

/// The place for something that goes to a target, and its name there: another one, where the target's is taken and
/// wants that.
pub(crate) async fn room_for(
    tx: &Tx,
    caller: &Caller,
    to: &Target,
    (target, name): (Located, NodeName),
    is_folder: bool,
    conditions: &Conditions,
) -> Result<(Located, NodeName)> {
    let folder = parent_of(&target)?;
    if to.folder.is_some_and(|id| id != folder.uuid) {
        return Err(Conditions::moved());
    }
    let (target, name) = match is_in_the_way(&target, to.on_conflict) {
        true => {
            let name = free_name(tx, folder.id, &name, is_folder).await?;
            (target.vacant(), name)
        }
        false => (target, name),
    };
    may_place(tx, caller, &target, to.on_conflict != OnConflict::Fail, conditions).await?;
    Ok((target, name))
}

/// Whether something new has to get another name because of what is at the place. What systems keep for themselves nobody
/// sees: it makes way.
pub(crate) fn is_in_the_way(target: &Located, on_conflict: OnConflict) -> bool {
    on_conflict == OnConflict::Rename && target.node().is_some_and(|node| !node.is_system())
}

/// A name like this one that is free in a folder.
///
/// # Errors
/// [`Exists`](Error::Exists) where all of them are taken.
pub(crate) async fn free_name(tx: &Tx, folder: NodeId, name: &NodeName, is_folder: bool) -> Result<NodeName> {
    let numbered = NumberedName::of(name, is_folder);
    names::free(tx, folder, &numbered).await?.ok_or_else(NumberedName::taken)
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
