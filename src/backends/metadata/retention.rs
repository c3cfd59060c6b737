//! Forgetting: contents that thin out with age, and history beyond the horizon.
//!
//! Nothing here is a change that anybody has to hear of: the pen is taken, and the number of the space stays.

mod merging;

use domain::{BlobId, NodeId, Result, Seq, SpaceId, Timestamp};
use sea_orm::{ConnectionTrait, QueryResult, Value};

use crate::error::DbResult;
use crate::lists::{AT_ONCE, slots};
use crate::nodes::unsigned;
use crate::{Db, Tx, blobs, spaces, statement};
use merging::{Merged, Revision, merge};

/// The name of the way through all files that thins out their contents.
const THINNING: &str = "thinning";
/// So many numbers of nodes are looked at in one step of it.
const NUMBERS_AT_ONCE: i64 = 20_000;

/// How far the way through all files has come, and when it last came to the end.
///
/// # Errors
/// Whatever the database says.
pub async fn thinning_round(db: &impl Db) -> Result<(NodeId, Timestamp)> {
    let sql = "SELECT node_id, ended_ms FROM rounds WHERE name = $1";
    let row = db.raw().query_one_raw(statement(db, sql, [THINNING.into()])).await.or_domain()?;
    let Some(row) = row else { return Ok((NodeId(0), Timestamp::from_millis(i64::MIN))) };
    let number = |column: &str| row.try_get::<i64>("", column).or_domain();
    Ok((NodeId(number("node_id")?), Timestamp::from_millis(number("ended_ms")?)))
}

/// Notes how far that has come; a round that is over begins anew.
///
/// # Errors
/// Whatever the database says.
pub async fn note_thinning_round(tx: &Tx, after: NodeId, ended: Timestamp) -> Result<()> {
    let sql = "INSERT INTO rounds (name, node_id, ended_ms) VALUES ($1, $2, $3) \
               ON CONFLICT (name) DO UPDATE SET node_id = excluded.node_id, ended_ms = excluded.ended_ms";
    run(tx, sql, vec![THINNING.into(), after.0.into(), ended.millis().into()]).await.map(drop)
}

/// Files that may have more than one earlier content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Crowded {
    /// They, with their spaces, in the order of their numbers.
    pub files: Vec<(NodeId, SpaceId)>,
    /// Where to go on; none at the end.
    pub next: Option<NodeId>,
}

/// The next such files after a number, at most so many.
///
/// # Errors
/// Whatever the database says.
pub async fn crowded(db: &impl Db, after: NodeId, count_max: u32) -> Result<Crowded> {
    let sql = "SELECT n.id AS node_id, n.space_id FROM ( \
                 SELECT r.node_id FROM revisions r WHERE r.node_id > $1 AND r.node_id <= $2 \
                 GROUP BY r.node_id HAVING COUNT(DISTINCT r.blob_id) > 1 ORDER BY r.node_id LIMIT $3 \
               ) crowded JOIN nodes n ON n.id = crowded.node_id ORDER BY n.id";
    let until = after.0.saturating_add(NUMBERS_AT_ONCE);
    let values = [after.0.into(), until.into(), i64::from(count_max).into()];
    let rows = db.raw().query_all_raw(statement(db, sql, values)).await.or_domain()?;
    let read = |row: &QueryResult| {
        let node = row.try_get("", "node_id").or_domain()?;
        Ok((NodeId(node), SpaceId(row.try_get("", "space_id").or_domain()?)))
    };
    let files: Vec<(NodeId, SpaceId)> = rows.iter().map(read).collect::<Result<_>>()?;
    if files.len() == count_max as usize {
        return Ok(Crowded { next: files.last().map(|(node, _)| *node), files });
    }
    let sql = "SELECT id FROM nodes WHERE id > $1 ORDER BY id LIMIT 1";
    let more = db.raw().query_one_raw(statement(db, sql, [until.into()])).await.or_domain()?;
    let next = more.map(|row| row.try_get::<i64>("", "id").or_domain()).transpose()?;
    Ok(Crowded { files, next: next.map(|id| NodeId(id - 1)) })
}

