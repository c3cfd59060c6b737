//! What a path leads to, or the error that says it leads nowhere.

use domain::{Error, Node, NodeName, NodePath, Result, VirtualFolder};
use metadata::nodes::Located;

use crate::Backends;

/// The folder a new name goes into.
pub(crate) fn parent_of(located: &Located) -> Result<&Node> {
    located
        .parent()
        .ok_or_else(|| Error::ParentMissing("The folder this should go into does not exist.".into()))
}

/// What is at the path.
pub(crate) fn node_of(located: &Located) -> Result<&Node> {
    located.node().ok_or_else(nothing_here)
}

/// The name something new gets, if its path is not longer than the house makes them; the root of a space has
/// none, but is never new. A path that a move has made longer can still be walked.
pub(crate) fn name_of(backends: &Backends, path: &NodePath) -> Result<NodeName> {
    path.fits(backends.files.path_chars_max)?;
    not_virtual(path)?;
    path.name().cloned().ok_or_else(|| Error::Exists("The top folder of a drive is always there.".into()))
}

/// Refuses the names of the virtual folders, behind which nobody would find what is there.
pub(crate) fn not_virtual(path: &NodePath) -> Result<()> {
    match VirtualFolder::of(path) {
        Some(folder) => {
            let text = format!("/{} is a folder of the server's own; take another name.", folder.name());
            Err(Error::Forbidden(text.into()))
        }
        None => Ok(()),
    }
}

pub(crate) fn nothing_here() -> Error {
    Error::NotFound("There is nothing at this path.".into())
}
