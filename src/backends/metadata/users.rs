//! People with an account, each with a personal space.

mod administration;
mod ending;
mod listing;
mod owner;
mod suspension;

use domain::{
    Email, Error, NodeId, Quota, Result, Role, SpaceId, Timestamp, Tree, User, UserId, UserName, Version,
};
use sea_orm::{
    ActiveValue::Set, ConnectionTrait, DbBackend, EntityTrait, FromQueryResult, QueryResult, TryInsertResult,
    Value,
};
use uuid::Uuid;

use crate::error::DbResult;
use crate::nodes::unsigned;
use crate::rows::user;
use crate::spaces::limit;
use crate::{Db, Tx, spaces, statement};

pub use administration::{UserChange, change, is_admin, other_admins, take_admin_turn};
pub use ending::{Owned, doom, doomed_space, forget, forget_batch, hand_over, leave, owned};
pub use listing::{UserOrder, UserQuery, by_id, page};
pub use owner::{
    admin_addresses, approve, confirm, find_by_email, list_waiting, password_hash, set_display_name,
    set_email,
};
pub use suspension::{Warned, lock_suspended, overdue, warn_suspended};

/// Whether the user `u` may come in at all, by whichever door.
pub(crate) const COMES_IN: &str =
    "(u.active AND u.confirmed AND u.approved AND u.locked_ms IS NULL AND u.doomed_ms IS NULL)";

/// The columns of a user `u` with their space `s`, as [`read`] reads them.
pub(crate) const COLUMNS: &str = "u.id, u.name, u.role, u.email, u.email_verified_ms, u.display_name, u.active, \
    u.confirmed, u.approved, u.suspended_ms, u.locked_ms, u.version, u.created_ms, s.used_bytes, s.reserved_bytes, s.quota_bytes";
pub(crate) const TABLES: &str = "users u JOIN spaces s ON s.owner_id = u.id";

#[derive(FromQueryResult)]
struct UserRow {
    id: Uuid,
    name: String,
    role: String,
    email: Option<String>,
    email_verified_ms: Option<i64>,
    display_name: String,
    active: bool,
    confirmed: bool,
    approved: bool,
    suspended_ms: Option<i64>,
    locked_ms: Option<i64>,
    version: i64,
    created_ms: i64,
    used_bytes: i64,
    reserved_bytes: i64,
    quota_bytes: Option<i64>,
}

/// What a new user is made of.
#[derive(Clone)]
pub struct NewUser {
    /// Their identity.
    pub id: UserId,
    /// What they log in with.
    pub name: UserName,
    /// What they are called; empty where they have not said.
    pub display_name: String,
    /// What they are.
    pub role: Role,
    /// Whether they need not show first that they read what is sent to their address.
    pub confirmed: bool,
    /// Whether no admin has to let them in first.
    pub approved: bool,
    /// The argon2id hash of the account password as a PHC string, if they have one.
    pub password_hash: Option<String>,
    /// The identity of their personal space.
    pub space: SpaceId,
    /// The identity of its root folder in links.
    pub root_uuid: Uuid,
    /// What the space may hold in bytes; none for no limit.
    pub quota_bytes: Option<u64>,
}

/// Makes a user with a personal space and its root folder.
///
/// # Errors
/// [`Exists`](Error::Exists) when the name is taken.
pub async fn insert(tx: &Tx, now: Timestamp, new: NewUser) -> Result<User> {
    let row = user::ActiveModel {
        id: Set(new.id.0),
        name: Set(new.name.as_str().to_owned()),
        role: Set(new.role.as_str().to_owned()),
        active: Set(true),
        password_hash: Set(new.password_hash.clone()),
        display_name: Set(new.display_name.clone()),
        confirmed: Set(new.confirmed),
        approved: Set(new.approved),
        created_ms: Set(now.millis()),
        ..Default::default()
    };
    // Asking for the conflict instead of failing on it: on PostgreSQL a failed statement ends the transaction.
    let insert = user::Entity::insert(row)
        .on_conflict_do_nothing_on([user::Column::Name])
        .exec_without_returning(tx.raw());
    if !matches!(insert.await.or_domain()?, TryInsertResult::Inserted(1)) {
        return Err(Error::Exists(format!("There is already a user named {}.", new.name).into()));
    }
    let space = spaces::NewSpace {
        id: new.space,
        owner: Some(new.id),
        root_uuid: new.root_uuid,
        by: new.id,
        quota_bytes: new.quota_bytes,
    };
    spaces::insert(tx, now, space).await?;
    Ok(User {
        id: new.id,
        name: new.name,
        role: new.role,
        email: None,
        email_verified_at: None,
        display_name: new.display_name,
        active: true,
        confirmed: new.confirmed,
        approved: new.approved,
        suspended_at: None,
        locked_at: None,
        version: Version(0),
        quota: Quota { used_bytes: 0, reserved_bytes: 0, limit_bytes: new.quota_bytes },
        created_at: now,
    })
}

