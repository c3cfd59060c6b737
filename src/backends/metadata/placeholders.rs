//! Empty files that a client makes a moment before it sends the content: together they are one creation.

use domain::{Beginning, Caller, Error, Node, Result, Seq, Timestamp, UserId};
use sea_orm::{ConnectionTrait, Value};

use crate::error::DbResult;
use crate::nodes::{self, Change};
use crate::{Db, Tx, revisions, statement};

/// Those that were withdrawn from the name `$1` in the folder `$2` and never were elsewhere: of another name somebody
/// who asks what has changed must still be told that it is gone.
const WITHDRAWN: &str = "SELECT w.id FROM nodes w WHERE w.name = $1 AND w.parent_id = $2 AND w.trashed_with = w.id \
    AND NOT w.folder AND NOT w.doomed \
    AND NOT EXISTS (SELECT 1 FROM revisions e WHERE e.node_id = w.id AND (e.name <> $1 OR e.parent_id <> $2))";

/// How a file came to be.
///
/// # Errors
/// [`Internal`](Error::Internal) when it has no history.
pub async fn beginning(tx: &Tx, node: &Node) -> Result<Beginning> {
    let sql = format!(
        "SELECT by_user, at_ms, EXISTS ({WITHDRAWN}) AS had_predecessor, \
           EXISTS (SELECT 1 FROM revisions r WHERE r.node_id = $3 AND r.blob_id IS NOT NULL) AS had_content \
         FROM revisions WHERE node_id = $3 ORDER BY from_seq LIMIT 1"
    );
    let values = name_and_folder(node).into_iter().chain([node.id.0.into()]);
    let row = tx.raw().query_one_raw(statement(tx, &sql, values)).await.or_domain()?;
    let row = row.ok_or_else(|| Error::internal("a file without a history"))?;
    Ok(Beginning {
        by: UserId(row.try_get("", "by_user").or_domain()?),
        at: Timestamp::from_millis(row.try_get("", "at_ms").or_domain()?),
        had_content: row.try_get("", "had_content").or_domain()?,
        had_predecessor: row.try_get("", "had_predecessor").or_domain()?,
    })
}

/// Changes a placeholder under the pen of `seq` and amends its revision, so that its history begins with
/// what it is now.
///
/// # Errors
/// Whatever the database says.
pub async fn amend(tx: &Tx, caller: &Caller, seq: Seq, node: &Node, change: Change<'_>) -> Result<()> {
    let changed = nodes::update(tx, seq, node.id, change);
    tx.raw().execute_raw(changed).await.or_domain()?;
    revisions::amend(tx, caller, seq, node.id).await
}

/// Takes a placeholder away under the pen of `seq`. Its row stays for whoever was told of it and asks what
/// has changed, but it is nothing that lies in the trash by itself.
///
/// # Errors
/// Whatever the database says.
pub async fn withdraw(tx: &Tx, caller: &Caller, seq: Seq, node: &Node) -> Result<()> {
    nodes::change(tx, caller, seq, node.id, Change::TrashedWith(caller.now, node.id)).await
}

/// Purges the placeholders that were withdrawn from a place where there is a file again: whoever was told
/// of them is told of that one.
///
/// # Errors
/// Whatever the database says.
pub async fn purge_predecessors(tx: &Tx, node: &Node) -> Result<()> {
    let what_they_had = ["locks", "properties", "revisions"].map(|table| (table, "node_id"));
    for (table, column) in what_they_had.into_iter().chain([("nodes", "id")]) {
        let sql = format!("DELETE FROM {table} WHERE {column} IN ({WITHDRAWN})");
        tx.raw().execute_raw(statement(tx, &sql, name_and_folder(node))).await.or_domain()?;
    }
    Ok(())
}

fn name_and_folder(node: &Node) -> [Value; 2] {
    [node.name.as_str().into(), node.parent.map(|parent| parent.0).into()]
}
