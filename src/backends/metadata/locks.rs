//! Write locks: rows with an expiry, seen by every server and after a restart.

use std::time::Duration;

use domain::{GRACE, Lock, LockDepth, LockScope, LockToken, NodeId, Result, SpaceId, Timestamp, UserId};
use sea_orm::{ActiveValue::Set, ConnectionTrait, EntityTrait, FromQueryResult, QueryResult, QueryTrait};
use uuid::Uuid;

use crate::error::DbResult;
use crate::nodes::unsigned;
use crate::rows::lock;
use crate::together::Step;
use crate::{Db, Tx, statement};

/// A lock `l` beside other columns of a row, if there is one.
#[derive(FromQueryResult)]
pub(crate) struct LockRow {
    token: Uuid,
    space_id: Uuid,
    node_id: i64,
    user_id: Uuid,
    exclusive: bool,
    infinite: bool,
    owner_xml: String,
    timeout_ms: i64,
    expires_ms: i64,
}

impl LockRow {
    pub(crate) const COLUMNS: &str = "l.token AS lock_token, l.space_id AS lock_space_id, \
        l.node_id AS lock_node_id, l.user_id AS lock_user_id, l.exclusive AS lock_exclusive, \
        l.infinite AS lock_infinite, l.owner_xml AS lock_owner_xml, l.timeout_ms AS lock_timeout_ms, \
        l.expires_ms AS lock_expires_ms";

    pub(crate) fn read(row: &QueryResult) -> Result<Option<Lock>> {
        match row.try_get::<Option<Uuid>>("", "lock_token").or_domain()? {
            Some(_) => Ok(Some(Self::from_query_result(row, "lock_").or_domain()?.into())),
            None => Ok(None),
        }
    }
}

impl From<LockRow> for Lock {
    fn from(row: LockRow) -> Self {
        Self {
            token: LockToken(row.token),
            space: SpaceId(row.space_id),
            node: NodeId(row.node_id),
            user: UserId(row.user_id),
            scope: if row.exclusive { LockScope::Exclusive } else { LockScope::Shared },
            depth: if row.infinite { LockDepth::Infinity } else { LockDepth::Zero },
            owner_xml: row.owner_xml,
            timeout: Duration::from_millis(unsigned(row.timeout_ms)),
            expires_at: Timestamp::from_millis(row.expires_ms),
        }
    }
}

/// The locks of a space with everything above them: a lock is at or below a node when that node is among
/// what stands above the lock. The cost grows with the locks that are held, never with the tree.
const ABOVE: &str = "WITH RECURSIVE above (token, node_id) AS ( \
      SELECT token, node_id FROM locks WHERE space_id = $1 AND expires_ms > $2 \
      UNION ALL \
      SELECT above.token, n.parent_id FROM above JOIN nodes n ON n.id = above.node_id \
      WHERE n.parent_id IS NOT NULL \
    )";

/// The locks on a node and on everything below it.
///
/// # Errors
/// Whatever the database says.
pub async fn within(db: &impl Db, space: SpaceId, node: NodeId, now: Timestamp) -> Result<Vec<Lock>> {
    let sql = format!(
        "{ABOVE} SELECT {} FROM above JOIN locks l ON l.token = above.token WHERE above.node_id = $3",
        LockRow::COLUMNS
    );
    let values = [space.0.into(), now.millis().into(), node.0.into()];
    read_all(db.raw().query_all_raw(statement(db, &sql, values)).await.or_domain()?)
}

/// The locks on the members of a folder, themselves only.
///
/// # Errors
/// Whatever the database says.
pub async fn on_members(db: &impl Db, folder: NodeId, now: Timestamp) -> Result<Vec<Lock>> {
    let sql = format!(
        "SELECT {} FROM nodes n JOIN locks l ON l.node_id = n.id AND l.expires_ms > $2 \
         WHERE n.parent_id = $1 AND n.trashed_ms IS NULL",
        LockRow::COLUMNS
    );
    let values = [folder.0.into(), now.millis().into()];
    read_all(db.raw().query_all_raw(statement(db, &sql, values)).await.or_domain()?)
}

