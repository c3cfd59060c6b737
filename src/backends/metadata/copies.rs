//! Copies of whole folders in a handful of statements. A copy refers to the same blobs: no bytes move.

use domain::{Caller, Error, NodeId, NodeName, Result, Seq, SpaceId};
use sea_orm::ConnectionTrait;

use crate::error::DbResult;
use crate::nodes::unsigned;
use crate::{Db, Tx, statement};

/// Everything at and below `$1` that is not in the trash, or only `$1` itself.
fn tree(deep: bool) -> &'static str {
    match deep {
        true => {
            "WITH RECURSIVE tree (id) AS ( \
               SELECT CAST($1 AS BIGINT) UNION ALL \
               SELECT n.id FROM tree JOIN nodes n ON n.parent_id = tree.id AND n.trashed_ms IS NULL \
             )"
        }
        false => "WITH tree (id) AS (SELECT CAST($1 AS BIGINT))",
    }
}

/// What a copy would be made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Weight {
    /// How many nodes.
    pub nodes: u64,
    /// What their contents add up to, in bytes.
    pub bytes: u64,
    /// How many of the nodes are system files.
    pub system_files: u64,
    /// What those add up to beside the contents, in bytes.
    pub system_bytes: u64,
}

/// What stands at and below a node, or only at it.
///
/// # Errors
/// Whatever the database says.
pub async fn weight(db: &impl Db, source: NodeId, deep: bool) -> Result<Weight> {
    let sql = format!(
        "{} SELECT COUNT(*) AS nodes, CAST(COALESCE(SUM(b.size_bytes), 0) AS BIGINT) AS bytes, \
           COUNT(n.system_bytes) AS system_files, \
           CAST(COALESCE(SUM(n.system_bytes), 0) AS BIGINT) AS system_bytes \
         FROM tree JOIN nodes n ON n.id = tree.id LEFT JOIN blobs b ON b.id = n.blob_id",
        tree(deep)
    );
    let row = db.raw().query_one_raw(statement(db, &sql, [source.0.into()])).await.or_domain()?;
    let row = row.ok_or_else(|| Error::internal("a sum without a row"))?;
    let number = |column: &str| row.try_get("", column).or_domain().map(unsigned);
    Ok(Weight {
        nodes: number("nodes")?,
        bytes: number("bytes")?,
        system_files: number("system_files")?,
        system_bytes: number("system_bytes")?,
    })
}

/// Where a copy goes.
pub struct CopyTo<'a> {
    /// The space, whose pen is held.
    pub space: SpaceId,
    /// The folder.
    pub parent: NodeId,
    /// The name, free in that folder.
    pub name: &'a NodeName,
}

/// Copies a node, and with `deep` everything below it, with properties, under the pen of `seq`.
///
/// # Errors
/// Whatever the database says.
pub async fn copy(
    tx: &Tx,
    caller: &Caller,
    seq: Seq,
    source: NodeId,
    deep: bool,
    to: CopyTo<'_>,
) -> Result<()> {
    let run = async |sql: &str, values: Vec<sea_orm::Value>| -> Result<()> {
        tx.raw().execute_raw(statement(tx, sql, values)).await.or_domain().map(drop)
    };
    // The copies are made first, all but the topmost without a parent; each then finds its parent among
    // them by what it was copied from.
    let insert = format!(
        "INSERT INTO nodes (uuid, space_id, parent_id, name, folder, blob_id, created_ms, modified_ms, \
           created_seq, changed_seq, tree_seq, copied_from, system_bytes, system_sha256) \
         {tree} \
         SELECT {RANDOM_UUID}, $2, CASE WHEN n.id = $1 THEN CAST($3 AS BIGINT) END, \
           CASE WHEN n.id = $1 THEN CAST($4 AS TEXT) ELSE n.name END, \
           n.folder, n.blob_id, $5, n.modified_ms, $6, $6, $6, n.id, \
           n.system_bytes, n.system_sha256 \
         FROM tree JOIN nodes n ON n.id = tree.id",
        tree = tree(deep)
    );
    let values = vec![
        source.0.into(),
        to.space.0.into(),
        to.parent.0.into(),
        to.name.as_str().into(),
        caller.now.millis().into(),
        seq.0.into(),
    ];
    run(&insert, values).await?;
    let made = "space_id = $1 AND created_seq = $2";
    let scope = || vec![to.space.0.into(), seq.0.into()];
    if deep {
        let adopt = format!(
            "UPDATE nodes SET parent_id = ( \
               SELECT parent.id FROM nodes original JOIN nodes parent ON parent.copied_from = original.parent_id \
               WHERE original.id = nodes.copied_from AND parent.space_id = $1 AND parent.created_seq = $2 \
             ) WHERE {made} AND parent_id IS NULL"
        );
        run(&adopt, scope()).await?;
    }
    let properties = format!(
        "INSERT INTO properties (node_id, namespace, local, xml) \
         SELECT n.id, p.namespace, p.local, p.xml FROM nodes n JOIN properties p ON p.node_id = n.copied_from \
         WHERE n.{}",
        made.replace("AND ", "AND n.")
    );
    run(&properties, scope()).await?;
    crate::revisions::open_all(tx, caller, to.space, seq).await
}

/// A random UUID (RFC 9562 §5.4, version 4) made by SQLite itself, so that a copy of any size stays one
/// statement.
const RANDOM_UUID: &str = "unhex(hex(randomblob(6)) || '4' || substr(hex(randomblob(2)), 2) \
    || substr('89AB', 1 + (random() & 3), 1) || substr(hex(randomblob(8)), 2))";
