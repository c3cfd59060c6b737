//! The history of every node: what it was called, where it lay and what it held, from one change of its
//! space to another.

use domain::{Caller, Error, NodeId, Result, Seq, SpaceId};
use sea_orm::{ConnectionTrait, QueryResult, Statement};

use crate::error::DbResult;
use crate::together::Step;
use crate::{Db, Tx, statement};

/// Opens revisions of rows as they are now: of those of `nodes`, or of what has the same columns. System files have no
/// history.
fn opening(rows: &str) -> String {
    format!(
        "INSERT INTO revisions (space_id, node_id, from_seq, parent_id, name, blob_id, trashed, modified_ms, by_user, \
         at_ms) SELECT space_id, id, $1, parent_id, name, blob_id, trashed_ms IS NOT NULL, modified_ms, $2, $3 \
         FROM {rows} WHERE system_sha256 IS NULL"
    )
}

const CLOSE: &str = "UPDATE revisions SET to_seq = $1 WHERE node_id = $2 AND to_seq IS NULL";

/// Makes the row of a node and opens its first revision.
pub(crate) async fn begin(tx: &Tx, caller: &Caller, seq: Seq, mut made: Statement) -> Result<NodeId> {
    let row = match tx.joining() {
        Some(transaction) => {
            let steps = vec![changed(made), opened(caller, seq)];
            let answer = transaction.together(steps, "(SELECT id FROM changed)").await.or_domain()?;
            answer.rows.into_iter().next().map(QueryResult::from)
        }
        None => {
            made.sql.push_str(" RETURNING id AS answer");
            tx.raw().query_one_raw(made).await.or_domain()?
        }
    };
    let row = row.ok_or_else(|| Error::internal("a node was made without a number"))?;
    let id = NodeId(row.try_get("", "answer").or_domain()?);
    if tx.joining().is_none() {
        open(tx, caller, seq, id).await?;
    }
    Ok(id)
}

/// Changes the row of a node, closes its open revision and opens the next one.
pub(crate) async fn go_on(tx: &Tx, caller: &Caller, seq: Seq, node: NodeId, change: Statement) -> Result<()> {
    match tx.joining() {
        Some(transaction) => {
            let closed = Step::new("closed", CLOSE, [seq.0.into(), node.0.into()]);
            let steps = vec![changed(change), closed, opened(caller, seq)];
            transaction.together(steps, "NULL").await.or_domain().map(drop)
        }
        None => {
            tx.raw().execute_raw(change).await.or_domain()?;
            tx.raw().execute_raw(statement(tx, CLOSE, [seq.0.into(), node.0.into()])).await.or_domain()?;
            open(tx, caller, seq, node).await
        }
    }
}

fn changed(mut change: Statement) -> Step {
    change.sql.push_str(" RETURNING *");
    Step::built("changed", change)
}

fn opened(caller: &Caller, seq: Seq) -> Step {
    let values = [seq.0.into(), caller.user.0.into(), caller.now.millis().into()];
    Step::new("opened", opening("changed"), values)
}

/// Opens a revision of a node as it is now.
async fn open(tx: &Tx, caller: &Caller, seq: Seq, node: NodeId) -> Result<()> {
    let values = [seq.0.into(), caller.user.0.into(), caller.now.millis().into(), node.0.into()];
    let insert = statement(tx, &format!("{} AND id = $4", opening("nodes")), values);
    tx.raw().execute_raw(insert).await.or_domain().map(drop)
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
    let opened = format!("{} AND space_id = $4 AND created_seq = $1", opening("nodes"));
    tx.along(Step::new("", opened, values)).await
}
