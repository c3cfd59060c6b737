//! App passwords, and what a request needs to know of the one it came with.

use domain::{
    AppPassword, AppPasswordId, Error, NodeId, Page, PageRequest, Powers, Result, Role, SpaceId, Timestamp,
    Tree, UserId, UserName, Version,
};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, QueryFilter, QueryOrder,
    QueryResult, TryInsertResult,
};

use crate::error::DbResult;
use crate::listing::{Id, Listing, Order};
use crate::rows::app_password::{ActiveModel, Column, Entity, Model};
use crate::users::{COMES_IN, stored_name, stored_role};
use crate::{Db, Tx, statement};

/// What every statement reads of an app password `p`.
const COLUMNS: &str = "p.id, p.user_id, p.name, p.lookup, p.secret_hash, p.created_ms, p.last_used_ms, p.expires_ms, \
                       p.revoked_ms, p.read_only, p.version";

/// What a new app password is made of.
pub struct NewAppPassword<'a> {
    /// Its identity.
    pub id: AppPasswordId,
    /// Whose it is.
    pub user: UserId,
    /// What its owner calls it.
    pub name: &'a str,
    /// The part of it that finds the row.
    pub lookup: &'a str,
    /// The argon2id hash of the rest, as a PHC string.
    pub secret_hash: &'a str,
    /// From when on it opens nothing.
    pub expires_at: Option<Timestamp>,
    /// Whether it opens files only to be read.
    pub read_only: bool,
}

/// Adds an app password; none when its user has one with the same lookup part already.
///
/// # Errors
/// Whatever the database says.
pub async fn insert(tx: &Tx, now: Timestamp, new: NewAppPassword<'_>) -> Result<Option<AppPassword>> {
    let row = ActiveModel {
        id: Set(new.id.0),
        user_id: Set(new.user.0),
        name: Set(new.name.to_owned()),
        lookup: Set(new.lookup.to_owned()),
        secret_hash: Set(new.secret_hash.to_owned()),
        created_ms: Set(now.millis()),
        last_used_ms: Set(None),
        expires_ms: Set(new.expires_at.map(Timestamp::millis)),
        revoked_ms: Set(None),
        read_only: Set(new.read_only),
        version: Set(0),
    };
    let insert = Entity::insert(row)
        .on_conflict_do_nothing_on([Column::UserId, Column::Lookup])
        .exec_without_returning(tx.raw());
    let inserted = matches!(insert.await.or_domain()?, TryInsertResult::Inserted(1));
    Ok(inserted.then(|| AppPassword {
        id: new.id,
        user: new.user,
        name: new.name.to_owned(),
        read_only: new.read_only,
        version: Version(0),
        created_at: now,
        last_used_at: None,
        expires_at: new.expires_at,
        revoked_at: None,
    }))
}

/// All of a user's, revoked and expired ones too, oldest first.
///
/// # Errors
/// Whatever the database says.
pub async fn list(db: &impl Db, user: UserId) -> Result<Vec<AppPassword>> {
    let rows = Entity::find()
        .filter(Column::UserId.eq(user.0))
        .order_by_asc(Column::CreatedMs)
        .order_by_asc(Column::Id)
        .all(db.raw());
    Ok(rows.await.or_domain()?.into_iter().map(AppPassword::from).collect())
}

/// A page of a user's, revoked and expired ones too, oldest first.
///
/// # Errors
/// [`Invalid`](Error::Invalid) for a cursor of another list; whatever the database says.
pub async fn page(db: &impl Db, user: UserId, request: &PageRequest) -> Result<Page<AppPassword>> {
    let order = Order { word: "created", column: "p.created_ms", is_number: true };
    Listing::of(COLUMNS, "app_passwords p", Id::Uuid("p.id"))
        .only("p.user_id = ?", user.0)
        .page(db, &order, false, request, read)
        .await
}

/// An app password of a user.
///
/// # Errors
/// Whatever the database says.
pub async fn find(db: &impl Db, user: UserId, id: AppPasswordId) -> Result<Option<AppPassword>> {
    let sql = format!("SELECT {COLUMNS} FROM app_passwords p WHERE p.user_id = $1 AND p.id = $2");
    let row = db.raw().query_one_raw(statement(db, &sql, [user.0.into(), id.0.into()])).await.or_domain()?;
    row.map(|row| read(&row)).transpose()
}

