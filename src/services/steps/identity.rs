//! Finding what somebody means by its identity, where it is by now.

use domain::{Caller, Conditions, Error, Node, NodePath, ProjectId, Quota, Removal, Result, Tree};
use metadata::{Db, identities};
use uuid::Uuid;

use super::{nothing_here, project_of};

/// A file or folder that was found by its identity.
#[derive(Debug, Clone)]
pub struct Found {
    /// What.
    pub node: Node,
    /// The path that leads to it; what is in the trash is found there.
    pub path: NodePath,
    /// The folder it lies in, or lay in when it was removed; the top of a drive or project lies in none.
    pub folder: Option<Node>,
    /// How it came to be in the trash, if it is an entry there.
    pub removal: Option<Removal>,
    /// Whether the folder it was removed from is there.
    pub has_way_back: bool,
    /// Whether it is in the trash, by itself or with a folder around it.
    pub is_trashed: bool,
    /// The project it belongs to, if it is not the caller's own.
    pub project: Option<ProjectId>,
    /// What the space may hold and holds.
    pub quota: Quota,
}

impl Found {
    /// Refuses what is in the trash.
    ///
    /// # Errors
    /// [`NotFound`](Error::NotFound): it is not where it was.
    pub fn live(self) -> Result<Self> {
        match self.is_trashed {
            true => Err(Error::NotFound("This is in the trash; restore it first.".into())),
            false => Ok(self),
        }
    }

    /// Refuses what is no folder, or in the trash.
    ///
    /// # Errors
    /// [`NotFound`](Error::NotFound), [`Invalid`](Error::Invalid).
    pub fn folder(self) -> Result<Self> {
        match self.node.is_folder() {
            true => self.live(),
            false => Err(Error::Invalid("This is a file, not a folder.".into())),
        }
    }
}

/// Finds something that the caller may see.
///
/// # Errors
/// [`NotFound`](Error::NotFound), also for what the caller may not even know of.
pub(crate) async fn find(db: &impl Db, caller: &Caller, id: Uuid) -> Result<Found> {
    let found = identities::find(db, id).await?.ok_or_else(nothing_here)?;
    let project = project_of(db, caller, found.space.id).await?;
    let tree = Tree { space: found.space.id, root: found.space.root };
    let within = |path: NodePath| match project {
        Some(_) => path.within_tree(tree),
        None => path,
    };
    Ok(Found {
        is_trashed: found.is_trashed(),
        path: within(found.path),
        removal: found.removal.map(|removal| Removal { origin: within(removal.origin), ..removal }),
        node: found.node,
        folder: found.folder,
        has_way_back: found.has_way_back,
        project,
        quota: found.space.quota,
    })
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
        (Some(node), ..) => find(db, caller, node).await?.live()?.path,
        (None, Some(folder), Some(name)) => find(db, caller, folder).await?.live()?.path.join(name.clone()),
        _ => return Ok(None),
    };
    Ok(Some(now).filter(|now| now != path))
}
