//! Whether a caller may see what a look has shown.

use domain::{Caller, Error, Node, Result};

/// A node that is handed back in must lie in a space the caller may see: today their own.
///
/// # Errors
/// [`NotFound`](Error::NotFound), because of others' nodes the caller may not even know.
pub(crate) fn own(caller: &Caller, node: &Node) -> Result<()> {
    match node.space == caller.home.space {
        true => Ok(()),
        false => Err(Error::NotFound("There is nothing at this path.".into())),
    }
}