/// Who has this name; nobody whose account is being purged, which keeps the name until it is gone.
///
/// # Errors
/// Whatever the database says.
pub async fn find(db: &impl Db, name: &UserName) -> Result<Option<User>> {
    let sql = format!("SELECT {COLUMNS} FROM {TABLES} WHERE u.name = $1 AND u.doomed_ms IS NULL");
    let by_name = statement(db, &sql, [name.as_str().into()]);
    db.raw().query_one_raw(by_name).await.or_domain()?.map(|row| read(&row)).transpose()
}

/// Who has this name, for certain.
///
/// # Errors
/// [`NotFound`](Error::NotFound) when nobody has.
pub async fn get(db: &impl Db, name: &UserName) -> Result<User> {
    let nobody = || Error::NotFound(format!("There is no user named {name}.").into());
    find(db, name).await?.ok_or_else(nobody)
}

/// The personal space of a user.
///
/// # Errors
/// [`Internal`](Error::Internal) when they have none.
pub async fn home(db: &impl Db, id: UserId) -> Result<Tree> {
    let sql = "SELECT id, root_id FROM spaces WHERE owner_id = $1";
    let row = db.raw().query_one_raw(statement(db, sql, [id.0.into()])).await.or_domain()?;
    let row = row.ok_or_else(|| Error::internal("a user without a space"))?;
    Ok(Tree {
        space: SpaceId(row.try_get("", "id").or_domain()?),
        root: NodeId(row.try_get("", "root_id").or_domain()?),
    })
}

/// The personal space of who has this name.
///
/// # Errors
/// [`NotFound`](Error::NotFound) when nobody has.
pub async fn space_of(db: &impl Db, name: &UserName) -> Result<SpaceId> {
    let user = get(db, name).await?;
    let sql = statement(db, "SELECT id FROM spaces WHERE owner_id = $1", [user.id.0.into()]);
    let row = db.raw().query_one_raw(sql).await.or_domain()?;
    let row = row.ok_or_else(|| Error::internal("a user without a space"))?;
    Ok(SpaceId(row.try_get("", "id").or_domain()?))
}

/// Everybody, in the order of their names, but for those whose accounts are being purged.
///
/// # Errors
/// Whatever the database says.
pub async fn list(db: &impl Db) -> Result<Vec<User>> {
    let sql = format!("SELECT {COLUMNS} FROM {TABLES} WHERE u.doomed_ms IS NULL ORDER BY u.name");
    let all = statement(db, &sql, []);
    db.raw().query_all_raw(all).await.or_domain()?.iter().map(read).collect()
}

/// Whether there is anybody at all.
///
/// # Errors
/// Whatever the database says.
pub async fn any(db: &impl Db) -> Result<bool> {
    let one = statement(db, "SELECT id FROM users LIMIT 1", []);
    Ok(db.raw().query_one_raw(one).await.or_domain()?.is_some())
}

/// Waits for whoever else is seeing, in a transaction, whether there is anybody at all; SQLite has one writer anyway.
///
/// # Errors
/// Whatever the database says.
pub async fn wait_for_first(tx: &Tx) -> Result<()> {
    // The number is a name.
    const ONE_AT_A_TIME: &str = "SELECT pg_advisory_xact_lock(7813568946114)";
    match tx.raw().get_database_backend() {
        DbBackend::Postgres => tx.raw().execute_unprepared(ONE_AT_A_TIME).await.or_domain().map(drop),
        _ => Ok(()),
    }
}

