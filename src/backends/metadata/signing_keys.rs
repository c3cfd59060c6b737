//! The keys that access tokens are signed with: the same for all servers over one database.

use domain::{Result, Timestamp};
use sea_orm::{ConnectionTrait, QueryResult};

use crate::error::DbResult;
use crate::{Db, Tx, statement};

/// A key.
#[derive(Clone)]
pub struct SigningKey {
    /// What tokens call it (`kid`).
    pub id: String,
    /// The key itself.
    pub secret: Vec<u8>,
    /// Since when.
    pub created_at: Timestamp,
}

/// All keys, the newest one first.
///
/// # Errors
/// Whatever the database says.
pub async fn list(db: &impl Db) -> Result<Vec<SigningKey>> {
    let sql = "SELECT id, secret, created_ms FROM signing_keys ORDER BY created_ms DESC, id";
    let rows = db.raw().query_all_raw(statement(db, sql, [])).await.or_domain()?;
    let read = |row: &QueryResult| {
        Ok(SigningKey {
            id: row.try_get("", "id").or_domain()?,
            secret: row.try_get("", "secret").or_domain()?,
            created_at: Timestamp::from_millis(row.try_get("", "created_ms").or_domain()?),
        })
    };
    rows.iter().map(read).collect()
}

/// Adds a key, and forgets those from before a moment.
///
/// # Errors
/// Whatever the database says.
pub async fn insert(tx: &Tx, key: &SigningKey, before: Timestamp) -> Result<()> {
    let old = statement(tx, "DELETE FROM signing_keys WHERE created_ms < $1", [before.millis().into()]);
    tx.raw().execute_raw(old).await.or_domain()?;
    let sql = "INSERT INTO signing_keys (id, secret, created_ms) VALUES ($1, $2, $3)";
    let values = [key.id.as_str().into(), key.secret.clone().into(), key.created_at.millis().into()];
    tx.raw().execute_raw(statement(tx, sql, values)).await.or_domain().map(drop)
}
