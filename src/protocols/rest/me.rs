//! One's own account, and where one is logged in.

use api_types::List;
use api_types::me::{ChangeMe, ChangePassword, DeleteMe, Device, Me, Session};
use api_types::user::Receipt;
use axum::Json;
use axum::extract::State;
use domain::SessionId;
use http::StatusCode;
use services::me::{self, Change};
use services::{devices, passwords, users};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::answers::Tagged;
use crate::api::Api;
use crate::asker::Asker;
use crate::body::Body;
use crate::conditions::IfMatch;
use crate::params::Ids;
use crate::problem::Refusal;

pub fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(get_me, change_me))
        .routes(routes!(delete_me))
        .routes(routes!(change_password))
        .routes(routes!(list_sessions))
        .routes(routes!(end_session))
        .routes(routes!(list_devices))
        .routes(routes!(forget_device))
}

/// One's own account.
#[utoipa::path(get, path = "/me", tag = "Me",
    responses((status = 200, description = "The account.", body = Me)))]
async fn get_me(State(api): State<Api>, Asker(caller): Asker) -> Result<Tagged<Me>, Refusal> {
    Ok(wire(me::get(&caller, &api.backends).await?))
}

/// Changes one's own account. Another address counts once the link that is sent there is opened; the one before gets a
/// mail then.
#[utoipa::path(patch, path = "/me", tag = "Me", request_body = ChangeMe,
    responses((status = 200, description = "The account as it is now.", body = Me)))]
async fn change_me(
    State(api): State<Api>,
    Asker(caller): Asker,
    IfMatch(if_match): IfMatch,
    Body(sent): Body<ChangeMe>,
) -> Result<Tagged<Me>, Refusal> {
    let change = Change { display_name: sent.display_name, email: sent.email, password: sent.password };
    Ok(wire(me::change(&caller, &api.backends, &change, if_match.as_ref()).await?))
}

/// Deletes your account with everything in it, for good. It lets nobody in any more with the answer. Not a DELETE, whose
/// body, the password, not every proxy passes on.
#[utoipa::path(post, path = "/me/delete", tag = "Me", request_body = DeleteMe,
    responses((status = 202, description = "It is being purged.", body = Receipt)))]
async fn delete_me(
    State(api): State<Api>,
    Asker(caller): Asker,
    IfMatch(if_match): IfMatch,
    Body(sent): Body<DeleteMe>,
) -> Result<(StatusCode, Json<Receipt>), Refusal> {
    let receipt = users::delete_own(&caller, &api.backends, &sent.password, if_match.as_ref()).await?;
    Ok((StatusCode::ACCEPTED, Json(receipt.into())))
}

/// Changes one's own account password. All other sessions end; app passwords go on.
#[utoipa::path(post, path = "/me/password", tag = "Me", request_body = ChangePassword,
    responses((status = 204, description = "The new password holds.")))]
async fn change_password(
    State(api): State<Api>,
    Asker(caller): Asker,
    Body(sent): Body<ChangePassword>,
) -> Result<StatusCode, Refusal> {
    passwords::change(&caller, &api.backends, &sent.current, &sent.new).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Lists where one is logged in, the session that was renewed last first.
#[utoipa::path(get, path = "/me/sessions", tag = "Me",
    responses((status = 200, description = "All of them.", body = List<Session>)))]
async fn list_sessions(State(api): State<Api>, Asker(caller): Asker) -> Result<Json<List<Session>>, Refusal> {
    let sessions = me::list_sessions(&caller, &api.backends).await?;
    let entry = |session: domain::Session| Session {
        id: session.id.0,
        current: Some(session.id) == caller.session,
        address: session.address,
        product: session.product,
        created_at: session.created_at.into(),
        used_at: session.used_at.into(),
        expires_at: session.expires_at.into(),
    };
    Ok(Json(whole(sessions.into_iter().map(entry).collect())))
}

/// Ends a session, from its next request on.
#[utoipa::path(delete, path = "/me/sessions/{id}", tag = "Me", params(("id" = Uuid, Path, description = "Which one.")),
    responses((status = 204, description = "It has ended.")))]
async fn end_session(
    State(api): State<Api>,
    Asker(caller): Asker,
    Ids(id): Ids<Uuid>,
) -> Result<StatusCode, Refusal> {
    me::end_session(&caller, &api.backends, SessionId(id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Lists the programs that use one's app passwords, the one that was idle for longest first.
#[utoipa::path(get, path = "/me/devices", tag = "Me",
    responses((status = 200, description = "All of them.", body = List<Device>)))]
async fn list_devices(State(api): State<Api>, Asker(caller): Asker) -> Result<Json<List<Device>>, Refusal> {
    let devices = devices::list_own(&caller, &api.backends).await?;
    let entry = |device: devices::Device| Device {
        id: devices::id(&device),
        app_password_id: device.app_password.0,
        name: device.name,
        product: device.product,
        address: device.address.to_string(),
        seen_at: device.seen_at.into(),
    };
    Ok(Json(whole(devices.into_iter().map(entry).collect())))
}

/// Forgets a program, so that another one has room. One that goes on asks for room again: revoke its app password to keep
/// it out.
#[utoipa::path(delete, path = "/me/devices/{id}", tag = "Me", params(("id" = String, Path, description = "Which one.")),
    responses((status = 204, description = "It is forgotten.")))]
async fn forget_device(
    State(api): State<Api>,
    Asker(caller): Asker,
    Ids(id): Ids<String>,
) -> Result<StatusCode, Refusal> {
    devices::forget_own(&caller, &api.backends, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// There are never many.
fn whole<T>(entries: Vec<T>) -> List<T> {
    List { entries, next: None, total: None }
}

fn wire(me: me::Me) -> Tagged<Me> {
    let me::Me { user, pending_email } = me;
    let text = |email: domain::Email| email.as_str().to_owned();
    let version = user.version;
    let me = Me {
        id: user.id.0,
        user_name: user.name.as_str().to_owned(),
        display_name: user.display_name,
        email: user.email.map(text),
        pending_email: pending_email.map(text),
        role: user.role.as_str().to_owned(),
        suspended_at: user.suspended_at.map(Into::into),
        used_bytes: user.quota.used_bytes,
        quota_bytes: user.quota.limit_bytes,
        created_at: user.created_at.into(),
    };
    Tagged(version, me)
}
