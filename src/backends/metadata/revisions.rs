//! The history of every node: what it was called, where it lay and what it held, from one change of its
//! space to another.

use domain::{Caller, NodeId, Result, Seq, SpaceId};
use sea_orm::ConnectionTrait;

use crate::error::DbResult;
use crate::{Db, Tx, statement};

/// System files have no history.
const OPEN: &str = "INSERT INTO revisions (space_id, node_id, from_seq, parent_id, name, blob_id, trashed, \
                    modified_ms, by_user, at_ms) \
                    SELECT space_id, id, $1, parent_id, name, blob_id, trashed_ms IS NOT NULL, \
                    modified_ms, $2, $3 FROM nodes WHERE system_sha256 IS NULL";

/// Opens a revision of a node as it is now.
pub(crate) async fn open(tx: &Tx, caller: &Caller, seq: Seq, node: NodeId) -> Result<()> {
    let values = [seq.0.into(), caller.user.0.into(), caller.now.millis().into(), node.0.into()];
    let insert = statement(tx, &format!("{OPEN} AND id = $4"), values);
    tx.raw().execute_raw(insert).await.or_domain().map(drop)
}

/// Closes the open revision of a node and opens the next one.
pub(crate) async fn succeed(tx: &Tx, caller: &Caller, seq: Seq, node: NodeId) -> Result<()> {
    let close = "UPDATE revisions SET to_seq = $1 WHERE node_id = $2 AND to_seq IS NULL";
    tx.raw().execute_raw(statement(tx, close, [seq.0.into(), node.0.into()])).await.or_domain()?;
    open(tx, caller, seq, node).await
}

/// Brings the open revision of a node up to what it is now, as if it had begun with this change.
pub(crate) async fn amend(tx: &Tx, caller: &Caller, seq: Seq, node: NodeId) -> Result<()> {
    let sql = "UPDATE revisions SET from_seq = $1, at_ms = $2, \
               (blob_id, modified_ms) = (SELECT blob_id, modified_ms FROM nodes WHERE id = $3) \
               WHERE node_id = $3 AND to_seq IS NULL";
    let values = [seq.0.into(), caller.now.millis().into(), node.0.into()];
    tx.raw().execute_raw(statement(tx, sql, values)).await.or_domain().map(drop)
}

/// Opens the first revision of everything that one change made.
pub(crate) async fn open_all(tx: &Tx, caller: &Caller, space: SpaceId, seq: Seq) -> Result<()> {
    let values = [seq.0.into(), caller.user.0.into(), caller.now.millis().into(), space.0.into()];
    let insert = statement(tx, &format!("{OPEN} AND space_id = $4 AND created_seq = $1"), values);
    tx.raw().execute_raw(insert).await.or_domain().map(drop)
}
