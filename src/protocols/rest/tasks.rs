//! Tasks of projects, and the files that belong to them.

use api_types::task as wire;
use api_types::{List, ListParams};
use axum::Json;
use axum::extract::State;
use domain::{Caller, Error, OrganizationId, ProjectId, TaskId, TaskText, TaskTitle, UserId};
use http::StatusCode;
use services::tasks::{self, Assigned, NewTask, TaskChange, TaskOrder, TaskQuery};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::answers::{Created, Tagged};
use crate::api::Api;
use crate::asker::Asker;
use crate::body::Body;
use crate::conditions::IfMatch;
use crate::params::{Ids, Params, searched};
use crate::problem::Refusal;

pub fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list_of_project, create))
        .routes(routes!(list))
        .routes(routes!(get, change, delete))
        .routes(routes!(attach, detach))
}

type Answer = Result<Tagged<wire::Task>, Refusal>;
type ListAnswer = Result<Json<List<wire::Task>>, Refusal>;

/// Lists the tasks of a project.
#[utoipa::path(get, path = "/projects/{id}/tasks", operation_id = "list_project_tasks", tag = "Tasks",
    params(("id" = Uuid, Path, description = "The project."), ListParams, wire::TaskParams),
    responses((status = 200, description = "A page of tasks.", body = List<wire::Task>)))]
async fn list_of_project(
    State(api): State<Api>,
    Asker(caller): Asker,
    Ids(id): Ids<Uuid>,
    Params(list): Params<ListParams>,
    Params(asked): Params<wire::TaskParams>,
) -> ListAnswer {
    let place = wire::TaskPlaceParams { project: Some(id), organization: None };
    let query = query(&caller, asked, place, &list)?;
    Ok(Json(tasks::list(&caller, &api.backends, &query).await?.into()))
}

/// Lists the tasks of all active projects you are in or whose organization you administer.
#[utoipa::path(get, path = "/tasks", operation_id = "list_tasks", tag = "Tasks",
    params(ListParams, wire::TaskPlaceParams, wire::TaskParams),
    responses((status = 200, description = "A page of tasks.", body = List<wire::Task>)))]
async fn list(
    State(api): State<Api>,
    Asker(caller): Asker,
    Params(list): Params<ListParams>,
    Params(place): Params<wire::TaskPlaceParams>,
    Params(asked): Params<wire::TaskParams>,
) -> ListAnswer {
    let query = query(&caller, asked, place, &list)?;
    Ok(Json(tasks::list(&caller, &api.backends, &query).await?.into()))
}

/// Makes a task.
#[utoipa::path(post, path = "/projects/{id}/tasks", operation_id = "create_task", tag = "Tasks",
    params(("id" = Uuid, Path, description = "The project.")), request_body = wire::NewTask,
    responses((status = 201, description = "The task was made.", body = wire::Task)))]
async fn create(
    State(api): State<Api>,
    Asker(caller): Asker,
    Ids(id): Ids<Uuid>,
    Body(sent): Body<wire::NewTask>,
) -> Result<Created<wire::Task>, Refusal> {
    let new = NewTask {
        title: TaskTitle::parse(&sent.title)?,
        text: TaskText::parse(&sent.text)?,
        status: sent.status.into(),
        priority: sent.priority.into(),
        due_at: sent.due_at.map(|time| time.0),
        assignee: sent.assignee_id.map(UserId),
        files: sent.file_ids,
    };
    let task = tasks::create(&caller, &api.backends, ProjectId(id), &new).await?;
    let (path, version) = (format!("/tasks/{}", task.id.0), task.version);
    Ok(Created { path, version, made: task.into() })
}

/// Tells of a task.
#[utoipa::path(get, path = "/tasks/{id}", operation_id = "get_task", tag = "Tasks",
    params(("id" = Uuid, Path, description = "The task.")),
    responses((status = 200, description = "The task.", body = wire::Task)))]
async fn get(State(api): State<Api>, Asker(caller): Asker, Ids(id): Ids<Uuid>) -> Answer {
    Ok(tagged(tasks::get(&caller, &api.backends, TaskId(id)).await?))
}

/// Changes a task.
#[utoipa::path(patch, path = "/tasks/{id}", operation_id = "change_task", tag = "Tasks",
    params(("id" = Uuid, Path, description = "The task.")), request_body = wire::TaskPatch,
    responses((status = 200, description = "The task as it is now.", body = wire::Task)))]
