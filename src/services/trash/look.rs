//! Looking into the trash. No statement here writes.

use domain::{Caller, Node, NodeId, NodeName, NodePath, Page, ProjectId, Result, UserName};
use metadata::members::{self, Member};
use metadata::{trash, users};

use crate::Backends;
use crate::files::{ListRequest, Look};

use crate::steps::{ENTRY_DEPTH, may_read, tree_of};
pub use metadata::trash::Entry;

/// Looks at a path that begins with the name of the trash, in one statement, and in two at an entry.
///
/// # Errors
/// Whatever the database says; an empty place is no error.
pub async fn look(caller: &Caller, backends: &Backends, path: &NodePath) -> Result<Look> {
    may_read(&backends.metadata, caller, caller.tree(path).space).await?;
    let located = trash::locate(&backends.metadata, caller.tree(path).root, path, caller.now).await?;
    let removal = match located.node() {
        Some(node) if path.depth() == ENTRY_DEPTH => trash::removal(&backends.metadata, node.id).await?,
        _ => None,
    };
    Ok(Look::new(located, removal))
}

/// The next entries of the trash, or the next members of a folder in it, in the order of their names, after a given one,
/// in one statement; with their dead properties if asked.
///
/// # Errors
/// Whatever the database says.
pub async fn members(
    caller: &Caller,
    backends: &Backends,
    folder: &Node,
    after: Option<&NodeName>,
    count_max: u32,
    with_properties: bool,
) -> Result<Vec<Member>> {
    may_read(&backends.metadata, caller, folder.space).await?;
    let db = &backends.metadata;
    match folder.id {
        NodeId::MADE_UP => trash::entries(db, folder.space, after, count_max, with_properties).await,
        id => members::list(db, id, after, count_max, with_properties).await,
    }
}

/// A page of the entries of the caller's trash, or of a project's.
///
/// # Errors
/// [`NotFound`](domain::Error::NotFound), [`Invalid`](domain::Error::Invalid) for a cursor of another list.
pub async fn page(
    caller: &Caller,
    backends: &Backends,
    project: Option<ProjectId>,
    request: &ListRequest,
) -> Result<Page<Entry>> {
    let tree = tree_of(&backends.metadata, caller, project).await?;
    let ListRequest { filter, order, page } = request;
    trash::page(&backends.metadata, tree.space, *filter, *order, page).await
}

/// The next entries of a user's trash in the order of their names, after a given one.
///
/// # Errors
/// [`NotFound`](domain::Error::NotFound) when nobody has this name.
pub async fn list(
    backends: &Backends,
    user: &UserName,
    after: Option<&NodeName>,
    count_max: u32,
) -> Result<Vec<Member>> {
    let space = users::space_of(&backends.metadata, user).await?;
    trash::entries(&backends.metadata, space, after, count_max, false).await
}
