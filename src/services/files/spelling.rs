//! What a caller means by a path that is not spelled as the names in it are stored.

use domain::{Caller, NodeId, NodeName, NodePath, Result, ascii_name, windows_name};
use metadata::{names, nodes};

use crate::Backends;

/// How many names of one path are looked for in another case; each costs two statements.
const RESPELLED_MAX: usize = 16;
/// The most members of a folder among which a name in another case is looked for. Windows itself lists far fewer
/// (its limit is 1,000,000 bytes for a listing).
const MEMBERS_MAX: u32 = 10_000;

/// The path with the real name in the place of each that was shown in ASCII, in one statement, or in none if no
/// name can be such a one. The place a name had is not asked for: so what is moved or copied under the name
/// it was shown by keeps its own. With `any_case` the names shown may come back in another case.
///
/// # Errors
/// Whatever the database says.
pub async fn from_ascii_names(
    caller: &Caller,
    backends: &Backends,
    mut path: NodePath,
    any_case: bool,
) -> Result<NodePath> {
    let hint = |(depth, name)| Some((depth, ascii_name::hint(NodeName::as_str(name))?));
    let hints: Vec<(usize, NodeId)> = path.names().iter().enumerate().filter_map(hint).collect();
    if hints.is_empty() {
        return Ok(path);
    }
    let shown: Vec<_> = hints.iter().map(|(depth, id)| (*id, &path.names()[*depth])).collect();
    for (place, name) in names::behind(&backends.metadata, caller.home.space, &shown).await? {
        let Some((depth, id)) = hints.get(place) else { continue };
        let (asked, shown) = (path.names()[*depth].as_str(), ascii_name::shown(&name, *id));
        if *shown == *asked || (any_case && shown.eq_ignore_ascii_case(asked)) {
            path.rename(*depth, name);
        }
    }
    Ok(path)
}

/// The path with the stored name in the place of each that is there in another case only, and there once. Names
/// that are there as they are spelled stay, and so does everything from the first that is in no case there.
///
/// # Errors
/// Whatever the database says.
pub async fn in_any_case(caller: &Caller, backends: &Backends, mut path: NodePath) -> Result<NodePath> {
    let db = &backends.metadata;
    for _ in 0..RESPELLED_MAX {
        let located = nodes::locate(db, caller.home.root, &path, caller.now).await?;
        let depth = located.found.len().saturating_sub(1);
        let folder = located.found.last().filter(|node| node.is_folder());
        let (Some(folder), Some(name)) = (folder, path.names().get(depth)) else { break };
        let chars = name.as_str().chars().count();
        let folded = windows_name::folded(name.as_str());
        let mut alike = names::of_length(db, folder.id, chars, MEMBERS_MAX).await?;
        alike.retain(|name| windows_name::folded(name.as_str()) == folded);
        let (Some(stored), true) = (alike.pop(), alike.is_empty()) else { break };
        path.rename(depth, stored);
    }
    Ok(path)
}
