//! Invitations into organizations: made, taken back, and answered by whoever is invited.

use api_types::organization::{
    Invitation, InvitationOrder, InvitationParams, InvitationToken, NewInvitation, Organization,
    ReceivedInvitation,
};
use api_types::{List, ListParams};
use axum::Json;
use axum::extract::State;
use domain::{Email, Error, InvitationId, InvitedTo, OrganizationId, Result as HouseResult};
use http::StatusCode;
use services::organizations::invitations::{self, OpenInvitations};
use services::organizations::received::{self, Received};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::answers::{Created, Tagged};
use crate::api::Api;
use crate::asker::Asker;
use crate::body::Body;
use crate::conditions::IfMatch;
use crate::organizations::wire;
use crate::params::{Ids, Params};
use crate::problem::Refusal;

pub fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(invite, list))
        .routes(routes!(get, revoke))
        .routes(routes!(list_received))
        .routes(routes!(accept_token))
        .routes(routes!(accept))
        .routes(routes!(decline))
}

/// Invites somebody by e-mail: for admins of the organization. An earlier invitation of the same address ends.
#[utoipa::path(post, path = "/organizations/{id}/invitations", operation_id = "invite", tag = "Invitations",
    params(("id" = Uuid, Path, description = "The organization.")), request_body = NewInvitation,
    security(("session" = [])),
    responses((status = 201, description = "They are invited.", body = Invitation)))]
async fn invite(
    State(api): State<Api>,
    Asker(caller): Asker,
    Ids(id): Ids<Uuid>,
    Body(sent): Body<NewInvitation>,
) -> Result<Created<Invitation>, Refusal> {
    let (organization, email, role) = (OrganizationId(id), Email::parse(&sent.email)?, sent.role.into());
    let invited = invitations::invite(&caller, &api.backends, organization, &email, role).await?;
    let version = invited.invitation.version();
    let made = Invitation { token: invited.token, ..invited.invitation.try_into()? };
    Ok(Created { path: format!("/organizations/{id}/invitations/{}", made.id), version, made })
}

/// The invitations into an organization that wait to be answered: for its admins.
#[utoipa::path(get, path = "/organizations/{id}/invitations", operation_id = "list_invitations",
    tag = "Invitations", security(("session" = [])),
    params(("id" = Uuid, Path, description = "The organization."), ListParams, InvitationParams),
    responses((status = 200, description = "A page of them.", body = List<Invitation>)))]
async fn list(
    State(api): State<Api>,
    Asker(caller): Asker,
    Ids(id): Ids<Uuid>,
    Params(part): Params<ListParams>,
    Params(sent): Params<InvitationParams>,
) -> Result<Json<List<Invitation>>, Refusal> {
    let (order, descending) = match sent.order.unwrap_or_default() {
        InvitationOrder::Email => (invitations::InvitationOrder::Email, false),
        InvitationOrder::EmailDescending => (invitations::InvitationOrder::Email, true),
        InvitationOrder::CreatedAt => (invitations::InvitationOrder::Created, false),
        InvitationOrder::CreatedAtDescending => (invitations::InvitationOrder::Created, true),
    };
    let query = OpenInvitations { text: sent.q, order, descending, page: part.page()? };
    let page = invitations::list(&caller, &api.backends, OrganizationId(id), &query).await?;
    let (next, total) = (page.next.map(|cursor| cursor.to_string()), page.total);
    let entries = page.entries.into_iter().map(TryInto::try_into).collect::<HouseResult<_>>()?;
    Ok(Json(List { entries, next, total }))
}

/// An invitation, whatever became of it: for admins of the organization.
#[utoipa::path(get, path = "/organizations/{id}/invitations/{invitation_id}", operation_id = "get_invitation",
    tag = "Invitations", security(("session" = [])),
    params(("id" = Uuid, Path, description = "The organization."),
        ("invitation_id" = Uuid, Path, description = "The invitation.")),
    responses((status = 200, description = "It.", body = Invitation)))]
