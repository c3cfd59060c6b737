//! What people do with their own accounts, from signing up on.

use domain::{Email, Page, PageRequest, Result, Timestamp, User, UserId};
use sea_orm::{ConnectionTrait, DbBackend};

use super::{COLUMNS, COMES_IN, TABLES, read, set, stored_email};
use crate::error::DbResult;
use crate::listing::{Id, Listing, Order};
use crate::{Db, Tx, statement};

/// Whose address this is, if it counts as anybody's.
///
/// # Errors
/// Whatever the database says.
pub async fn find_by_email(db: &impl Db, email: &Email) -> Result<Option<User>> {
    let by_email =
        statement(db, &format!("SELECT {COLUMNS} FROM {TABLES} WHERE u.email = $1"), [email.as_str().into()]);
    db.raw().query_one_raw(by_email).await.or_domain()?.map(|row| read(&row)).transpose()
}

/// Lets an address count as a user's from now on; says whether it is nobody else's.
///
/// # Errors
/// Whatever the database says.
pub async fn set_email(tx: &Tx, id: UserId, email: &Email, now: Timestamp) -> Result<bool> {
    // Two at once would both have found it nobody's. SQLite has one writer anyway.
    if tx.raw().get_database_backend() == DbBackend::Postgres {
        let sql = "SELECT pg_advisory_xact_lock(hashtextextended($1, 7813568946115))";
        tx.raw().query_one_raw(statement(tx, sql, [email.as_str().into()])).await.or_domain()?;
    }
    let sql = "UPDATE users SET email = $2, email_verified_ms = $3, version = version + 1 \
               WHERE id = $1 AND NOT EXISTS (SELECT 1 FROM users o WHERE o.email = $2 AND o.id <> $1)";
    let values = [id.0.into(), email.as_str().into(), now.millis().into()];
    Ok(tx.raw().execute_raw(statement(tx, sql, values)).await.or_domain()?.rows_affected() > 0)
}

/// Takes note that a user has shown that they read what is sent to the address they gave.
///
/// # Errors
/// Whatever the database says.
pub async fn confirm(tx: &Tx, id: UserId) -> Result<()> {
    set(tx, "UPDATE users SET confirmed = $2, version = version + 1 WHERE id = $1", id, true.into()).await
}

/// Takes note that an admin lets a user in who signed up.
///
/// # Errors
/// Whatever the database says.
pub async fn approve(tx: &Tx, id: UserId) -> Result<()> {
    set(tx, "UPDATE users SET approved = $2, version = version + 1 WHERE id = $1", id, true.into()).await
}

/// Calls a user something else.
///
/// # Errors
/// Whatever the database says.
pub async fn set_display_name(tx: &Tx, id: UserId, name: &str) -> Result<()> {
    set(tx, "UPDATE users SET display_name = $2, version = version + 1 WHERE id = $1", id, name.into()).await
}

/// The PHC string of a user's account password, if they have one.
///
/// # Errors
/// Whatever the database says.
pub async fn password_hash(db: &impl Db, id: UserId) -> Result<Option<String>> {
    let sql = "SELECT password_hash FROM users WHERE id = $1";
    let row = db.raw().query_one_raw(statement(db, sql, [id.0.into()])).await.or_domain()?;
    row.map_or(Ok(None), |row| row.try_get("", "password_hash").or_domain())
}

/// Where admins who may come in get mail, at most so many of them.
///
/// # Errors
/// Whatever the database says.
pub async fn admin_addresses(db: &impl Db, count_max: u32) -> Result<Vec<Email>> {
    let sql = format!(
        "SELECT u.email FROM users u WHERE u.role = 'admin' AND u.email IS NOT NULL AND {COMES_IN} \
         ORDER BY u.created_ms, u.id LIMIT $1"
    );
    let rows = db.raw().query_all_raw(statement(db, &sql, [i64::from(count_max).into()])).await;
    rows.or_domain()?
        .iter()
        .map(|row| stored_email(&row.try_get::<String>("", "email").or_domain()?))
        .collect()
}

/// A page of those who have signed up and wait until an admin lets them in, who came first first.
///
/// # Errors
/// [`Invalid`](Error::Invalid) for a cursor of another list; whatever the database says.
pub async fn list_waiting(db: &impl Db, request: &PageRequest) -> Result<Page<User>> {
    let order = Order { word: "created", column: "u.created_ms", is_number: true };
    Listing::of(COLUMNS, TABLES, Id::Uuid("u.id"))
        .with("u.active AND NOT u.approved AND u.confirmed AND u.doomed_ms IS NULL")
        .page(db, &order, false, request, read)
        .await
}
