//! Logging in, staying logged in, and logging out.

use api_types::session::{LogIn, Refresh, Tokens};
use axum::Json;
use axum::extract::State;
use http::StatusCode;
use services::auth::sessions;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::Api;
use crate::asker::{Asker, Comer};
use crate::body::Body;
use crate::problem::Refusal;

pub fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(log_in))
        .routes(routes!(refresh))
        .routes(routes!(log_out))
        .routes(routes!(log_out_everywhere))
}

/// Logs in with the user name or the e-mail address and the account password.
#[utoipa::path(post, path = "/auth/log-in", tag = "Sessions", security(()), request_body = LogIn,
    responses((status = 200, description = "The session has begun.", body = Tokens)))]
async fn log_in(
    State(api): State<Api>,
    comer: Comer,
    Body(sent): Body<LogIn>,
) -> Result<Json<Tokens>, Refusal> {
    let tokens = sessions::begin(&api.backends, &comer.visit(), &sent.login, &sent.password).await?;
    Ok(Json(wire(tokens)))
}

/// Gets the next pair of tokens for a refresh token, which holds once.
#[utoipa::path(post, path = "/auth/refresh", tag = "Sessions", security(()), request_body = Refresh,
    responses((status = 200, description = "The session goes on.", body = Tokens)))]
async fn refresh(
    State(api): State<Api>,
    comer: Comer,
    Body(sent): Body<Refresh>,
) -> Result<Json<Tokens>, Refusal> {
    Ok(Json(wire(sessions::renew(&api.backends, &comer.visit(), &sent.refresh_token).await?)))
}

/// Ends the session of the access token.
#[utoipa::path(post, path = "/auth/log-out", tag = "Sessions",
    responses((status = 204, description = "The session has ended.")))]
async fn log_out(State(api): State<Api>, Asker(caller): Asker) -> Result<StatusCode, Refusal> {
    sessions::end(&caller, &api.backends).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Ends all sessions of the user, this one too. App passwords stay.
#[utoipa::path(post, path = "/auth/log-out-everywhere", tag = "Sessions",
    responses((status = 204, description = "All sessions have ended.")))]
async fn log_out_everywhere(State(api): State<Api>, Asker(caller): Asker) -> Result<StatusCode, Refusal> {
    sessions::end_all(&caller, &api.backends).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn wire(tokens: sessions::Tokens) -> Tokens {
    Tokens {
        session_id: tokens.session.0,
        user_id: tokens.caller.user.0,
        user_name: tokens.caller.name.as_str().to_owned(),
        access_token: tokens.access_token,
        token_type: "Bearer".to_owned(),
        access_expires_at: tokens.access_expires_at.into(),
        refresh_token: tokens.refresh_token,
        refresh_expires_at: tokens.refresh_expires_at.into(),
    }
}
