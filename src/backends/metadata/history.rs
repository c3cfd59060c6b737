//! The tree of a space as it was after one of its changes: what the revisions say that were open then.
//!
//! Names, places, contents and modification times are those of then; system files and dead properties have no history.
//! What was purged since is not there any more at any moment.

use domain::{Error, Node, NodeId, NodeName, NodePath, Result, Seq, SpaceId, Timestamp};
use sea_orm::{ConnectionTrait, QueryResult, Value};

use crate::error::DbResult;
use crate::members::{Member, name_after, properties_of_n, read_all};
use crate::nodes::{Located, SPACE_COLUMNS, read_node, space_of};
use crate::{Db, statement};

const DAY_MS: i64 = 86_400_000;

/// The columns of a node as a revision `r` of it says, with the blob `b` it had. A folder that changed since has the
/// ETag that belongs to the moment.
fn columns(seq: &str) -> String {
    format!(
        "n.id, n.uuid, n.space_id, r.parent_id, r.name, n.folder, n.created_ms, r.modified_ms, \
         CASE WHEN n.tree_seq > {seq} THEN {seq} ELSE n.tree_seq END AS tree_seq, n.system_bytes, n.system_sha256, \
         b.id AS blob_id, b.size_bytes, b.sha256, b.media_type, b.created_ms AS blob_created_ms, \
         b.store AS blob_store"
    )
}

/// Whether the revision `r` of the node `n` is what stood there after a change. Of what was purged, or withdrawn as the
/// beginning of something, nothing is shown.
pub(crate) fn stood(seq: &str) -> String {
    format!(
        "r.from_seq <= {seq} AND (r.to_seq IS NULL OR r.to_seq > {seq}) AND NOT r.trashed AND NOT n.doomed \
         AND COALESCE(n.trashed_with, 0) <> n.id"
    )
}

/// The last change that had been made by a moment, for each of these moments; none where history does not reach. In
/// one statement.
///
/// What stands in the way of a moment is the first change after it. Changes that claim to come from the future were
/// made while the clock was wrong and hide nothing.
///
/// # Errors
/// [`NotFound`](Error::NotFound) when there is no such space; whatever the database says.
pub async fn seqs(
    db: &impl Db,
    space: SpaceId,
    moments: &[Timestamp],
    now: Timestamp,
) -> Result<Vec<Option<Seq>>> {
    let mut values: Vec<Value> = vec![space.0.into(), now.millis().into()];
    let mut asked = Vec::with_capacity(moments.len());
    for moment in moments {
        values.push(moment.millis().into());
        asked.push(format!("({}, CAST(${} AS BIGINT))", asked.len(), values.len()));
    }
    if asked.is_empty() {
        return Ok(Vec::new());
    }
    let sql = format!(
        "WITH asked (place, at) AS (VALUES {}) \
         SELECT a.at, s.seq, s.history_seq, s.history_ms, \
           (SELECT r.from_seq FROM revisions r WHERE r.space_id = s.id AND r.at_ms > a.at AND r.at_ms <= $2 \
            ORDER BY r.at_ms, r.id LIMIT 1) AS next_seq \
         FROM spaces s CROSS JOIN asked a WHERE s.id = $1 ORDER BY a.place",
        asked.join(", ")
    );
    let rows = db.raw().query_all_raw(statement(db, &sql, values)).await.or_domain()?;
    if rows.is_empty() {
        return Err(Error::NotFound("There is no such space.".into()));
    }
    rows.iter().map(read_seq).collect()
}

fn read_seq(row: &QueryResult) -> Result<Option<Seq>> {
    let number = |column: &str| row.try_get::<i64>("", column).or_domain();
    let next: Option<i64> = row.try_get("", "next_seq").or_domain()?;
    let seq = next.map_or(number("seq")?, |next| next - 1);
    // The root was made by the change 0, and nothing was there before.
    let oldest = number("history_seq")?.max(0);
    Ok((seq >= oldest && number("at")? >= number("history_ms")?).then_some(Seq(seq)))
}

/// The latest change of each of the latest days before a moment on which anything changed, newest first, in one
/// statement that looks at as many rows as it gives.
///
/// # Errors
/// Whatever the database says.
pub async fn days(db: &impl Db, space: SpaceId, before: Timestamp, count_max: u32) -> Result<Vec<Timestamp>> {
    let sql = "WITH RECURSIVE days (count, at) AS ( \
                 SELECT 1, (SELECT MAX(r.at_ms) FROM revisions r WHERE r.space_id = $1 AND r.at_ms < $2) \
                 UNION ALL \
                 SELECT count + 1, (SELECT MAX(r.at_ms) FROM revisions r \
                   WHERE r.space_id = $1 AND r.at_ms < days.at - days.at % $3) \
                 FROM days WHERE days.at IS NOT NULL AND count < $4 \
               ) SELECT at FROM days WHERE at IS NOT NULL ORDER BY count";
    let values = [space.0.into(), before.millis().into(), DAY_MS.into(), i64::from(count_max).into()];
    let rows = db.raw().query_all_raw(statement(db, sql, values)).await.or_domain()?;
    rows.iter().map(|row| Ok(Timestamp::from_millis(row.try_get("", "at").or_domain()?))).collect()
}

