//! Folders: what is in them, and making, moving, copying and removing them.

use api_types::List;
use api_types::file::{ChangeEntry, Entry, RemoveParams};
use api_types::folder::{EntryOrderParams, EntryParams, NewFolder};
use axum::Json;
use axum::extract::State;
use domain::{Caller, Conditions, NodeKey};
use http::StatusCode;
use services::files::{self, Found, Target};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::api::Api;
use crate::asker::Asker;
use crate::body::Body;
use crate::conditions::IfMatch;
use crate::entries::{self, Made, Shown, as_folder};
use crate::files::{copied, destination, removed};
use crate::params::{Ids, Params};
use crate::problem::Refusal;

pub fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(create))
        .routes(routes!(show, change, remove))
        .routes(routes!(children))
        .routes(routes!(copy))
}

/// Makes a folder.
#[utoipa::path(post, path = "/folders", operation_id = "create_folder", tag = "Folders", request_body = NewFolder,
    responses((status = 201, description = "The folder.", body = Entry)))]
async fn create(
    State(api): State<Api>,
    Asker(caller): Asker,
    Body(sent): Body<NewFolder>,
) -> Result<Made, Refusal> {
    let (caller, backends) = (&caller, &api.backends);
    let parent = entries::folder_id(caller, backends, &sent.parent).await?;
    let (name, on_conflict) = (&domain::NodeName::parse(&sent.name)?, sent.on_conflict.into());
    let made = files::at(caller, backends, parent, |found| async move {
        let path = found.folder()?.path.join(name.clone());
        let to = Target { path, on_conflict, folder: Some(parent) };
        files::create_folder(caller, backends, &to, &Conditions::default()).await
    });
    Ok(Made(files::find(caller, backends, made.await?).await?))
}

/// Shows what is known of a folder. `home` is the top of the caller's own drive.
#[utoipa::path(get, path = "/folders/{id}", operation_id = "get_folder", tag = "Folders", params(("id" = String, Path)),
    responses((status = 200, description = "The folder.", body = Entry)))]
async fn show(State(api): State<Api>, Asker(caller): Asker, Ids(id): Ids<String>) -> Result<Shown, Refusal> {
    Ok(Shown(folder(&api, &caller, &id).await?))
}

/// Lists what is in a folder.
#[utoipa::path(get, path = "/folders/{id}/children", operation_id = "list_folder", tag = "Folders", params(("id" = String, Path), EntryOrderParams, EntryParams),
    responses((status = 200, description = "A page of them.", body = List<Entry>)))]
async fn children(
    State(api): State<Api>,
    Asker(caller): Asker,
    Ids(id): Ids<String>,
    Params(order): Params<EntryOrderParams>,
    Params(params): Params<EntryParams>,
) -> Result<Json<List<Entry>>, Refusal> {
    let request = entries::list_request(&params, order.order.as_deref(), &NodeKey::IN_FOLDERS)?;
    let id = entries::folder_id(&caller, &api.backends, &id).await?;
    let page = files::children(&caller, &api.backends, id, &request).await?;
    Ok(Json(List::from(page.map(|listed| entries::listed(&listed)))))
}

/// Renames or moves a folder.
#[utoipa::path(patch, path = "/folders/{id}", operation_id = "change_folder", tag = "Folders", params(("id" = String, Path)),
    request_body = ChangeEntry,
    responses((status = 200, description = "The folder as it is now.", body = Entry)))]
async fn change(
    State(api): State<Api>,
    Asker(caller): Asker,
    Ids(id): Ids<String>,
    IfMatch(wanted): IfMatch,
    Body(sent): Body<ChangeEntry>,
) -> Result<Shown, Refusal> {
    let id = folder(&api, &caller, &id).await?.node.uuid;
    let to = destination(&api, &caller, sent).await?;
    files::relocate_to(&caller, &api.backends, id, &to, &entries::if_match(wanted)).await?;
    Ok(Shown(files::find(&caller, &api.backends, id).await?))
}

/// Removes a folder with everything in it: into the trash or, with `permanent=true`, for good.
#[utoipa::path(delete, path = "/folders/{id}", operation_id = "remove_folder", tag = "Folders", params(("id" = String, Path), RemoveParams),
    responses((status = 204, description = "The folder is gone.")))]
async fn remove(
    State(api): State<Api>,
    Asker(caller): Asker,
    Ids(id): Ids<String>,
    Params(params): Params<RemoveParams>,
    IfMatch(wanted): IfMatch,
) -> Result<StatusCode, Refusal> {
    let id = entries::folder_id(&caller, &api.backends, &id).await?;
    let conditions = entries::if_match(wanted);
    let is_permanent = params.permanent.unwrap_or(false);
    removed(&api, &caller, (id, as_folder), &conditions, is_permanent).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Copies a folder with everything in it: beside itself, or into another one.
#[utoipa::path(post, path = "/folders/{id}/copy", operation_id = "copy_folder", tag = "Folders", params(("id" = String, Path)),
    request_body = ChangeEntry,
    responses((status = 201, description = "The copy.", body = Entry)))]
async fn copy(
    State(api): State<Api>,
    Asker(caller): Asker,
    Ids(id): Ids<String>,
    IfMatch(wanted): IfMatch,
    Body(sent): Body<ChangeEntry>,
) -> Result<Made, Refusal> {
    let id = folder(&api, &caller, &id).await?.node.uuid;
    copied(&api, &caller, id, sent, &entries::if_match(wanted)).await
}

async fn folder(api: &Api, caller: &Caller, id: &str) -> Result<Found, Refusal> {
    let id: Uuid = entries::folder_id(caller, &api.backends, id).await?;
    Ok(as_folder(files::find(caller, &api.backends, id).await?)?)
}
