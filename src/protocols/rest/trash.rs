//! What was removed: listed, restored, and purged.

use api_types::List;
use api_types::file::{ChangeEntry, Entry};
use api_types::folder::{EntryParams, TrashOrderParams, TrashParams};
use api_types::trash::{Emptied, Restore, TrashEntry};
use axum::Json;
use axum::extract::State;
use domain::{Conditions, Error, NodeKey, ProjectId};
use http::StatusCode;
use services::files;
use services::trash;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::api::Api;
use crate::asker::Asker;
use crate::body::Body;
use crate::conditions::IfMatch;
use crate::entries::{self, Shown};
use crate::files::destination;
use crate::params::{Ids, Params};
use crate::problem::Refusal;

pub fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(list, empty)).routes(routes!(purge)).routes(routes!(restore))
}

/// Lists what was removed from the caller's own drive, or from a project.
#[utoipa::path(get, path = "/trash", operation_id = "list_trash", tag = "Trash", params(TrashParams, TrashOrderParams, EntryParams),
    responses((status = 200, description = "A page of it.", body = List<TrashEntry>)))]
async fn list(
    State(api): State<Api>,
    Asker(caller): Asker,
    Params(whose): Params<TrashParams>,
    Params(order): Params<TrashOrderParams>,
    Params(params): Params<EntryParams>,
) -> Result<Json<List<TrashEntry>>, Refusal> {
    let request = entries::list_request(&params, order.order.as_deref(), &NodeKey::IN_TRASH)?;
    let project = whose.project.map(ProjectId);
    let page = trash::page(&caller, &api.backends, project, &request).await?;
    let wire = |removed: trash::Entry| TrashEntry {
        entry: entries::entry(&removed.node, Some(removed.folder), project),
        removed_at: removed.removal.at.into(),
        origin: removed.removal.origin.to_string(),
    };
    Ok(Json(List::from(page.map(wire))))
}

/// Purges everything in the trash for good.
#[utoipa::path(delete, path = "/trash", operation_id = "empty_trash", tag = "Trash", params(TrashParams),
    responses((status = 200, description = "It is empty.", body = Emptied)))]
async fn empty(
    State(api): State<Api>,
    Asker(caller): Asker,
    Params(whose): Params<TrashParams>,
) -> Result<Json<Emptied>, Refusal> {
    let purged = trash::empty_tree(&caller, &api.backends, whose.project.map(ProjectId)).await?;
    Ok(Json(Emptied { purged }))
}

/// Purges an entry for good.
#[utoipa::path(delete, path = "/trash/{id}", operation_id = "purge_trash_entry", tag = "Trash", params(("id" = Uuid, Path)),
    responses((status = 204, description = "It is gone.")))]
async fn purge(
    State(api): State<Api>,
    Asker(caller): Asker,
    Ids(id): Ids<Uuid>,
    IfMatch(wanted): IfMatch,
) -> Result<StatusCode, Refusal> {
    let (caller, backends) = (&caller, &api.backends);
    let conditions = &Conditions { node: Some(id), ..entries::if_match(wanted) };
    let done = files::at(caller, backends, id, |found| async move {
        match found.is_trashed {
            true => trash::purge(caller, backends, &found.path, conditions).await,
            false => Err(Error::NotFound("This is not in the trash.".into())),
        }
    });
    done.await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Restores an entry: to the folder it was in, or to another one.
#[utoipa::path(post, path = "/trash/{id}/restore", operation_id = "restore_trash_entry", tag = "Trash", params(("id" = Uuid, Path)),
    request_body = Restore,
    responses((status = 200, description = "What was restored.", body = Entry)))]
async fn restore(
    State(api): State<Api>,
    Asker(caller): Asker,
    Ids(id): Ids<Uuid>,
    IfMatch(wanted): IfMatch,
    Body(sent): Body<Restore>,
) -> Result<Shown, Refusal> {
    let Restore { name, folder, on_conflict } = sent;
    let to = destination(&api, &caller, ChangeEntry { name, folder, on_conflict }).await?;
    files::restore(&caller, &api.backends, id, &to, &entries::if_match(wanted)).await?;
    Ok(Shown(files::find(&caller, &api.backends, id).await?))
}
