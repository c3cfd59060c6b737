//! Attaching dead properties.

use domain::{Caller, Conditions, NodePath, PropertyChange, Result};
use metadata::{nodes, properties, spaces};

use super::node_of;
use crate::Backends;
use crate::steps::judge;

/// Carries out changes to the dead properties of what is at a path, all or none. The content, its ETag
/// and its modification time stay as they are.
///
/// # Errors
/// [`NotFound`](domain::Error::NotFound), [`Stale`](domain::Error::Stale), [`Locked`](domain::Error::Locked).
pub async fn set_properties(
    caller: &Caller,
    backends: &Backends,
    path: &NodePath,
    changes: &[PropertyChange],
    conditions: &Conditions,
) -> Result<()> {
    let tx = backends.metadata.begin().await?;
    let seq = spaces::take_pen(&tx, caller.home.space, 0).await?;
    let located = nodes::locate(&tx, caller.home.root, path, caller.now).await?;
    let node = node_of(&located)?;
    judge(&tx, caller, &located, conditions).await?;
    conditions.may_change(caller.user, &located.standing())?;
    properties::apply(&tx, node.id, changes).await?;
    nodes::stir(&tx, seq, located.ancestors().into_iter().chain([node.id])).await?;
    tx.commit().await
}