/// What became of the contents of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Thinned {
    /// How many of them are gone.
    pub contents: usize,
    /// Whether there is more to be done.
    pub more: bool,
}

/// Takes away those earlier contents of a file that `kept`, asked by the moments they came, oldest first, says no to,
/// at most so many. At a moment of theirs there is then what was kept before it, or the first that was kept. The bytes
/// go back to the space, and blobs nobody refers to any more are condemned.
///
/// # Errors
/// Whatever the database says.
pub async fn thin(
    tx: &Tx,
    (file, space): (NodeId, SpaceId),
    now: Timestamp,
    kept: impl FnOnce(&[Timestamp]) -> Vec<bool>,
    contents_max: usize,
) -> Result<Thinned> {
    spaces::take_pen_unheard(tx, space).await?;
    let sql = "SELECT r.id, r.from_seq, r.to_seq, r.parent_id, r.name, r.blob_id, r.trashed, r.modified_ms, r.at_ms, \
                 b.created_ms AS blob_ms FROM revisions r LEFT JOIN blobs b ON b.id = r.blob_id \
               WHERE r.node_id = $1 ORDER BY r.from_seq, r.id";
    let rows = tx.raw().query_all_raw(statement(tx, sql, [file.0.into()])).await.or_domain()?;
    let revisions: Vec<Revision> = rows.iter().map(read_revision).collect::<Result<_>>()?;
    let Merged { contents, more, gone, changed, lost } = merge(&revisions, kept, contents_max);
    if contents == 0 {
        return Ok(Thinned { contents, more });
    }
    for revision in &changed {
        let sql = "UPDATE revisions SET to_seq = $2, blob_id = $3, modified_ms = $4 WHERE id = $1";
        let Revision { id, to, blob, modified_ms, .. } = revision;
        run(tx, sql, vec![(*id).into(), (*to).into(), (*blob).into(), (*modified_ms).into()]).await?;
    }
    delete(tx, "revisions", "id", &gone).await?;
    let lost: Vec<BlobId> = lost.into_iter().map(BlobId).collect();
    let bytes = bytes_of(tx, &lost).await?;
    spaces::give_back(tx, space, bytes).await?;
    blobs::condemn(tx, now, &lost).await?;
    Ok(Thinned { contents, more })
}

fn read_revision(row: &QueryResult) -> Result<Revision> {
    let number = |column: &str| row.try_get::<i64>("", column).or_domain();
    let blob_ms: Option<i64> = row.try_get("", "blob_ms").or_domain()?;
    Ok(Revision {
        id: number("id")?,
        from: number("from_seq")?,
        to: row.try_get("", "to_seq").or_domain()?,
        parent: row.try_get("", "parent_id").or_domain()?,
        name: row.try_get("", "name").or_domain()?,
        blob: row.try_get("", "blob_id").or_domain()?,
        trashed: row.try_get("", "trashed").or_domain()?,
        modified_ms: number("modified_ms")?,
        // Where it shows what came later, for want of anything before, it does not make that older.
        came: Timestamp::from_millis(number("at_ms")?.max(blob_ms.unwrap_or(i64::MIN))),
    })
}

/// The spaces, at most so many, whose history reaches back beyond a moment, each with the change it is to reach back
/// to. What was noted by a clock that was ahead may have come a minute ago: it stays, unless something of before the moment
/// came after it.
///
/// # Errors
/// Whatever the database says.
pub async fn beyond(
    db: &impl Db,
    horizon: Timestamp,
    now: Timestamp,
    count_max: u32,
) -> Result<Vec<(SpaceId, Seq)>> {
    let sql = "SELECT s.id, s.horizon FROM ( \
                 SELECT id, history_seq, CASE WHEN ahead < dated THEN ahead ELSE dated END AS horizon FROM ( \
                   SELECT id, history_seq, COALESCE((SELECT r.from_seq - 1 FROM revisions r \
                     WHERE r.space_id = spaces.id AND r.at_ms > $1 AND r.at_ms <= $2 ORDER BY r.at_ms, r.id LIMIT 1), \
                     seq) AS dated, \
                   CASE WHEN EXISTS (SELECT 1 FROM revisions f WHERE f.space_id = spaces.id AND f.at_ms > $2) THEN ( \
                     SELECT MIN(r.from_seq) - 1 FROM (SELECT COALESCE(MAX(l.from_seq), -1) AS seq FROM revisions l \
                       WHERE l.space_id = spaces.id AND l.at_ms <= $1) old \
                     JOIN revisions r ON r.space_id = spaces.id AND r.at_ms > $2 AND r.from_seq > old.seq) END AS ahead \
                   FROM spaces \
                 ) moments \
               ) s WHERE s.horizon > s.history_seq LIMIT $3";
    let values = [horizon.millis().into(), now.millis().into(), i64::from(count_max).into()];
    let rows = db.raw().query_all_raw(statement(db, sql, values)).await.or_domain()?;
    let read = |row: &QueryResult| {
        let space = SpaceId(row.try_get("", "id").or_domain()?);
        Ok((space, Seq(row.try_get("", "horizon").or_domain()?)))
    };
    rows.iter().map(read).collect()
}

