//! Projects and organizations that nobody is left in, since an account ended: they are purged with it.

use domain::{ProjectId, Result, SpaceId};
use sea_orm::ConnectionTrait;

use crate::error::DbResult;
use crate::{Db, Tx, statement};

/// A project `p` that was removed when its last member went, and that nobody administers by an organization. One that
/// somebody has purged goes by a job of its own.
const PROJECTS: &str = "p.removed_ms IS NOT NULL \
    AND NOT EXISTS (SELECT 1 FROM project_members m WHERE m.project_id = p.id) \
    AND NOT EXISTS (SELECT 1 FROM organization_members o WHERE o.organization_id = p.organization_id) \
    AND NOT EXISTS (SELECT 1 FROM spaces s WHERE s.id = p.space_id AND s.condemned_ms IS NOT NULL)";

/// The next such project, and its space.
///
/// # Errors
/// Whatever the database says.
pub async fn next_project(db: &impl Db) -> Result<Option<(ProjectId, SpaceId)>> {
    let sql = format!("SELECT p.id, p.space_id FROM projects p WHERE {PROJECTS} ORDER BY p.id LIMIT 1");
    let row = db.raw().query_one_raw(statement(db, &sql, [])).await.or_domain()?;
    let read = |row: sea_orm::QueryResult| {
        let project = ProjectId(row.try_get("", "id").or_domain()?);
        Ok((project, SpaceId(row.try_get("", "space_id").or_domain()?)))
    };
    row.map(read).transpose()
}

/// Forgets the next tasks of a project, at most so many; says whether there were any.
///
/// # Errors
/// Whatever the database says.
pub async fn forget_tasks(tx: &Tx, project: ProjectId, count_max: u32) -> Result<bool> {
    let next = "SELECT id FROM tasks WHERE project_id = $1 ORDER BY id LIMIT $2";
    let mut forgotten = 0;
    for sql in [
        format!("DELETE FROM task_files WHERE task_id IN ({next})"),
        format!("DELETE FROM tasks WHERE id IN ({next})"),
    ] {
        let values = [project.0.into(), i64::from(count_max).into()];
        forgotten = tx.raw().execute_raw(statement(tx, &sql, values)).await.or_domain()?.rows_affected();
    }
    Ok(forgotten > 0)
}

/// Forgets a project without tasks and members. Its space is nobody's then.
///
/// # Errors
/// Whatever the database says.
pub async fn forget_project(tx: &Tx, project: ProjectId) -> Result<()> {
    let sql = "DELETE FROM projects WHERE id = $1";
    tx.raw().execute_raw(statement(tx, sql, [project.0.into()])).await.or_domain().map(drop)
}

/// Forgets the organizations that have neither members nor projects.
///
/// # Errors
/// Whatever the database says.
pub async fn forget_organizations(tx: &Tx) -> Result<()> {
    let empty = "SELECT g.id FROM organizations g \
                 WHERE NOT EXISTS (SELECT 1 FROM organization_members m WHERE m.organization_id = g.id) \
                   AND NOT EXISTS (SELECT 1 FROM projects p WHERE p.organization_id = g.id)";
    for sql in [
        format!("DELETE FROM invitations WHERE organization_id IN ({empty})"),
        format!("DELETE FROM organizations WHERE id IN ({empty})"),
    ] {
        tx.raw().execute_raw(statement(tx, &sql, [])).await.or_domain()?;
    }
    Ok(())
}
