//! Spaces, and their rows as the pen that orders writers.

use std::collections::HashMap;

use domain::{Error, Result, Seq, SpaceId, SystemFile};
use sea_orm::ConnectionTrait;
use uuid::Uuid;

use crate::error::DbResult;
use crate::{Db, Metadata, Tx, statement};

/// Takes the pen of a space: every change to a space begins here. Writers to one space queue at this
/// row, the quota is charged, and the change gets its number, all in one conditional statement.
///
/// # Errors
/// [`QuotaExceeded`](Error::QuotaExceeded) when that many more bytes do not fit.
pub async fn take_pen(tx: &Tx, space: SpaceId, more_bytes: u64) -> Result<Seq> {
    let sql = "UPDATE spaces SET seq = seq + 1, used_bytes = used_bytes + $2 \
               WHERE id = $1 AND ($2 = 0 OR quota_bytes IS NULL OR used_bytes + $2 <= quota_bytes) \
               RETURNING seq";
    let row = tx.raw().query_one_raw(statement(tx, sql, [space.0.into(), signed(more_bytes)?.into()]));
    match row.await.or_domain()? {
        Some(row) => Ok(Seq(row.try_get("", "seq").or_domain()?)),
        None => Err(quota_exceeded(more_bytes)),
    }
}

/// Charges more bytes to a space whose pen is held.
///
/// # Errors
/// [`QuotaExceeded`](Error::QuotaExceeded) when they do not fit.
pub async fn charge(tx: &Tx, space: SpaceId, more_bytes: u64) -> Result<()> {
    let sql = "UPDATE spaces SET used_bytes = used_bytes + $2 \
               WHERE id = $1 AND ($2 = 0 OR quota_bytes IS NULL OR used_bytes + $2 <= quota_bytes)";
    let done = tx.raw().execute_raw(statement(tx, sql, [space.0.into(), signed(more_bytes)?.into()]));
    match done.await.or_domain()?.rows_affected() {
        0 => Err(quota_exceeded(more_bytes)),
        _ => Ok(()),
    }
}

/// Gives bytes back that [`take_pen`] charged and the change turned out not to need.
///
/// # Errors
/// Whatever the database says.
pub async fn give_back(tx: &Tx, space: SpaceId, bytes: u64) -> Result<()> {
    let sql = "UPDATE spaces SET used_bytes = used_bytes - $2 WHERE id = $1";
    let values = [space.0.into(), signed(bytes)?.into()];
    tx.raw().execute_raw(statement(tx, sql, values)).await.or_domain().map(drop)
}

/// Counts more bytes of system files beside the quota. Where the pen is not held yet this takes it, but the
/// number of the space stays what it is: nobody has to hear of a system file.
///
/// # Errors
/// [`QuotaExceeded`](Error::QuotaExceeded) when there would be more than a space may have of them.
pub async fn count_system(tx: &Tx, space: SpaceId, more_bytes: u64) -> Result<Seq> {
    let sql = "UPDATE spaces SET system_bytes = system_bytes + $2 \
               WHERE id = $1 AND ($2 = 0 OR system_bytes + $2 <= $3) RETURNING seq";
    let values = [space.0.into(), signed(more_bytes)?.into(), signed(SystemFile::SPACE_BYTES_MAX)?.into()];
    match tx.raw().query_one_raw(statement(tx, sql, values)).await.or_domain()? {
        Some(row) => Ok(Seq(row.try_get("", "seq").or_domain()?)),
        None => Err(Error::QuotaExceeded(
            "Hidden files such as ._* and .DS_Store fill the 1 GiB they have here; delete some of them first.".into(),
        )),
    }
}

/// Takes the bytes of a system file out of the count.
pub(crate) async fn uncount_system(tx: &Tx, space: SpaceId, bytes: u64) -> Result<()> {
    let sql = "UPDATE spaces SET system_bytes = system_bytes - $2 WHERE id = $1";
    let values = [space.0.into(), signed(bytes)?.into()];
    tx.raw().execute_raw(statement(tx, sql, values)).await.or_domain().map(drop)
}