/// Waits for whoever else takes a turn with this user, until the end of the transaction; SQLite has one writer anyway.
///
/// # Errors
/// Whatever the database says.
pub async fn take_turn(tx: &Tx, id: UserId) -> Result<()> {
    let sql = "UPDATE users SET active = active WHERE id = $1";
    tx.raw().execute_raw(statement(tx, sql, [id.0.into()])).await.or_domain().map(drop)
}

/// Waits for whoever else takes a turn with this user, until the end of the transaction, and says whether they stay:
/// whoever is gone or being purged does not, and must not be taken in anywhere.
///
/// # Errors
/// Whatever the database says.
pub async fn stays(tx: &Tx, id: UserId) -> Result<bool> {
    let sql = "UPDATE users SET active = active WHERE id = $1 AND doomed_ms IS NULL";
    Ok(tx.raw().execute_raw(statement(tx, sql, [id.0.into()])).await.or_domain()?.rows_affected() > 0)
}

/// Lets a user in, or keeps them out.
///
/// # Errors
/// Whatever the database says.
pub async fn set_active(tx: &Tx, id: UserId, active: bool) -> Result<()> {
    set(tx, "UPDATE users SET active = $2, version = version + 1 WHERE id = $1", id, active.into()).await
}

/// Gives a user another account password, as the PHC string of its argon2id hash.
///
/// # Errors
/// Whatever the database says.
pub async fn set_password(tx: &Tx, id: UserId, hash: String) -> Result<()> {
    set(tx, "UPDATE users SET password_hash = $2 WHERE id = $1", id, hash.into()).await
}

/// Sets what the personal space of a user may hold, in bytes; none for no limit.
///
/// # Errors
/// [`Invalid`](Error::Invalid) for more bytes than a database can count.
pub async fn set_quota(tx: &Tx, id: UserId, quota_bytes: Option<u64>) -> Result<()> {
    let quota = limit(quota_bytes)?;
    set(tx, "UPDATE spaces SET quota_bytes = $2 WHERE owner_id = $1", id, quota.into()).await
}

async fn set(tx: &Tx, sql: &str, id: UserId, value: Value) -> Result<()> {
    tx.raw().execute_raw(statement(tx, sql, [id.0.into(), value])).await.or_domain().map(drop)
}

/// A user of the [`COLUMNS`] of a row.
pub(crate) fn read(row: &QueryResult) -> Result<User> {
    let row = UserRow::from_query_result(row, "").or_domain()?;
    let email = row.email.as_deref().map(stored_email).transpose()?;
    Ok(User {
        id: UserId(row.id),
        name: stored_name(&row.name)?,
        role: stored_role(&row.role)?,
        email,
        email_verified_at: row.email_verified_ms.map(Timestamp::from_millis),
        display_name: row.display_name,
        active: row.active,
        confirmed: row.confirmed,
        approved: row.approved,
        suspended_at: row.suspended_ms.map(Timestamp::from_millis),
        locked_at: row.locked_ms.map(Timestamp::from_millis),
        version: Version(row.version),
        quota: Quota {
            used_bytes: unsigned(row.used_bytes),
            reserved_bytes: unsigned(row.reserved_bytes),
            limit_bytes: row.quota_bytes.map(unsigned),
        },
        created_at: Timestamp::from_millis(row.created_ms),
    })
}

/// A user name from a row: what is wrong with it is the house's fault, not the caller's.
pub(crate) fn stored_name(name: &str) -> Result<UserName> {
    UserName::parse(name).map_err(|_| Error::internal(format!("the database holds the user name {name:?}")))
}

/// An address from a row.
pub(crate) fn stored_email(email: &str) -> Result<Email> {
    Email::parse(email)
        .map_err(|_| Error::internal(format!("the database holds the e-mail address {email:?}")))
}

/// A role from a row.
pub(crate) fn stored_role(role: &str) -> Result<Role> {
    role.parse().map_err(|_| Error::internal(format!("the database holds the role {role:?}")))
}
