//! Spaces, and their rows as the pen that orders writers.

mod new;

use std::collections::HashMap;

use domain::{Error, Result, Seq, SpaceId, SystemFile};
use sea_orm::{ConnectionTrait, DbBackend, Value};
use uuid::Uuid;

use crate::error::DbResult;
use crate::together::Step;
use crate::{Db, Tx, statement};

pub use new::NewSpace;
pub(crate) use new::{insert, limit};

/// Takes the pen of a space: every change to a space begins here. Writers to one space queue at this
/// row, the quota is charged, and the change gets its number, all in one conditional statement.
///
/// # Errors
/// [`QuotaExceeded`](Error::QuotaExceeded) when that many more bytes do not fit, [`NotFound`](Error::NotFound) for a space
/// that was purged.
pub async fn take_pen(tx: &Tx, space: SpaceId, more_bytes: u64) -> Result<Seq> {
    take_pen_settling(tx, space, more_bytes, 0).await
}

/// The same for the end of an upload: what it has set aside becomes used bytes. What needs no more than that was
/// granted when it was set aside, and fits even if the quota has been lowered since.
///
/// # Errors
/// [`QuotaExceeded`](Error::QuotaExceeded) when the bytes fit neither what was set aside nor the quota,
/// [`NotFound`](Error::NotFound) for a space that was purged.
pub async fn take_pen_settling(tx: &Tx, space: SpaceId, more_bytes: u64, reserved_bytes: u64) -> Result<Seq> {
    let sql = "UPDATE spaces SET seq = seq + 1, used_bytes = used_bytes + $2, \
                 reserved_bytes = reserved_bytes - $3 \
               WHERE id = $1 AND ($2 <= $3 OR quota_bytes IS NULL \
                 OR used_bytes + $2 + reserved_bytes - $3 <= quota_bytes) \
               RETURNING seq";
    let values = [space.0.into(), signed(more_bytes)?.into(), signed(reserved_bytes)?.into()];
    match tx.raw().query_one_raw(statement(tx, sql, values)).await.or_domain()? {
        Some(row) => Ok(Seq(row.try_get("", "seq").or_domain()?)),
        None if more_bytes <= reserved_bytes => Err(Error::NotFound("There is nothing at this path.".into())),
        None => Err(quota_exceeded(more_bytes)),
    }
}

/// Takes the pen of a space for what nobody has to hear of, since no file changes: other writers wait, and its number
/// stays.
///
/// # Errors
/// Whatever the database says.
pub async fn take_pen_unheard(tx: &Tx, space: SpaceId) -> Result<()> {
    let sql = "UPDATE spaces SET seq = seq WHERE id = $1";
    tx.raw().execute_raw(statement(tx, sql, [space.0.into()])).await.or_domain().map(drop)
}

/// The same of the spaces whose identities a question gives, in their order, for somebody who is about to have fewer rights
/// there: whoever writes asks for theirs under the pen, so either they are done or they find what has become of them.
/// SQLite has one writer, who holds everything.
///
/// # Errors
/// Whatever the database says.
pub(crate) async fn take_pens_unheard(
    tx: &Tx,
    which: &str,
    values: impl IntoIterator<Item = Value>,
) -> Result<()> {
    if tx.raw().get_database_backend() != DbBackend::Postgres {
        return Ok(());
    }
    let sql = format!("SELECT 1 FROM spaces WHERE id IN ({which}) ORDER BY id FOR NO KEY UPDATE");
    tx.raw().query_all_raw(statement(tx, &sql, values)).await.or_domain().map(drop)
}

/// Charges more bytes to a space whose pen is held.
///
/// # Errors
/// [`QuotaExceeded`](Error::QuotaExceeded) when they do not fit.
pub async fn charge(tx: &Tx, space: SpaceId, more_bytes: u64) -> Result<()> {
    let sql = "UPDATE spaces SET used_bytes = used_bytes + $2 \
               WHERE id = $1 AND ($2 = 0 OR quota_bytes IS NULL \
                 OR used_bytes + reserved_bytes + $2 <= quota_bytes)";
    let done = tx.raw().execute_raw(statement(tx, sql, [space.0.into(), signed(more_bytes)?.into()]));
    match done.await.or_domain()?.rows_affected() {
        0 => Err(quota_exceeded(more_bytes)),
        _ => Ok(()),
    }
}

/// Gives bytes back that were charged and are not kept (any more).
///
/// # Errors
/// Whatever the database says.
pub async fn give_back(tx: &Tx, space: SpaceId, bytes: u64) -> Result<()> {
    unsettle(tx, space, bytes, 0).await
}

