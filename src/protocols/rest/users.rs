//! Accounts, for the admins of the server.

use api_types::user::{NewUser, Receipt, User, UserParams, UserPatch};
use api_types::{List, ListParams};
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use domain::{Email, OrganizationId, ReceiptId, UserId, UserName};
use http::StatusCode;
use http::header::LOCATION;
use services::users::{self, By, UserChange, UserOrder, UserQuery};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::PREFIX;
use crate::answers::{Created, Tagged};
use crate::api::Api;
use crate::asker::Asker;
use crate::body::Body;
use crate::conditions::IfMatch;
use crate::params::{Ids, Params, searched};
use crate::problem::Refusal;

const ORDERS: [(&str, UserOrder); 4] = [
    ("name", UserOrder::Name),
    ("email", UserOrder::Email),
    ("created_at", UserOrder::Created),
    ("used_bytes", UserOrder::Used),
];

pub fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(get, change, delete))
        .routes(routes!(activate))
        .routes(routes!(deactivate))
        .routes(routes!(suspend))
        .routes(routes!(resume))
        .routes(routes!(receipt))
}

type Answer = Result<Tagged<User>, Refusal>;

/// Lists accounts. Those that are being deleted are not among them.
#[utoipa::path(get, path = "/admin/users", operation_id = "list_users", tag = "Administration",
    params(ListParams, UserParams),
    responses((status = 200, description = "A page of accounts.", body = List<User>)))]
async fn list(
    State(api): State<Api>,
    Asker(caller): Asker,
    Params(list): Params<ListParams>,
    Params(asked): Params<UserParams>,
) -> Result<Json<List<User>>, Refusal> {
    let (order, descending) = asked.order(&ORDERS)?;
    let query = UserQuery {
        role: asked.role.map(Into::into),
        state: asked.state.map(Into::into),
        organization: asked.organization_id.map(OrganizationId),
        text: searched(asked.q)?,
        order,
        descending,
        page: list.page()?,
    };
    Ok(Json(users::page(&caller, &api.backends, &query).await?.into()))
}

/// Makes an account.
#[utoipa::path(post, path = "/admin/users", operation_id = "create_user", tag = "Administration",
    request_body = NewUser, responses((status = 201, description = "It is there.", body = User)))]
async fn create(
    State(api): State<Api>,
    Asker(caller): Asker,
    Body(sent): Body<NewUser>,
) -> Result<Created<User>, Refusal> {
    let usual = Some(api.backends.files.quota_bytes).filter(|bytes| *bytes > 0);
    let new = users::NewUser {
        name: UserName::parse(&sent.name)?,
        role: sent.role.into(),
        password: sent.password,
        quota_bytes: sent.quota_bytes.unwrap_or(usual),
    };
    let email = sent.email.as_deref().map(Email::parse).transpose()?;
    let more = UserChange {
        email: email.map(Some),
        display_name: Some(sent.display_name).filter(|name| !name.is_empty()),
        ..UserChange::default()
    };
    let made = users::create_by(&caller, &api.backends, new, more).await?;
    Ok(Created { path: format!("/admin/users/{}", made.id.0), version: made.version, made: made.into() })
}

/// Shows an account.
#[utoipa::path(get, path = "/admin/users/{id}", operation_id = "get_user", tag = "Administration",
    params(("id" = Uuid, Path, description = "The user.")),
    responses((status = 200, description = "The account.", body = User)))]
async fn get(State(api): State<Api>, Asker(caller): Asker, Ids(id): Ids<Uuid>) -> Answer {
    tagged(users::get(&caller, &api.backends, UserId(id)).await?)
}

/// Changes an account. The role of the last admin and one's own stay.
#[utoipa::path(patch, path = "/admin/users/{id}", operation_id = "change_user", tag = "Administration",
    params(("id" = Uuid, Path, description = "The user.")), request_body = UserPatch,
    responses((status = 200, description = "The account as it is now.", body = User)))]
async fn change(
    State(api): State<Api>,
    Asker(caller): Asker,
    Ids(id): Ids<Uuid>,
    IfMatch(if_match): IfMatch,
    Body(sent): Body<UserPatch>,
) -> Answer {
    let email = match sent.email {
        Some(Some(email)) => Some(Some(Email::parse(&email)?)),
        Some(None) => Some(None),
        None => None,
    };
    let change = UserChange {
        role: sent.role.map(Into::into),
        email,
        display_name: sent.display_name,
        quota_bytes: sent.quota_bytes,
        ..UserChange::default()
    };
    let by = By::Caller(&caller);
    tagged(users::change(by, &api.backends, UserId(id), &change, if_match.as_ref()).await?)
}

