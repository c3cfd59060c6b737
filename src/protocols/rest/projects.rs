//! Projects.

use api_types::project as wire;
use api_types::{List, ListParams};
use axum::Json;
use axum::extract::State;
use domain::{OrganizationId, ProjectId, ProjectName};
use http::StatusCode;
use services::projects::{self, ChangedProject, NewProject, ProjectOrder, ProjectQuery, ProjectState};
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
        .routes(routes!(list, create))
        .routes(routes!(get, change, remove))
        .routes(routes!(restore))
        .routes(routes!(purge))
        .routes(routes!(leave))
}

type Answer = Result<Tagged<wire::Project>, Refusal>;

/// Lists projects: those you are a member of, or all you may see.
#[utoipa::path(get, path = "/projects", operation_id = "list_projects", tag = "Projects",
    params(ListParams, wire::ProjectParams),
    responses((status = 200, description = "A page of projects.", body = List<wire::Project>)))]
async fn list(
    State(api): State<Api>,
    Asker(caller): Asker,
    Params(list): Params<ListParams>,
    Params(asked): Params<wire::ProjectParams>,
) -> Result<Json<List<wire::Project>>, Refusal> {
    let (order, descending) = match asked.order.unwrap_or_default() {
        wire::ProjectOrder::Name => (ProjectOrder::Name, false),
        wire::ProjectOrder::NameDown => (ProjectOrder::Name, true),
        wire::ProjectOrder::Created => (ProjectOrder::Created, false),
        wire::ProjectOrder::CreatedDown => (ProjectOrder::Created, true),
        wire::ProjectOrder::Changed => (ProjectOrder::Changed, false),
        wire::ProjectOrder::ChangedDown => (ProjectOrder::Changed, true),
    };
    let scope = asked.scope.unwrap_or(match asked.organization {
        Some(_) => wire::ProjectScope::All,
        None => wire::ProjectScope::Mine,
    });
    let query = ProjectQuery {
        mine: scope == wire::ProjectScope::Mine,
        organization: asked.organization.map(OrganizationId),
        state: asked.state.map(|state| match state {
            wire::ProjectState::Active => ProjectState::Active,
            wire::ProjectState::Inactive => ProjectState::Inactive,
            wire::ProjectState::Removed => ProjectState::Removed,
        }),
        text: searched(asked.q)?,
        order,
        descending,
        page: list.page()?,
    };
    Ok(Json(projects::list(&caller, &api.backends, &query).await?.into()))
}

/// Makes a project, whose first admin you are: in an organization, or a personal one.
#[utoipa::path(post, path = "/projects", operation_id = "create_project", tag = "Projects",
    request_body = wire::NewProject,
    responses((status = 201, description = "The project was made.", body = wire::Project)))]
async fn create(
    State(api): State<Api>,
    Asker(caller): Asker,
    Body(sent): Body<wire::NewProject>,
) -> Result<Created<wire::Project>, Refusal> {
    let new = NewProject {
        organization: sent.organization_id.map(OrganizationId),
        name: ProjectName::parse(&sent.name)?,
        description: sent.description,
    };
    let project = projects::create(&caller, &api.backends, &new).await?;
    let (path, version) = (format!("/projects/{}", project.id.0), project.version);
    Ok(Created { path, version, made: project.into() })
}

/// Tells of a project.
#[utoipa::path(get, path = "/projects/{id}", operation_id = "get_project", tag = "Projects",
    params(("id" = Uuid, Path, description = "The project.")),
    responses((status = 200, description = "The project.", body = wire::Project)))]
async fn get(State(api): State<Api>, Asker(caller): Asker, Ids(id): Ids<Uuid>) -> Answer {
    Ok(tagged(projects::get(&caller, &api.backends, ProjectId(id)).await?))
}

/// Changes a project.
#[utoipa::path(patch, path = "/projects/{id}", operation_id = "change_project", tag = "Projects",
    params(("id" = Uuid, Path, description = "The project.")), request_body = wire::ProjectPatch,
    responses((status = 200, description = "The project as it is now.", body = wire::Project)))]
async fn change(
    State(api): State<Api>,
    Asker(caller): Asker,
    Ids(id): Ids<Uuid>,
    IfMatch(if_match): IfMatch,
    Body(sent): Body<wire::ProjectPatch>,
) -> Answer {
    let changed = ChangedProject {
        name: sent.name.as_deref().map(ProjectName::parse).transpose()?,
        description: sent.description,
        active: sent.active,
        quota_bytes: sent.quota_bytes,
    };
    let project =
        projects::change(&caller, &api.backends, ProjectId(id), &changed, if_match.as_ref()).await?;
    Ok(tagged(project))
}

/// Removes a project. It can be restored.
#[utoipa::path(delete, path = "/projects/{id}", operation_id = "remove_project", tag = "Projects",
    params(("id" = Uuid, Path, description = "The project.")),
    responses((status = 204, description = "The project is removed.")))]
async fn remove(
    State(api): State<Api>,
    Asker(caller): Asker,
    Ids(id): Ids<Uuid>,
    IfMatch(if_match): IfMatch,
) -> Result<StatusCode, Refusal> {
    projects::remove(&caller, &api.backends, ProjectId(id), if_match.as_ref()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Brings a project back that was removed.
#[utoipa::path(post, path = "/projects/{id}/restore", operation_id = "restore_project", tag = "Projects",
    params(("id" = Uuid, Path, description = "The project.")),
    responses((status = 200, description = "The project is back.", body = wire::Project)))]
async fn restore(
    State(api): State<Api>,
    Asker(caller): Asker,
    Ids(id): Ids<Uuid>,
    IfMatch(if_match): IfMatch,
) -> Answer {
    Ok(tagged(projects::restore(&caller, &api.backends, ProjectId(id), if_match.as_ref()).await?))
}

/// Purges a project for good: its members, tasks and files, and what was kept of them.
#[utoipa::path(post, path = "/projects/{id}/purge", operation_id = "purge_project", tag = "Projects",
    params(("id" = Uuid, Path, description = "The project.")), request_body = wire::PurgeProject,
    responses((status = 204, description = "The project is gone.")))]
async fn purge(
    State(api): State<Api>,
    Asker(caller): Asker,
    Ids(id): Ids<Uuid>,
    IfMatch(if_match): IfMatch,
    Body(sent): Body<wire::PurgeProject>,
) -> Result<StatusCode, Refusal> {
    let (id, raw_objects) = (ProjectId(id), sent.raw_objects);
    projects::purge(&caller, &api.backends, id, raw_objects, if_match.as_ref()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Leaves a project. The last admin of a personal one stays.
#[utoipa::path(post, path = "/projects/{id}/leave", operation_id = "leave_project", tag = "Projects",
    params(("id" = Uuid, Path, description = "The project.")),
    responses((status = 204, description = "You are no member any more.")))]
async fn leave(
    State(api): State<Api>,
    Asker(caller): Asker,
    Ids(id): Ids<Uuid>,
) -> Result<StatusCode, Refusal> {
    let whom = projects::members::Whom::Id(caller.user);
    projects::members::remove(&caller, &api.backends, ProjectId(id), &whom, None).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn tagged(project: domain::Project) -> Tagged<wire::Project> {
    Tagged(project.version, project.into())
}
