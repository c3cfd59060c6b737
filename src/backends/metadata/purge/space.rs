//! Purging a space as a whole with its history: batch by batch what nothing lies in any more, and its top last.
//!
//! What is left satisfies every rule after each batch, so whoever goes on after a crash finds the rest, and what is
//! uploaded meanwhile is found as well.

use domain::{BlobId, Result, SpaceId, Timestamp};
use sea_orm::{ConnectionTrait, QueryResult};
use uuid::Uuid;

use super::{run, values};
use crate::error::DbResult;
use crate::lists::slots;
use crate::nodes::unsigned;
use crate::{Db, Tx, blobs, spaces, statement};

/// What was purged of a space.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Purged {
    /// How many rows of nodes; none when nothing is left but the top of the space.
    pub nodes: u64,
    /// How many of them were files that were there or in the trash.
    pub files: u64,
    /// What they took of the quota, in bytes.
    pub bytes: u64,
}

/// Purges the next nodes of a space, at most so many: rows, history, and whatever refers to them. Their bytes are given
/// back, and blobs that nothing refers to any more are condemned.
///
/// # Errors
/// Whatever the database says.
pub async fn purge_space(tx: &Tx, space: SpaceId, now: Timestamp, count_max: u32) -> Result<Purged> {
    spaces::take_pen_unheard(tx, space).await?;
    // What came last mostly has nothing in it, so hardly a row is looked at in vain.
    let sql = "SELECT n.id, n.system_bytes, \
                 (NOT n.folder AND n.system_sha256 IS NULL AND (n.trashed_with IS NULL OR n.trashed_with <> n.id)) AS is_file \
               FROM nodes n WHERE n.space_id = $1 AND n.parent_id IS NOT NULL \
                 AND NOT EXISTS (SELECT 1 FROM nodes c WHERE c.parent_id = n.id) \
               ORDER BY n.created_seq DESC LIMIT $2";
    let rows =
        tx.raw().query_all_raw(statement(tx, sql, [space.0.into(), i64::from(count_max).into()])).await;
    let rows = rows.or_domain()?;
    if rows.is_empty() {
        return Ok(Purged::default());
    }
    let (mut ids, mut purged, mut system_bytes) = (Vec::with_capacity(rows.len()), Purged::default(), 0);
    for row in &rows {
        ids.push(row.try_get("", "id").or_domain()?);
        purged.files += u64::from(row.try_get::<bool>("", "is_file").or_domain()?);
        system_bytes += row.try_get::<Option<i64>>("", "system_bytes").or_domain()?.map_or(0, unsigned);
    }
    purged.nodes = ids.len() as u64;
    purged.bytes = forget(tx, now, &ids).await?;
    spaces::give_back(tx, space, purged.bytes).await?;
    if system_bytes > 0 {
        spaces::uncount_system(tx, space, system_bytes).await?;
    }
    Ok(purged)
}

/// Purges the top of a space that is empty, and the space. Nothing but uploads under way may refer to it any more.
///
/// # Errors
/// Whatever the database says.
pub async fn purge_top(tx: &Tx, space: SpaceId, now: Timestamp) -> Result<()> {
    let sql = "SELECT id FROM nodes WHERE space_id = $1";
    let rows = tx.raw().query_all_raw(statement(tx, sql, [space.0.into()])).await.or_domain()?;
    let read = |row: &QueryResult| row.try_get("", "id").or_domain();
    let ids: Vec<i64> = rows.iter().map(read).collect::<Result<_>>()?;
    run(tx, "UPDATE spaces SET root_id = NULL WHERE id = $1", vec![space.0.into()]).await?;
    forget(tx, now, &ids).await?;
    // What uploads under way have set aside is nobody's.
    run(tx, "UPDATE blobs SET space_id = NULL WHERE space_id = $1", vec![space.0.into()]).await?;
    run(tx, "DELETE FROM spaces WHERE id = $1", vec![space.0.into()]).await.map(drop)
}

/// Removes the rows of nodes with everything that refers to them, and says what they took of the quota.
async fn forget(tx: &Tx, now: Timestamp, ids: &[i64]) -> Result<u64> {
    if ids.is_empty() {
        return Ok(0);
    }
    let listed = slots(ids.len(), 1);
    let kept = format!(
        "SELECT k.blob_id, b.size_bytes FROM (SELECT DISTINCT node_id, blob_id FROM revisions \
           WHERE node_id IN ({listed}) AND blob_id IS NOT NULL) k JOIN blobs b ON b.id = k.blob_id"
    );
    let rows = tx.raw().query_all_raw(statement(tx, &kept, values([], ids))).await.or_domain()?;
    let (mut blobs, mut bytes) = (Vec::with_capacity(rows.len()), 0);
    for row in &rows {
        blobs.push(BlobId(row.try_get::<Uuid>("", "blob_id").or_domain()?));
        bytes += unsigned(row.try_get("", "size_bytes").or_domain()?);
    }
    for table in ["task_files", "system_files", "locks", "properties", "revisions"] {
        run(tx, &format!("DELETE FROM {table} WHERE node_id IN ({listed})"), values([], ids)).await?;
    }
    run(tx, &format!("DELETE FROM nodes WHERE id IN ({listed})"), values([], ids)).await?;
    blobs::condemn(tx, now, &blobs).await?;
    Ok(bytes)
}
