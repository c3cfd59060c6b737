//! Changing what is there already.

use domain::{Caller, Node, Result, Seq};
use metadata::nodes::{self, Change};
use metadata::{Tx, placeholders, system_files};

use super::placeholder;

/// Changes what is there already. What goes into a placeholder belongs to its creation.
pub(crate) async fn change(
    tx: &Tx,
    caller: &Caller,
    seq: Seq,
    node: &Node,
    change: Change<'_>,
) -> Result<()> {
    if let (true, Change::Content(blob, _)) = (node.is_system(), &change) {
        system_files::release(tx, node, *blob).await?;
    }
    let Some(beginning) = placeholder(tx, caller, node).await? else {
        return nodes::change(tx, caller, seq, node.id, change).await;
    };
    placeholders::amend(tx, caller, seq, node, change).await?;
    match beginning.had_predecessor {
        true => placeholders::purge_predecessors(tx, node).await,
        false => Ok(()),
    }
}
