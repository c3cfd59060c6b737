//! Organizations and who is in them.

use api_types::organization::{
    NewOrganization, Organization, OrganizationChange, OrganizationMember, OrganizationMemberOrder,
    OrganizationMemberParams, OrganizationMembership, OrganizationOrder, OrganizationParams,
};
use api_types::{List, ListParams};
use axum::Json;
use axum::extract::State;
use domain::{OrganizationId, OrganizationName, UserId};
use http::StatusCode;
use services::organizations::members::{self, MemberOrder, MemberQuery};
use services::organizations::{self, OrganizationQuery, Seen};
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
        .routes(routes!(create, list))
        .routes(routes!(get, change, delete))
        .routes(routes!(list_members))
        .routes(routes!(get_member, put_member, change_member, remove_member))
        .routes(routes!(leave))
}

/// Makes an organization, of which you are the owner.
#[utoipa::path(post, path = "/organizations", operation_id = "create_organization", tag = "Organizations",
    request_body = NewOrganization, security(("session" = [])),
    responses((status = 201, description = "It is there.", body = Organization)))]
async fn create(
    State(api): State<Api>,
    Asker(caller): Asker,
    Body(sent): Body<NewOrganization>,
) -> Result<Created<Organization>, Refusal> {
    let name = OrganizationName::parse(&sent.name)?;
    let made = organizations::create(&caller, &api.backends, &name).await?;
    let (id, version) = (made.organization.id.0, made.organization.version);
    Ok(Created { path: format!("/organizations/{id}"), version, made: wire(made) })
}

/// The organizations that you are in.
#[utoipa::path(get, path = "/organizations", operation_id = "list_organizations", tag = "Organizations",
    params(ListParams, OrganizationParams), security(("session" = [])),
    responses((status = 200, description = "A page of them.", body = List<Organization>)))]
async fn list(
    State(api): State<Api>,
    Asker(caller): Asker,
    Params(part): Params<ListParams>,
    Params(sent): Params<OrganizationParams>,
) -> Result<Json<List<Organization>>, Refusal> {
    let (order, descending) = match sent.order.unwrap_or_default() {
        OrganizationOrder::Name => (organizations::OrganizationOrder::Name, false),
        OrganizationOrder::NameDescending => (organizations::OrganizationOrder::Name, true),
        OrganizationOrder::CreatedAt => (organizations::OrganizationOrder::Created, false),
        OrganizationOrder::CreatedAtDescending => (organizations::OrganizationOrder::Created, true),
    };
    let all = sent.all.unwrap_or(false);
    let query = OrganizationQuery { all, text: searched(sent.q)?, order, descending, page: part.page()? };
    let page = organizations::list(&caller, &api.backends, &query).await?;
    Ok(Json(page.map(wire).into()))
}

/// An organization that you are in.
#[utoipa::path(get, path = "/organizations/{id}", operation_id = "get_organization", tag = "Organizations",
    params(("id" = Uuid, Path, description = "Its identity.")), security(("session" = [])),
    responses((status = 200, description = "It.", body = Organization)))]
async fn get(
    State(api): State<Api>,
    Asker(caller): Asker,
    Ids(id): Ids<Uuid>,
) -> Result<Tagged<Organization>, Refusal> {
    Ok(tagged(organizations::get(&caller, &api.backends, OrganizationId(id)).await?))
}

/// Changes an organization: for its admins.
#[utoipa::path(patch, path = "/organizations/{id}", operation_id = "change_organization", tag = "Organizations",
    params(("id" = Uuid, Path, description = "Its identity.")), request_body = OrganizationChange,
    security(("session" = [])),
    responses((status = 200, description = "What it is like now.", body = Organization)))]
async fn change(
    State(api): State<Api>,
    Asker(caller): Asker,
    Ids(id): Ids<Uuid>,
    IfMatch(if_match): IfMatch,
    Body(sent): Body<OrganizationChange>,
) -> Result<Tagged<Organization>, Refusal> {
    let (id, if_match) = (OrganizationId(id), if_match.as_ref());
    let changed = match sent.name {
        Some(name) => {
            let name = OrganizationName::parse(&name)?;
            organizations::rename(&caller, &api.backends, id, &name, if_match).await?
        }
        None => organizations::get(&caller, &api.backends, id).await?,
    };
    Ok(tagged(changed))
}

/// Deletes an organization that has no projects: for its owners.
#[utoipa::path(delete, path = "/organizations/{id}", operation_id = "delete_organization", tag = "Organizations",
    params(("id" = Uuid, Path, description = "Its identity.")), security(("session" = [])),
    responses((status = 204, description = "It is gone, with its members and invitations.")))]
async fn delete(
    State(api): State<Api>,
    Asker(caller): Asker,
    Ids(id): Ids<Uuid>,
    IfMatch(if_match): IfMatch,
) -> Result<StatusCode, Refusal> {
    organizations::delete(&caller, &api.backends, OrganizationId(id), if_match.as_ref()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Who is in an organization.
#[utoipa::path(get, path = "/organizations/{id}/members", operation_id = "list_organization_members",
    tag = "Organizations", security(("session" = [])),
    params(("id" = Uuid, Path, description = "The organization."), ListParams, OrganizationMemberParams),
    responses((status = 200, description = "A page of them.", body = List<OrganizationMember>)))]
