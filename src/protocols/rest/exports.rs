//! Taking along everything of one's own.

use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use http::Method;
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use services::users::{self, Export};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::Api;
use crate::asker::Asker;
use crate::problem::{Refusal, not_allowed};

/// How much of an archive is in memory at once.
const PART_BYTES: usize = 64 * 1024;

pub fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(export))
}

/// Gives you everything of yours as a ZIP archive, made while you read it: your files as they are now, and what is known
/// of your account, app passwords, organizations, projects and deeds.
#[utoipa::path(get, path = "/me/export", operation_id = "export_me", tag = "Me",
    responses((status = 200, description = "The archive.", body = String, content_type = "application/zip")))]
async fn export(State(api): State<Api>, method: Method, Asker(caller): Asker) -> Result<Response, Refusal> {
    // Nothing is known of an archive before it is made.
    if method != Method::GET {
        return Err(not_allowed().await);
    }
    let export = users::export(&caller, &api.backends).await?;
    let headers = [
        (CONTENT_TYPE, "application/zip"),
        (CONTENT_DISPOSITION, "attachment; filename=\"larder-export.zip\""),
    ];
    Ok((headers, Body::from_stream(parts(export))).into_response())
}

/// An error breaks the connection off, so that nobody takes a part for the whole.
fn parts(export: Export) -> impl stream::Stream<Item = Result<bytes::Bytes, domain::Error>> {
    stream::try_unfold(export, |mut export| async {
        let part = export.read(PART_BYTES).await.inspect_err(gate::log_once)?;
        Ok((!part.is_empty()).then_some((part, export)))
    })
}
