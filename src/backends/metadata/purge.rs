//! Purging: what is doomed is in no trash any more, and loses its contents batch by batch.
//!
//! A node that is purged keeps its row and its revisions, without a content, for clients that still have to be told that it
//! is gone. It is marked as in the trash with itself. A doomed folder stays doomed until everything in it is purged, so
//! whoever goes on after a crash finds the rest.

mod space;

use domain::{BlobId, Caller, NodeId, Result, Seq, SpaceId, Timestamp};
use sea_orm::{ConnectionTrait, DbBackend, Value};
use uuid::Uuid;

use crate::error::DbResult;
use crate::lists::slots;
use crate::nodes::unsigned;
use crate::together::Step;
use crate::{Db, Tx, blobs, revisions, spaces, statement};

pub use space::{Purged, purge_space, purge_top};

/// What goes with a node `above`: what is in a folder, but for what was removed from it before, and what went into the
/// trash along with it.
const GOES_WITH: &str = "((n.parent_id = above.id AND n.trashed_ms IS NULL) \
    OR (n.trashed_with = above.id AND n.id <> above.id))";

/// How many folders that are purged are asked at once for what is left in them.
const WAITING_MAX: u32 = 8;

/// Dooms an entry of the trash.
///
/// # Errors
/// Whatever the database says.
pub async fn doom(tx: &Tx, entry: NodeId) -> Result<()> {
    let sql = "UPDATE nodes SET doomed = TRUE, trash_name = NULL WHERE id = $1";
    tx.along(Step::new("", sql, [entry.0.into()])).await
}

/// Dooms what is in a folder in the trash, under the pen of `seq`: with this change it has left that folder, which may be
/// back before a batch comes to it.
///
/// # Errors
/// Whatever the database says.
pub async fn doom_within(tx: &Tx, caller: &Caller, seq: Seq, id: NodeId) -> Result<()> {
    let sql = "UPDATE nodes SET doomed = TRUE, trashed_ms = $2, changed_seq = $3 WHERE id = $1";
    let doomed = statement(tx, sql, [id.0.into(), caller.now.millis().into(), seq.0.into()]);
    revisions::go_on(tx, caller, seq, id, doomed).await
}

/// Dooms entries of the trash that were removed up to a moment, at most so many; how many those were.
///
/// # Errors
/// Whatever the database says.
pub async fn doom_entries(tx: &Tx, space: SpaceId, until: Timestamp, count_max: u32) -> Result<u64> {
    let sql = "UPDATE nodes SET doomed = TRUE, trash_name = NULL WHERE id IN ( \
                 SELECT id FROM nodes WHERE space_id = $1 AND trash_name IS NOT NULL AND trashed_ms <= $2 \
                 ORDER BY trashed_ms LIMIT $3)";
    run(tx, sql, vec![space.0.into(), until.millis().into(), i64::from(count_max).into()]).await
}

/// A space in whose trash something was removed up to a moment.
///
/// # Errors
/// Whatever the database says.
pub async fn expired(db: &impl Db, until: Timestamp) -> Result<Option<SpaceId>> {
    let sql = "SELECT space_id FROM nodes WHERE trash_name IS NOT NULL AND trashed_ms <= $1 \
               ORDER BY trashed_ms LIMIT 1";
    space(db, sql, vec![until.millis().into()]).await
}

/// A space in which something is doomed.
///
/// # Errors
/// Whatever the database says.
pub async fn doomed(db: &impl Db) -> Result<Option<SpaceId>> {
    space(db, "SELECT space_id FROM nodes WHERE doomed LIMIT 1", Vec::new()).await
}

async fn space(db: &impl Db, sql: &str, values: Vec<Value>) -> Result<Option<SpaceId>> {
    let row = db.raw().query_one_raw(statement(db, sql, values)).await.or_domain()?;
    row.map(|row| row.try_get("", "space_id").or_domain().map(SpaceId)).transpose()
}

/// Purges what is doomed in a space and what goes with it, at most so many nodes, under the pen of `seq`: gives back the
/// bytes of their contents, present and past, and condemns the blobs that nothing refers to any more.
///
/// # Errors
/// Whatever the database says.
pub async fn purge(tx: &Tx, space: SpaceId, seq: Seq, now: Timestamp, count_max: u32) -> Result<()> {
    let next = Next::read(tx, space, count_max).await?;
    if next.all.is_empty() {
        return Ok(());
    }
    if !next.whole.is_empty() {
        empty(tx, space, seq, now, &next).await?;
    }
    // A folder is done with when nothing is left that goes with it.
    let done = format!(
        "UPDATE nodes SET doomed = FALSE WHERE id IN ({}) AND NOT EXISTS ( \
           SELECT 1 FROM nodes n JOIN nodes above ON above.id = nodes.id WHERE {GOES_WITH})",
        slots(next.all.len(), 1)
    );
    run(tx, &done, values([], &next.all)).await.map(drop)
}

/// What a batch is about.
struct Next {
    /// All its nodes: some may have been purged before, and only wait for what goes with them.
    all: Vec<i64>,
    /// Those that have not been purged.
    whole: Vec<i64>,
    /// What the system files among those add up to.
    system_bytes: u64,
}

