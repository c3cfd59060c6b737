//! Files: what is known of them, their content, and moving, copying and removing them.

use api_types::file::{
    Bytes, ChangeEntry, DownloadParams, Entry, RemoveParams, UploadForm, UploadOutcomes, UploadParams,
};
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::response::{IntoResponse, Response};
use domain::Caller;
use gate::Origin;
use http::{Extensions, HeaderMap, Method, StatusCode};
use services::files::{self, Destination, Found};
use services::trash;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::api::Api;
use crate::asker::Asker;
use crate::body::Body;
use crate::conditions::IfMatch;
use crate::content;
use crate::entries::{self, Made, Shown, as_file};
use crate::params::{Ids, Params};
use crate::problem::Refusal;
use crate::uploads;

pub fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(upload))
        .routes(routes!(show, change, remove))
        .routes(routes!(download, write))
        .routes(routes!(copy))
        // Files are as large as they are.
        .layer(DefaultBodyLimit::disable())
}

/// Uploads a file, or several in a form.
///
/// The body is the file itself, of whatever length and type, with `name` in the question; or a form
/// (`multipart/form-data`) with any number of files, of which each is stored by itself: where one is refused, those
/// before and after it are stored all the same, and the answer lists what became of each.
///
/// Everything that can be refused is refused before the body is read. `Repr-Digest`, `Content-Digest` and `Digest` are
/// compared with what came.
#[utoipa::path(post, path = "/files", operation_id = "upload_file", tag = "Files", params(UploadParams),
    request_body(content((Bytes = "application/octet-stream"), (UploadForm = "multipart/form-data"))),
    responses((status = 201, description = "The file is stored.", body = Entry),
        (status = 200, description = "What became of each file of a form.", body = UploadOutcomes)))]
async fn upload(
    State(api): State<Api>,
    Asker(caller): Asker,
    Params(params): Params<UploadParams>,
    request: Request,
) -> Result<Response, Refusal> {
    uploads::receive(&api, caller, params, request).await
}

/// Shows what is known of a file.
#[utoipa::path(get, path = "/files/{id}", operation_id = "get_file", tag = "Files", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The file.", body = Entry)))]
async fn show(State(api): State<Api>, Asker(caller): Asker, Ids(id): Ids<Uuid>) -> Result<Shown, Refusal> {
    Ok(Shown(entries::file(&caller, &api.backends, id).await?))
}

/// Renames or moves a file.
#[utoipa::path(patch, path = "/files/{id}", operation_id = "change_file", tag = "Files", params(("id" = Uuid, Path)), request_body = ChangeEntry,
    responses((status = 200, description = "The file as it is now.", body = Entry)))]
async fn change(
    State(api): State<Api>,
    Asker(caller): Asker,
    Ids(id): Ids<Uuid>,
    IfMatch(wanted): IfMatch,
    Body(sent): Body<ChangeEntry>,
) -> Result<Shown, Refusal> {
    as_file(files::find(&caller, &api.backends, id).await?)?;
    let to = destination(&api, &caller, sent).await?;
    files::relocate_to(&caller, &api.backends, id, &to, &entries::if_match(wanted)).await?;
    Ok(Shown(files::find(&caller, &api.backends, id).await?))
}

/// Removes a file: into the trash or, with `permanent=true`, for good.
#[utoipa::path(delete, path = "/files/{id}", operation_id = "remove_file", tag = "Files", params(("id" = Uuid, Path), RemoveParams),
    responses((status = 204, description = "The file is gone.")))]
async fn remove(
    State(api): State<Api>,
    Asker(caller): Asker,
    Ids(id): Ids<Uuid>,
    Params(params): Params<RemoveParams>,
    IfMatch(wanted): IfMatch,
) -> Result<StatusCode, Refusal> {
    let conditions = entries::if_match(wanted);
    let is_permanent = params.permanent.unwrap_or(false);
    removed(&api, &caller, (id, as_file), &conditions, is_permanent).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Copies a file: beside itself, or into a folder. No byte is uploaded again.
#[utoipa::path(post, path = "/files/{id}/copy", operation_id = "copy_file", tag = "Files", params(("id" = Uuid, Path)), request_body = ChangeEntry,
    responses((status = 201, description = "The copy.", body = Entry)))]
