//! Files and folders in the words of the wire, and back.

use api_types::file::{Entry, EntryKind};
use api_types::folder::EntryParams;
use axum::Json;
use axum::response::{IntoResponse, Response};
use domain::{
    Caller, Conditions, ETagMatch, Error, Node, NodeFilter, NodeKey, NodeName, NodeOrder, ProjectId,
};
use http::StatusCode;
use http::header::{ETAG, LOCATION};
use services::Backends;
use services::files::{self, Found, ListRequest, Listed, media_type};
use uuid::Uuid;

use crate::PREFIX;
use crate::answers::set;

/// A file or folder on the wire.
pub fn entry(node: &Node, folder: Option<Uuid>, project: Option<ProjectId>) -> Entry {
    let of_file = !node.is_folder();
    Entry {
        id: node.uuid,
        kind: if of_file { EntryKind::File } else { EntryKind::Folder },
        name: node.name.as_str().to_owned(),
        folder,
        project: project.map(|project| project.0),
        size_bytes: of_file.then(|| node.size_bytes()),
        media_type: of_file.then(|| media_type(node).into_owned()),
        sha256: node.sha256().map(|digest| digest.hex()),
        content_etag: of_file.then(|| node.etag().to_string()),
        created_at: node.created_at.into(),
        modified_at: node.modified_at.into(),
    }
}

/// Something that was found, on the wire.
pub fn found(found: &Found) -> Entry {
    entry(&found.node, found.folder.as_ref().map(|folder| folder.uuid), found.project)
}

/// Something in a list, on the wire.
pub fn listed(listed: &Listed) -> Entry {
    entry(&listed.node, listed.folder, listed.project)
}

/// A file or folder with its ETag.
pub struct Shown(pub Found);

impl IntoResponse for Shown {
    fn into_response(self) -> Response {
        let mut answer = Json(found(&self.0)).into_response();
        set(answer.headers_mut(), ETAG, self.0.node.state_etag().as_str());
        answer
    }
}

/// A file or folder that was made.
pub struct Made(pub Found);

impl IntoResponse for Made {
    fn into_response(self) -> Response {
        let kind = if self.0.node.is_folder() { "folders" } else { "files" };
        let address = format!("{PREFIX}/{kind}/{}", self.0.node.uuid);
        let mut answer = Shown(self.0).into_response();
        *answer.status_mut() = StatusCode::CREATED;
        set(answer.headers_mut(), LOCATION, &address);
        answer
    }
}

/// The folder that a caller means by its identity, or by `home`.
pub async fn folder_id(caller: &Caller, backends: &Backends, sent: &str) -> Result<Uuid, Error> {
    match sent {
        "home" => files::home(caller, backends).await,
        sent => Uuid::parse_str(sent)
            .map_err(|_| Error::NotFound("There is no such folder: it is a UUID, or `home`.".into())),
    }
}

/// A file that is in no trash.
pub async fn file(caller: &Caller, backends: &Backends, id: Uuid) -> Result<Found, Error> {
    as_file(files::find(caller, backends, id).await?)
}

/// Refuses what is no file, or in the trash.
pub fn as_file(found: Found) -> Result<Found, Error> {
    match found.node.is_folder() {
        false => found.live(),
        true => Err(Error::NotFound("This is a folder; ask for it at /folders.".into())),
    }
}

/// A folder that is in no trash.
pub fn as_folder(found: Found) -> Result<Found, Error> {
    match found.node.is_folder() {
        true => found.live(),
        false => Err(Error::NotFound("This is a file; ask for it at /files.".into())),
    }
}

/// A name as a client spelled it.
pub fn name(sent: Option<String>) -> Result<Option<NodeName>, Error> {
    sent.as_deref().map(NodeName::parse).transpose()
}

/// What a caller expects of something it changes.
pub fn if_match(wanted: Option<ETagMatch>) -> Conditions {
    Conditions { if_match: wanted, ..Conditions::default() }
}

/// Which files and folders are listed, and how.
pub fn list_request(
    params: &EntryParams,
    order: Option<&str>,
    keys: &[NodeKey],
) -> Result<ListRequest, Error> {
    let order = order.map(|order| NodeOrder::parse(order, keys)).transpose()?;
    let filter = match params.kind {
        None => NodeFilter::All,
        Some(EntryKind::File) => NodeFilter::Files,
        Some(EntryKind::Folder) => NodeFilter::Folders,
    };
    Ok(ListRequest { filter, order: order.unwrap_or_default(), page: params.page().page()? })
}
