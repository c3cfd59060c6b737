//! Putting a file or folder into the trash.

use domain::{Caller, Conditions, Error, NodePath, Result, Seq};
use metadata::nodes::{self, Change, Located};
use metadata::{Tx, locks, spaces};

use super::node_of;
use crate::Backends;
use crate::steps::{judge, may_remove};

/// Puts what is at a path into the trash: one mark on one row, however much lies below it.
///
/// # Errors
/// [`NotFound`](Error::NotFound), [`Forbidden`](Error::Forbidden) for the root, [`Stale`](Error::Stale),
/// [`Locked`](Error::Locked).
pub async fn remove(
    caller: &Caller,
    backends: &Backends,
    path: &NodePath,
    conditions: &Conditions,
) -> Result<()> {
    if path.is_root() {
        return Err(Error::Forbidden("The top folder of a drive cannot be deleted.".into()));
    }
    let tx = backends.metadata.begin().await?;
    let seq = spaces::take_pen(&tx, caller.home.space, 0).await?;
    let located = nodes::locate(&tx, caller.home.root, path, caller.now).await?;
    node_of(&located)?;
    judge(&tx, caller, &located, conditions).await?;
    may_remove(&tx, caller, &located, conditions).await?;
    trash(&tx, caller, seq, &located).await?;
    nodes::stir(&tx, seq, located.ancestors()).await?;
    tx.commit().await
}

/// Marks what is at the path as trashed, if anything is; its locks end.
pub(super) async fn trash(tx: &Tx, caller: &Caller, seq: Seq, located: &Located) -> Result<()> {
    let Some(node) = located.node() else { return Ok(()) };
    nodes::change(tx, caller, seq, node.id, Change::Trashed(caller.now)).await?;
    locks::remove_within(tx, located.space.id, node.id, caller.now).await
}
