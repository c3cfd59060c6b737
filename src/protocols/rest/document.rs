//! The description of the API (OpenAPI 3.1), generated from the routes, and the page to try it out.

mod examples;
mod headers;
mod operation;
mod refusals;

use axum::Router;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::routing::get;
use http::{HeaderValue, Method};
use utoipa::openapi::path::Operation;
use utoipa::openapi::security::{Http, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{ComponentsBuilder, InfoBuilder, LicenseBuilder, OpenApi, OpenApiBuilder, PathItem};
use utoipa::{PartialSchema, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_swagger_ui::{Config, SwaggerUi};

use api_types::Problem;

use crate::PREFIX;
use crate::api::Api;

/// Where the description is.
const DOCUMENT: &str = "/api/v1/openapi.json";
/// Where the page is.
const PAGE: &str = "/api/docs";

const ABOUT: &str = "\
    Everything about files, people, organizations, projects and tasks.\n\n\
    Log in at `/auth/log-in` and send the access token as `Authorization: Bearer …`. Routes about files also take an app \
    password, as `Basic`.\n\n\
    **Lists** come in pages: send `next` as `cursor` until it is null. **ETags** stand with every answer; `If-None-Match` \
    saves reading again, `If-Match` keeps you from overwriting what somebody else has changed. A POST that makes \
    something takes an `Idempotency-Key`: sent again under the same key it is carried out once. **Errors** are \
    `application/problem+json` with a stable `code`; `/errors` lists them all.";

/// The routes, and their description with what all of them have in common.
pub fn complete(nouns: OpenApiRouter<Api>) -> (Router<Api>, OpenApi) {
    let (routes, described) = nouns.split_for_parts();
    let info = InfoBuilder::new()
        .title("Larder")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(ABOUT))
        .license(Some(LicenseBuilder::new().name("MIT").identifier(Some("MIT")).build()))
        .build();
    let components = ComponentsBuilder::from(described.components.unwrap_or_default());
    let components = headers::of_requests()
        .fold(components, |components, (name, header)| components.parameter(name, header));
    let components =
        headers::of_answers().fold(components, |components, (name, header)| components.header(name, header));
    let components = components
        .schema(Problem::name(), Problem::schema())
        .responses_from_iter(refusals::all())
        .security_scheme(operation::SESSION, SecurityScheme::Http(bearer()))
        .security_scheme(operation::APP_PASSWORD, SecurityScheme::Http(Http::new(HttpAuthScheme::Basic)))
        .build();
    let mut paths = described.paths;
    for (path, item) in &mut paths.paths {
        for (method, operation) in operations(item) {
            operation::complete(method, path, operation);
            examples::add(operation, &components.schemas);
        }
    }
    let document = OpenApiBuilder::new()
        .info(info)
        .paths(paths)
        .components(Some(components))
        .servers(Some([utoipa::openapi::Server::new(PREFIX)]))
        .build();
    (routes, document)
}

/// Serves the description, and the page, which brings along all it needs.
pub fn router(document: OpenApi) -> Router {
    let text = document.to_json().unwrap_or_default();
    let serve = move || {
        let kind = (CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let fresh = (CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        let answer = ([kind, fresh], text.clone());
        async move { answer }
    };
    let page = SwaggerUi::new(PAGE).config(Config::from(DOCUMENT).try_it_out_enabled(true));
    Router::new().route(DOCUMENT, get(serve)).merge(page)
}

fn bearer() -> Http {
    HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").build()
}

fn operations(path: &mut PathItem) -> impl Iterator<Item = (Method, &mut Operation)> {
    let methods = [
        (Method::GET, &mut path.get),
        (Method::PUT, &mut path.put),
        (Method::POST, &mut path.post),
        (Method::DELETE, &mut path.delete),
        (Method::PATCH, &mut path.patch),
    ];
    methods.into_iter().filter_map(|(method, operation)| Some((method, operation.as_mut()?)))
}
