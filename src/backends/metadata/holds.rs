//! Holds: as long as somebody has one, no blob that ever was live is removed, though nothing refers to it any more.
//!
//! A back-up under way, and a snapshot that one may have to go back to, still refer to what the house has given up.

use domain::{Result, Timestamp};
use sea_orm::ConnectionTrait;

use crate::error::DbResult;
use crate::{Db, Tx, statement};

/// Takes a hold of this name until a moment, or moves its end there.
///
/// # Errors
/// Whatever the database says.
pub async fn take(tx: &Tx, name: &str, until: Timestamp) -> Result<()> {
    let sql = "INSERT INTO holds (name, until_ms) VALUES ($1, $2) \
               ON CONFLICT (name) DO UPDATE SET until_ms = excluded.until_ms";
    tx.raw().execute_raw(statement(tx, sql, [name.into(), until.millis().into()])).await.or_domain().map(drop)
}

/// Gives a hold up.
///
/// # Errors
/// Whatever the database says.
pub async fn release(tx: &Tx, name: &str) -> Result<()> {
    let sql = "DELETE FROM holds WHERE name = $1";
    tx.raw().execute_raw(statement(tx, sql, [name.into()])).await.or_domain().map(drop)
}

/// Whether somebody has a hold now.
///
/// # Errors
/// Whatever the database says.
pub async fn any(db: &impl Db, now: Timestamp) -> Result<bool> {
    let sql = "SELECT 1 AS held FROM holds WHERE until_ms > $1 LIMIT 1";
    let found = db.raw().query_one_raw(statement(db, sql, [now.millis().into()])).await.or_domain()?;
    Ok(found.is_some())
}