fn read_all(rows: Vec<QueryResult>) -> Result<Vec<Lock>> {
    rows.iter().filter_map(|row| LockRow::read(row).transpose()).collect()
}

/// Puts a lock on its node. Expired ones on the node end for good, and so do those in the same space whose
/// [`GRACE`] is over.
///
/// # Errors
/// Whatever the database says.
pub async fn insert(tx: &Tx, lock: &Lock, now: Timestamp) -> Result<()> {
    let expired =
        "DELETE FROM locks WHERE space_id = $1 AND expires_ms <= $2 AND (node_id = $3 OR expires_ms <= $4)";
    let over = now.before(GRACE);
    let values = [lock.space.0.into(), now.millis().into(), lock.node.0.into(), over.millis().into()];
    tx.along(Step::new("", expired, values)).await?;
    let row = lock::ActiveModel {
        token: Set(lock.token.0),
        space_id: Set(lock.space.0),
        node_id: Set(lock.node.0),
        user_id: Set(lock.user.0),
        exclusive: Set(lock.scope == LockScope::Exclusive),
        infinite: Set(lock.depth == LockDepth::Infinity),
        owner_xml: Set(lock.owner_xml.clone()),
        timeout_ms: Set(Timestamp::from_millis(0).after(lock.timeout).millis()),
        expires_ms: Set(lock.expires_at.millis()),
    };
    tx.along(Step::built("", lock::Entity::insert(row).build(tx.raw().get_database_backend()))).await
}

/// Gives a lock its new timeout, and says whether it is still there.
///
/// # Errors
/// Whatever the database says.
pub async fn refresh(tx: &Tx, lock: &Lock) -> Result<bool> {
    let sql = "UPDATE locks SET timeout_ms = $2, expires_ms = $3 WHERE token = $1";
    let timeout_ms = Timestamp::from_millis(0).after(lock.timeout).millis();
    let values = [lock.token.0.into(), timeout_ms.into(), lock.expires_at.millis().into()];
    Ok(tx.raw().execute_raw(statement(tx, sql, values)).await.or_domain()?.rows_affected() > 0)
}

/// Ends a lock.
///
/// # Errors
/// Whatever the database says.
pub async fn remove(tx: &Tx, token: LockToken) -> Result<()> {
    tx.along(Step::new("", "DELETE FROM locks WHERE token = $1", [token.0.into()])).await
}

/// Whether there are locks that ended at a moment or before.
///
/// # Errors
/// Whatever the database says.
pub async fn any_ended(db: &impl Db, by: Timestamp) -> Result<bool> {
    let sql = "SELECT token FROM locks WHERE expires_ms <= $1 LIMIT 1";
    Ok(db.raw().query_one_raw(statement(db, sql, [by.millis().into()])).await.or_domain()?.is_some())
}

/// Removes locks that ended at a moment or before, at most so many, and says how many.
///
/// # Errors
/// Whatever the database says.
pub async fn remove_ended(tx: &Tx, by: Timestamp, count_max: u32) -> Result<u64> {
    // Said twice: one that is being refreshed is waited for, and must then be judged as it is by then.
    let sql = "DELETE FROM locks WHERE expires_ms <= $1 \
               AND token IN (SELECT token FROM locks WHERE expires_ms <= $1 LIMIT $2)";
    let values = [by.millis().into(), i64::from(count_max).into()];
    Ok(tx.raw().execute_raw(statement(tx, sql, values)).await.or_domain()?.rows_affected())
}

/// Ends the locks on a node and on everything below it: locks stay behind when their resource moves or
/// goes (RFC 4918 §7.6, §9.6).
///
/// # Errors
/// Whatever the database says.
pub async fn remove_within(tx: &Tx, space: SpaceId, node: NodeId, now: Timestamp) -> Result<()> {
    let sql =
        format!("{ABOVE} DELETE FROM locks WHERE token IN (SELECT token FROM above WHERE node_id = $3)");
    let values = [space.0.into(), now.before(GRACE).millis().into(), node.0.into()];
    tx.along(Step::new("", sql, values)).await
}