/// Which app passwords of the user `$1` open the door at the moment `$2`.
const ACTIVE: &str = "user_id = $1 AND revoked_ms IS NULL AND (expires_ms IS NULL OR expires_ms > $2)";

/// Whether an active app password of a user is named so, but for one if it is named.
///
/// # Errors
/// Whatever the database says.
pub async fn is_taken(
    db: &impl Db,
    user: UserId,
    name: &str,
    but: Option<AppPasswordId>,
    now: Timestamp,
) -> Result<bool> {
    let sql =
        format!("SELECT 1 AS found FROM app_passwords WHERE {ACTIVE} AND name = $3 AND id <> $4 LIMIT 1");
    let but = but.map_or(uuid::Uuid::nil(), |but| but.0);
    let values = [user.0.into(), now.millis().into(), name.into(), but.into()];
    Ok(db.raw().query_one_raw(statement(db, &sql, values)).await.or_domain()?.is_some())
}

/// How many active app passwords a user has.
///
/// # Errors
/// Whatever the database says.
pub async fn count_active(db: &impl Db, user: UserId, now: Timestamp) -> Result<u64> {
    let sql = format!("SELECT COUNT(*) AS count FROM app_passwords WHERE {ACTIVE}");
    let row = db.raw().query_one_raw(statement(db, &sql, [user.0.into(), now.millis().into()])).await;
    let row = row.or_domain()?.ok_or_else(|| Error::internal("a count has no row"))?;
    Ok(u64::try_from(row.try_get::<i64>("", "count").or_domain()?).unwrap_or(0))
}

/// Forgets at most so many that were revoked or expired before a moment, and says how many it were.
///
/// # Errors
/// Whatever the database says.
pub async fn forget(tx: &Tx, before: Timestamp, count_max: u32) -> Result<u64> {
    let sql = "DELETE FROM app_passwords WHERE id IN ( \
                 SELECT id FROM app_passwords WHERE revoked_ms < $1 OR expires_ms < $1 LIMIT $2)";
    let values = [before.millis().into(), i64::from(count_max).into()];
    Ok(tx.raw().execute_raw(statement(tx, sql, values)).await.or_domain()?.rows_affected())
}

/// Calls an app password something else.
///
/// # Errors
/// Whatever the database says.
pub async fn rename(tx: &Tx, id: AppPasswordId, name: &str) -> Result<()> {
    let sql = "UPDATE app_passwords SET name = $2, version = version + 1 WHERE id = $1";
    tx.raw().execute_raw(statement(tx, sql, [id.0.into(), name.into()])).await.or_domain().map(drop)
}

/// The app password of a user that has this lookup part, with the hash of its secret.
///
/// # Errors
/// Whatever the database says.
pub async fn find_secret(
    db: &impl Db,
    user: &UserName,
    lookup: &str,
) -> Result<Option<(AppPasswordId, String)>> {
    let sql = "SELECT p.id, p.secret_hash FROM app_passwords p JOIN users u ON u.id = p.user_id \
               WHERE u.name = $1 AND p.lookup = $2";
    let found = db.raw().query_one_raw(statement(db, sql, [user.as_str().into(), lookup.into()]));
    let read = |row: QueryResult| {
        Ok((AppPasswordId(row.try_get("", "id").or_domain()?), row.try_get("", "secret_hash").or_domain()?))
    };
    found.await.or_domain()?.map(read).transpose()
}

/// What an app password gives access to. Whether it still does is for the caller to judge.
#[derive(Debug, Clone)]
pub struct Access {
    /// The app password.
    pub app_password: AppPassword,
    /// Whether its user may come in.
    pub user_active: bool,
    /// Since when its user is suspended, if they are.
    pub suspended_at: Option<Timestamp>,
    /// The name its user logs in with.
    pub name: UserName,
    /// What its user is.
    pub role: Role,
    /// Where its user's own files are.
    pub home: Tree,
}

