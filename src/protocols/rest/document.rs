//! The description of the API (OpenAPI 3.1), generated from the routes, and the page to try it out.

use axum::Router;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::routing::get;
use http::HeaderValue;
use utoipa::openapi::path::Operation;
use utoipa::openapi::security::{Http, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{
    ComponentsBuilder, ContentBuilder, InfoBuilder, LicenseBuilder, OpenApi, OpenApiBuilder, Ref, RefOr,
    Response, ResponseBuilder,
};
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
    let components = ComponentsBuilder::from(described.components.unwrap_or_default())
        .schema(Problem::name(), Problem::schema())
        .security_scheme("session", SecurityScheme::Http(bearer()))
        .security_scheme("app_password", SecurityScheme::Http(Http::new(HttpAuthScheme::Basic)))
        .build();
    let mut document = OpenApiBuilder::new()
        .info(info)
        .paths(described.paths)
        .components(Some(components))
        .servers(Some([utoipa::openapi::Server::new(PREFIX)]))
        .security(Some([requirement("session"), requirement("app_password")]))
        .build();
    for operation in document.paths.paths.values_mut().flat_map(operations) {
        add_errors(operation);
    }
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

fn requirement(scheme: &str) -> SecurityRequirement {
    SecurityRequirement::new(scheme, Vec::<String>::new())
}

fn operations(path: &mut utoipa::openapi::PathItem) -> impl Iterator<Item = &mut Operation> {
    let methods =
        [&mut path.get, &mut path.put, &mut path.post, &mut path.delete, &mut path.patch, &mut path.head];
    methods.into_iter().filter_map(Option::as_mut)
}

/// Whatever goes wrong is told in one way.
fn add_errors(operation: &mut Operation) {
    let problem = || RefOr::T(problem_response("Refused; `code` says why."));
    operation.responses.responses.entry("default".to_owned()).or_insert_with(problem);
}

fn problem_response(description: &str) -> Response {
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name(Problem::name()))).build();
    ResponseBuilder::new().description(description).content("application/problem+json", content).build()
}
