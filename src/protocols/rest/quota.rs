//! What the caller may store and stores.

use api_types::file::QuotaUse;
use axum::Json;
use axum::extract::State;
use domain::NodePath;
use services::files;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::Api;
use crate::asker::Asker;
use crate::problem::Refusal;

pub fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(show))
}

/// Shows what the caller's own drive may hold and holds.
#[utoipa::path(get, path = "/me/quota", operation_id = "get_quota", tag = "Files",
    responses((status = 200, description = "In bytes.", body = QuotaUse)))]
async fn show(State(api): State<Api>, Asker(caller): Asker) -> Result<Json<QuotaUse>, Refusal> {
    let quota = files::look(&caller, &api.backends, &NodePath::root()).await?.quota();
    Ok(Json(QuotaUse {
        used_bytes: quota.used_bytes,
        reserved_bytes: quota.reserved_bytes,
        limit_bytes: quota.limit_bytes,
        available_bytes: quota.available_bytes(),
    }))
}
