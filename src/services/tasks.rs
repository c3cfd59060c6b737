//! Tasks of projects: made, seen, changed and deleted, and the files that belong to them. Whoever may not see the project
//! gets the answer of one that is not there.

#[cfg(test)]
mod tests;

use domain::{
    Action, Caller, Code, ETagMatch, Error, Event, Message, Page, Project, ProjectId, ProjectRole, Result,
    Role, Task, TaskId, TaskPriority, TaskStatus, TaskText, TaskTitle, Timestamp, UserId,
};
pub use metadata::tasks::{Assigned, TaskChange, TaskOrder, TaskQuery};
use metadata::{Db, Tx, again, tasks};
use uuid::Uuid;

use crate::Backends;
use crate::steps::{change_project, once, record, see_project};

/// What a task is to be.
#[derive(Debug, Clone)]
pub struct NewTask {
    /// What it is to be called.
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
    /// The files that belong to it, of its project.
    pub files: Vec<Uuid>,
}

/// A task.
///
/// # Errors
/// [`NotFound`](Error::NotFound) for whoever may not see its project.
pub async fn get(caller: &Caller, backends: &Backends, id: TaskId) -> Result<Task> {
    caller.may_see()?;
    let task = found(&backends.metadata, id).await?;
    see_project(&backends.metadata, caller, task.project).await.map_err(as_unknown)?;
    Ok(task)
}

/// The tasks of a project, or of all projects the caller is in or administers.
///
/// # Errors
/// [`NotFound`](Error::NotFound) for a project the caller may not see; [`Invalid`](Error::Invalid) for a cursor of another
/// order.
pub async fn list(caller: &Caller, backends: &Backends, query: &TaskQuery) -> Result<Page<Task>> {
    caller.may_see()?;
    if let Some(project) = query.project {
        see_project(&backends.metadata, caller, project).await?;
    }
    tasks::list(&backends.metadata, caller.user, caller.role == Role::Admin, query).await
}

/// Makes a task.
///
/// # Errors
/// [`NotFound`](Error::NotFound) for a project the caller may not see or a file that is not in it,
/// [`Forbidden`](Error::Forbidden) for whoever only reads there, [`Invalid`](Error::Invalid) for an assignee who is not in
/// it, or too many files.
pub async fn create(caller: &Caller, backends: &Backends, project: ProjectId, new: &NewTask) -> Result<Task> {
    caller.may_manage()?;
    let row = tasks::NewTask {
        id: TaskId(Uuid::new_v4()),
        project,
        title: new.title.clone(),
        text: new.text.clone(),
        status: new.status,
        priority: new.priority,
        due_at: new.due_at,
        assignee: new.assignee,
        creator: caller.user,
    };
    again(|| async {
        let tx = backends.metadata.begin().await?;
        if let Some(made) = once(&tx, caller, row.id.0).await? {
            see_project(&tx, caller, project).await?;
            return found(&tx, TaskId(made)).await;
        }
        let project = change_project(&tx, caller, project, ProjectRole::Staff).await?;
        is_there(&project)?;
        may_be_assigned(&tx, &project, row.assignee).await?;
        tasks::insert(&tx, caller.now, &row).await?;
        for file in &new.files {
            attach_to(&tx, caller, &project, row.id, *file).await?;
        }
        let task = found(&tx, row.id).await?;
        note(&tx, caller, Action::CreateTask, &project, &task).await?;
        tx.commit().await?;
        Ok(task)
    })
    .await
}

/// Changes a task.
///
/// # Errors
/// [`NotFound`](Error::NotFound), [`Forbidden`](Error::Forbidden) for whoever only reads in its project,
/// [`Invalid`](Error::Invalid) for an assignee who is not in it, [`Stale`](Error::Stale).
pub async fn change(
    caller: &Caller,
    backends: &Backends,
    id: TaskId,
    change: &TaskChange,
    if_match: Option<&ETagMatch>,
) -> Result<Task> {
    caller.may_manage()?;
    again(|| async {
        let tx = backends.metadata.begin().await?;
        let (project, task) = change_task(&tx, caller, id, if_match).await?;
        let assignee = change.assignee.flatten();
        // Who has it already need not be asked for: a task stays with who has it until they leave.
        if assignee != task.assignee.map(|assignee| assignee.user) {
            may_be_assigned(&tx, &project, assignee).await?;
        }
        tasks::change(&tx, caller.now, id, change).await?;
        changed(tx, caller, &project, id).await
    })
    .await
}

