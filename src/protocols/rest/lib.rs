//! Floor 3, the REST door: `/api/v1`, one file per noun.

mod answers;
mod api;
mod app_passwords;
mod asker;
mod audit;
mod batch;
mod body;
mod conditions;
mod content;
mod document;
mod entries;
mod errors;
mod exports;
mod files;
mod finish;
mod folders;
mod forms;
mod idempotency;
mod invitations;
mod limits;
mod me;
mod organization_invitations;
mod organizations;
mod params;
mod passwords;
mod problem;
mod project_members;
mod projects;
mod quota;
mod search;
mod sessions;
mod sign_ups;
mod tasks;
mod trash;
mod uploads;
mod users;
mod versions;

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
        .merge(me::router())
        .merge(app_passwords::router())
        .merge(sign_ups::router())
        .merge(invitations::router())
        .merge(passwords::router())
        .merge(sessions::router())
        .merge(errors::router())
        .merge(audit::router())
        .merge(projects::router())
        .merge(project_members::router())
        .merge(tasks::router())
        .merge(organizations::router())
        .merge(organization_invitations::router())
        .merge(users::router())
        .merge(exports::router())
        .merge(files::router())
        .merge(folders::router())
        .merge(versions::router())
        .merge(trash::router())
        .merge(search::router())
        .merge(quota::router())
        .merge(batch::router())
}

/// The API with its description and the page to try it out.
pub fn router(backends: Arc<Backends>) -> Router {
    let api = Api::new(backends);
    let (routes, document) = document::complete(nouns());
    let routes = routes
        .fallback(problem::nowhere)
        .method_not_allowed_fallback(problem::not_allowed)
        .layer(from_fn(finish::to_the_end))
        .layer(from_fn(conditions::answer_conditionally))
        .layer(from_fn(idempotency::note_key))
        .layer(from_fn(gate::tell_limits))
        .layer(from_fn_with_state(api.clone(), problem::complete))
        .with_state(api);
    Router::new().nest(PREFIX, routes).merge(document::router(document))
}
