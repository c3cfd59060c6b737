//! What people were sent by e-mail, to show that they got it. The token itself is in the mail alone; here is its SHA-256.

use domain::{Confirmation, ConfirmationKind, Email, Result, Timestamp, UserId};
use sea_orm::{ConnectionTrait, QueryResult};
use uuid::Uuid;

use crate::error::DbResult;
use crate::users::stored_email;
use crate::{Db, Tx, statement};

/// What is sent.
#[derive(Debug, Clone)]
pub struct NewConfirmation {
    /// What is shown by it.
    pub kind: ConfirmationKind,
    /// To whom it goes.
    pub user: UserId,
    /// Where to.
    pub email: Email,
    /// The SHA-256 of its token.
    pub token_hash: [u8; 32],
    /// From when on it shows nothing any more.
    pub expires_at: Timestamp,
}

/// Notes what is sent; what the user was sent of this kind before shows nothing from now on.
///
/// # Errors
/// Whatever the database says.
pub async fn insert(tx: &Tx, now: Timestamp, new: &NewConfirmation) -> Result<()> {
    void(tx, new.user, new.kind).await?;
    let sql = "INSERT INTO confirmations (id, kind, user_id, email, token_hash, created_ms, expires_ms) \
               VALUES ($1, $2, $3, $4, $5, $6, $7)";
    let values = [
        Uuid::new_v4().into(),
        new.kind.as_str().into(),
        new.user.0.into(),
        new.email.as_str().into(),
        new.token_hash.to_vec().into(),
        now.millis().into(),
        new.expires_at.millis().into(),
    ];
    tx.raw().execute_raw(statement(tx, sql, values)).await.or_domain().map(drop)
}

/// Lets what a user was sent of this kind show nothing any more.
///
/// # Errors
/// Whatever the database says.
pub async fn void(tx: &Tx, user: UserId, kind: ConfirmationKind) -> Result<()> {
    let sql = "DELETE FROM confirmations WHERE user_id = $1 AND kind = $2";
    let values = [user.0.into(), kind.as_str().into()];
    tx.raw().execute_raw(statement(tx, sql, values)).await.or_domain().map(drop)
}

/// Lets no link that a user was sent change their account any more: neither its password nor its address.
///
/// # Errors
/// Whatever the database says.
pub async fn void_changes(tx: &Tx, user: UserId) -> Result<()> {
    void(tx, user, ConfirmationKind::ResetPassword).await?;
    void(tx, user, ConfirmationKind::ChangeEmail).await
}

/// What a token would show, if it still does.
///
/// # Errors
/// Whatever the database says.
pub async fn find(
    db: &impl Db,
    kind: ConfirmationKind,
    token_hash: [u8; 32],
    now: Timestamp,
) -> Result<Option<Confirmation>> {
    let sql = "SELECT user_id, email FROM confirmations \
               WHERE token_hash = $1 AND kind = $2 AND used_ms IS NULL AND expires_ms > $3";
    let values = [token_hash.to_vec().into(), kind.as_str().into(), now.millis().into()];
    let row = db.raw().query_one_raw(statement(db, sql, values)).await.or_domain()?;
    row.map(|row| read(&row)).transpose()
}

/// Uses a token up, and says what it shows: of two who come with it at once, one finds it used.
///
/// # Errors
/// Whatever the database says.
pub async fn use_up(
    tx: &Tx,
    kind: ConfirmationKind,
    token_hash: [u8; 32],
    now: Timestamp,
) -> Result<Option<Confirmation>> {
    let sql = "UPDATE confirmations SET used_ms = $3 \
               WHERE token_hash = $1 AND kind = $2 AND used_ms IS NULL AND expires_ms > $3 \
               RETURNING user_id, email";
    let values = [token_hash.to_vec().into(), kind.as_str().into(), now.millis().into()];
    let row = tx.raw().query_one_raw(statement(tx, sql, values)).await.or_domain()?;
    row.map(|row| read(&row)).transpose()
}

/// Where something was sent to a user that they have yet to answer.
///
/// # Errors
/// Whatever the database says.
pub async fn pending(
    db: &impl Db,
    user: UserId,
    kind: ConfirmationKind,
    now: Timestamp,
) -> Result<Option<Email>> {
    let sql = "SELECT user_id, email FROM confirmations \
               WHERE user_id = $1 AND kind = $2 AND used_ms IS NULL AND expires_ms > $3";
    let values = [user.0.into(), kind.as_str().into(), now.millis().into()];
    let row = db.raw().query_one_raw(statement(db, sql, values)).await.or_domain()?;
    row.map(|row| Ok(read(&row)?.email)).transpose()
}

/// Who has signed up with this address last, and has yet to show that they read what is sent there.
///
/// # Errors
/// Whatever the database says.
pub async fn waiting(db: &impl Db, email: &Email) -> Result<Option<UserId>> {
    let sql = "SELECT c.user_id FROM confirmations c JOIN users u ON u.id = c.user_id \
               WHERE c.email = $1 AND c.kind = 'sign_up' AND c.used_ms IS NULL \
                 AND NOT u.confirmed AND u.doomed_ms IS NULL \
               ORDER BY c.created_ms DESC, c.id LIMIT 1";
    let row = db.raw().query_one_raw(statement(db, sql, [email.as_str().into()])).await.or_domain()?;
    row.map(|row| Ok(UserId(row.try_get("", "user_id").or_domain()?))).transpose()
}

/// One of those who signed up and never showed that they read their mail, by links that expired before a moment.
///
/// # Errors
/// Whatever the database says.
pub async fn lapsed(db: &impl Db, expired_before: Timestamp) -> Result<Option<UserId>> {
    let sql = "SELECT u.id FROM users u WHERE NOT u.confirmed AND u.doomed_ms IS NULL AND u.created_ms <= $1 \
                 AND NOT EXISTS (SELECT 1 FROM confirmations c \
                   WHERE c.user_id = u.id AND c.kind = 'sign_up' AND c.expires_ms > $1) LIMIT 1";
    let row =
        db.raw().query_one_raw(statement(db, sql, [expired_before.millis().into()])).await.or_domain()?;
    row.map(|row| row.try_get("", "id").or_domain().map(UserId)).transpose()
}

fn read(row: &QueryResult) -> Result<Confirmation> {
    let email: String = row.try_get("", "email").or_domain()?;
    Ok(Confirmation { user: UserId(row.try_get("", "user_id").or_domain()?), email: stored_email(&email)? })
}
