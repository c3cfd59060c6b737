//! What a folder holds and what is found by name, a page at a time. No statement here writes.

use domain::{Caller, Error, Node, NodeFilter, NodeName, NodeOrder, Page, PageRequest, ProjectId, Result};
use metadata::{members, search};
use uuid::Uuid;

use super::find;
use crate::Backends;
use crate::steps::tree_of;

/// What stands in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// A file or folder.
    pub node: Node,
    /// The folder it lies in.
    pub folder: Option<Uuid>,
    /// The project it belongs to, if it is not the caller's own.
    pub project: Option<ProjectId>,
}

/// Which files and folders are listed, and how.
#[derive(Debug, Clone, Default)]
pub struct ListRequest {
    /// Which.
    pub filter: NodeFilter,
    /// In which order.
    pub order: NodeOrder,
    /// Which page.
    pub page: PageRequest,
}

/// Where something is looked for.
#[derive(Debug, Clone, Copy)]
pub enum Scope {
    /// Below a folder.
    Folder(Uuid),
    /// In a project, or in the caller's own drive.
    Tree(Option<ProjectId>),
}

/// A page of the members of a folder; what systems keep there for themselves is not among them.
///
/// # Errors
/// [`NotFound`](Error::NotFound), [`Invalid`](Error::Invalid) for a file, or a cursor of another list.
pub async fn children(
    caller: &Caller,
    backends: &Backends,
    folder: Uuid,
    request: &ListRequest,
) -> Result<Page<Listed>> {
    let found = find(caller, backends, folder).await?.folder()?;
    let ListRequest { filter, order, page } = request;
    let page = members::page(&backends.metadata, found.node.id, *filter, *order, page).await?;
    Ok(page.map(|node| Listed { node, folder: Some(folder), project: found.project }))
}

/// A page of the files and folders in whose names a text is, in upper or lower case.
///
/// # Errors
/// [`NotFound`](Error::NotFound), [`Invalid`](Error::Invalid) for a text that can be in no name, or a cursor of another
/// list.
pub async fn search_by_name(
    caller: &Caller,
    backends: &Backends,
    scope: Scope,
    text: &str,
    request: &ListRequest,
) -> Result<Page<Listed>> {
    // Whatever is part of a name is nearly a name itself: two points are not, and may still be looked for.
    let text = match text.bytes().all(|byte| byte == b'.') && !text.is_empty() {
        true => NodeName::stored(text.to_owned()),
        false => NodeName::parse(text).map_err(|_| impossible())?,
    };
    let (below, project) = match scope {
        Scope::Folder(id) => {
            let found = find(caller, backends, id).await?.folder()?;
            (found.node.id, found.project)
        }
        Scope::Tree(project) => (tree_of(&backends.metadata, caller, project).await?.root, project),
    };
    let ListRequest { filter, order, page } = request;
    let page = search::page(&backends.metadata, below, text.as_str(), *filter, *order, page).await?;
    Ok(page.map(|hit| Listed { node: hit.node, folder: Some(hit.folder), project }))
}

fn impossible() -> Error {
    Error::Invalid("`q` is a part of a name: 1 to 255 bytes without `/`.".into())
}