impl Access {
    /// What it opens.
    pub fn powers(&self) -> Powers {
        match self.app_password.read_only || self.suspended_at.is_some() {
            true => Powers::ReadFiles,
            false => Powers::Files,
        }
    }
}

/// Everything a request needs of the app password it came with, in one statement.
///
/// # Errors
/// Whatever the database says.
pub async fn access(db: &impl Db, id: AppPasswordId) -> Result<Option<Access>> {
    // No `*`: PostgreSQL refuses to go on with what was prepared before an upgrade has added a column.
    let sql = format!(
        "SELECT {COLUMNS}, u.suspended_ms, {COMES_IN} AS user_active, u.name AS user_name, u.role, s.id AS space_id, s.root_id \
               FROM app_passwords p JOIN users u ON u.id = p.user_id JOIN spaces s ON s.owner_id = u.id \
               WHERE p.id = $1"
    );
    let found = db.raw().query_one_raw(statement(db, &sql, [id.0.into()])).await.or_domain()?;
    found.map(|row| read_access(&row)).transpose()
}

/// Revokes an app password; one that is revoked already stays as it is.
///
/// # Errors
/// Whatever the database says.
pub async fn revoke(tx: &Tx, id: AppPasswordId, now: Timestamp) -> Result<()> {
    let sql = "UPDATE app_passwords SET revoked_ms = $2, version = version + 1 WHERE id = $1 AND revoked_ms IS NULL";
    tx.raw().execute_raw(statement(tx, sql, [id.0.into(), now.millis().into()])).await.or_domain().map(drop)
}

/// Notes that an app password opened the door, unless a later moment is noted already.
///
/// # Errors
/// Whatever the database says.
pub async fn note_use(tx: &Tx, id: AppPasswordId, now: Timestamp) -> Result<()> {
    let sql = "UPDATE app_passwords SET last_used_ms = $2 \
               WHERE id = $1 AND (last_used_ms IS NULL OR last_used_ms < $2)";
    tx.raw().execute_raw(statement(tx, sql, [id.0.into(), now.millis().into()])).await.or_domain().map(drop)
}

/// Whether anybody could log in at this moment.
///
/// # Errors
/// Whatever the database says.
pub async fn any_active(db: &impl Db, now: Timestamp) -> Result<bool> {
    let sql = format!(
        "SELECT p.id FROM app_passwords p JOIN users u ON u.id = p.user_id \
         WHERE {COMES_IN} AND p.revoked_ms IS NULL AND (p.expires_ms IS NULL OR p.expires_ms > $1) LIMIT 1"
    );
    let found = db.raw().query_one_raw(statement(db, &sql, [now.millis().into()])).await.or_domain()?;
    Ok(found.is_some())
}

fn read_access(row: &QueryResult) -> Result<Access> {
    let text = |column: &str| row.try_get::<String>("", column).or_domain();
    let root: Option<i64> = row.try_get("", "root_id").or_domain()?;
    let suspended_ms: Option<i64> = row.try_get("", "suspended_ms").or_domain()?;
    let root = root.ok_or_else(|| Error::internal("a personal space has no root folder"))?;
    Ok(Access {
        app_password: Model::from_query_result(row, "").or_domain()?.into(),
        user_active: row.try_get("", "user_active").or_domain()?,
        suspended_at: suspended_ms.map(Timestamp::from_millis),
        name: stored_name(&text("user_name")?)?,
        role: stored_role(&text("role")?)?,
        home: Tree { space: SpaceId(row.try_get("", "space_id").or_domain()?), root: NodeId(root) },
    })
}

fn read(row: &QueryResult) -> Result<AppPassword> {
    Ok(Model::from_query_result(row, "").or_domain()?.into())
}

impl From<Model> for AppPassword {
    fn from(row: Model) -> Self {
        Self {
            id: AppPasswordId(row.id),
            user: UserId(row.user_id),
            name: row.name,
            read_only: row.read_only,
            version: Version(row.version),
            created_at: Timestamp::from_millis(row.created_ms),
            last_used_at: row.last_used_ms.map(Timestamp::from_millis),
            expires_at: row.expires_ms.map(Timestamp::from_millis),
            revoked_at: row.revoked_ms.map(Timestamp::from_millis),
        }
    }
}