/// How many changes were made to all spaces since an earlier time of the database. It asks only for what there is in
/// every version.
///
/// # Errors
/// Whatever the database says.
pub async fn changes_since(now: &impl Db, earlier: &impl Db) -> Result<u64> {
    let (now, earlier) = (seqs(now).await?, seqs(earlier).await?);
    let since = |(space, seq): (&Uuid, &i64)| seq.saturating_sub(earlier.get(space).copied().unwrap_or(0));
    Ok(now.iter().map(|space| u64::try_from(since(space)).unwrap_or(0)).sum())
}

async fn seqs(db: &impl Db) -> Result<HashMap<Uuid, i64>> {
    let rows = db.raw().query_all_raw(statement(db, "SELECT id, seq FROM spaces", [])).await.or_domain()?;
    rows.iter()
        .map(|row| Ok((row.try_get("", "id").or_domain()?, row.try_get("", "seq").or_domain()?)))
        .collect()
}

/// A space one of whose counters is not what its rows add up to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drift {
    /// The space.
    pub space: SpaceId,
    /// What its row says, in bytes.
    pub counted_bytes: i64,
    /// What its nodes' contents, present and past, add up to, in bytes; or its system files.
    pub stored_bytes: i64,
}

/// Adds up every space from its rows, its system files apart, and names those whose counters say something
/// else: none, always.
///
/// # Errors
/// Whatever the database says.
pub async fn drifts(metadata: &Metadata) -> Result<Vec<Drift>> {
    let sql = "SELECT s.id, s.used_bytes AS counted, COALESCE(k.stored, 0) AS stored FROM spaces s \
               LEFT JOIN ( \
                 SELECT kept.space_id, CAST(SUM(b.size_bytes) AS BIGINT) AS stored FROM ( \
                   SELECT DISTINCT space_id, node_id, blob_id FROM revisions WHERE blob_id IS NOT NULL \
                 ) kept JOIN blobs b ON b.id = kept.blob_id GROUP BY kept.space_id \
               ) k ON k.space_id = s.id \
               WHERE s.used_bytes <> COALESCE(k.stored, 0) \
               UNION ALL \
               SELECT s.id, s.system_bytes AS counted, COALESCE(k.stored, 0) AS stored FROM spaces s \
               LEFT JOIN ( \
                 SELECT n.space_id, CAST(SUM(LENGTH(f.content)) AS BIGINT) AS stored, \
                   CAST(SUM(COALESCE(n.system_bytes, 0)) AS BIGINT) AS shown \
                 FROM nodes n LEFT JOIN system_files f ON f.node_id = n.id \
                 WHERE f.node_id IS NOT NULL OR n.system_bytes IS NOT NULL GROUP BY n.space_id \
               ) k ON k.space_id = s.id \
               WHERE s.system_bytes <> COALESCE(k.stored, 0) OR s.system_bytes <> COALESCE(k.shown, 0)";
    let rows = metadata.raw().query_all_raw(statement(metadata, sql, [])).await.or_domain()?;
    rows.iter()
        .map(|row| {
            Ok(Drift {
                space: SpaceId(row.try_get("", "id").or_domain()?),
                counted_bytes: row.try_get("", "counted").or_domain()?,
                stored_bytes: row.try_get("", "stored").or_domain()?,
            })
        })
        .collect()
}

pub(crate) fn signed(bytes: u64) -> Result<i64> {
    i64::try_from(bytes).map_err(|_| quota_exceeded(bytes))
}

fn quota_exceeded(more_bytes: u64) -> Error {
    Error::QuotaExceeded(
        format!("There is no room for {more_bytes} more bytes in your quota; nothing was changed.").into(),
    )
}
