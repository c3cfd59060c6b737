//! Earlier contents of a file.

use api_types::List;
use api_types::file::{Bytes, Entry};
use api_types::version::FileVersion;
use axum::Json;
use axum::extract::State;
use axum::response::Response;
use domain::{Conditions, Seq};
use http::{HeaderMap, Method};
use services::files;
use services::versions::{self, Earlier};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::api::Api;
use crate::asker::Asker;
use crate::conditions::IfMatch;
use crate::content::{self, Wanted};
use crate::entries::{self, Shown, as_file};
use crate::params::Ids;
use crate::problem::Refusal;

pub fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(download)).routes(routes!(restore))
}

/// Lists the contents that are kept of a file, the current one first.
#[utoipa::path(get, path = "/files/{id}/versions", operation_id = "list_versions", tag = "Versions", params(("id" = Uuid, Path)),
    responses((status = 200, description = "All of them.", body = List<FileVersion>)))]
async fn list(
    State(api): State<Api>,
    Asker(caller): Asker,
    Ids(id): Ids<Uuid>,
) -> Result<Json<List<FileVersion>>, Refusal> {
    let file = entries::file(&caller, &api.backends, id).await?.node;
    let kept = versions::of(&caller, &api.backends, &file).await?;
    // Settings say how many are kept, so there is no second page.
    let entries = kept.iter().rev().map(wire).collect();
    Ok(Json(List { entries, next: None, total: None }))
}

/// Downloads an earlier content of a file, whole or the part that `Range` asks for.
#[utoipa::path(get, path = "/files/{id}/versions/{version}/content", operation_id = "download_version", tag = "Versions",
    params(("id" = Uuid, Path), ("version" = i64, Path)),
    responses((status = 200, description = "The content.", body = Bytes, content_type = "*/*"),
        (status = 206, description = "A part of it.", body = Bytes, content_type = "*/*"),
        (status = 304, description = "The client has it already.")))]
async fn download(
    State(api): State<Api>,
    Asker(caller): Asker,
    Ids((id, version)): Ids<(Uuid, i64)>,
    method: Method,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let found = entries::file(&caller, &api.backends, id).await?;
    let then = versions::find(&caller, &api.backends, &found.node, Seq(version)).await?;
    let asked = content::Asked { file: then, path: found.path };
    content::answer(&api, &caller, &asked, &Wanted { method: &method, headers: &headers }).await
}

/// Gives a file an earlier content back, as a new version.
#[utoipa::path(post, path = "/files/{id}/versions/{version}/restore", operation_id = "restore_version", tag = "Versions",
    params(("id" = Uuid, Path), ("version" = i64, Path)),
    responses((status = 200, description = "The file as it is now.", body = Entry)))]
async fn restore(
    State(api): State<Api>,
    Asker(caller): Asker,
    Ids((id, version)): Ids<(Uuid, i64)>,
    IfMatch(wanted): IfMatch,
) -> Result<Shown, Refusal> {
    let (caller, backends) = (&caller, &api.backends);
    let conditions = &Conditions { node: Some(id), ..entries::if_match(wanted) };
    let done = files::at(caller, backends, id, |found| async move {
        let path = as_file(found)?.path;
        versions::restore(caller, backends, &path, Earlier::Version(Seq(version)), conditions).await
    });
    done.await?;
    Ok(Shown(files::find(caller, backends, id).await?))
}

fn wire(version: &versions::Version) -> FileVersion {
    FileVersion {
        id: version.seq.0,
        created_at: version.from.into(),
        replaced_at: version.until.map(Into::into),
        size_bytes: version.size_bytes,
        sha256: version.sha256.hex(),
        by: version.by.as_str().to_owned(),
    }
}
