//! Sessions, the refresh tokens that renew them, and what a request needs to know of the one it came in.

use domain::{Error, NodeId, Result, Role, Session, SessionId, SpaceId, Timestamp, Tree, UserId, UserName};
use sea_orm::{ConnectionTrait, QueryResult};

use crate::error::DbResult;
use crate::users::{COMES_IN, stored_name, stored_role};
use crate::{Db, Tx, statement};

/// Somebody who may be let into a session.
#[derive(Debug, Clone)]
pub struct Account {
    /// Who.
    pub user: UserId,
    /// The name they log in with.
    pub name: UserName,
    /// What they are.
    pub role: Role,
    /// Where their own files are.
    pub home: Tree,
    /// The argon2id hash of the account password as a PHC string, if they have one.
    pub password_hash: Option<String>,
    /// Whether no admin keeps them out.
    pub active: bool,
    /// Whether they have shown, where that is asked for, that they read what is sent to the address they gave.
    pub confirmed: bool,
    /// Whether an admin has let them in, where that is asked for.
    pub approved: bool,
    /// Whether they may come in.
    pub comes_in: bool,
    /// Since when they are suspended, if they are.
    pub suspended_at: Option<Timestamp>,
}

const ACCOUNT: &str = "u.id AS user_id, u.name AS user_name, u.role, u.password_hash, u.suspended_ms, u.active, u.confirmed, u.approved, \
                       p.id AS space_id, p.root_id";
const SESSION: &str = "s.id, s.created_ms, s.used_ms, s.expires_ms, s.revoked_ms, s.address, s.product";

/// Who logs in with this, which is a user name or an e-mail address that was shown to be theirs, in lower case.
///
/// # Errors
/// Whatever the database says.
pub async fn by_login(db: &impl Db, login: &str) -> Result<Option<Account>> {
    // A name may look like an address; whose mailbox it is counts more.
    let sql = format!(
        "SELECT {ACCOUNT}, {COMES_IN} AS comes_in FROM users u JOIN spaces p ON p.owner_id = u.id \
         WHERE (u.name = $1 OR (u.email = $1 AND u.email_verified_ms IS NOT NULL)) AND u.doomed_ms IS NULL \
         ORDER BY CASE WHEN u.email = $1 THEN 0 ELSE 1 END LIMIT 1"
    );
    let row = db.raw().query_one_raw(statement(db, &sql, [login.into()])).await.or_domain()?;
    row.map(|row| read_account(&row)).transpose()
}

/// A user whose account is not being purged, and the session that is said to be theirs, if it is; in one statement.
///
/// # Errors
/// Whatever the database says.
pub async fn access(
    db: &impl Db,
    user: UserId,
    session: SessionId,
) -> Result<Option<(Account, Option<Session>)>> {
    let sql = format!(
        "SELECT {ACCOUNT}, {COMES_IN} AS comes_in, {SESSION} FROM users u \
         JOIN spaces p ON p.owner_id = u.id LEFT JOIN sessions s ON s.user_id = u.id AND s.id = $2 \
         WHERE u.id = $1 AND u.doomed_ms IS NULL"
    );
    let row =
        db.raw().query_one_raw(statement(db, &sql, [user.0.into(), session.0.into()])).await.or_domain()?;
    let Some(row) = row else { return Ok(None) };
    let is_there = row.try_get::<Option<uuid::Uuid>>("", "id").or_domain()?.is_some();
    let session = if is_there { Some(read_session(&row)?) } else { None };
    Ok(Some((read_account(&row)?, session)))
}

/// Begins a session.
///
/// # Errors
/// Whatever the database says.
pub async fn insert(tx: &Tx, session: &Session) -> Result<()> {
    let sql = "INSERT INTO sessions (id, user_id, created_ms, used_ms, expires_ms, address, product) \
               VALUES ($1, $2, $3, $4, $5, $6, $7)";
    let values = [
        session.id.0.into(),
        session.user.0.into(),
        session.created_at.millis().into(),
        session.used_at.millis().into(),
        session.expires_at.millis().into(),
        session.address.as_str().into(),
        session.product.as_str().into(),
    ];
    tx.raw().execute_raw(statement(tx, sql, values)).await.or_domain().map(drop)
}

