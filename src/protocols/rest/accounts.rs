//! Signing up, and what is done by the links that are sent by mail.

use api_types::account::{LinkToken, LinkWanted, NewPassword, NextStep, SignUp, SignedUp};
use axum::Json;
use axum::extract::State;
use http::StatusCode;
use services::passwords::{self, Asked};
use services::sign_ups::{self, NewSignUp, Next};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::Api;
use crate::asker::Comer;
use crate::body::Body;
use crate::problem::Refusal;

pub fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(sign_up))
        .routes(routes!(verify_email))
        .routes(routes!(resend))
        .routes(routes!(forgot))
        .routes(routes!(reset))
}

/// Makes an account, where the server lets people do that. Whether the address is another account's is not told; its owner
/// gets a mail.
#[utoipa::path(post, path = "/auth/sign-up", tag = "Accounts", security(()), request_body = SignUp,
    responses((status = 202, description = "The account is made, and opens after the next step.", body = SignedUp)))]
async fn sign_up(
    State(api): State<Api>,
    comer: Comer,
    Body(sent): Body<SignUp>,
) -> Result<(StatusCode, Json<SignedUp>), Refusal> {
    let new = NewSignUp {
        name: sent.user_name,
        email: sent.email,
        password: sent.password,
        display_name: sent.display_name.unwrap_or_default(),
        invitation: sent.invitation,
    };
    let next = sign_ups::sign_up(&api.backends, &comer.visit(), new).await?;
    Ok((StatusCode::ACCEPTED, wire(next)))
}

/// Shows, by the token of a link, that an address is its account's. A link works once.
#[utoipa::path(post, path = "/auth/verify-email", tag = "Accounts", security(()), request_body = LinkToken,
    responses((status = 200, description = "The address counts.", body = SignedUp)))]
async fn verify_email(
    State(api): State<Api>,
    comer: Comer,
    Body(sent): Body<LinkToken>,
) -> Result<Json<SignedUp>, Refusal> {
    Ok(wire(sign_ups::verify_email(&api.backends, &comer.visit(), &sent.token).await?))
}

/// Sends the link that verifies an address once more, if somebody signed up with it. The answer is always the same.
#[utoipa::path(post, path = "/auth/verify-email/resend", operation_id = "resend_verification", tag = "Accounts", security(()), request_body = LinkWanted,
    responses((status = 202, description = "If there is such an account, a mail is under way.")))]
async fn resend(
    State(api): State<Api>,
    comer: Comer,
    Body(sent): Body<LinkWanted>,
) -> Result<StatusCode, Refusal> {
    passwords::ask(&api.backends, comer.visit().now, Asked::VerifyEmail, &sent.email).await?;
    Ok(StatusCode::ACCEPTED)
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

fn wire(next: Next) -> Json<SignedUp> {
    let next = match next {
        Next::VerifyEmail => NextStep::VerifyEmail,
        Next::Approval => NextStep::Approval,
        Next::LogIn => NextStep::LogIn,
    };
    Json(SignedUp { next })
}
