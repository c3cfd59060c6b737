//! The catalogue of errors.

use api_types::problem::ErrorCode;
use axum::Json;
use domain::Code;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::Api;

pub fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(list))
}

/// Every code that an error may have, and what it means.
#[utoipa::path(get, path = "/errors", operation_id = "list_errors", tag = "About", security(()),
    responses((status = 200, description = "The codes.", body = Vec<ErrorCode>)))]
async fn list() -> Json<Vec<ErrorCode>> {
    let explained =
        |code: &Code| ErrorCode { code: code.as_str().to_owned(), meaning: code.meaning().trim().to_owned() };
    Json(Code::ALL.iter().map(explained).collect())
}
