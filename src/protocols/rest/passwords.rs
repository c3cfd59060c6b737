//! Passwords that were forgotten.

use api_types::account::{LinkWanted, NewPassword};
use axum::extract::State;
use http::StatusCode;
use services::passwords::{self, Asked};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::Api;
use crate::asker::Comer;
use crate::body::Body;
use crate::problem::Refusal;

pub fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(forgot)).routes(routes!(reset))
}

/// Sends a link that sets a new password, if the address is an account's. The answer is always the same.
#[utoipa::path(post, path = "/auth/password/forgot", operation_id = "forgot_password", tag = "Accounts", security(()), request_body = LinkWanted,
    responses((status = 202, description = "If there is such an account, a mail is under way.")))]
async fn forgot(
    State(api): State<Api>,
    comer: Comer,
    Body(sent): Body<LinkWanted>,
) -> Result<StatusCode, Refusal> {
    passwords::ask(&api.backends, comer.visit().now, Asked::ResetPassword, &sent.email).await?;
    Ok(StatusCode::ACCEPTED)
}

/// Sets a new password by the token of a link. All sessions end; app passwords go on.
#[utoipa::path(post, path = "/auth/password/reset", operation_id = "reset_password", tag = "Accounts", security(()), request_body = NewPassword,
    responses((status = 204, description = "The new password holds.")))]
async fn reset(
    State(api): State<Api>,
    comer: Comer,
    Body(sent): Body<NewPassword>,
) -> Result<StatusCode, Refusal> {
    passwords::reset(&api.backends, &comer.visit(), &sent.token, &sent.password).await?;
    Ok(StatusCode::NO_CONTENT)
}