async fn change(
    State(api): State<Api>,
    Asker(caller): Asker,
    Ids(id): Ids<Uuid>,
    IfMatch(if_match): IfMatch,
    Body(sent): Body<wire::TaskPatch>,
) -> Answer {
    let change = TaskChange {
        title: sent.title.as_deref().map(TaskTitle::parse).transpose()?,
        text: sent.text.as_deref().map(TaskText::parse).transpose()?,
        status: sent.status.map(Into::into),
        priority: sent.priority.map(Into::into),
        due_at: sent.due_at.map(|due| due.map(|time| time.0)),
        assignee: sent.assignee_id.map(|assignee| assignee.map(UserId)),
    };
    Ok(tagged(tasks::change(&caller, &api.backends, TaskId(id), &change, if_match.as_ref()).await?))
}

/// Deletes a task for good. Its files stay.
#[utoipa::path(delete, path = "/tasks/{id}", operation_id = "delete_task", tag = "Tasks",
    params(("id" = Uuid, Path, description = "The task.")),
    responses((status = 204, description = "The task is gone.")))]
async fn delete(
    State(api): State<Api>,
    Asker(caller): Asker,
    Ids(id): Ids<Uuid>,
    IfMatch(if_match): IfMatch,
) -> Result<StatusCode, Refusal> {
    tasks::delete(&caller, &api.backends, TaskId(id), if_match.as_ref()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Lets a file of the project belong to a task.
#[utoipa::path(put, path = "/tasks/{id}/files/{file_id}", operation_id = "attach_task_file", tag = "Tasks",
    params(("id" = Uuid, Path, description = "The task."), ("file_id" = Uuid, Path, description = "The file.")),
    responses((status = 200, description = "The task as it is now.", body = wire::Task)))]
async fn attach(
    State(api): State<Api>,
    Asker(caller): Asker,
    Ids((id, file)): Ids<(Uuid, Uuid)>,
    IfMatch(if_match): IfMatch,
) -> Answer {
    Ok(tagged(tasks::attach(&caller, &api.backends, TaskId(id), file, if_match.as_ref()).await?))
}

/// Lets a file belong to a task no more. The file stays.
#[utoipa::path(delete, path = "/tasks/{id}/files/{file_id}", operation_id = "detach_task_file", tag = "Tasks",
    params(("id" = Uuid, Path, description = "The task."), ("file_id" = Uuid, Path, description = "The file.")),
    responses((status = 200, description = "The task as it is now.", body = wire::Task)))]
async fn detach(
    State(api): State<Api>,
    Asker(caller): Asker,
    Ids((id, file)): Ids<(Uuid, Uuid)>,
    IfMatch(if_match): IfMatch,
) -> Answer {
    Ok(tagged(tasks::detach(&caller, &api.backends, TaskId(id), file, if_match.as_ref()).await?))
}

fn tagged(task: domain::Task) -> Tagged<wire::Task> {
    Tagged(task.version, task.into())
}

fn query(
    caller: &Caller,
    asked: wire::TaskParams,
    place: wire::TaskPlaceParams,
    list: &ListParams,
) -> Result<TaskQuery, Error> {
    let (order, descending) = match asked.order.unwrap_or_default() {
        wire::TaskOrder::Due => (TaskOrder::Due, false),
        wire::TaskOrder::DueDown => (TaskOrder::Due, true),
        wire::TaskOrder::Priority => (TaskOrder::Priority, false),
        wire::TaskOrder::PriorityDown => (TaskOrder::Priority, true),
        wire::TaskOrder::Created => (TaskOrder::Created, false),
        wire::TaskOrder::CreatedDown => (TaskOrder::Created, true),
        wire::TaskOrder::Changed => (TaskOrder::Changed, false),
        wire::TaskOrder::ChangedDown => (TaskOrder::Changed, true),
        wire::TaskOrder::Title => (TaskOrder::Title, false),
        wire::TaskOrder::TitleDown => (TaskOrder::Title, true),
    };
    Ok(TaskQuery {
        project: place.project.map(ProjectId),
        organization: place.organization.map(OrganizationId),
        assigned: asked.assignee.as_deref().map(|assignee| assigned(caller, assignee)).transpose()?,
        status: asked.status.map(Into::into),
        priority: asked.priority.map(Into::into),
        due_before: asked.due_before.map(|time| time.0),
        text: searched(asked.q)?,
        order,
        descending,
        page: list.page()?,
    })
}

fn assigned(caller: &Caller, assignee: &str) -> Result<Assigned, Error> {
    match assignee {
        "me" => Ok(Assigned::To(caller.user)),
        "none" => Ok(Assigned::ToNobody),
        id => {
            let wrong = |_| Error::Invalid("`assignee` is `me`, `none` or the identity of a user.".into());
            Uuid::parse_str(id).map(|id| Assigned::To(UserId(id))).map_err(wrong)
        }
    }
}
