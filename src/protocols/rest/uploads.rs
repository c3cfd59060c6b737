//! Receiving files: bodies that are one file, and forms with several. Nothing of them is held but the piece at hand.

use api_types::file::{UploadOutcome, UploadOutcomes, UploadParams};
use axum::Json;
use axum::body::Body;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use domain::{Caller, Conditions, Error, NodeName, NodeTimes, OnConflict, Once};
use futures_util::{Stream, StreamExt, TryStreamExt};
use gate::headers;
use http::header::{CONTENT_LENGTH, CONTENT_RANGE};
use http::{HeaderMap, StatusCode};
use services::files::{self, Found, Upload, UploadRequest, Uploaded};
use services::limits::Class;
use uuid::Uuid;

use crate::api::Api;
use crate::entries::{self, Made, Shown, as_file};
use crate::forms::{Form, Part, is_form};
use crate::problem::{Refusal, incomplete};

/// How many files one form may have.
const FILES_MAX: usize = 1_000;

/// Receives a file, or the files of a form, into a folder.
pub async fn receive(
    api: &Api,
    caller: Caller,
    params: UploadParams,
    request: Request,
) -> Result<Response, Refusal> {
    caller.may_write()?;
    let folder = params.folder.as_deref().unwrap_or("home");
    let folder = entries::folder_id(&caller, &api.backends, folder).await?;
    let place = Place {
        folder,
        on_conflict: params.on_conflict.unwrap_or_default().into(),
        times: NodeTimes { created_at: None, modified_at: params.modified_at.map(|time| time.0) },
    };
    if is_form(request.headers()) {
        return Ok(Json(form(api, &caller, &place, request).await?).into_response());
    }
    let name = params.name.ok_or_else(|| incomplete("Say the name of the file by `name=…`."))?;
    let name = NodeName::parse(&name)?;
    let (parts, body) = request.into_parts();
    let upload = place.begin(api, &caller, &name, &parts.headers).await?;
    let uploaded = store(upload, body.into_data_stream().map_err(|_| broken_off())).await?;
    Ok(Made(files::find(&caller, &api.backends, uploaded.uuid).await?).into_response())
}

/// Receives another content of a file.
pub async fn replace(api: &Api, caller: Caller, id: Uuid, request: Request) -> Result<Shown, Refusal> {
    caller.may_write()?;
    let (parts, body) = request.into_parts();
    let (sent, caller, backends) = (&parts.headers, &caller, &api.backends);
    let begun = files::at(caller, backends, id, |found| async move {
        let path = as_file(found)?.path;
        let conditions = Conditions { node: Some(id), ..headers::conditions(sent) };
        let replacing = upload_request(sent, path, OnConflict::Replace, NodeTimes::default(), conditions)?;
        files::upload(caller, backends, replacing).await
    });
    store(begun.await?, body.into_data_stream().map_err(|_| broken_off())).await?;
    Ok(Shown(files::find(caller, backends, id).await?))
}

/// Where files go.
struct Place {
    folder: Uuid,
    on_conflict: OnConflict,
    times: NodeTimes,
}

impl Place {
    /// Refuses what can be refused before the first byte.
    async fn begin(
        &self,
        api: &Api,
        caller: &Caller,
        name: &NodeName,
        sent: &HeaderMap,
    ) -> Result<Upload, Error> {
        files::at(caller, &api.backends, self.folder, |found: Found| async move {
            let path = found.folder()?.path.join(name.clone());
            let conditions = Conditions { folder: Some(self.folder), ..Conditions::default() };
            let request = upload_request(sent, path, self.on_conflict, self.times, conditions)?;
            files::upload(caller, &api.backends, request).await
        })
        .await
    }
}

fn upload_request(
    sent: &HeaderMap,
    path: domain::NodePath,
    on_conflict: OnConflict,
    times: NodeTimes,
    conditions: Conditions,
) -> Result<UploadRequest, Error> {
    if sent.contains_key(CONTENT_RANGE) {
        // Taking a part for the whole would cut the file (RFC 9110 §14.4).
        return Err(Error::Invalid("Files cannot be uploaded in parts by Content-Range.".into()));
    }
    let declared_bytes = sent.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    let checksums = headers::checksums(sent)?;
    Ok(UploadRequest { path, declared_bytes, times, checksums, on_conflict, conditions })
}

async fn store(
    mut upload: Upload,
    body: impl Stream<Item = Result<Bytes, Error>>,
) -> Result<Uploaded, Error> {
    let mut body = std::pin::pin!(body);
    while let Some(piece) = body.next().await {
        upload.write(piece?).await?;
    }
    upload.finish().await
}

fn broken_off() -> Error {
    Error::Invalid("The request broke off or is not complete; nothing was changed.".into())
}

/// Stores each file of a form by itself, and goes on behind one that is refused.
async fn form(
    api: &Api,
    caller: &Caller,
    place: &Place,
    request: Request<Body>,
) -> Result<UploadOutcomes, Refusal> {
    // Nothing is read for a folder that cannot take anything.
    files::find(caller, &api.backends, place.folder).await?.folder()?;
    let (sent, body) = request.into_parts();
    let mut form = Form::read(Request::from_parts(sent.clone(), body)).await?;
    let mut outcomes = Vec::new();
    while let Some(mut part) = form.next().await? {
        if let Some(name) = part.file_name().map(str::to_owned) {
            if outcomes.len() == FILES_MAX {
                let sentence = format!("A form may have at most {FILES_MAX} files; those before are stored.");
                return Err(Error::TooLarge(sentence.into()).into());
            }
            // The first was counted when the request came.
            let counted = match outcomes.len() {
                0 => Ok(()),
                _ => api.limits.admit(&sent, Class::Upload, Some(caller)).await,
            };
            let stored = match counted {
                Ok(()) => one(api, &numbered(caller, outcomes.len()), place, &name, &mut part).await,
                Err(refused) => Err(refused),
            };
            outcomes.push(outcome(name, stored));
        }
        part.skip().await?;
    }
    match outcomes.is_empty() {
        true => Err(incomplete("There is no file in this form; a file is a part with a `filename`.").into()),
        false => Ok(UploadOutcomes { outcomes }),
    }
}

async fn one(
    api: &Api,
    caller: &Caller,
    place: &Place,
    name: &str,
    part: &mut Part<'_>,
) -> Result<Found, Error> {
    let name = NodeName::parse(name)?;
    let upload = place.begin(api, caller, &name, part.headers()).await?;
    let uploaded = store(upload, part).await?;
    files::find(caller, &api.backends, uploaded.uuid).await
}

/// The same caller, who makes something else under the same key for each file of a form.
fn numbered(caller: &Caller, at: usize) -> Caller {
    let once = caller.once.as_ref();
    let once = once.map(|once| Once { key: format!("{}/{at}", once.key), fingerprint: once.fingerprint });
    Caller { once, ..caller.clone() }
}

fn outcome(name: String, stored: Result<Found, Error>) -> UploadOutcome {
    match stored {
        Ok(found) => UploadOutcome {
            name,
            status: StatusCode::CREATED.as_u16(),
            file: Some(entries::found(&found)),
            code: None,
            detail: None,
        },
        Err(error) => {
            let (status, code, detail) = Refusal::from(error).parts();
            UploadOutcome { name, status, file: None, code: Some(code), detail: Some(detail) }
        }
    }
}
