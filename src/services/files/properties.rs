//! Attaching dead properties, and setting the times of a node.

use domain::{Caller, Conditions, Error, NodeId, NodePath, NodeTimes, PropertyChange, Result};
use metadata::nodes::{self, Change};
use metadata::{Tx, again, properties};

use crate::Backends;
use crate::steps::{change, judge, node_of, pen};

/// What may be attached to one node. No client needs a tenth of it, and a listing brings all of it for each of
/// its members; the quota counts contents only.
const PROPERTIES_MAX: u64 = 200;
const BYTES_MAX: u64 = 32 * 1024;

/// Carries out changes to the dead properties of what is at a path, and sets its times, all or none. The
/// content and its ETag stay as they are, and so does each time that is not given.
///
/// # Errors
/// [`NotFound`](Error::NotFound), [`Stale`](Error::Stale), [`Locked`](Error::Locked), and
/// [`TooLarge`](Error::TooLarge) when the node would have more than it may.
pub async fn set_properties(
    caller: &Caller,
    backends: &Backends,
    path: &NodePath,
    changes: &[PropertyChange],
    times: NodeTimes,
    conditions: &Conditions,
) -> Result<()> {
    again(|| async {
        let tx = backends.metadata.begin().await?;
        let seq = pen(&tx, caller, caller.tree(path)).await?;
        let located = nodes::locate(&tx, caller.tree(path).root, path, caller.now).await?;
        let node = node_of(&located)?;
        judge(&tx, caller, &located, conditions).await?;
        conditions.may_change(caller.user, &located.standing())?;
        // What is as it should be is no change; Windows sets the same times again with every attribute.
        let times = times.other_than(node);
        if changes.is_empty() && times == NodeTimes::default() {
            return Ok(());
        }
        if !changes.is_empty() {
            properties::apply(&tx, node.id, changes).await?;
            has_room(&tx, node.id).await?;
        }
        if times != NodeTimes::default() {
            change(&tx, caller, seq, node, Change::Touched(times)).await?;
        }
        if !node.is_system() {
            nodes::stir(&tx, seq, located.ancestors().into_iter().chain([node.id])).await?;
        }
        failpoint::reach("properties.set");
        tx.commit().await?;
        failpoint::reach("properties.shown");
        Ok(())
    })
    .await
}

async fn has_room(tx: &Tx, node: NodeId) -> Result<()> {
    let (count, bytes) = properties::weight(tx, node).await?;
    if count > PROPERTIES_MAX || bytes > BYTES_MAX {
        let text =
            format!("A file or folder may have {PROPERTIES_MAX} properties of {BYTES_MAX} bytes in all.");
        return Err(Error::TooLarge(text.into()));
    }
    Ok(())
}
