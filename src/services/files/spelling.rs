//! What a caller means by a path that is not spelled as the names in it are stored.

use domain::{Caller, NodeId, NodeName, NodePath, Result, VirtualFolder, ascii_name, windows_name};
use metadata::{names, trash};

use crate::Backends;
use crate::steps::{locate, may_read};

/// How many names of one path are looked for under another spelling; each costs two statements or three.
const RESPELLED_MAX: usize = 16;
/// The most members of a folder among which a name in another case is looked for. Windows itself lists far fewer
/// (its limit is 1,000,000 bytes for a listing).
const MEMBERS_MAX: u32 = 10_000;

/// The path with the real name in the place of each that was shown in ASCII, in two statements for each of them
/// and one more, or in none if no name can be such a one. What is really called so comes first. A node that
/// is not in the folder of the request lends its name only where that is free: so what is moved or copied under
/// the name it was shown by keeps its own, and never takes the place of its like. With `any_case` the names
/// shown may come back in another case.
///
/// # Errors
/// Whatever the database says.
pub async fn from_ascii_names(
    caller: &Caller,
    backends: &Backends,
    mut path: NodePath,
    any_case: bool,
) -> Result<NodePath> {
    let db = &backends.metadata;
    may_read(db, caller, caller.tree(&path).space).await?;
    for _ in 0..RESPELLED_MAX {
        if path.names().iter().all(|name| ascii_name::hint(name.as_str()).is_none()) {
            break;
        }
        let located = locate(db, caller, &path).await?;
        let depth = located.found.len().saturating_sub(1);
        let folder = located.found.last().filter(|node| node.is_folder());
        let (Some(folder), Some(asked)) = (folder, path.names().get(depth).map(NodeName::as_str)) else {
            break;
        };
        let Some(id) = ascii_name::hint(asked) else { break };
        let name = match folder.id {
            NodeId::MADE_UP => trash::name_of(db, folder.space, id).await?,
            _ => names::behind(db, folder, id).await?,
        };
        let Some(name) = name else { break };
        let shown = ascii_name::shown(&name, id);
        if *shown != *asked && !(any_case && shown.eq_ignore_ascii_case(asked)) {
            break;
        }
        path.rename(depth, name);
    }
    Ok(path)
}

/// The path with the stored name in the place of each that is there in another case only, and there once. Names
/// that are there as they are spelled stay, and so does everything from the first that is in no case there. A name
/// that something else bore in the folder still means that: a request made twice, or a save that sets the old file
/// aside for a moment, must not hit the file beside it.
///
/// # Errors
/// Whatever the database says.
pub async fn in_any_case(caller: &Caller, backends: &Backends, mut path: NodePath) -> Result<NodePath> {
    let db = &backends.metadata;
    may_read(db, caller, caller.tree(&path).space).await?;
    for _ in 0..RESPELLED_MAX {
        // What is in the others is looked for by whoever knows them.
        if VirtualFolder::of(&path).is_some_and(|folder| folder != VirtualFolder::Trash) {
            break;
        }
        let located = locate(db, caller, &path).await?;
        let depth = located.found.len().saturating_sub(1);
        let folder = located.found.last().filter(|node| node.is_folder());
        let (Some(folder), Some(name)) = (folder, path.names().get(depth)) else { break };
        let chars = name.as_str().chars().count();
        let folded = windows_name::folded(name.as_str());
        let mut alike = match folder.id {
            NodeId::MADE_UP => trash::names_of_length(db, folder.space, chars, MEMBERS_MAX).await?,
            id => names::of_length(db, id, chars, MEMBERS_MAX).await?,
        };
        if depth == 0 {
            let folders = VirtualFolder::in_tree(path.tree().is_none());
            alike.extend(folders.map(|folder| NodeName::stored(folder.name().to_owned())));
        }
        alike.retain(|name| windows_name::folded(name.as_str()) == folded);
        let (Some(stored), true) = (alike.pop(), alike.is_empty()) else { break };
        if names::was_another(db, folder.id, name, &stored).await? {
            break;
        }
        path.rename(depth, stored);
    }
    Ok(path)
}
