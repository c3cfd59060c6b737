//! Who is in projects.

use api_types::project as wire;
use api_types::{List, ListParams};
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use domain::{Error, ProjectId, UserId, UserName};
use http::StatusCode;
use services::projects::members::{self, ProjectMemberOrder, ProjectMemberQuery, Whom};
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
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(get, put, remove))
}

/// Lists who is in a project.
#[utoipa::path(get, path = "/projects/{id}/members", operation_id = "list_project_members", tag = "Projects",
    params(("id" = Uuid, Path, description = "The project."), ListParams, wire::ProjectMemberParams),
    responses((status = 200, description = "A page of members.", body = List<wire::ProjectMember>)))]
async fn list(
    State(api): State<Api>,
    Asker(caller): Asker,
    Ids(id): Ids<Uuid>,
    Params(list): Params<ListParams>,
    Params(asked): Params<wire::ProjectMemberParams>,
) -> Result<Json<List<wire::ProjectMember>>, Refusal> {
    let (order, descending) = match asked.order.unwrap_or_default() {
        wire::ProjectMemberOrder::Name => (ProjectMemberOrder::Name, false),
        wire::ProjectMemberOrder::NameDown => (ProjectMemberOrder::Name, true),
        wire::ProjectMemberOrder::Since => (ProjectMemberOrder::Since, false),
        wire::ProjectMemberOrder::SinceDown => (ProjectMemberOrder::Since, true),
    };
    let query = ProjectMemberQuery {
        role: asked.role.map(Into::into),
        text: searched(asked.q)?,
        order,
        descending,
        page: list.page()?,
    };
    Ok(Json(members::list(&caller, &api.backends, ProjectId(id), &query).await?.into()))
}

/// Tells of somebody in a project.
#[utoipa::path(get, path = "/projects/{id}/members/{user}", operation_id = "get_project_member", tag = "Projects",
    params(("id" = Uuid, Path, description = "The project."),
        ("user" = String, Path, description = "The user, by identity or user name.")),
    responses((status = 200, description = "The member.", body = wire::ProjectMember)))]
async fn get(
    State(api): State<Api>,
    Asker(caller): Asker,
    Ids((id, user)): Ids<(Uuid, String)>,
) -> Result<Tagged<wire::ProjectMember>, Refusal> {
    Ok(tagged(members::get(&caller, &api.backends, ProjectId(id), &whom(&user)?).await?))
}

/// Takes somebody into a project, or gives a member another role.
#[utoipa::path(put, path = "/projects/{id}/members/{user}", operation_id = "put_project_member", tag = "Projects",
    params(("id" = Uuid, Path, description = "The project."),
        ("user" = String, Path, description = "The user, by identity or user name.")),
    request_body = wire::ProjectMembership,
    responses((status = 200, description = "The member has this role.", body = wire::ProjectMember),
        (status = 201, description = "They are a member now.", body = wire::ProjectMember)))]
async fn put(
    State(api): State<Api>,
    Asker(caller): Asker,
    Ids((id, user)): Ids<(Uuid, String)>,
    IfMatch(if_match): IfMatch,
    Body(sent): Body<wire::ProjectMembership>,
) -> Result<Response, Refusal> {
    let (project, whom) = (ProjectId(id), whom(&user)?);
    let (member, is_new) =
        members::put(&caller, &api.backends, project, &whom, sent.role.into(), if_match.as_ref()).await?;
    if !is_new {
        return Ok(tagged(member).into_response());
    }
    let (path, version) = (format!("/projects/{id}/members/{}", member.user.0), member.version);
    Ok(Created { path, version, made: wire::ProjectMember::from(member) }.into_response())
}

/// Lets somebody out of a project. Tasks that were theirs are nobody's then.
#[utoipa::path(delete, path = "/projects/{id}/members/{user}", operation_id = "remove_project_member",
    tag = "Projects",
    params(("id" = Uuid, Path, description = "The project."),
        ("user" = String, Path, description = "The user, by identity or user name.")),
    responses((status = 204, description = "They are no member any more.")))]
async fn remove(
    State(api): State<Api>,
    Asker(caller): Asker,
    Ids((id, user)): Ids<(Uuid, String)>,
    IfMatch(if_match): IfMatch,
) -> Result<StatusCode, Refusal> {
    members::remove(&caller, &api.backends, ProjectId(id), &whom(&user)?, if_match.as_ref()).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn tagged(member: domain::ProjectMember) -> Tagged<wire::ProjectMember> {
    Tagged(member.version, member.into())
}

/// What is neither an identity nor a user name is nobody's.
fn whom(user: &str) -> Result<Whom, Error> {
    if let Ok(id) = Uuid::parse_str(user) {
        return Ok(Whom::Id(UserId(id)));
    }
    let nobody = |_| Error::NotFound("There is no such user.".into());
    UserName::parse(user).map(Whom::Name).map_err(nobody)
}
