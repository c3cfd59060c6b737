//! What requests with an Idempotency-Key have made, so that one that comes again finds it instead of making it again.

use domain::{Code, Error, Message, Once, Result, Timestamp, UserId};
use sea_orm::ConnectionTrait;
use uuid::Uuid;

use crate::error::DbResult;
use crate::{Db, Tx, statement};

/// Notes what a request makes, in the transaction that makes it; or says what the same request has made before.
///
/// # Errors
/// [`Invalid`](Error::Invalid) when the key came with another request.
pub async fn claim(
    tx: &Tx,
    user: UserId,
    once: &Once,
    resource: Uuid,
    now: Timestamp,
) -> Result<Option<Uuid>> {
    // Two of them at once: the second waits here for the first.
    let sql = "INSERT INTO idempotency_keys (user_id, key, fingerprint, resource_id, created_ms) \
               VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING";
    let values = [
        user.0.into(),
        once.key.as_str().into(),
        once.fingerprint.to_vec().into(),
        resource.into(),
        now.millis().into(),
    ];
    if tx.raw().execute_raw(statement(tx, sql, values)).await.or_domain()?.rows_affected() > 0 {
        return Ok(None);
    }
    let sql = "SELECT fingerprint, resource_id FROM idempotency_keys WHERE user_id = $1 AND key = $2";
    let values = [user.0.into(), once.key.as_str().into()];
    let row = tx.raw().query_one_raw(statement(tx, sql, values)).await.or_domain()?;
    let row = row.ok_or_else(|| Error::contended("an idempotency key was forgotten just now"))?;
    match row.try_get::<Vec<u8>>("", "fingerprint").or_domain()? == once.fingerprint {
        true => Ok(Some(row.try_get("", "resource_id").or_domain()?)),
        false => Err(Error::Invalid(Message::coded(
            Code::KeyReused,
            "This Idempotency-Key came with another request before; use a new one for each.",
        ))),
    }
}

/// Corrects what was noted in the same transaction, where it turned out to be something else.
///
/// # Errors
/// Whatever the database says.
pub async fn correct(tx: &Tx, user: UserId, once: &Once, resource: Uuid) -> Result<()> {
    let sql = "UPDATE idempotency_keys SET resource_id = $3 WHERE user_id = $1 AND key = $2";
    let values = [user.0.into(), once.key.as_str().into(), resource.into()];
    tx.raw().execute_raw(statement(tx, sql, values)).await.or_domain().map(drop)
}

/// Forgets keys of before a moment, at most so many, and says how many.
///
/// # Errors
/// Whatever the database says.
pub async fn forget(tx: &Tx, before: Timestamp, count_max: u32) -> Result<u64> {
    let sql = "DELETE FROM idempotency_keys WHERE (user_id, key) IN ( \
                 SELECT user_id, key FROM idempotency_keys WHERE created_ms < $1 LIMIT $2)";
    let values = [before.millis().into(), i64::from(count_max).into()];
    Ok(tx.raw().execute_raw(statement(tx, sql, values)).await.or_domain()?.rows_affected())
}
