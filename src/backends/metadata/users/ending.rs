//! The end of an account: from the moment on when nobody comes in by it any more until no row knows it.

use domain::{OrganizationId, ProjectId, Result, SpaceId, Timestamp, UserId};
use sea_orm::{ConnectionTrait, QueryResult};
use uuid::Uuid;

use crate::error::DbResult;
use crate::{Db, Tx, spaces, statement};

/// Dooms an account: from the commit on nobody comes in by it. Says whether it was there and not doomed yet.
///
/// # Errors
/// Whatever the database says.
pub async fn doom(tx: &Tx, id: UserId, now: Timestamp) -> Result<bool> {
    let sql = "UPDATE users SET doomed_ms = $2, password_hash = NULL, version = version + 1 \
               WHERE id = $1 AND doomed_ms IS NULL";
    let values = [id.0.into(), now.millis().into()];
    Ok(tx.raw().execute_raw(statement(tx, sql, values)).await.or_domain()?.rows_affected() > 0)
}

/// An organization of which somebody is the last owner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owned {
    /// Which one.
    pub id: OrganizationId,
    /// What it is called.
    pub name: String,
    /// Who would own it after them: the longest there of those who are most, if anybody else is in it.
    pub heir: Option<UserId>,
}

/// The organizations that somebody is the last owner of, each with its heir. Whoever else changes one of theirs, or its
/// members, waits until the end of the transaction. Whoever is being purged does not count.
///
/// # Errors
/// Whatever the database says.
pub async fn owned(tx: &Tx, id: UserId) -> Result<Vec<Owned>> {
    let turn = "UPDATE organizations SET version = version WHERE id IN ( \
                  SELECT organization_id FROM organization_members WHERE user_id = $1)";
    tx.raw().execute_raw(statement(tx, turn, [id.0.into()])).await.or_domain()?;
    let others = "FROM organization_members o JOIN users u ON u.id = o.user_id \
                  WHERE o.organization_id = m.organization_id AND o.user_id <> m.user_id AND u.doomed_ms IS NULL";
    let sql = format!(
        "SELECT g.id, g.name, (SELECT o.user_id {others} \
             ORDER BY CASE o.role WHEN 'admin' THEN 0 WHEN 'member' THEN 1 ELSE 2 END, o.since_ms, o.user_id LIMIT 1) AS heir \
         FROM organization_members m JOIN organizations g ON g.id = m.organization_id \
         WHERE m.user_id = $1 AND m.role = 'owner' AND NOT EXISTS (SELECT 1 {others} AND o.role = 'owner') \
         ORDER BY g.name, g.id"
    );
    let rows = tx.raw().query_all_raw(statement(tx, &sql, [id.0.into()])).await.or_domain()?;
    let read = |row: &QueryResult| {
        Ok(Owned {
            id: OrganizationId(row.try_get("", "id").or_domain()?),
            name: row.try_get("", "name").or_domain()?,
            heir: row.try_get::<Option<Uuid>>("", "heir").or_domain()?.map(UserId),
        })
    };
    rows.iter().map(read).collect()
}

/// Makes a member of an organization its owner.
///
/// # Errors
/// Whatever the database says.
pub async fn hand_over(tx: &Tx, organization: OrganizationId, heir: UserId) -> Result<()> {
    let sql = "UPDATE organization_members SET role = 'owner', version = version + 1 \
               WHERE organization_id = $1 AND user_id = $2";
    tx.raw()
        .execute_raw(statement(tx, sql, [organization.0.into(), heir.0.into()]))
        .await
        .or_domain()
        .map(drop)
}