/// Deletes an account with everything in it, for good. Nobody comes in by it any more with the answer; the receipt says
/// how far the rest has come.
#[utoipa::path(delete, path = "/admin/users/{id}", operation_id = "delete_user", tag = "Administration",
    params(("id" = Uuid, Path, description = "The user.")),
    responses((status = 202, description = "It is being purged.", body = Receipt)))]
async fn delete(
    State(api): State<Api>,
    Asker(caller): Asker,
    Ids(id): Ids<Uuid>,
    IfMatch(if_match): IfMatch,
) -> Result<Response, Refusal> {
    let receipt = users::delete(By::Caller(&caller), &api.backends, UserId(id), if_match.as_ref()).await?;
    let location = format!("{PREFIX}/admin/receipts/{}", receipt.id.0);
    Ok((StatusCode::ACCEPTED, [(LOCATION, location)], Json(Receipt::from(receipt))).into_response())
}

/// Lets somebody in who was kept out.
#[utoipa::path(post, path = "/admin/users/{id}/activate", operation_id = "activate_user", tag = "Administration",
    params(("id" = Uuid, Path, description = "The user.")),
    responses((status = 200, description = "The account as it is now.", body = User)))]
async fn activate(
    State(api): State<Api>,
    Asker(caller): Asker,
    Ids(id): Ids<Uuid>,
    IfMatch(if_match): IfMatch,
) -> Answer {
    tagged(users::activate(By::Caller(&caller), &api.backends, UserId(id), if_match.as_ref()).await?)
}

/// Keeps somebody out: their sessions and app passwords open nothing any more.
#[utoipa::path(post, path = "/admin/users/{id}/deactivate", operation_id = "deactivate_user", tag = "Administration",
    params(("id" = Uuid, Path, description = "The user.")),
    responses((status = 200, description = "The account as it is now.", body = User)))]
async fn deactivate(
    State(api): State<Api>,
    Asker(caller): Asker,
    Ids(id): Ids<Uuid>,
    IfMatch(if_match): IfMatch,
) -> Answer {
    tagged(users::deactivate(By::Caller(&caller), &api.backends, UserId(id), if_match.as_ref()).await?)
}

/// Suspends somebody: they only read from now on, later they are locked out, and at last their account is deleted.
#[utoipa::path(post, path = "/admin/users/{id}/suspend", operation_id = "suspend_user", tag = "Administration",
    params(("id" = Uuid, Path, description = "The user.")),
    responses((status = 200, description = "The account as it is now.", body = User)))]
async fn suspend(
    State(api): State<Api>,
    Asker(caller): Asker,
    Ids(id): Ids<Uuid>,
    IfMatch(if_match): IfMatch,
) -> Answer {
    tagged(users::suspend(By::Caller(&caller), &api.backends, UserId(id), if_match.as_ref()).await?)
}

/// Ends a suspension.
#[utoipa::path(post, path = "/admin/users/{id}/resume", operation_id = "resume_user", tag = "Administration",
    params(("id" = Uuid, Path, description = "The user.")),
    responses((status = 200, description = "The account as it is now.", body = User)))]
async fn resume(
    State(api): State<Api>,
    Asker(caller): Asker,
    Ids(id): Ids<Uuid>,
    IfMatch(if_match): IfMatch,
) -> Answer {
    tagged(users::resume(By::Caller(&caller), &api.backends, UserId(id), if_match.as_ref()).await?)
}

/// Shows how far the end of an account has come.
#[utoipa::path(get, path = "/admin/receipts/{id}", operation_id = "get_receipt", tag = "Administration",
    params(("id" = Uuid, Path, description = "The receipt.")),
    responses((status = 200, description = "The receipt.", body = Receipt)))]
async fn receipt(
    State(api): State<Api>,
    Asker(caller): Asker,
    Ids(id): Ids<Uuid>,
) -> Result<Json<Receipt>, Refusal> {
    Ok(Json(users::receipt(&caller, &api.backends, ReceiptId(id)).await?.into()))
}

fn tagged(user: domain::User) -> Answer {
    Ok(Tagged(user.version, user.into()))
}
