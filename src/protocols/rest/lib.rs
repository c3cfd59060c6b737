//! Floor 3, the REST door: `/api/v1`, one file per noun.

mod answers;
mod api;
mod asker;
mod audit;
mod body;
mod conditions;
mod document;
mod errors;
mod exports;
mod idempotency;
mod limits;
mod params;
mod problem;
mod sessions;
mod users;

use std::sync::Arc;

use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use services::Backends;
use utoipa_axum::router::OpenApiRouter;

use api::Api;

/// Where the API is on the main address.
pub const PREFIX: &str = "/api/v1";

/// The nouns, each with its routes.
fn nouns() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .merge(sessions::router())
        .merge(errors::router())
        .merge(audit::router())
        .merge(users::router())
        .merge(exports::router())
}

/// The API with its description and the page to try it out.
pub fn router(backends: Arc<Backends>) -> Router {
    let api = Api::new(backends);
    let (routes, document) = document::complete(nouns());
    let routes = routes
        .fallback(problem::nowhere)
        .method_not_allowed_fallback(problem::not_allowed)
        .layer(from_fn(conditions::answer_conditionally))
        .layer(from_fn(idempotency::note_key))
        .layer(from_fn(gate::tell_limits))
        .layer(from_fn_with_state(api.clone(), problem::complete))
        .with_state(api);
    Router::new().nest(PREFIX, routes).merge(document::router(document))
}
