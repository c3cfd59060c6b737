//! Tasks of projects, with the files that belong to them.

mod files;
mod list;

use domain::{
    Assignee, Error, OrganizationId, ProjectId, Result, Task, TaskId, TaskPriority, TaskStatus, TaskText,
    TaskTitle, Timestamp, UserId, Version,
};
use sea_orm::{ConnectionTrait, FromQueryResult, QueryResult, Value};
use uuid::Uuid;

use crate::error::DbResult;
use crate::users::stored_name;
use crate::{Db, Tx, statement};

pub use files::{attach, count_files, detach, detach_copied, find_file};
pub use list::{Assigned, TaskOrder, TaskQuery, list};

/// The columns of a task `t` and its assignee `a`, as [`read`] reads them.
const COLUMNS: &str = "t.id, t.project_id, t.title, t.body, t.status, t.priority, t.due_ms, t.creator_id, t.created_ms, \
    t.changed_ms, t.version, a.id AS assignee_id, a.name AS assignee_name, a.display_name AS assignee_display_name";

#[derive(FromQueryResult)]
struct TaskRow {
    id: Uuid,
    project_id: Uuid,
    title: String,
    body: String,
    status: String,
    priority: i64,
    due_ms: Option<i64>,
    creator_id: Uuid,
    created_ms: i64,
    changed_ms: i64,
    version: i64,
    assignee_id: Option<Uuid>,
    assignee_name: Option<String>,
    assignee_display_name: Option<String>,
}

/// What a new task is made of.
#[derive(Debug, Clone)]
pub struct NewTask {
    /// Its identity.
    pub id: TaskId,
    /// The project it is a task of.
    pub project: ProjectId,
    /// What it is called.
    pub title: TaskTitle,
    /// What it says.
    pub text: TaskText,
    /// How far it has come.
    pub status: TaskStatus,
    /// How much it presses.
    pub priority: TaskPriority,
    /// Until when it is to be done.
    pub due_at: Option<Timestamp>,
    /// Who is to do it.
    pub assignee: Option<UserId>,
    /// Who makes it.
    pub creator: UserId,
}

/// Makes a task.
///
/// # Errors
/// Whatever the database says.
pub async fn insert(tx: &Tx, now: Timestamp, new: &NewTask) -> Result<()> {
    let sql = "INSERT INTO tasks (id, project_id, title, body, status, priority, due_ms, assignee_id, creator_id, \
                 created_ms, changed_ms, version) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10, 0)";
    let values: [Value; 10] = [
        new.id.0.into(),
        new.project.0.into(),
        new.title.as_str().into(),
        new.text.as_str().into(),
        new.status.as_str().into(),
        new.priority.rank().into(),
        new.due_at.map(Timestamp::millis).into(),
        new.assignee.map(|user| user.0).into(),
        new.creator.0.into(),
        now.millis().into(),
    ];
    execute(tx, sql, values).await
}

/// A task, whoever asks.
///
/// # Errors
/// Whatever the database says.
pub async fn find(db: &impl Db, id: TaskId) -> Result<Option<Task>> {
    let sql =
        format!("SELECT {COLUMNS} FROM tasks t LEFT JOIN users a ON a.id = t.assignee_id WHERE t.id = $1");
    let row = db.raw().query_one_raw(statement(db, &sql, [id.0.into()])).await.or_domain()?;
    let Some(row) = row else { return Ok(None) };
    let mut tasks = [read(&row)?];
    files::fill(db, &mut tasks).await?;
    let [task] = tasks;
    Ok(Some(task))
}

/// The project that a task is one of.
///
/// # Errors
/// Whatever the database says.
pub async fn project_of(db: &impl Db, id: TaskId) -> Result<Option<ProjectId>> {
    let sql = "SELECT project_id FROM tasks WHERE id = $1";
    let row = db.raw().query_one_raw(statement(db, sql, [id.0.into()])).await.or_domain()?;
    row.map(|row| row.try_get("", "project_id").or_domain().map(ProjectId)).transpose()
}

/// What of a task is changed; none for what stays.
#[derive(Debug, Clone, Default)]
pub struct TaskChange {
    /// What it is called.
    pub title: Option<TaskTitle>,
    /// What it says.
    pub text: Option<TaskText>,
    /// How far it has come.
    pub status: Option<TaskStatus>,
    /// How much it presses.
    pub priority: Option<TaskPriority>,
    /// Until when it is to be done, or that this does not matter.
    pub due_at: Option<Option<Timestamp>>,
    /// Who is to do it, or that nobody is.
    pub assignee: Option<Option<UserId>>,
}