/// Lets somebody go out of all organizations and projects. Tasks that were theirs are nobody's, and nothing is locked by
/// them any more. Projects whose last member they were are condemned, unless an organization has others who administer
/// them; says which: they are to be purged.
///
/// # Errors
/// Whatever the database says.
pub async fn leave(tx: &Tx, id: UserId, now: Timestamp) -> Result<Vec<ProjectId>> {
    const THEIRS: &str = "SELECT project_id FROM project_members WHERE user_id = $1";
    const BESIDE: &str = "user_id <> $1";
    let spaces = format!(
        "SELECT space_id FROM projects WHERE id IN ({THEIRS}) OR organization_id IN ( \
           SELECT organization_id FROM organization_members WHERE user_id = $1)"
    );
    spaces::take_pens_unheard(tx, &spaces, [id.0.into()]).await?;
    let dated = || [id.0.into(), now.millis().into()];
    // Whoever becomes a member in the same moment waits.
    let turn = format!("UPDATE projects SET version = version + 0 * $2 WHERE id IN ({THEIRS})");
    tx.raw().execute_raw(statement(tx, &turn, dated())).await.or_domain()?;
    let condemn = format!(
        "UPDATE spaces SET condemned_ms = $2 WHERE condemned_ms IS NULL AND id IN (SELECT p.space_id FROM projects p \
         WHERE NOT EXISTS (SELECT 1 FROM project_members m WHERE m.project_id = p.id AND m.{BESIDE}) \
           AND NOT EXISTS (SELECT 1 FROM organization_members o \
             WHERE o.organization_id = p.organization_id AND o.{BESIDE}) \
           AND (p.id IN ({THEIRS}) OR p.organization_id IN ( \
             SELECT organization_id FROM organization_members WHERE user_id = $1))) RETURNING id"
    );
    let spaces = tx.raw().query_all_raw(statement(tx, &condemn, dated())).await.or_domain()?;
    let mut orphans = Vec::with_capacity(spaces.len());
    for space in &spaces {
        let space: Uuid = space.try_get("", "id").or_domain()?;
        let sql = "UPDATE projects SET removed_ms = COALESCE(removed_ms, $2), version = version + 1 \
                   WHERE space_id = $1 RETURNING id";
        let values = [space.into(), now.millis().into()];
        let row = tx.raw().query_one_raw(statement(tx, sql, values)).await.or_domain()?;
        if let Some(row) = row {
            orphans.push(ProjectId(row.try_get("", "id").or_domain()?));
        }
    }
    let tasks =
        "UPDATE tasks SET assignee_id = NULL, changed_ms = $2, version = version + 1 WHERE assignee_id = $1";
    tx.raw().execute_raw(statement(tx, tasks, dated())).await.or_domain()?;
    for table in ["locks", "project_members", "organization_members"] {
        let sql = format!("DELETE FROM {table} WHERE user_id = $1");
        tx.raw().execute_raw(statement(tx, &sql, [id.0.into()])).await.or_domain()?;
    }
    Ok(orphans)
}

/// Forgets the next of what there may be much of and nobody but a doomed user is concerned by, at most so many rows of
/// each kind; says whether there was any.
///
/// # Errors
/// Whatever the database says.
pub async fn forget_batch(tx: &Tx, id: UserId, count_max: u32) -> Result<bool> {
    const SESSIONS: &str = "SELECT id FROM sessions WHERE user_id = $1";
    let mut forgotten = 0;
    for sql in [
        &format!(
            "DELETE FROM refresh_tokens WHERE hash IN ( \
               SELECT hash FROM refresh_tokens WHERE session_id IN ({SESSIONS}) LIMIT $2)"
        ),
        "DELETE FROM sessions WHERE id IN ( \
           SELECT s.id FROM sessions s WHERE s.user_id = $1 \
             AND NOT EXISTS (SELECT 1 FROM refresh_tokens t WHERE t.session_id = s.id) LIMIT $2)",
        "DELETE FROM idempotency_keys WHERE user_id = $1 AND key IN ( \
           SELECT key FROM idempotency_keys WHERE user_id = $1 LIMIT $2)",
    ] {
        let values = [id.0.into(), i64::from(count_max).into()];
        forgotten += tx.raw().execute_raw(statement(tx, sql, values)).await.or_domain()?.rows_affected();
    }
    Ok(forgotten > 0)
}

/// Forgets a doomed user whose space and whatever there was much of are gone: name and address are free again.
///
/// # Errors
/// Whatever the database says.
pub async fn forget(tx: &Tx, id: UserId) -> Result<()> {
    let address = "(SELECT email FROM users WHERE id = $1)";
    for sql in [
        &format!("DELETE FROM mails WHERE recipient = {address}"),
        &format!("DELETE FROM invitations WHERE email = {address}"),
        "DELETE FROM confirmations WHERE user_id = $1",
        "DELETE FROM app_passwords WHERE user_id = $1",
        "DELETE FROM users WHERE id = $1 AND doomed_ms IS NOT NULL",
    ] {
        tx.raw().execute_raw(statement(tx, sql, [id.0.into()])).await.or_domain()?;
    }
    Ok(())
}

/// Whether an account is being purged, and its space if that is still there.
///
/// # Errors
/// Whatever the database says.
pub async fn doomed_space(db: &impl Db, id: UserId) -> Result<Option<Option<SpaceId>>> {
    let sql = "SELECT s.id FROM users u LEFT JOIN spaces s ON s.owner_id = u.id \
               WHERE u.id = $1 AND u.doomed_ms IS NOT NULL";
    let row = db.raw().query_one_raw(statement(db, sql, [id.0.into()])).await.or_domain()?;
    let read = |row: QueryResult| Ok(row.try_get::<Option<Uuid>>("", "id").or_domain()?.map(SpaceId));
    row.map(read).transpose()
}
