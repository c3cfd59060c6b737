//! Putting a file or folder into the trash.

use domain::{Action, Caller, Conditions, Error, NodePath, Result};
use metadata::{again, nodes};

use crate::Backends;
use crate::steps::{about, companions_of, judge, may_remove, node_of, parent_of, pen, record, trash};

/// Puts what is at a path into the trash: one mark on one row, however much lies below it. A system file is
/// gone for good, and a placeholder leaves nothing in the trash.
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
    again(|| async {
        let tx = backends.metadata.begin().await?;
        let seq = pen(&tx, caller, caller.tree(path)).await?;
        let located = nodes::locate(&tx, caller.tree(path).root, path, caller.now).await?;
        let node = node_of(&located)?;
        judge(&tx, caller, &located, conditions).await?;
        may_remove(&tx, caller, &located, conditions).await?;
        let [companion] = companions_of(&tx, [(parent_of(&located)?.id, &node.name)]).await?;
        if !node.is_system() {
            nodes::stir(&tx, seq, located.ancestors()).await?;
            record(&tx, caller, &about(Action::RemoveNode, node, path)).await?;
        }
        trash(&tx, caller, seq, &located, companion).await?;
        failpoint::reach("remove.trashed");
        tx.commit().await?;
        failpoint::reach("remove.shown");
        Ok(())
    })
    .await
}