/// Lets a session go on until another moment.
///
/// # Errors
/// Whatever the database says.
pub async fn renew(tx: &Tx, id: SessionId, now: Timestamp, until: Timestamp) -> Result<()> {
    let sql = "UPDATE sessions SET used_ms = $2, expires_ms = $3 WHERE id = $1";
    let values = [id.0.into(), now.millis().into(), until.millis().into()];
    tx.raw().execute_raw(statement(tx, sql, values)).await.or_domain().map(drop)
}

/// Ends a session of a user; says whether it was going on.
///
/// # Errors
/// Whatever the database says.
pub async fn revoke(tx: &Tx, user: UserId, id: SessionId, now: Timestamp) -> Result<bool> {
    let sql = "UPDATE sessions SET revoked_ms = $3 WHERE id = $2 AND user_id = $1 AND revoked_ms IS NULL";
    let values = [user.0.into(), id.0.into(), now.millis().into()];
    Ok(tx.raw().execute_raw(statement(tx, sql, values)).await.or_domain()?.rows_affected() > 0)
}

/// Ends all sessions of a user, but for one if it is named.
///
/// # Errors
/// Whatever the database says.
pub async fn revoke_all(tx: &Tx, user: UserId, but: Option<SessionId>, now: Timestamp) -> Result<()> {
    let sql = "UPDATE sessions SET revoked_ms = $2 WHERE user_id = $1 AND revoked_ms IS NULL AND id <> $3";
    let but = but.map_or(uuid::Uuid::nil(), |session| session.0);
    let values = [user.0.into(), now.millis().into(), but.into()];
    tx.raw().execute_raw(statement(tx, sql, values)).await.or_domain().map(drop)
}

/// Forgets the sessions of a user that ended, or could have been renewed for the last time, before a moment.
///
/// # Errors
/// Whatever the database says.
pub async fn forget(tx: &Tx, user: UserId, before: Timestamp) -> Result<()> {
    let over = "SELECT id FROM sessions WHERE user_id = $1 AND (expires_ms < $2 OR revoked_ms < $2)";
    for sql in [
        format!("DELETE FROM refresh_tokens WHERE session_id IN ({over})"),
        format!("DELETE FROM sessions WHERE id IN ({over})"),
    ] {
        let values = [user.0.into(), before.millis().into()];
        tx.raw().execute_raw(statement(tx, &sql, values)).await.or_domain()?;
    }
    Ok(())
}

/// The same of whoever's, at most so many; says how many. Those of people who never come back are found by this alone.
///
/// # Errors
/// Whatever the database says.
pub async fn forget_next(tx: &Tx, before: Timestamp, count_max: u32) -> Result<u64> {
    let over = "SELECT id FROM sessions WHERE expires_ms < $1 OR revoked_ms < $1 ORDER BY id LIMIT $2";
    let mut forgotten = 0;
    for sql in [
        format!("DELETE FROM refresh_tokens WHERE session_id IN ({over})"),
        format!("DELETE FROM sessions WHERE id IN ({over})"),
    ] {
        let values = [before.millis().into(), i64::from(count_max).into()];
        forgotten = tx.raw().execute_raw(statement(tx, &sql, values)).await.or_domain()?.rows_affected();
    }
    Ok(forgotten)
}

/// Ends the sessions of a user that go on but for so many, those that were used longest ago.
///
/// # Errors
/// Whatever the database says.
pub async fn make_room(tx: &Tx, user: UserId, count_max: u32, now: Timestamp) -> Result<()> {
    let going_on = "user_id = $1 AND revoked_ms IS NULL AND expires_ms > $2";
    let sql = format!(
        "UPDATE sessions SET revoked_ms = $2 WHERE {going_on} AND id NOT IN ( \
           SELECT id FROM sessions WHERE {going_on} ORDER BY used_ms DESC, id LIMIT $3)"
    );
    let values = [user.0.into(), now.millis().into(), i64::from(count_max).into()];
    tx.raw().execute_raw(statement(tx, &sql, values)).await.or_domain().map(drop)
}

/// The sessions of a user that go on at a moment, the latest one first.
///
/// # Errors
/// Whatever the database says.
pub async fn list(db: &impl Db, user: UserId, now: Timestamp) -> Result<Vec<Session>> {
    let sql = format!(
        "SELECT {SESSION}, s.user_id FROM sessions s \
         WHERE s.user_id = $1 AND s.revoked_ms IS NULL AND s.expires_ms > $2 ORDER BY s.used_ms DESC, s.id"
    );
    let rows = db.raw().query_all_raw(statement(db, &sql, [user.0.into(), now.millis().into()])).await;
    rows.or_domain()?.iter().map(read_session).collect()
}