/// Undoes what [`take_pen_settling`] settled, for a change that turned out to need none of it: the bytes are set aside
/// again until their blob is forgotten.
///
/// # Errors
/// Whatever the database says.
pub async fn unsettle(tx: &Tx, space: SpaceId, more_bytes: u64, reserved_bytes: u64) -> Result<()> {
    let sql =
        "UPDATE spaces SET used_bytes = used_bytes - $2, reserved_bytes = reserved_bytes + $3 WHERE id = $1";
    let values = [space.0.into(), signed(more_bytes)?.into(), signed(reserved_bytes)?.into()];
    tx.along(Step::new("", sql, values)).await
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

/// What is counted in the row of a space.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counter {
    /// Its nodes' contents, present and past.
    Used,
    /// What uploads under way have set aside.
    Reserved,
    /// Its system files.
    System,
}

impl Counter {
    const ALL: [Self; 3] = [Self::Used, Self::Reserved, Self::System];

    /// The column that holds it.
    pub fn column(self) -> &'static str {
        match self {
            Self::Used => "used_bytes",
            Self::Reserved => "reserved_bytes",
            Self::System => "system_bytes",
        }
    }

    /// What the rows of the space `s` add up to.
    fn sum(self) -> &'static str {
        match self {
            Self::Used => {
                "SELECT SUM(b.size_bytes) FROM ( \
                   SELECT DISTINCT r.node_id, r.blob_id FROM revisions r \
                   WHERE r.space_id = s.id AND r.blob_id IS NOT NULL \
                 ) kept JOIN blobs b ON b.id = kept.blob_id"
            }
            Self::Reserved => {
                "SELECT SUM(b.reserved_bytes) FROM blobs b WHERE b.space_id = s.id AND NOT b.live"
            }
            // A node that says another size than its bytes have is left out, and so is found.
            Self::System => {
                "SELECT SUM(LENGTH(f.content)) FROM nodes n JOIN system_files f ON f.node_id = n.id \
                   AND n.system_bytes = LENGTH(f.content) WHERE n.space_id = s.id"
            }
        }
    }
}

/// A counter of a space that is not what its rows add up to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drift {
    /// The space.
    pub space: SpaceId,
    /// Which of its counters.
    pub counter: Counter,
    /// What its row says, in bytes.
    pub counted_bytes: i64,
    /// What its rows add up to, in bytes.
    pub stored_bytes: i64,
}

/// Adds up every space from its rows and names the counters that say something else: none, always.
///
/// # Errors
/// Whatever the database says.
pub async fn drifts(db: &impl Db) -> Result<Vec<Drift>> {
    added_up(db, None).await
}

/// The same for one space, whose pen is held.
///
/// # Errors
/// Whatever the database says.
pub async fn drifts_of(tx: &Tx, space: SpaceId) -> Result<Vec<Drift>> {
    added_up(tx, Some(space)).await
}

/// Sets a counter of a space whose pen is held to what its rows add up to.
///
/// # Errors
/// Whatever the database says.
pub async fn correct(tx: &Tx, drift: &Drift) -> Result<()> {
    let sql = format!("UPDATE spaces SET {} = $2 WHERE id = $1", drift.counter.column());
    let values = [drift.space.0.into(), drift.stored_bytes.into()];
    tx.raw().execute_raw(statement(tx, &sql, values)).await.or_domain().map(drop)
}

async fn added_up(db: &impl Db, only: Option<SpaceId>) -> Result<Vec<Drift>> {
    let scope = if only.is_some() { "WHERE s.id = $1" } else { "" };
    let mut drifts = Vec::new();
    for counter in Counter::ALL {
        let sql = format!(
            "SELECT id, counted, stored FROM ( \
               SELECT s.id, s.{} AS counted, CAST(COALESCE(({}), 0) AS BIGINT) AS stored FROM spaces s {scope} \
             ) added WHERE counted <> stored",
            counter.column(),
            counter.sum()
        );
        let rows = db.raw().query_all_raw(statement(db, &sql, only.map(|space| space.0.into()))).await;
        for row in rows.or_domain()? {
            drifts.push(Drift {
                space: SpaceId(row.try_get("", "id").or_domain()?),
                counter,
                counted_bytes: row.try_get("", "counted").or_domain()?,
                stored_bytes: row.try_get("", "stored").or_domain()?,
            });
        }
    }
    Ok(drifts)
}

pub(crate) fn signed(bytes: u64) -> Result<i64> {
    i64::try_from(bytes).map_err(|_| quota_exceeded(bytes))
}

pub(crate) fn quota_exceeded(more_bytes: u64) -> Error {
    Error::QuotaExceeded(
        format!("There is no room for {more_bytes} more bytes in your quota; nothing was changed.").into(),
    )
}
