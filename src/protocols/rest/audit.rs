//! The record of who did what, for those whom it concerns.

use api_types::audit::{AuditEntry, AuditParams};
use api_types::{List, ListParams};
use axum::Json;
use axum::extract::State;
use domain::{OrganizationId, ProjectId};
use services::audit;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::api::Api;
use crate::asker::Asker;
use crate::params::{Ids, Params};
use crate::problem::Refusal;

pub fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(own))
        .routes(routes!(of_organization))
        .routes(routes!(of_project))
        .routes(routes!(everything))
}

type Answer = Result<Json<List<AuditEntry>>, Refusal>;

/// Lists what you did, and what was tried under your name, the newest first.
#[utoipa::path(get, path = "/me/audit", operation_id = "list_own_audit", tag = "Audit",
    params(ListParams, AuditParams),
    responses((status = 200, description = "A page of entries.", body = List<AuditEntry>)))]
async fn own(
    State(api): State<Api>,
    Asker(caller): Asker,
    Params(list): Params<ListParams>,
    Params(asked): Params<AuditParams>,
) -> Answer {
    let found = audit::own(&caller, &api.backends, &asked.filter()?, &list.page()?).await?;
    Ok(Json(found.into()))
}

/// Lists what was done in an organization and its projects, for its admins and owners, the newest first.
#[utoipa::path(get, path = "/organizations/{id}/audit", operation_id = "list_organization_audit", tag = "Audit",
    params(("id" = Uuid, Path, description = "The organization."), ListParams, AuditParams),
    responses((status = 200, description = "A page of entries.", body = List<AuditEntry>)))]
async fn of_organization(
    State(api): State<Api>,
    Asker(caller): Asker,
    Ids(id): Ids<Uuid>,
    Params(list): Params<ListParams>,
    Params(asked): Params<AuditParams>,
) -> Answer {
    let (organization, filter) = (OrganizationId(id), asked.filter()?);
    let found = audit::of_organization(&caller, &api.backends, organization, &filter, &list.page()?).await?;
    Ok(Json(found.into()))
}

/// Lists what was done in a project, for its admins, the newest first.
#[utoipa::path(get, path = "/projects/{id}/audit", operation_id = "list_project_audit", tag = "Audit",
    params(("id" = Uuid, Path, description = "The project."), ListParams, AuditParams),
    responses((status = 200, description = "A page of entries.", body = List<AuditEntry>)))]
async fn of_project(
    State(api): State<Api>,
    Asker(caller): Asker,
    Ids(id): Ids<Uuid>,
    Params(list): Params<ListParams>,
    Params(asked): Params<AuditParams>,
) -> Answer {
    let (project, filter) = (ProjectId(id), asked.filter()?);
    let found = audit::of_project(&caller, &api.backends, project, &filter, &list.page()?).await?;
    Ok(Json(found.into()))
}

/// Lists what everybody did, for admins of the server, the newest first.
#[utoipa::path(get, path = "/admin/audit", operation_id = "list_audit", tag = "Audit",
    params(ListParams, AuditParams),
    responses((status = 200, description = "A page of entries.", body = List<AuditEntry>)))]
async fn everything(
    State(api): State<Api>,
    Asker(caller): Asker,
    Params(list): Params<ListParams>,
    Params(asked): Params<AuditParams>,
) -> Answer {
    let found = audit::everything(&caller, &api.backends, &asked.filter()?, &list.page()?).await?;
    Ok(Json(found.into()))
}