/// Adds a refresh token, known by its SHA-256, and forgets those of the session from before a moment.
///
/// # Errors
/// Whatever the database says.
pub async fn add_token(
    tx: &Tx,
    session: SessionId,
    hash: [u8; 32],
    now: Timestamp,
    before: Timestamp,
) -> Result<()> {
    let old = "DELETE FROM refresh_tokens WHERE session_id = $1 AND issued_ms < $2";
    tx.raw().execute_raw(statement(tx, old, [session.0.into(), before.millis().into()])).await.or_domain()?;
    let sql = "INSERT INTO refresh_tokens (hash, session_id, issued_ms) VALUES ($1, $2, $3)";
    let values = [hash.to_vec().into(), session.0.into(), now.millis().into()];
    tx.raw().execute_raw(statement(tx, sql, values)).await.or_domain().map(drop)
}

/// What became of a refresh token that somebody came with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spent {
    /// It is spent now, for this session of this user.
    Now(UserId, SessionId),
    /// It was spent before.
    Before(UserId, SessionId),
    /// There is no such token.
    Unknown,
}

/// Spends a refresh token: of two who come with it at once, one finds it spent.
///
/// # Errors
/// Whatever the database says.
pub async fn spend_token(tx: &Tx, hash: [u8; 32], now: Timestamp) -> Result<Spent> {
    let sql = "UPDATE refresh_tokens SET replaced_ms = $2 WHERE hash = $1 AND replaced_ms IS NULL";
    let values = [hash.to_vec().into(), now.millis().into()];
    let spent = tx.raw().execute_raw(statement(tx, sql, values)).await.or_domain()?.rows_affected() > 0;
    let sql = "SELECT s.id, s.user_id FROM refresh_tokens t JOIN sessions s ON s.id = t.session_id WHERE t.hash = $1";
    let row = tx.raw().query_one_raw(statement(tx, sql, [hash.to_vec().into()])).await.or_domain()?;
    let Some(row) = row else { return Ok(Spent::Unknown) };
    let user = UserId(row.try_get("", "user_id").or_domain()?);
    let session = SessionId(row.try_get("", "id").or_domain()?);
    Ok(if spent { Spent::Now(user, session) } else { Spent::Before(user, session) })
}

fn read_account(row: &QueryResult) -> Result<Account> {
    let text = |column: &str| row.try_get::<String>("", column).or_domain();
    let root: Option<i64> = row.try_get("", "root_id").or_domain()?;
    let root = root.ok_or_else(|| Error::internal("a personal space has no root folder"))?;
    let suspended_ms: Option<i64> = row.try_get("", "suspended_ms").or_domain()?;
    Ok(Account {
        user: UserId(row.try_get("", "user_id").or_domain()?),
        name: stored_name(&text("user_name")?)?,
        role: stored_role(&text("role")?)?,
        home: Tree { space: SpaceId(row.try_get("", "space_id").or_domain()?), root: NodeId(root) },
        password_hash: row.try_get("", "password_hash").or_domain()?,
        active: row.try_get("", "active").or_domain()?,
        confirmed: row.try_get("", "confirmed").or_domain()?,
        approved: row.try_get("", "approved").or_domain()?,
        comes_in: row.try_get("", "comes_in").or_domain()?,
        suspended_at: suspended_ms.map(Timestamp::from_millis),
    })
}

fn read_session(row: &QueryResult) -> Result<Session> {
    let number = |column: &str| row.try_get::<i64>("", column).or_domain();
    let revoked_ms: Option<i64> = row.try_get("", "revoked_ms").or_domain()?;
    Ok(Session {
        id: SessionId(row.try_get("", "id").or_domain()?),
        user: UserId(row.try_get("", "user_id").or_domain()?),
        created_at: Timestamp::from_millis(number("created_ms")?),
        used_at: Timestamp::from_millis(number("used_ms")?),
        expires_at: Timestamp::from_millis(number("expires_ms")?),
        revoked_at: revoked_ms.map(Timestamp::from_millis),
        address: row.try_get("", "address").or_domain()?,
        product: row.try_get("", "product").or_domain()?,
    })
}