/// Deletes a task. Its files stay.
///
/// # Errors
/// As for [`change`].
pub async fn delete(
    caller: &Caller,
    backends: &Backends,
    id: TaskId,
    if_match: Option<&ETagMatch>,
) -> Result<()> {
    caller.may_manage()?;
    again(|| async {
        let tx = backends.metadata.begin().await?;
        let (project, task) = change_task(&tx, caller, id, if_match).await?;
        tasks::delete(&tx, id).await?;
        note(&tx, caller, Action::DeleteTask, &project, &task).await?;
        tx.commit().await
    })
    .await
}

/// Lets a file of its project belong to a task.
///
/// # Errors
/// As for [`change`]; [`NotFound`](Error::NotFound) for a file that is not in the project too.
pub async fn attach(
    caller: &Caller,
    backends: &Backends,
    id: TaskId,
    file: Uuid,
    if_match: Option<&ETagMatch>,
) -> Result<Task> {
    caller.may_manage()?;
    again(|| async {
        let tx = backends.metadata.begin().await?;
        let (project, task) = change_task(&tx, caller, id, if_match).await?;
        if !attach_to(&tx, caller, &project, id, file).await? {
            return Ok(task);
        }
        tasks::change(&tx, caller.now, id, &TaskChange::default()).await?;
        changed(tx, caller, &project, id).await
    })
    .await
}

/// Lets a file belong to a task no more.
///
/// # Errors
/// As for [`change`]; [`NotFound`](Error::NotFound) for a file that does not belong to it too.
pub async fn detach(
    caller: &Caller,
    backends: &Backends,
    id: TaskId,
    file: Uuid,
    if_match: Option<&ETagMatch>,
) -> Result<Task> {
    caller.may_manage()?;
    again(|| async {
        let tx = backends.metadata.begin().await?;
        let (project, _) = change_task(&tx, caller, id, if_match).await?;
        if !tasks::detach(&tx, id, file).await? {
            return Err(Error::NotFound("There is no such file at this task.".into()));
        }
        tasks::change(&tx, caller.now, id, &TaskChange::default()).await?;
        changed(tx, caller, &project, id).await
    })
    .await
}

/// A task that the caller may change, with its project, which nobody else changes until the end of the transaction.
async fn change_task(
    tx: &Tx,
    caller: &Caller,
    id: TaskId,
    if_match: Option<&ETagMatch>,
) -> Result<(Project, Task)> {
    let project = tasks::project_of(tx, id).await?.ok_or_else(unknown)?;
    let project = change_project(tx, caller, project, ProjectRole::Staff).await.map_err(as_unknown)?;
    is_there(&project)?;
    let task = found(tx, id).await?;
    task.version.expect(if_match)?;
    Ok((project, task))
}

async fn found(db: &impl Db, id: TaskId) -> Result<Task> {
    tasks::find(db, id).await?.ok_or_else(unknown)
}

fn unknown() -> Error {
    Error::NotFound("There is no such task, or you are not in its project.".into())
}

/// Nobody learns that there is a task by being told of a project.
fn as_unknown(error: Error) -> Error {
    match error {
        Error::NotFound(_) => unknown(),
        error => error,
    }
}

fn is_there(project: &Project) -> Result<()> {
    match project.removed_at {
        Some(_) => Err(Error::Forbidden("This project was removed; restore it to change its tasks.".into())),
        None => Ok(()),
    }
}

async fn may_be_assigned(tx: &Tx, project: &Project, assignee: Option<UserId>) -> Result<()> {
    let Some(user) = assignee else { return Ok(()) };
    match tasks::may_be_assigned(tx, project.id, project.organization, user).await? {
        true => Ok(()),
        // The same for somebody who is elsewhere and for nobody at all.
        false => Err(Error::Invalid(Message::coded(
            Code::NobodyThere,
            "A task is assigned to a member of its project or of the project's organization; this is nobody there.",
        ))),
    }
}

async fn attach_to(tx: &Tx, caller: &Caller, project: &Project, task: TaskId, file: Uuid) -> Result<bool> {
    let nothing = || Error::NotFound("There is no such file in this task's project.".into());
    let node = tasks::find_file(tx, project.tree.space, file).await?.ok_or_else(nothing)?;
    if tasks::count_files(tx, task).await? >= Task::FILES_MAX {
        let text = format!("A task can have at most {} files.", Task::FILES_MAX);
        return Err(Error::Invalid(text.into()));
    }
    tasks::attach(tx, caller.now, task, node).await
}

async fn changed(tx: Tx, caller: &Caller, project: &Project, id: TaskId) -> Result<Task> {
    let task = found(&tx, id).await?;
    note(&tx, caller, Action::ChangeTask, project, &task).await?;
    tx.commit().await?;
    Ok(task)
}

async fn note(tx: &Tx, caller: &Caller, action: Action, project: &Project, task: &Task) -> Result<()> {
    let event = Event::new(action, "task", task.id.0, task.title.as_str());
    record(tx, caller, &event.in_organization(project.organization).in_project(project.id)).await
}
