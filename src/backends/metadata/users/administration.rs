//! What admins change of accounts, and that one admin is always left.

use domain::{Email, Error, Result, Role, Timestamp, UserId};
use sea_orm::{ConnectionTrait, Value};

use super::{COMES_IN, set_email, set_quota};
use crate::error::DbResult;
use crate::{Db, Tx, statement};

/// What of an account is changed; none for what stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UserChange {
    /// What they are.
    pub role: Option<Role>,
    /// Where they get mail, if anywhere. It counts as theirs from then on: whoever sets it vouches for it.
    pub email: Option<Option<Email>>,
    /// What they are called.
    pub display_name: Option<String>,
    /// What their own files may take in bytes; none for no limit.
    pub quota_bytes: Option<Option<u64>>,
    /// Whether they may come in.
    pub active: Option<bool>,
    /// Since when they are suspended, or that they are not; either way they were not locked or warned yet.
    pub suspended_at: Option<Option<Timestamp>>,
}

/// Changes an account, and counts the change.
///
/// # Errors
/// [`Exists`](Error::Exists) when the address is that of another account, [`Invalid`](Error::Invalid) for a larger quota
/// than a database can count.
pub async fn change(tx: &Tx, now: Timestamp, id: UserId, change: &UserChange) -> Result<()> {
    let mut values: Vec<Value> = vec![id.0.into()];
    let mut set = vec!["version = version + 1".to_owned()];
    let mut place = |column: &str, value: Value| {
        values.push(value);
        set.push(format!("{column} = ${}", values.len()));
    };
    if let Some(role) = change.role {
        place("role", role.as_str().into());
    }
    match &change.email {
        Some(Some(email)) if !set_email(tx, id, email, now).await? => {
            return Err(Error::Exists("Another account has this e-mail address.".into()));
        }
        Some(None) => {
            place("email", None::<String>.into());
            place("email_verified_ms", None::<i64>.into());
        }
        Some(Some(_)) | None => {}
    }
    if let Some(display_name) = &change.display_name {
        place("display_name", display_name.as_str().into());
    }
    if let Some(active) = change.active {
        place("active", active.into());
    }
    if let Some(suspended_at) = change.suspended_at {
        place("suspended_ms", suspended_at.map(Timestamp::millis).into());
        place("locked_ms", None::<i64>.into());
        place("warned_ms", None::<i64>.into());
    }
    if let Some(quota_bytes) = change.quota_bytes {
        set_quota(tx, id, quota_bytes).await?;
    }
    let sql = format!("UPDATE users SET {} WHERE id = $1", set.join(", "));
    tx.raw().execute_raw(statement(tx, &sql, values)).await.or_domain().map(drop)
}

/// Waits for whoever else changes this user or any admin, until the end of the transaction.
///
/// # Errors
/// Whatever the database says.
pub async fn take_admin_turn(tx: &Tx, id: UserId) -> Result<()> {
    let sql = "UPDATE users SET active = active WHERE role = 'admin' OR id = $1";
    tx.raw().execute_raw(statement(tx, sql, [id.0.into()])).await.or_domain().map(drop)
}

/// Whether somebody is an admin who may come in and do more than read.
///
/// # Errors
/// Whatever the database says.
pub async fn is_admin(db: &impl Db, id: UserId) -> Result<bool> {
    Ok(admins(db, "u.id = $1", id).await? > 0)
}

/// How many such admins there are beside this user.
///
/// # Errors
/// Whatever the database says.
pub async fn other_admins(db: &impl Db, id: UserId) -> Result<u64> {
    admins(db, "u.id <> $1", id).await
}

async fn admins(db: &impl Db, which: &str, id: UserId) -> Result<u64> {
    let sql = format!(
        "SELECT COUNT(*) AS count FROM users u \
         WHERE u.role = 'admin' AND u.suspended_ms IS NULL AND {COMES_IN} AND {which}"
    );
    let row = db.raw().query_one_raw(statement(db, &sql, [id.0.into()])).await.or_domain()?;
    let row = row.ok_or_else(|| Error::internal("a count has no row"))?;
    Ok(u64::try_from(row.try_get::<i64>("", "count").or_domain()?).unwrap_or(0))
}
