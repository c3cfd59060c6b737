//! What becomes of suspended accounts by itself: locked, warned of the end, and due for it.
//!
//! A moment that lies ahead was written by a clock that has gone back since, and counts as none.

use domain::{Email, Result, Timestamp, UserId};
use sea_orm::{ConnectionTrait, QueryResult};

use super::stored_email;
use crate::error::DbResult;
use crate::{Db, Tx, statement};

/// Somebody whose account is going to be deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warned {
    /// Who.
    pub user: UserId,
    /// The name they log in with.
    pub name: String,
    /// Where they get mail, if that is known to be theirs.
    pub email: Option<Email>,
    /// Since when they are suspended.
    pub suspended_at: Timestamp,
}

/// Locks those out who were suspended before a moment, and says whether there were any.
///
/// # Errors
/// Whatever the database says.
pub async fn lock_suspended(tx: &Tx, before: Timestamp, now: Timestamp) -> Result<bool> {
    let sql = "UPDATE users SET locked_ms = $2, version = version + 1 \
               WHERE suspended_ms <= $1 AND locked_ms IS NULL AND doomed_ms IS NULL";
    let values = [before.millis().into(), now.millis().into()];
    Ok(tx.raw().execute_raw(statement(tx, sql, values)).await.or_domain()?.rows_affected() > 0)
}

/// Notes of those who were suspended before a moment that they are told now what comes next, at most so many.
///
/// # Errors
/// Whatever the database says.
pub async fn warn_suspended(
    tx: &Tx,
    before: Timestamp,
    now: Timestamp,
    count_max: u32,
) -> Result<Vec<Warned>> {
    let sql = "UPDATE users SET warned_ms = $2, version = version + 1 WHERE id IN ( \
                 SELECT id FROM users WHERE suspended_ms <= $1 AND doomed_ms IS NULL \
                   AND (warned_ms IS NULL OR warned_ms > $2) LIMIT $3) \
               RETURNING id, name, CASE WHEN email_verified_ms IS NOT NULL THEN email END AS email, suspended_ms";
    let values = [before.millis().into(), now.millis().into(), i64::from(count_max).into()];
    let rows = tx.raw().query_all_raw(statement(tx, sql, values)).await.or_domain()?;
    let read = |row: &QueryResult| {
        let email: Option<String> = row.try_get("", "email").or_domain()?;
        Ok(Warned {
            user: UserId(row.try_get("", "id").or_domain()?),
            name: row.try_get("", "name").or_domain()?,
            email: email.as_deref().map(stored_email).transpose()?,
            suspended_at: Timestamp::from_millis(row.try_get("", "suspended_ms").or_domain()?),
        })
    };
    rows.iter().map(read).collect()
}

/// Somebody who was suspended before one moment and told before another what comes next.
///
/// # Errors
/// Whatever the database says.
pub async fn overdue(
    db: &impl Db,
    suspended_before: Timestamp,
    warned_before: Timestamp,
) -> Result<Option<UserId>> {
    let sql =
        "SELECT id FROM users WHERE suspended_ms <= $1 AND warned_ms <= $2 AND doomed_ms IS NULL LIMIT 1";
    let values = [suspended_before.millis().into(), warned_before.millis().into()];
    let row = db.raw().query_one_raw(statement(db, sql, values)).await.or_domain()?;
    row.map(|row| row.try_get("", "id").or_domain().map(UserId)).transpose()
}
