//! Finding what somebody means by its identity, where it is by now.

use domain::{Caller, Conditions, NodePath, Result, Tree};
use metadata::identities::{self, Whereabouts};
use metadata::Db;
use uuid::Uuid;

use super::{may_read, nothing_here};

/// Where something is that the caller may see.
///
/// # Errors
/// [`NotFound`](domain::Error::NotFound), also for what the caller may not even know of.
pub(crate) async fn find(db: &impl Db, caller: &Caller, id: Uuid) -> Result<Whereabouts> {
    let found = identities::find(db, id).await?.ok_or_else(nothing_here)?;
    may_read(db, caller, found.space.id).await?;
    if found.space.id == caller.home.space {
        return Ok(found);
    }
    let tree = Tree { space: found.space.id, root: found.space.root };
    Ok(Whereabouts { path: found.path.within_tree(tree), ..found })
}

/// The path that leads by now to what conditions mean by its identity; none where that is the same one, or where they
/// mean a path.
///
/// # Errors
/// As for [`find`].
pub(crate) async fn path_by_now(
    db: &impl Db,
    caller: &Caller,
    path: &NodePath,
    conditions: &Conditions,
) -> Result<Option<NodePath>> {
    let now = match (conditions.node, conditions.folder, path.name()) {
        (Some(node), ..) => find(db, caller, node).await?.path,
        (None, Some(folder), Some(name)) => find(db, caller, folder).await?.path.join(name.clone()),
        _ => return Ok(None),
    };
    Ok(Some(now).filter(|now| now != path))
}
