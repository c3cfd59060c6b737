//! Signing up, and those who wait until an admin lets them in.

use api_types::account::{LinkToken, LinkWanted, NextStep, SignUp, SignedUp, WaitingUser};
use api_types::{List, ListParams};
use axum::Json;
use axum::extract::State;
use domain::UserId;
use http::StatusCode;
use services::passwords::{self, Asked};
use services::sign_ups::{self, NewSignUp, Next};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::api::Api;
use crate::asker::{Asker, Comer};
use crate::body::Body;
use crate::params::{Ids, Params};
use crate::problem::Refusal;

pub fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(sign_up))
        .routes(routes!(verify_email))
        .routes(routes!(resend))
        .routes(routes!(waiting))
        .routes(routes!(approve))
        .routes(routes!(refuse))
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

/// Lists those who have signed up and wait until an admin lets them in, who came first first.
#[utoipa::path(get, path = "/admin/sign-ups", operation_id = "list_sign_ups", tag = "Administration", params(ListParams),
    responses((status = 200, description = "A page of them.", body = List<WaitingUser>)))]
async fn waiting(
    State(api): State<Api>,
    Asker(caller): Asker,
    Params(params): Params<ListParams>,
) -> Result<Json<List<WaitingUser>>, Refusal> {
    Ok(Json(sign_ups::list(&caller, &api.backends, &params.page()?).await?.into()))
}

/// Lets somebody in who has signed up. They get a mail.
#[utoipa::path(post, path = "/admin/sign-ups/{id}/approve", operation_id = "approve_sign_up", tag = "Administration", params(("id" = Uuid, Path, description = "Who.")),
    responses((status = 200, description = "They can log in.", body = WaitingUser)))]
async fn approve(
    State(api): State<Api>,
    Asker(caller): Asker,
    Ids(id): Ids<Uuid>,
) -> Result<Json<WaitingUser>, Refusal> {
    Ok(Json(sign_ups::approve(&caller, &api.backends, UserId(id)).await?.into()))
}

/// Turns somebody away who has signed up: the account stays closed, and can be deleted as any other. They get a mail.
#[utoipa::path(post, path = "/admin/sign-ups/{id}/refuse", operation_id = "refuse_sign_up", tag = "Administration", params(("id" = Uuid, Path, description = "Who.")),
    responses((status = 204, description = "They do not come in.")))]
async fn refuse(
    State(api): State<Api>,
    Asker(caller): Asker,
    Ids(id): Ids<Uuid>,
) -> Result<StatusCode, Refusal> {
    sign_ups::refuse(&caller, &api.backends, UserId(id)).await?;
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
