//! Where something goes that is moved out of the trash.

use domain::{Caller, Error, Node, NodeId, NodeName, NodePath, Result, VirtualFolder, ascii_name};
use metadata::nodes::{self, Located};
use metadata::{Db, Tx, trash};

use crate::files::Target;

/// How many names the path of an entry of the trash has.
pub(crate) const ENTRY_DEPTH: usize = 2;

/// Walks a path, whichever part of the drive it leads to.
pub(crate) async fn locate(db: &impl Db, caller: &Caller, path: &NodePath) -> Result<Located> {
    match VirtualFolder::of(path) {
        Some(VirtualFolder::Trash) => trash::locate(db, caller.tree(path).root, path, caller.now).await,
        _ => nodes::locate(db, caller.tree(path).root, path, caller.now).await,
    }
}

/// Refuses a virtual folder itself.
pub(crate) fn not_made_up(node: &Node) -> Result<()> {
    match node.id {
        NodeId::MADE_UP => Err(Error::Forbidden(
            "This folder of the server's own stays where it is; only what is in it can be moved.".into(),
        )),
        _ => Ok(()),
    }
}

/// Where something goes that is to be moved to a path, and the name it gets there. An entry of the trash that is moved to
/// the top of the drive by the name it is shown with goes back to its folder under its own name, if the folder is there
/// and the name is free.
pub(crate) async fn destination(
    tx: &Tx,
    caller: &Caller,
    (from, node): (&NodePath, &Node),
    (to, name): (&Target, &NodeName),
) -> Result<(Located, NodeName)> {
    let (Target { path: to, .. }, is_meant) = (to, to.folder.is_some());
    let is_entry = VirtualFolder::of(from) == Some(VirtualFolder::Trash) && from.depth() == ENTRY_DEPTH;
    if is_entry && !is_meant && to.depth() == 1 && is_shown_as(node, name) {
        let origin = trash::removal(tx, node.id).await?.map(|removal| removal.origin);
        if let Some((origin, own)) = origin.and_then(|path| Some((path.clone(), path.name()?.clone()))) {
            let origin = match to.tree() {
                Some(tree) => origin.within_tree(tree),
                None => origin,
            };
            let there = nodes::locate(tx, caller.tree(to).root, &origin, caller.now).await?;
            let folder = there.parent().filter(|folder| Some(folder.id) == node.parent);
            // It may have got its name before that became the server's own.
            let is_free = there.node().is_none() && VirtualFolder::of(&origin).is_none();
            if folder.is_some() && is_free {
                return Ok((there, own));
            }
        }
    }
    Ok((nodes::locate(tx, caller.tree(to).root, to, caller.now).await?, name.clone()))
}

fn is_shown_as(entry: &Node, name: &NodeName) -> bool {
    *name == entry.name || *name.as_str() == *ascii_name::shown(&entry.name, entry.id)
}