/// Lets the history of a space begin with a change and a moment: nobody is told any more of what was before.
///
/// # Errors
/// Whatever the database says.
pub async fn begin_history(tx: &Tx, space: SpaceId, seq: Seq, at: Timestamp) -> Result<()> {
    let sql = "UPDATE spaces SET history_seq = $2, history_ms = $3 WHERE id = $1 AND history_seq < $2";
    run(tx, sql, vec![space.0.into(), seq.0.into(), at.millis().into()]).await.map(drop)
}

/// A space that still keeps something from before its history begins.
///
/// # Errors
/// Whatever the database says.
pub async fn find_forgettable(db: &impl Db) -> Result<Option<SpaceId>> {
    let sql = "SELECT s.id FROM spaces s WHERE EXISTS \
               (SELECT 1 FROM revisions r WHERE r.space_id = s.id AND r.to_seq <= s.history_seq) LIMIT 1";
    let row = db.raw().query_one_raw(statement(db, sql, [])).await.or_domain()?;
    row.map(|row| Ok(SpaceId(row.try_get("", "id").or_domain()?))).transpose()
}

/// Deletes the oldest revisions of a space that ended before its history begins, some `count` of them, and gives back
/// what they alone held. What stood when history begins stays.
///
/// # Errors
/// Whatever the database says.
pub async fn forget(tx: &Tx, space: SpaceId, now: Timestamp, count: u32) -> Result<()> {
    spaces::take_pen_unheard(tx, space).await?;
    // Up to a whole change, so that the statements below need no list.
    let sql = "SELECT MAX(to_seq) AS until FROM (SELECT r.to_seq FROM spaces s \
                 JOIN revisions r ON r.space_id = s.id AND r.to_seq <= s.history_seq \
                 WHERE s.id = $1 ORDER BY r.to_seq LIMIT $2) oldest";
    let values = [space.0.into(), i64::from(count).into()];
    let row = tx.raw().query_one_raw(statement(tx, sql, values)).await.or_domain()?;
    let until: Option<i64> = row.map(|row| row.try_get("", "until").or_domain()).transpose()?.flatten();
    let Some(until) = until else { return Ok(()) };
    // By the blob, which few revisions have; a file may have any number of them.
    let sql = "SELECT lost.blob_id, b.size_bytes FROM ( \
                 SELECT DISTINCT r.node_id, r.blob_id FROM revisions r \
                 WHERE r.space_id = $1 AND r.to_seq <= $2 AND r.blob_id IS NOT NULL \
               ) lost JOIN blobs b ON b.id = lost.blob_id WHERE NOT EXISTS ( \
                 SELECT 1 FROM revisions k WHERE k.blob_id = lost.blob_id AND +k.node_id = lost.node_id \
                 AND (k.to_seq IS NULL OR k.to_seq > $2))";
    let scope = || [space.0.into(), until.into()];
    let rows = tx.raw().query_all_raw(statement(tx, sql, scope())).await.or_domain()?;
    let (mut lost, mut bytes) = (Vec::with_capacity(rows.len()), 0);
    for row in &rows {
        lost.push(BlobId(row.try_get("", "blob_id").or_domain()?));
        bytes += unsigned(row.try_get("", "size_bytes").or_domain()?);
    }
    run(tx, "DELETE FROM revisions WHERE space_id = $1 AND to_seq <= $2", scope().into()).await?;
    spaces::give_back(tx, space, bytes).await?;
    blobs::condemn(tx, now, &lost).await
}