/// Walks a path from the root of a space as it was after a change, in one statement. No lock reaches into the past.
///
/// # Errors
/// [`NotFound`](Error::NotFound) when there was no such space; whatever the database says.
pub async fn locate(db: &impl Db, root: NodeId, path: &NodePath, seq: Seq) -> Result<Located> {
    let mut values: Vec<Value> = vec![root.0.into(), seq.0.into()];
    let mut names = String::new();
    for (index, name) in path.names().iter().enumerate() {
        let comma = if index == 0 { "" } else { ", " };
        names.push_str(&format!("{comma}({}, CAST(${} AS TEXT))", index + 1, index + 3));
        values.push(name.as_str().into());
    }
    let steps =
        if names.is_empty() { "SELECT 0, '' WHERE 1 = 0".to_owned() } else { format!("VALUES {names}") };
    // In this order, or SQLite looks through all that ever was in a folder before it looks at the name.
    let sql = format!(
        "WITH RECURSIVE names (depth, name) AS ({steps}), walk (depth, id, revision) AS ( \
           SELECT 0, n.id, r.id FROM nodes n JOIN revisions r ON r.node_id = n.id WHERE n.id = $1 AND {stood} \
           UNION ALL \
           SELECT walk.depth + 1, n.id, r.id FROM walk CROSS JOIN names CROSS JOIN revisions r CROSS JOIN nodes n \
           WHERE names.depth = walk.depth + 1 AND r.parent_id = walk.id AND r.name = names.name \
             AND n.id = r.node_id AND {stood} \
         ) \
         SELECT walk.depth, {columns}, {SPACE_COLUMNS} \
         FROM walk JOIN revisions r ON r.id = walk.revision JOIN nodes n ON n.id = r.node_id \
         JOIN spaces s ON s.id = n.space_id LEFT JOIN blobs b ON b.id = r.blob_id ORDER BY walk.depth",
        stood = stood("$2"),
        columns = columns("$2"),
    );
    let rows = db.raw().query_all_raw(statement(db, &sql, values)).await.or_domain()?;
    let Some(first) = rows.first() else {
        return Err(Error::NotFound("There was no such space.".into()));
    };
    Ok(Located {
        space: space_of(first)?,
        found: rows.iter().map(read_node).collect::<Result<_>>()?,
        depth: path.depth(),
        locks: Vec::new(),
        lapsed: Vec::new(),
    })
}

/// The next members that a folder had after a change, in the order of their names, after a given one, in one statement;
/// with the dead properties they have now if asked.
///
/// # Errors
/// Whatever the database says.
pub async fn members(
    db: &impl Db,
    folder: NodeId,
    seq: Seq,
    after: Option<&NodeName>,
    count_max: u32,
    with_properties: bool,
) -> Result<Vec<Member>> {
    let (properties, join) = properties_of_n(with_properties);
    let sql = format!(
        "SELECT {columns}{properties} FROM ( \
           SELECT r.* FROM revisions r JOIN nodes n ON n.id = r.node_id \
           WHERE r.parent_id = $1 AND r.name > $3 AND {stood} ORDER BY r.name LIMIT $4 \
         ) r JOIN nodes n ON n.id = r.node_id LEFT JOIN blobs b ON b.id = r.blob_id {join} ORDER BY r.name",
        stood = stood("$2"),
        columns = columns("$2"),
    );
    let values: Vec<Value> =
        vec![folder.0.into(), seq.0.into(), name_after(after), i64::from(count_max).into()];
    let rows = db.raw().query_all_raw(statement(db, &sql, values)).await.or_domain()?;
    read_all(&rows, with_properties, |row| read_node(row).map(Member::of))
}

/// What a node was after a change, wherever it lay; nothing if it was not there.
///
/// # Errors
/// Whatever the database says.
pub async fn find(db: &impl Db, node: NodeId, seq: Seq) -> Result<Option<Node>> {
    let sql = format!(
        "SELECT {columns} FROM revisions r JOIN nodes n ON n.id = r.node_id LEFT JOIN blobs b ON b.id = r.blob_id \
         WHERE r.node_id = $1 AND {stood}",
        stood = stood("$2"),
        columns = columns("$2"),
    );
    let row = db.raw().query_one_raw(statement(db, &sql, [node.0.into(), seq.0.into()])).await.or_domain()?;
    row.as_ref().map(read_node).transpose()
}
