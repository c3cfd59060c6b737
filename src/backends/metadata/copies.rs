//! Copies of whole folders in a handful of statements. A copy refers to the same blobs: no bytes move.

use domain::{Caller, Error, NodeId, NodeName, Result, Seq, SpaceId, Timestamp};
use sea_orm::{ConnectionTrait, DbBackend, Value};
use uuid::Uuid;

use crate::error::DbResult;
use crate::history::stood;
use crate::nodes::unsigned;
use crate::together::Step;
use crate::{Db, Tx, statement};

/// What is copied: a node and perhaps what is below it, as it is or as it was.
#[derive(Debug, Clone, Copy)]
pub struct Source {
    /// The node.
    pub node: NodeId,
    /// Whether everything below it comes along.
    pub deep: bool,
    /// The change after which it was so; none for now.
    pub as_of: Option<Seq>,
}

impl Source {
    /// The rows `source` of everything that is not in the trash at and below `$1`, or only of `$1` itself. A change of
    /// the past is the value `seq`.
    fn rows(self, seq: &str) -> String {
        if self.as_of.is_some() {
            return self.past_rows(seq);
        }
        let below = match self.deep {
            true => {
                " UNION ALL SELECT n.id FROM tree JOIN nodes n ON n.parent_id = tree.id AND n.trashed_ms IS NULL"
            }
            false => "",
        };
        format!(
            "WITH RECURSIVE tree (id) AS (SELECT CAST($1 AS BIGINT){below}), source AS ( \
               SELECT n.id, n.name, n.folder, n.blob_id, n.created_ms, n.modified_ms, n.system_bytes, n.system_sha256 \
               FROM tree JOIN nodes n ON n.id = tree.id \
             )"
        )
    }

    fn past_rows(self, seq: &str) -> String {
        let stood = stood(seq);
        let columns = "r.node_id, r.name, n.folder, r.blob_id, n.created_ms, r.modified_ms, n.system_bytes, n.system_sha256";
        let below = match self.deep {
            true => format!(
                " UNION ALL SELECT {columns} FROM source JOIN revisions r ON r.parent_id = source.id \
                 JOIN nodes n ON n.id = r.node_id WHERE {stood}"
            ),
            false => String::new(),
        };
        format!(
            "WITH RECURSIVE source (id, name, folder, blob_id, created_ms, modified_ms, system_bytes, system_sha256) AS ( \
               SELECT {columns} FROM revisions r JOIN nodes n ON n.id = r.node_id \
               WHERE r.node_id = $1 AND {stood}{below} \
             )"
        )
    }

    /// The number of the original's folder, in a statement whose value `seq` is the change of the past.
    fn parent_of_original(self, seq: &str) -> String {
        match self.as_of {
            None => "SELECT o.parent_id FROM nodes o WHERE o.id = nodes.copied_from".to_owned(),
            Some(_) => format!(
                "SELECT r.parent_id FROM revisions r WHERE r.node_id = nodes.copied_from AND r.from_seq <= {seq} \
                 AND (r.to_seq IS NULL OR r.to_seq > {seq})"
            ),
        }
    }