/// Changes a task.
///
/// # Errors
/// Whatever the database says.
pub async fn change(tx: &Tx, now: Timestamp, id: TaskId, change: &TaskChange) -> Result<()> {
    let sql = "UPDATE tasks SET title = COALESCE($2, title), body = COALESCE($3, body), \
                 status = COALESCE($4, status), priority = COALESCE($5, priority), \
                 due_ms = CASE WHEN $6 THEN $7 ELSE due_ms END, \
                 assignee_id = CASE WHEN $8 THEN $9 ELSE assignee_id END, \
                 changed_ms = $10, version = version + 1 WHERE id = $1";
    let values: [Value; 10] = [
        id.0.into(),
        change.title.as_ref().map(|title| title.as_str().to_owned()).into(),
        change.text.as_ref().map(|text| text.as_str().to_owned()).into(),
        change.status.map(|status| status.as_str().to_owned()).into(),
        change.priority.map(TaskPriority::rank).into(),
        change.due_at.is_some().into(),
        change.due_at.flatten().map(Timestamp::millis).into(),
        change.assignee.is_some().into(),
        change.assignee.flatten().map(|user| user.0).into(),
        now.millis().into(),
    ];
    execute(tx, sql, values).await
}

/// Deletes a task.
///
/// # Errors
/// Whatever the database says.
pub async fn delete(tx: &Tx, id: TaskId) -> Result<()> {
    execute(tx, "DELETE FROM task_files WHERE task_id = $1", [id.0.into()]).await?;
    execute(tx, "DELETE FROM tasks WHERE id = $1", [id.0.into()]).await
}

/// Deletes the next tasks of a project, at most so many; says how many.
///
/// # Errors
/// Whatever the database says.
pub async fn delete_batch(tx: &Tx, project: ProjectId, count_max: u32) -> Result<u64> {
    const NEXT: &str = "SELECT id FROM tasks WHERE project_id = $1 ORDER BY id LIMIT $2";
    let values: [Value; 2] = [project.0.into(), i64::from(count_max).into()];
    let sql = format!("DELETE FROM task_files WHERE task_id IN ({NEXT})");
    execute(tx, &sql, values.clone()).await?;
    let sql = format!("DELETE FROM tasks WHERE id IN ({NEXT})");
    Ok(tx.raw().execute_raw(statement(tx, &sql, values)).await.or_domain()?.rows_affected())
}

/// Whether somebody may be given the tasks of a project: those in it, and those in its organization.
///
/// # Errors
/// Whatever the database says.
pub async fn may_be_assigned(
    db: &impl Db,
    project: ProjectId,
    organization: Option<OrganizationId>,
    user: UserId,
) -> Result<bool> {
    let sql = "SELECT 1 FROM users u WHERE u.id = $3 AND u.doomed_ms IS NULL AND ( \
                 EXISTS (SELECT 1 FROM project_members m WHERE m.project_id = $1 AND m.user_id = u.id) \
                 OR EXISTS (SELECT 1 FROM organization_members o WHERE o.organization_id = $2 AND o.user_id = u.id))";
    let values: [Value; 3] =
        [project.0.into(), organization.map(|organization| organization.0).into(), user.0.into()];
    Ok(db.raw().query_one_raw(statement(db, sql, values)).await.or_domain()?.is_some())
}

async fn execute(tx: &Tx, sql: &str, values: impl IntoIterator<Item = Value>) -> Result<()> {
    tx.raw().execute_raw(statement(tx, sql, values)).await.or_domain().map(drop)
}

fn read(row: &QueryResult) -> Result<Task> {
    let row = TaskRow::from_query_result(row, "").or_domain()?;
    let odd = |what: &str| Error::internal(format!("the database holds a task with {what}"));
    let assignee = match (row.assignee_id, row.assignee_name) {
        (Some(id), Some(name)) => Some(Assignee {
            user: UserId(id),
            name: stored_name(&name)?,
            display_name: row.assignee_display_name.unwrap_or_default(),
        }),
        _ => None,
    };
    Ok(Task {
        id: TaskId(row.id),
        project: ProjectId(row.project_id),
        title: TaskTitle::stored(row.title),
        text: TaskText::stored(row.body),
        status: row.status.parse().map_err(|_| odd(&format!("the status {:?}", row.status)))?,
        priority: TaskPriority::ranked(row.priority).ok_or_else(|| odd("a priority it cannot have"))?,
        due_at: row.due_ms.map(Timestamp::from_millis),
        assignee,
        creator: UserId(row.creator_id),
        created_at: Timestamp::from_millis(row.created_ms),
        changed_at: Timestamp::from_millis(row.changed_ms),
        version: Version(row.version),
        files: Vec::new(),
    })
}