async fn copy(
    State(api): State<Api>,
    Asker(caller): Asker,
    Ids(id): Ids<Uuid>,
    IfMatch(wanted): IfMatch,
    Body(sent): Body<ChangeEntry>,
) -> Result<Made, Refusal> {
    as_file(files::find(&caller, &api.backends, id).await?)?;
    copied(&api, &caller, id, sent, &entries::if_match(wanted)).await
}

/// Downloads the content of a file, whole or the part that `Range` asks for.
#[utoipa::path(get, path = "/files/{id}/content", operation_id = "download_file", tag = "Files", params(("id" = Uuid, Path), DownloadParams),
    responses((status = 200, description = "The content.", body = Bytes, content_type = "*/*"),
        (status = 206, description = "A part of it.", body = Bytes, content_type = "*/*"), (status = 302, description = "It is at the file store."),
        (status = 304, description = "The client has it already.")))]
async fn download(
    State(api): State<Api>,
    Asker(caller): Asker,
    Ids(id): Ids<Uuid>,
    Params(params): Params<DownloadParams>,
    method: Method,
    headers: HeaderMap,
    extensions: Extensions,
) -> Result<Response, Refusal> {
    let found = entries::file(&caller, &api.backends, id).await?;
    let asked = content::Asked { file: found.node, path: found.path };
    let wanted = content::Wanted { method: &method, headers: &headers };
    if content::may_redirect(params.redirect, &wanted)
        && let Some(server) = extensions.get::<Origin>()
        && let Some(answer) = content::redirect(&api, &caller, &asked, server, &wanted).await?
    {
        return Ok(answer);
    }
    content::answer(&api, &caller, &asked, &wanted).await
}

/// Replaces the content of a file; what it had becomes an earlier version.
#[utoipa::path(put, path = "/files/{id}/content", operation_id = "write_file", tag = "Files", params(("id" = Uuid, Path)),
    request_body(content = Bytes, content_type = "application/octet-stream"),
    responses((status = 200, description = "The file as it is now.", body = Entry)))]
async fn write(
    State(api): State<Api>,
    Asker(caller): Asker,
    Ids(id): Ids<Uuid>,
    request: Request,
) -> Result<Response, Refusal> {
    uploads::replace(&api, caller, id, request).await.map(IntoResponse::into_response)
}

/// Where a request wants something to go.
pub async fn destination(api: &Api, caller: &Caller, sent: ChangeEntry) -> Result<Destination, Refusal> {
    let folder = match &sent.folder {
        Some(folder) => Some(entries::folder_id(caller, &api.backends, folder).await?),
        None => None,
    };
    Ok(Destination { folder, name: entries::name(sent.name)?, on_conflict: sent.on_conflict.into() })
}

/// Copies a file or folder.
pub async fn copied(
    api: &Api,
    caller: &Caller,
    id: Uuid,
    sent: ChangeEntry,
    conditions: &domain::Conditions,
) -> Result<Made, Refusal> {
    let to = destination(api, caller, sent).await?;
    let copy = files::copy_to(caller, &api.backends, id, &to, conditions).await?;
    Ok(Made(files::find(caller, &api.backends, copy).await?))
}

/// Removes a file or folder of the kind that is meant.
pub async fn removed(
    api: &Api,
    caller: &Caller,
    (id, as_kind): (Uuid, fn(Found) -> domain::Result<Found>),
    conditions: &domain::Conditions,
    is_permanent: bool,
) -> Result<(), Refusal> {
    let backends = &api.backends;
    let done = files::at(caller, backends, id, |found| async move {
        let found = as_kind(found)?;
        let conditions = domain::Conditions { node: Some(id), ..conditions.clone() };
        match is_permanent {
            true => trash::purge(caller, backends, &found.path, &conditions).await,
            false => files::remove(caller, backends, &found.path, &conditions).await,
        }
    });
    Ok(done.await?)
}
