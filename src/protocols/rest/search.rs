//! Finding files and folders by name.

use api_types::List;
use api_types::file::Entry;
use api_types::folder::{EntryOrderParams, EntryParams, SearchParams};
use axum::Json;
use axum::extract::State;
use domain::{NodeKey, ProjectId};
use services::files::{self, Scope};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::Api;
use crate::asker::Asker;
use crate::entries;
use crate::params::Params;
use crate::problem::Refusal;

pub fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(search))
}

/// Finds files and folders by a part of their names, at any depth; not in the trash.
#[utoipa::path(get, path = "/search", tag = "Files", params(SearchParams, EntryOrderParams, EntryParams),
    responses((status = 200, description = "A page of what was found.", body = List<Entry>)))]
async fn search(
    State(api): State<Api>,
    Asker(caller): Asker,
    Params(wanted): Params<SearchParams>,
    Params(order): Params<EntryOrderParams>,
    Params(params): Params<EntryParams>,
) -> Result<Json<List<Entry>>, Refusal> {
    let request = entries::list_request(&params, order.order.as_deref(), &NodeKey::IN_FOLDERS)?;
    let scope = match wanted.folder {
        Some(folder) => Scope::Folder(folder),
        None => Scope::Tree(wanted.project.map(ProjectId)),
    };
    let page = files::search_by_name(&caller, &api.backends, scope, &wanted.q, &request).await?;
    Ok(Json(List::from(page.map(|listed| entries::listed(&listed)))))
}