async fn list_members(
    State(api): State<Api>,
    Asker(caller): Asker,
    Ids(id): Ids<Uuid>,
    Params(part): Params<ListParams>,
    Params(sent): Params<OrganizationMemberParams>,
) -> Result<Json<List<OrganizationMember>>, Refusal> {
    let (order, descending) = match sent.order.unwrap_or_default() {
        OrganizationMemberOrder::UserName => (MemberOrder::Name, false),
        OrganizationMemberOrder::UserNameDescending => (MemberOrder::Name, true),
        OrganizationMemberOrder::DisplayName => (MemberOrder::DisplayName, false),
        OrganizationMemberOrder::DisplayNameDescending => (MemberOrder::DisplayName, true),
        OrganizationMemberOrder::Since => (MemberOrder::Since, false),
        OrganizationMemberOrder::SinceDescending => (MemberOrder::Since, true),
    };
    let role = sent.role.map(Into::into);
    let query = MemberQuery { role, text: searched(sent.q)?, order, descending, page: part.page()? };
    Ok(Json(members::list(&caller, &api.backends, OrganizationId(id), &query).await?.into()))
}

/// Somebody in an organization.
#[utoipa::path(get, path = "/organizations/{id}/members/{user_id}", operation_id = "get_organization_member",
    tag = "Organizations", security(("session" = [])),
    params(("id" = Uuid, Path, description = "The organization."), ("user_id" = Uuid, Path, description = "Who.")),
    responses((status = 200, description = "They.", body = OrganizationMember)))]
async fn get_member(
    State(api): State<Api>,
    Asker(caller): Asker,
    Ids((id, user)): Ids<(Uuid, Uuid)>,
) -> Result<Tagged<OrganizationMember>, Refusal> {
    let found = members::get(&caller, &api.backends, OrganizationId(id), UserId(user)).await?;
    Ok(Tagged(found.version, found.into()))
}

/// Makes a member something else; an admin of the server also takes somebody in, whom everybody else invites.
#[utoipa::path(put, path = "/organizations/{id}/members/{user_id}", operation_id = "put_organization_member",
    tag = "Organizations", security(("session" = [])), request_body = OrganizationMembership,
    params(("id" = Uuid, Path, description = "The organization."), ("user_id" = Uuid, Path, description = "Who.")),
    responses((status = 200, description = "What they are now.", body = OrganizationMember)))]
async fn put_member(
    State(api): State<Api>,
    Asker(caller): Asker,
    Ids((id, user)): Ids<(Uuid, Uuid)>,
    IfMatch(if_match): IfMatch,
    Body(sent): Body<OrganizationMembership>,
) -> Result<Tagged<OrganizationMember>, Refusal> {
    let (id, user, role) = (OrganizationId(id), UserId(user), sent.role.into());
    let set = members::put(&caller, &api.backends, id, user, role, if_match.as_ref()).await?;
    Ok(Tagged(set.version, set.into()))
}

/// Makes a member something else: for admins of the organization, and of owners for owners.
#[utoipa::path(patch, path = "/organizations/{id}/members/{user_id}", operation_id = "change_organization_member",
    tag = "Organizations", security(("session" = [])), request_body = OrganizationMembership,
    params(("id" = Uuid, Path, description = "The organization."), ("user_id" = Uuid, Path, description = "Who.")),
    responses((status = 200, description = "What they are now.", body = OrganizationMember)))]
async fn change_member(
    State(api): State<Api>,
    Asker(caller): Asker,
    Ids((id, user)): Ids<(Uuid, Uuid)>,
    IfMatch(if_match): IfMatch,
    Body(sent): Body<OrganizationMembership>,
) -> Result<Tagged<OrganizationMember>, Refusal> {
    let (id, user, role) = (OrganizationId(id), UserId(user), sent.role.into());
    let changed = members::change_role(&caller, &api.backends, id, user, role, if_match.as_ref()).await?;
    Ok(Tagged(changed.version, changed.into()))
}

/// Lets a member go, with what they are in the organization's projects: for its admins, and of owners for owners.
#[utoipa::path(delete, path = "/organizations/{id}/members/{user_id}", operation_id = "remove_organization_member",
    tag = "Organizations", security(("session" = [])),
    params(("id" = Uuid, Path, description = "The organization."), ("user_id" = Uuid, Path, description = "Who.")),
    responses((status = 204, description = "They are not in it any more.")))]
async fn remove_member(
    State(api): State<Api>,
    Asker(caller): Asker,
    Ids((id, user)): Ids<(Uuid, Uuid)>,
    IfMatch(if_match): IfMatch,
) -> Result<StatusCode, Refusal> {
    let (id, user) = (OrganizationId(id), UserId(user));
    members::remove(&caller, &api.backends, id, user, if_match.as_ref()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Leaves an organization. The last owner stays.
#[utoipa::path(post, path = "/organizations/{id}/leave", operation_id = "leave_organization", tag = "Organizations",
    params(("id" = Uuid, Path, description = "The organization.")), security(("session" = [])),
    responses((status = 204, description = "You are not in it any more.")))]
async fn leave(
    State(api): State<Api>,
    Asker(caller): Asker,
    Ids(id): Ids<Uuid>,
) -> Result<StatusCode, Refusal> {
    members::remove(&caller, &api.backends, OrganizationId(id), caller.user, None).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn tagged(seen: Seen) -> Tagged<Organization> {
    Tagged(seen.organization.version, wire(seen))
}

/// As it goes over the wire.
pub fn wire(seen: Seen) -> Organization {
    let Seen { organization, role } = seen;
    Organization {
        id: organization.id.0,
        name: organization.name.to_string(),
        role: role.map(Into::into),
        created_at: organization.created_at.into(),
    }
}
