//! Invitations to make an account, for the admins of the server.

use api_types::account::{HouseInvitation, InviteToHouse};
use api_types::{List, ListParams};
use axum::Json;
use axum::extract::State;
use domain::InvitationId;
use http::StatusCode;
use services::invitations::{self, InvitationOrder, InvitationQuery};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::answers::{Created, Tagged};
use crate::api::Api;
use crate::asker::Asker;
use crate::body::Body;
use crate::conditions::IfMatch;
use crate::params::{Ids, Params};
use crate::problem::Refusal;

pub fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list_invitations, invite))
        .routes(routes!(get_invitation, revoke_invitation))
}

/// Lists the invitations to make an account, the oldest first.
#[utoipa::path(get, path = "/admin/invitations", operation_id = "list_house_invitations", tag = "Administration", params(ListParams),
    responses((status = 200, description = "A page of them.", body = List<HouseInvitation>)))]
async fn list_invitations(
    State(api): State<Api>,
    Asker(caller): Asker,
    Params(params): Params<ListParams>,
) -> Result<Json<List<HouseInvitation>>, Refusal> {
    let query = InvitationQuery {
        organization: None,
        open_at: None,
        text: None,
        order: InvitationOrder::Created,
        descending: false,
        page: params.page()?,
    };
    Ok(Json(invitations::list(&caller, &api.backends, &query).await?.into()))
}

/// Invites somebody to make an account. They get a mail with a link; earlier invitations of the same address are taken
/// back.
#[utoipa::path(post, path = "/admin/invitations", operation_id = "invite_to_house", tag = "Administration", request_body = InviteToHouse,
    responses((status = 201, description = "The invitation is under way.", body = HouseInvitation)))]
async fn invite(
    State(api): State<Api>,
    Asker(caller): Asker,
    Body(sent): Body<InviteToHouse>,
) -> Result<Created<HouseInvitation>, Refusal> {
    let role = sent.role.unwrap_or_default().into();
    let made = invitations::create(&caller, &api.backends, &sent.email, role).await?;
    let path = format!("/admin/invitations/{}", made.id.0);
    Ok(Created { path, version: made.version(), made: made.into() })
}

/// An invitation to make an account.
#[utoipa::path(get, path = "/admin/invitations/{id}", operation_id = "get_house_invitation", tag = "Administration", params(("id" = Uuid, Path, description = "Which one.")),
    responses((status = 200, description = "The invitation.", body = HouseInvitation)))]
async fn get_invitation(
    State(api): State<Api>,
    Asker(caller): Asker,
    Ids(id): Ids<Uuid>,
) -> Result<Tagged<HouseInvitation>, Refusal> {
    let found = invitations::get(&caller, &api.backends, InvitationId(id)).await?;
    Ok(Tagged(found.version(), found.into()))
}

/// Takes an invitation back.
#[utoipa::path(delete, path = "/admin/invitations/{id}", operation_id = "revoke_house_invitation", tag = "Administration", params(("id" = Uuid, Path, description = "Which one.")),
    responses((status = 204, description = "It opens nothing any more.")))]
async fn revoke_invitation(
    State(api): State<Api>,
    Asker(caller): Asker,
    IfMatch(if_match): IfMatch,
    Ids(id): Ids<Uuid>,
) -> Result<StatusCode, Refusal> {
    invitations::revoke(&caller, &api.backends, InvitationId(id), if_match.as_ref()).await?;
    Ok(StatusCode::NO_CONTENT)
}
