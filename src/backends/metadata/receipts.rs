//! Receipts of accounts that were deleted, or are being.

use domain::{Receipt, ReceiptId, Result, Timestamp, UserId};
use sea_orm::{ConnectionTrait, QueryResult};
use uuid::Uuid;

use crate::error::DbResult;
use crate::nodes::unsigned;
use crate::purge::Purged;
use crate::{Db, Tx, statement};

/// Writes a receipt, of which nothing is done yet.
///
/// # Errors
/// Whatever the database says.
pub async fn insert(tx: &Tx, receipt: &Receipt) -> Result<()> {
    let sql =
        "INSERT INTO receipts (id, user_id, by_user, asked_ms, files, bytes) VALUES ($1, $2, $3, $4, 0, 0)";
    let values = [
        receipt.id.0.into(),
        receipt.user.0.into(),
        receipt.by.map(|by| by.0).into(),
        receipt.asked_at.millis().into(),
    ];
    tx.raw().execute_raw(statement(tx, sql, values)).await.or_domain().map(drop)
}

/// A receipt.
///
/// # Errors
/// Whatever the database says.
pub async fn find(db: &impl Db, id: ReceiptId) -> Result<Option<Receipt>> {
    let sql = "SELECT id, user_id, by_user, asked_ms, done_ms, files, bytes FROM receipts WHERE id = $1";
    let row = db.raw().query_one_raw(statement(db, sql, [id.0.into()])).await.or_domain()?;
    row.map(|row| read(&row)).transpose()
}

/// Adds what was purged to a receipt.
///
/// # Errors
/// Whatever the database says.
pub async fn add(tx: &Tx, id: ReceiptId, purged: Purged) -> Result<()> {
    let count = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    let sql = "UPDATE receipts SET files = files + $2, bytes = bytes + $3 WHERE id = $1";
    let values = [id.0.into(), count(purged.files).into(), count(purged.bytes).into()];
    tx.raw().execute_raw(statement(tx, sql, values)).await.or_domain().map(drop)
}

/// Notes that nothing is left.
///
/// # Errors
/// Whatever the database says.
pub async fn complete(tx: &Tx, id: ReceiptId, now: Timestamp) -> Result<()> {
    let sql = "UPDATE receipts SET done_ms = $2 WHERE id = $1 AND done_ms IS NULL";
    tx.raw().execute_raw(statement(tx, sql, [id.0.into(), now.millis().into()])).await.or_domain().map(drop)
}

fn read(row: &QueryResult) -> Result<Receipt> {
    let number = |column: &str| row.try_get::<i64>("", column).or_domain();
    let done_ms: Option<i64> = row.try_get("", "done_ms").or_domain()?;
    Ok(Receipt {
        id: ReceiptId(row.try_get("", "id").or_domain()?),
        user: UserId(row.try_get("", "user_id").or_domain()?),
        by: row.try_get::<Option<Uuid>>("", "by_user").or_domain()?.map(UserId),
        asked_at: Timestamp::from_millis(number("asked_ms")?),
        done_at: done_ms.map(Timestamp::from_millis),
        files: unsigned(number("files")?),
        bytes: unsigned(number("bytes")?),
    })
}