/// Tombstones `t` in spaces `s` that nobody has to hear of any more and that have nothing below them: what was purged or
/// withdrawn before history begins.
const BURIABLE: &str = "t.trashed_with = t.id AND NOT t.doomed \
    AND NOT EXISTS (SELECT 1 FROM revisions r WHERE r.node_id = t.id AND (r.blob_id IS NOT NULL \
      OR COALESCE(r.to_seq, r.from_seq) > s.history_seq OR (r.to_seq IS NULL AND NOT r.trashed))) \
    AND NOT EXISTS (SELECT 1 FROM nodes c WHERE c.parent_id = t.id) \
    AND NOT EXISTS (SELECT 1 FROM nodes o WHERE o.trashed_with = t.id AND o.id <> t.id)";

/// What was purged or withdrawn before history begins and has nothing below it, at most so many. This looks at every
/// tombstone there is, so nobody should have to wait for it.
///
/// # Errors
/// Whatever the database says.
pub async fn buriable(db: &impl Db, count_max: u32) -> Result<Vec<NodeId>> {
    // The last revision of what was withdrawn is open and says that it is in the trash.
    let sql =
        format!("SELECT t.id FROM nodes t JOIN spaces s ON s.id = t.space_id WHERE {BURIABLE} LIMIT $1");
    let rows =
        db.raw().query_all_raw(statement(db, &sql, [i64::from(count_max).into()])).await.or_domain()?;
    rows.iter().map(|row| Ok(NodeId(row.try_get("", "id").or_domain()?))).collect()
}

/// Deletes those of these rows that may still be deleted, and says how many there were.
///
/// # Errors
/// Whatever the database says.
pub async fn bury(tx: &Tx, among: &[NodeId]) -> Result<usize> {
    let mut buried = 0;
    for ids in among.chunks(AT_ONCE) {
        let sql = format!(
            "SELECT t.id FROM nodes t JOIN spaces s ON s.id = t.space_id WHERE t.id IN ({}) AND {BURIABLE}",
            slots(ids.len(), 1)
        );
        let ids = ids.iter().map(|id| id.0.into());
        let rows = tx.raw().query_all_raw(statement(tx, &sql, ids)).await.or_domain()?;
        let dead: Vec<i64> =
            rows.iter().map(|row| row.try_get("", "id").or_domain()).collect::<Result<_>>()?;
        for table in ["locks", "properties", "revisions"] {
            delete(tx, table, "node_id", &dead).await?;
        }
        delete(tx, "nodes", "id", &dead).await?;
        buried += dead.len();
    }
    Ok(buried)
}

async fn bytes_of(tx: &Tx, ids: &[BlobId]) -> Result<u64> {
    let mut sum = 0;
    for ids in ids.chunks(AT_ONCE) {
        let sql = format!(
            "SELECT CAST(COALESCE(SUM(size_bytes), 0) AS BIGINT) AS bytes FROM blobs WHERE id IN ({})",
            slots(ids.len(), 1)
        );
        let values = ids.iter().map(|id| id.0.into());
        let row = tx.raw().query_one_raw(statement(tx, &sql, values)).await.or_domain()?;
        sum += row.map_or(Ok(0), |row| row.try_get("", "bytes").or_domain().map(unsigned))?;
    }
    Ok(sum)
}

async fn delete(tx: &Tx, table: &str, column: &str, ids: &[i64]) -> Result<()> {
    for ids in ids.chunks(AT_ONCE) {
        let sql = format!("DELETE FROM {table} WHERE {column} IN ({})", slots(ids.len(), 1));
        run(tx, &sql, ids.iter().map(|id| (*id).into()).collect()).await?;
    }
    Ok(())
}

async fn run(tx: &Tx, sql: &str, values: Vec<Value>) -> Result<u64> {
    Ok(tx.raw().execute_raw(statement(tx, sql, values)).await.or_domain()?.rows_affected())
}
