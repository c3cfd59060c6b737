//! When the bytes of each live blob were last read and compared with their digest, and what came of it.

use domain::{BlobId, Error, Result, Sha256, StoreKind, Timestamp};
use sea_orm::{ConnectionTrait, QueryResult, Value};

use crate::blobs::store_of;
use crate::error::DbResult;
use crate::nodes::unsigned;
use crate::{Db, Metadata, again, statement};

/// When a blob was last read. It was hashed when it came; the index `blobs_by_scrub` is on the same words.
const LAST_READ: &str = "COALESCE(scrubbed_ms, created_ms)";

/// Some blobs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Amount {
    /// How many they are.
    pub blobs: u64,
    /// What they add up to.
    pub bytes: u64,
}

/// A live blob that is to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unread {
    /// Which one.
    pub id: BlobId,
    /// Where it lies.
    pub store: StoreKind,
    /// How many bytes it must have.
    pub size_bytes: u64,
    /// What they must add up to.
    pub sha256: Sha256,
    /// Whether it was found damaged when it was last read.
    pub was_damaged: bool,
}

/// How much there is to read in all.
///
/// # Errors
/// Whatever the database says.
pub async fn live(db: &impl Db) -> Result<Amount> {
    amount(db, "live", []).await
}

/// How much of that was read between two moments.
///
/// # Errors
/// Whatever the database says.
pub async fn read_between(db: &impl Db, from: Timestamp, to: Timestamp) -> Result<Amount> {
    let values = [from.millis().into(), to.millis().into()];
    amount(db, &format!("live AND scrubbed_ms IS NOT NULL AND {LAST_READ} BETWEEN $1 AND $2"), values).await
}

pub(crate) async fn amount<const N: usize>(
    db: &impl Db,
    condition: &str,
    values: [Value; N],
) -> Result<Amount> {
    let sql = format!(
        "SELECT COUNT(*) AS blobs, CAST(COALESCE(SUM(size_bytes), 0) AS BIGINT) AS bytes FROM blobs WHERE {condition}"
    );
    let row = db.raw().query_one_raw(statement(db, &sql, values)).await.or_domain()?;
    let row = row.ok_or_else(|| Error::internal("a sum without a row"))?;
    let number = |column: &str| row.try_get("", column).or_domain().map(unsigned);
    Ok(Amount { blobs: number("blobs")?, bytes: number("bytes")? })
}

/// The blob to be read next by whoever began at a moment: one known as damaged, which may have been mended; one that was
/// read in the future, when the clock was wrong; or the one that is unread for longest. None if all are read.
///
/// # Errors
/// Whatever the database says.
pub async fn next(db: &impl Db, began: Timestamp, future: Timestamp) -> Result<Option<Unread>> {
    let conditions = [
        ("damaged_ms IS NOT NULL AND scrubbed_ms < $1".to_owned(), began),
        (format!("{LAST_READ} > $1"), future),
        (format!("{LAST_READ} < $1"), began),
    ];
    for (condition, moment) in conditions {
        let sql = format!(
            "SELECT id, size_bytes, sha256, damaged_ms, store FROM blobs WHERE live AND {condition} \
             ORDER BY {LAST_READ} LIMIT 1"
        );
        let found =
            db.raw().query_one_raw(statement(db, &sql, [moment.millis().into()])).await.or_domain()?;
        if let Some(row) = found {
            return unread(&row).map(Some);
        }
    }
    Ok(None)
}

/// Notes that a blob was read at a moment, and whether its bytes were what they must be. Says whether it is still live:
/// only then is anything amiss.
///
/// # Errors
/// Whatever the database says.
pub async fn note(metadata: &Metadata, id: BlobId, now: Timestamp, is_sound: bool) -> Result<bool> {
    again(|| async {
        let tx = metadata.begin().await?;
        let damaged = if is_sound { "NULL" } else { "COALESCE(damaged_ms, $2)" };
        let sql = format!("UPDATE blobs SET scrubbed_ms = $2, damaged_ms = {damaged} WHERE id = $1 AND live");
        let values: [Value; 2] = [id.0.into(), now.millis().into()];
        let done = tx.raw().execute_raw(statement(&tx, &sql, values)).await.or_domain()?;
        tx.commit().await?;
        Ok(done.rows_affected() > 0)
    })
    .await
}

fn unread(row: &QueryResult) -> Result<Unread> {
    let sha256: Option<Vec<u8>> = row.try_get("", "sha256").or_domain()?;
    let sha256 = sha256.and_then(|bytes| bytes.try_into().ok());
    let damaged_ms: Option<i64> = row.try_get("", "damaged_ms").or_domain()?;
    Ok(Unread {
        id: BlobId(row.try_get("", "id").or_domain()?),
        store: store_of(row)?,
        size_bytes: unsigned(row.try_get("", "size_bytes").or_domain()?),
        sha256: Sha256(sha256.ok_or_else(|| Error::internal("a live blob without a digest"))?),
        was_damaged: damaged_ms.is_some(),
    })
}
