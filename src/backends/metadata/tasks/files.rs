//! The files that belong to tasks. One that is in the trash, or lies in a folder that is, belongs to none until it is back.

use std::collections::HashMap;

use domain::{Error, NodeId, Result, Seq, SpaceId, Task, TaskFile, TaskId, Timestamp};
use sea_orm::{ConnectionTrait, Value};
use uuid::Uuid;

use crate::error::DbResult;
use crate::lists::slots;
use crate::{Db, Tx, statement};

/// The way up from the nodes that `begin` says; `start` is where each began.
fn up(begin: &str) -> String {
    format!(
        "WITH RECURSIVE up (start, parent_id, gone) AS ( \
           SELECT n.id, n.parent_id, n.trashed_ms IS NOT NULL FROM nodes n WHERE n.id IN ({begin}) \
           UNION \
           SELECT up.start, p.parent_id, p.trashed_ms IS NOT NULL FROM up JOIN nodes p ON p.id = up.parent_id \
           WHERE NOT up.gone)"
    )
}

/// Puts their files into tasks of one page, in one statement; none where there are no tasks.
pub(super) async fn fill(db: &impl Db, tasks: &mut [Task]) -> Result<()> {
    if tasks.is_empty() {
        return Ok(());
    }
    let these = format!("f.task_id IN ({})", slots(tasks.len(), 1));
    let sql = format!(
        "{} SELECT f.task_id, n.uuid, n.name, n.folder FROM task_files f JOIN nodes n ON n.id = f.node_id \
         WHERE {these} AND n.id NOT IN (SELECT start FROM up WHERE gone) ORDER BY f.since_ms, n.id",
        up(&format!("SELECT f.node_id FROM task_files f WHERE {these}"))
    );
    let ids = tasks.iter().map(|task| Value::from(task.id.0));
    let rows = db.raw().query_all_raw(statement(db, &sql, ids)).await.or_domain()?;
    let mut files: HashMap<Uuid, Vec<TaskFile>> = HashMap::new();
    for row in &rows {
        files.entry(row.try_get("", "task_id").or_domain()?).or_default().push(TaskFile {
            uuid: row.try_get("", "uuid").or_domain()?,
            name: row.try_get("", "name").or_domain()?,
            is_folder: row.try_get("", "folder").or_domain()?,
        });
    }
    for task in tasks {
        task.files = files.remove(&task.id.0).unwrap_or_default();
    }
    Ok(())
}

/// What of a space can belong to a task and has this identity: it is there, and no system file.
///
/// # Errors
/// Whatever the database says.
pub async fn find_file(db: &impl Db, space: SpaceId, uuid: Uuid) -> Result<Option<NodeId>> {
    const WANTED: &str = "SELECT w.id FROM nodes w WHERE w.uuid = $1 AND w.space_id = $2 \
                          AND w.parent_id IS NOT NULL AND w.system_sha256 IS NULL";
    let sql = format!(
        "{} SELECT id FROM ({WANTED}) wanted WHERE NOT EXISTS (SELECT 1 FROM up WHERE gone)",
        up(WANTED)
    );
    let row = db.raw().query_one_raw(statement(db, &sql, [uuid.into(), space.0.into()])).await.or_domain()?;
    row.map(|row| row.try_get("", "id").or_domain().map(NodeId)).transpose()
}

/// How many files belong to a task, those that are gone as well.
///
/// # Errors
/// Whatever the database says.
pub async fn count_files(db: &impl Db, task: TaskId) -> Result<u64> {
    let sql = "SELECT COUNT(*) AS count FROM task_files WHERE task_id = $1";
    let row = db.raw().query_one_raw(statement(db, sql, [task.0.into()])).await.or_domain()?;
    let row = row.ok_or_else(|| Error::internal("a count without a row"))?;
    row.try_get("", "count").or_domain().map(crate::nodes::unsigned)
}

/// Lets a file belong to a task, and says whether it did not before.
///
/// # Errors
/// Whatever the database says.
pub async fn attach(tx: &Tx, now: Timestamp, task: TaskId, file: NodeId) -> Result<bool> {
    let sql =
        "INSERT INTO task_files (task_id, node_id, since_ms) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
    let values: [Value; 3] = [task.0.into(), file.0.into(), now.millis().into()];
    Ok(tx.raw().execute_raw(statement(tx, sql, values)).await.or_domain()?.rows_affected() > 0)
}

/// Lets what was copied into a space under this number belong to no task any more.
///
/// # Errors
/// Whatever the database says.
pub async fn detach_copied(tx: &Tx, to: SpaceId, seq: Seq) -> Result<()> {
    let sql = "DELETE FROM task_files WHERE node_id IN ( \
                 SELECT copied_from FROM nodes WHERE space_id = $1 AND created_seq = $2)";
    tx.raw().execute_raw(statement(tx, sql, [to.0.into(), seq.0.into()])).await.or_domain().map(drop)
}

/// Lets what has this identity belong to a task no more, and says whether it did.
///
/// # Errors
/// Whatever the database says.
pub async fn detach(tx: &Tx, task: TaskId, file: Uuid) -> Result<bool> {
    let sql =
        "DELETE FROM task_files WHERE task_id = $1 AND node_id IN (SELECT id FROM nodes WHERE uuid = $2)";
    Ok(tx
        .raw()
        .execute_raw(statement(tx, sql, [task.0.into(), file.into()]))
        .await
        .or_domain()?
        .rows_affected()
        > 0)
}
