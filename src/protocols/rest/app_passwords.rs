//! One's own app passwords.

use api_types::me::{AppPassword, ChangeAppPassword, IssuedAppPassword, NewAppPassword};
use api_types::{List, ListParams};
use axum::Json;
use axum::extract::State;
use domain::AppPasswordId;
use http::StatusCode;
use services::app_passwords;
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
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(get, rename, revoke))
}

/// Lists one's app passwords, revoked and expired ones too, the oldest first.
#[utoipa::path(get, path = "/me/app-passwords", tag = "Me", params(ListParams), operation_id = "list_app_passwords",
    responses((status = 200, description = "A page of them.", body = List<AppPassword>)))]
async fn list(
    State(api): State<Api>,
    Asker(caller): Asker,
    Params(params): Params<ListParams>,
) -> Result<Json<List<AppPassword>>, Refusal> {
    Ok(Json(app_passwords::page(&caller, &api.backends, &params.page()?).await?.into()))
}

/// Makes an app password. The secret is in this answer alone: the same request sent again with the same Idempotency-Key
/// makes none and is refused with `secret_shown_before`.
#[utoipa::path(post, path = "/me/app-passwords", tag = "Me", request_body = NewAppPassword, operation_id = "create_app_password",
    responses((status = 201, description = "The app password with its secret.", body = IssuedAppPassword)))]
async fn create(
    State(api): State<Api>,
    Asker(caller): Asker,
    Body(sent): Body<NewAppPassword>,
) -> Result<Created<IssuedAppPassword>, Refusal> {
    let expires_at = sent.expires_at.map(|time| time.0);
    let issued =
        app_passwords::create_own(&caller, &api.backends, &sent.name, sent.read_only, expires_at).await?;
    Ok(Created {
        path: format!("/me/app-passwords/{}", issued.app_password.id.0),
        version: issued.app_password.version,
        made: IssuedAppPassword { app_password: issued.app_password.into(), secret: issued.secret },
    })
}

/// An app password.
#[utoipa::path(get, path = "/me/app-passwords/{id}", tag = "Me", operation_id = "get_app_password", params(("id" = Uuid, Path, description = "Which one.")),
    responses((status = 200, description = "The app password.", body = AppPassword)))]
async fn get(
    State(api): State<Api>,
    Asker(caller): Asker,
    Ids(id): Ids<Uuid>,
) -> Result<Tagged<AppPassword>, Refusal> {
    let found = app_passwords::get_own(&caller, &api.backends, AppPasswordId(id)).await?;
    Ok(Tagged(found.version, found.into()))
}

/// Renames an app password.
#[utoipa::path(patch, path = "/me/app-passwords/{id}", tag = "Me", operation_id = "rename_app_password", request_body = ChangeAppPassword,
    params(("id" = Uuid, Path, description = "Which one.")),
    responses((status = 200, description = "The app password as it is now.", body = AppPassword)))]
async fn rename(
    State(api): State<Api>,
    Asker(caller): Asker,
    IfMatch(if_match): IfMatch,
    Ids(id): Ids<Uuid>,
    Body(sent): Body<ChangeAppPassword>,
) -> Result<Tagged<AppPassword>, Refusal> {
    let (id, if_match) = (AppPasswordId(id), if_match.as_ref());
    let renamed = app_passwords::rename(&caller, &api.backends, id, &sent.name, if_match).await?;
    Ok(Tagged(renamed.version, renamed.into()))
}

/// Revokes an app password: it opens nothing from the next request on. It stays in the list.
#[utoipa::path(delete, path = "/me/app-passwords/{id}", tag = "Me", operation_id = "revoke_app_password", params(("id" = Uuid, Path, description = "Which one.")),
    responses((status = 204, description = "It is revoked.")))]
async fn revoke(
    State(api): State<Api>,
    Asker(caller): Asker,
    IfMatch(if_match): IfMatch,
    Ids(id): Ids<Uuid>,
) -> Result<StatusCode, Refusal> {
    app_passwords::revoke_own(&caller, &api.backends, AppPasswordId(id), if_match.as_ref()).await?;
    Ok(StatusCode::NO_CONTENT)
}