async fn get(
    State(api): State<Api>,
    Asker(caller): Asker,
    Ids((id, invitation)): Ids<(Uuid, Uuid)>,
) -> Result<Tagged<Invitation>, Refusal> {
    let (organization, invitation) = (OrganizationId(id), InvitationId(invitation));
    let found = invitations::get(&caller, &api.backends, organization, invitation).await?;
    Ok(Tagged(found.version(), found.try_into()?))
}

/// Takes an invitation back: for admins of the organization.
#[utoipa::path(delete, path = "/organizations/{id}/invitations/{invitation_id}", operation_id = "revoke_invitation",
    tag = "Invitations", security(("session" = [])),
    params(("id" = Uuid, Path, description = "The organization."),
        ("invitation_id" = Uuid, Path, description = "The invitation.")),
    responses((status = 204, description = "It cannot be accepted any more.")))]
async fn revoke(
    State(api): State<Api>,
    Asker(caller): Asker,
    Ids((id, invitation)): Ids<(Uuid, Uuid)>,
    IfMatch(if_match): IfMatch,
) -> Result<StatusCode, Refusal> {
    let (organization, invitation) = (OrganizationId(id), InvitationId(invitation));
    invitations::revoke(&caller, &api.backends, organization, invitation, if_match.as_ref()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The invitations that wait for you: those to the address that is known to be yours.
#[utoipa::path(get, path = "/invitations", operation_id = "list_received_invitations", tag = "Invitations",
    params(ListParams), security(("session" = [])),
    responses((status = 200, description = "A page of them, the newest first.", body = List<ReceivedInvitation>)))]
async fn list_received(
    State(api): State<Api>,
    Asker(caller): Asker,
    Params(part): Params<ListParams>,
) -> Result<Json<List<ReceivedInvitation>>, Refusal> {
    let page = received::list(&caller, &api.backends, &part.page()?).await?;
    let (next, total) = (page.next.map(|cursor| cursor.to_string()), page.total);
    let entries = page.entries.into_iter().map(received_wire).collect::<HouseResult<_>>()?;
    Ok(Json(List { entries, next, total }))
}

/// Accepts an invitation by the token that was sent, whatever the address of your account.
#[utoipa::path(post, path = "/invitations/accept", operation_id = "accept_invitation_token", tag = "Invitations",
    request_body = InvitationToken, security(("session" = [])),
    responses((status = 200, description = "The organization that you are in now.", body = Organization)))]
async fn accept_token(
    State(api): State<Api>,
    Asker(caller): Asker,
    Body(sent): Body<InvitationToken>,
) -> Result<Json<Organization>, Refusal> {
    Ok(Json(wire(received::accept_token(&caller, &api.backends, &sent.token).await?)))
}

/// Accepts an invitation to your address.
#[utoipa::path(post, path = "/invitations/{id}/accept", operation_id = "accept_invitation", tag = "Invitations",
    params(("id" = Uuid, Path, description = "The invitation.")), security(("session" = [])),
    responses((status = 200, description = "The organization that you are in now.", body = Organization)))]
async fn accept(
    State(api): State<Api>,
    Asker(caller): Asker,
    Ids(id): Ids<Uuid>,
) -> Result<Json<Organization>, Refusal> {
    Ok(Json(wire(received::accept(&caller, &api.backends, InvitationId(id)).await?)))
}

/// Declines an invitation to your address.
#[utoipa::path(post, path = "/invitations/{id}/decline", operation_id = "decline_invitation", tag = "Invitations",
    params(("id" = Uuid, Path, description = "The invitation.")), security(("session" = [])),
    responses((status = 204, description = "It cannot be accepted any more.")))]
async fn decline(
    State(api): State<Api>,
    Asker(caller): Asker,
    Ids(id): Ids<Uuid>,
) -> Result<StatusCode, Refusal> {
    received::decline(&caller, &api.backends, InvitationId(id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn received_wire(found: Received) -> HouseResult<ReceivedInvitation> {
    let InvitedTo::Organization(_, role) = found.invitation.to else {
        return Err(Error::internal("an invitation to the house among those into organizations"));
    };
    Ok(ReceivedInvitation {
        id: found.invitation.id.0,
        organization_id: found.organization.0,
        organization_name: found.organization_name.to_string(),
        role: role.into(),
        created_at: found.invitation.created_at.into(),
        expires_at: found.invitation.expires_at.into(),
    })
}