impl Next {
    async fn read(tx: &Tx, space: SpaceId, count_max: u32) -> Result<Self> {
        // Those that are marked and whole make up to half of the rows, so that there is room for what goes with them.
        // Of those that only wait a few are enough, and of what goes with each no more than a batch takes: otherwise
        // every batch would look at everything that is left in a folder before it reads the first of it.
        // SQLite knows no LATERAL, without which PostgreSQL asks for each of all nodes whether it is on the list.
        let (beside, found, named) = match tx.raw().get_database_backend() {
            DbBackend::Postgres => ("CROSS JOIN LATERAL", "n.id, n.system_bytes, n.trashed_with", "g"),
            _ => ("JOIN nodes g ON g.id IN", "n.id", ""),
        };
        let sql = format!(
            "WITH RECURSIVE tree (id, system_bytes, trashed_with) AS ( \
               SELECT id, system_bytes, trashed_with FROM (SELECT * FROM nodes \
                 WHERE doomed AND space_id = $1 AND (trashed_with IS NULL OR trashed_with <> id) LIMIT $2) marked \
               UNION ALL \
               SELECT id, system_bytes, trashed_with FROM (SELECT * FROM nodes \
                 WHERE doomed AND space_id = $1 AND trashed_with = id LIMIT {WAITING_MAX}) waiting \
               UNION ALL \
               SELECT g.id, g.system_bytes, g.trashed_with FROM tree above {beside} ( \
                 SELECT {found} FROM nodes n WHERE {GOES_WITH} AND NOT n.doomed LIMIT $2 * 2) {named} \
             ) SELECT id, system_bytes, trashed_with FROM tree LIMIT $2 * 2"
        );
        let limit = i64::from(count_max.div_ceil(2));
        let rows = tx.raw().query_all_raw(statement(tx, &sql, [space.0.into(), limit.into()])).await;
        let (mut all, mut whole, mut system_bytes) = (Vec::new(), Vec::new(), 0);
        for row in rows.or_domain()? {
            let id: i64 = row.try_get("", "id").or_domain()?;
            all.push(id);
            if row.try_get::<Option<i64>>("", "trashed_with").or_domain()? != Some(id) {
                whole.push(id);
                let bytes = row.try_get::<Option<i64>>("", "system_bytes").or_domain()?;
                system_bytes += bytes.map_or(0, unsigned);
            }
        }
        Ok(Self { all, whole, system_bytes })
    }
}

/// Takes away what these nodes have, and leaves rows that say that they were there.
async fn empty(tx: &Tx, space: SpaceId, seq: Seq, now: Timestamp, next: &Next) -> Result<()> {
    let ids = &next.whole;
    let (from_1, from_2, from_3) = (slots(ids.len(), 1), slots(ids.len(), 2), slots(ids.len(), 3));
    let kept = format!(
        "SELECT k.blob_id, b.size_bytes FROM (SELECT DISTINCT node_id, blob_id FROM revisions \
           WHERE node_id IN ({from_1}) AND blob_id IS NOT NULL) k JOIN blobs b ON b.id = k.blob_id"
    );
    let rows = tx.raw().query_all_raw(statement(tx, &kept, values([], ids))).await.or_domain()?;
    let (mut blobs, mut bytes) = (Vec::with_capacity(rows.len()), 0);
    for row in &rows {
        blobs.push(BlobId(row.try_get::<Uuid>("", "blob_id").or_domain()?));
        bytes += unsigned(row.try_get("", "size_bytes").or_domain()?);
    }
    let forget = format!(
        "UPDATE revisions SET blob_id = NULL, to_seq = COALESCE(to_seq, $1) \
         WHERE node_id IN ({from_2}) AND (blob_id IS NOT NULL OR to_seq IS NULL)"
    );
    run(tx, &forget, values([seq.0.into()], ids)).await?;
    for table in ["system_files", "locks", "properties"] {
        run(tx, &format!("DELETE FROM {table} WHERE node_id IN ({from_1})"), values([], ids)).await?;
    }
    let mark = format!(
        "UPDATE nodes SET doomed = TRUE, trashed_with = id, trashed_ms = COALESCE(trashed_ms, $1), changed_seq = $2, \
           blob_id = NULL, system_bytes = NULL, system_sha256 = NULL WHERE id IN ({from_3})"
    );
    run(tx, &mark, values([now.millis().into(), seq.0.into()], ids)).await?;
    spaces::give_back(tx, space, bytes).await?;
    if next.system_bytes > 0 {
        spaces::uncount_system(tx, space, next.system_bytes).await?;
    }
    blobs::condemn(tx, now, &blobs).await
}

fn values<const N: usize>(first: [Value; N], ids: &[i64]) -> Vec<Value> {
    first.into_iter().chain(ids.iter().map(|id| Value::from(*id))).collect()
}

async fn run(tx: &Tx, sql: &str, values: Vec<Value>) -> Result<u64> {
    Ok(tx.raw().execute_raw(statement(tx, sql, values)).await.or_domain()?.rows_affected())
}

#[cfg(test)]
mod tests;