    fn values(self, values: impl IntoIterator<Item = Value>) -> Vec<Value> {
        values.into_iter().chain(self.as_of.map(|seq| seq.0.into())).collect()
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
pub async fn weight(db: &impl Db, source: Source) -> Result<Weight> {
    let sql = format!(
        "{} SELECT COUNT(*) AS nodes, CAST(COALESCE(SUM(b.size_bytes), 0) AS BIGINT) AS bytes, \
           COUNT(s.system_bytes) AS system_files, \
           CAST(COALESCE(SUM(s.system_bytes), 0) AS BIGINT) AS system_bytes \
         FROM source s LEFT JOIN blobs b ON b.id = s.blob_id",
        source.rows("$2")
    );
    let values = source.values([source.node.0.into()]);
    let row = db.raw().query_one_raw(statement(db, &sql, values)).await.or_domain()?;
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
    /// The identity that the topmost copy gets.
    pub uuid: Uuid,
    /// The space, whose pen is held.
    pub space: SpaceId,
    /// The folder.
    pub parent: NodeId,
    /// The name, free in that folder.
    pub name: &'a NodeName,
    /// The moment the copies are made at; none for that of each original.
    pub created_at: Option<Timestamp>,
}

/// Copies a node, and if asked everything below it, with properties, under the pen of `seq`.
///
/// # Errors
/// Whatever the database says.
pub async fn copy(tx: &Tx, caller: &Caller, seq: Seq, source: Source, to: CopyTo<'_>) -> Result<()> {
    let run = async |sql: &str, values: Vec<Value>| -> Result<()> {
        tx.raw().execute_raw(statement(tx, sql, values)).await.or_domain().map(drop)
    };
    // The copies are made first, all but the topmost without a parent; each then finds its parent among
    // them by what it was copied from.
    let insert = format!(
        "INSERT INTO nodes (uuid, space_id, parent_id, name, folder, blob_id, created_ms, modified_ms, \
           created_seq, changed_seq, tree_seq, copied_from, system_bytes, system_sha256) \
         {rows} \
         SELECT CASE WHEN s.id = $1 THEN $7 ELSE {uuid} END, $2, CASE WHEN s.id = $1 THEN CAST($3 AS BIGINT) END, \
           CASE WHEN s.id = $1 THEN CAST($4 AS TEXT) ELSE s.name END, \
           s.folder, s.blob_id, COALESCE(CAST($5 AS BIGINT), s.created_ms), s.modified_ms, $6, $6, $6, s.id, s.system_bytes, s.system_sha256 \
         FROM source s",
        uuid = random_uuid(tx),
        rows = source.rows("$8")
    );
    let values = source.values([
        source.node.0.into(),
        to.space.0.into(),
        to.parent.0.into(),
        to.name.as_str().into(),
        to.created_at.map(Timestamp::millis).into(),
        seq.0.into(),
        to.uuid.into(),
    ]);
    if tx.raw().execute_raw(statement(tx, &insert, values)).await.or_domain()?.rows_affected() == 0 {
        return Err(Error::NotFound(
            "What was to be copied is not there any more; nothing was changed.".into(),
        ));
    }
    let made = "space_id = $1 AND created_seq = $2";
    let scope = || vec![to.space.0.into(), seq.0.into()];
    if source.deep {
        let adopt = format!(
            "UPDATE nodes SET parent_id = ( \
               SELECT parent.id FROM nodes parent WHERE parent.copied_from = ({}) \
               AND parent.space_id = $1 AND parent.created_seq = $2 \
             ) WHERE {made} AND parent_id IS NULL",
            source.parent_of_original("$3")
        );
        run(&adopt, source.values(scope())).await?;
    }
    let properties = format!(
        "INSERT INTO properties (node_id, namespace, local, xml) \
         SELECT n.id, p.namespace, p.local, p.xml FROM nodes n JOIN properties p ON p.node_id = n.copied_from \
         WHERE n.{}",
        made.replace("AND ", "AND n.")
    );
    tx.along(Step::new("", properties, scope())).await?;
    crate::revisions::open_all(tx, caller, to.space, seq).await
}

/// The copy of a node that one change has made.
///
/// # Errors
/// Whatever the database says.
pub async fn made(tx: &Tx, space: SpaceId, seq: Seq, original: NodeId) -> Result<NodeId> {
    let sql = "SELECT id FROM nodes WHERE space_id = $1 AND created_seq = $2 AND copied_from = $3";
    let values = [space.0.into(), seq.0.into(), original.0.into()];
    let row = tx.raw().query_one_raw(statement(tx, sql, values)).await.or_domain()?;
    let row = row.ok_or_else(|| Error::internal("a copy was made and is not there"))?;
    row.try_get("", "id").or_domain().map(NodeId)
}

/// A random UUID (RFC 9562 §5.4, version 4) made by the database itself, so that a copy of any size stays one
/// statement.
fn random_uuid(db: &impl Db) -> &'static str {
    match db.raw().get_database_backend() {
        DbBackend::Postgres => "gen_random_uuid()",
        _ => {
            "unhex(hex(randomblob(6)) || '4' || substr(hex(randomblob(2)), 2) \
             || substr('89AB', 1 + (random() & 3), 1) || substr(hex(randomblob(8)), 2))"
        }
    }
}
