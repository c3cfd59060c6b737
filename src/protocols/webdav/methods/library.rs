//! GET, HEAD, PUT, MKCOL, DELETE, COPY and MOVE: spoken by dav-server over a [`Desk`] made for the request.
//!
//! The library gets a request made anew from what was understood of the client's: the canonical path, and
//! of the headers only those it does right (docs/decisions/0002-dav-server.md). So `X-Litmus`, a foreign
//! Destination, many ranges or an `If` header never reach it.

use std::sync::Arc;

use axum::body::Body;
use axum::response::Response;
use dav_server::DavHandler;
use domain::{Error, Node, NodePath, OnConflict, Sha256, Timestamp};
use http::header::{
    CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, IF_MATCH, IF_MODIFIED_SINCE, IF_NONE_MATCH,
    IF_RANGE, IF_UNMODIFIED_SINCE, LAST_MODIFIED, RANGE, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode};
use http_body_util::BodyExt;
use services::files::{self, Placed, Target, Uploaded, media_type};

use super::begun::Begun;
use crate::answer::{self, Refusal};
use crate::desk::{Desk, Outcome, Task, laid_out};
use crate::headers::{self, Depth};
use crate::places;
use crate::visit::Visit;
use crate::xml::{encode_path, http_date};

/// How much of a file is sent at once. Larger pieces cost fewer system calls; this
/// much for each of 50 downloads still is little.
const READ_BYTES: usize = 128 * 1024;

const EXPECTED_LENGTH: HeaderName = HeaderName::from_static("x-expected-entity-length");

/// Sends a file, or what a HEAD wants of it.
pub async fn read(
    visit: Arc<Visit>,
    node: Node,
    method: Method,
    headers: &HeaderMap,
) -> Result<Response, Refusal> {
    let mut request = translate(&visit, method)?;
    let mut passed_on = vec![IF_MATCH, IF_NONE_MATCH, IF_UNMODIFIED_SINCE, IF_RANGE];
    if headers::is_known(headers, &node, visit.caller.now) {
        passed_on.push(IF_MODIFIED_SINCE);
    }
    for name in passed_on {
        if let Some(value) = headers.get(&name) {
            request.headers_mut().insert(name, headers::strong(value));
        }
    }
    let mut until = None;
    if let Some(range) = headers::single_range(headers) {
        until = headers::range_end(&range);
        request.headers_mut().insert(RANGE, range);
    }
    let shown_as = HeaderValue::from_str(&media_type(&node));
    let (modified_at, sha256) = (node.modified_at, node.sha256());
    let desk = Desk::new(visit, Task::Read(node, until));
    let mut answer = begun(&desk, run(&desk, request).await?).await?;
    if answer.headers().contains_key(LAST_MODIFIED) {
        // The library knows no time before 1970.
        stamp(answer.headers_mut(), modified_at);
    }
    if answer.status().is_success() {
        tell_digest(headers, sha256, answer.headers_mut());
        let headers = answer.headers_mut();
        headers
            .insert(CONTENT_TYPE, shown_as.unwrap_or(HeaderValue::from_static("application/octet-stream")));
        // A page somebody uploaded must not run as a page of this server.
        headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static("sandbox"));
    }
    Ok(answer)
}

/// Waits for the first bytes of an answer, so that a store that does not answer is said by the status.
async fn begun(desk: &Desk, answer: Response) -> Result<Response, Refusal> {
    let (head, mut body) = answer.into_parts();
    match body.frame().await {
        None => Ok(Response::from_parts(head, Body::empty())),
        Some(Ok(first)) => Ok(Response::from_parts(head, Body::new(Begun::new(first, body)))),
        Some(Err(error)) => match desk.outcome() {
            Outcome::Refused(refused) => Err(refused.into()),
            _ => Err(Error::internal(error).into()),
        },
    }
}

/// Names the SHA-256 of the whole file, also beside a part of it, if the client wants to know.
fn tell_digest(asked: &HeaderMap, sha256: Option<Sha256>, answer: &mut HeaderMap) {
    if headers::wants_sha256(asked)
        && let Some(digest) = sha256.and_then(headers::repr_digest)
    {
        answer.insert(headers::REPR_DIGEST, digest);
    }
}

/// Receives a file.
pub async fn write(visit: Arc<Visit>, headers: &HeaderMap, body: Body) -> Result<Response, Refusal> {
    if headers.contains_key(http::header::CONTENT_RANGE) {
        // Taking a part for the whole would cut the file (RFC 9110 §14.4).
        return Err(Error::Invalid("Files cannot be uploaded in parts by Content-Range.".into()).into());
    }
    let mut request = translate(&visit, Method::PUT)?.map(|_| body);
    if let Some(length) = announced(headers)? {
        request.headers_mut().insert(CONTENT_LENGTH, length.clone());
    }
    let times = headers::times(headers);
    let desk = Desk::new(visit, Task::Write(times, headers::checksums(headers)?));
    let answered = speak(&desk, request).await;
    let uploaded = match desk.outcome() {
        Outcome::Uploaded(uploaded) => uploaded,
        outcome => return finish(outcome, answered),
    };
    let mut answer = stored(&uploaded);
    headers::accept(times, answer.headers_mut());
    tell_digest(headers, Some(uploaded.sha256), answer.headers_mut());
    Ok(answer)
}

/// How long the body will be. Finder, which sends in chunks, says so by a header of its own; a proxy that
/// lost the chunks on the way gives itself away by another length.
fn announced(headers: &HeaderMap) -> Result<Option<&HeaderValue>, Refusal> {
    match (headers.get(CONTENT_LENGTH), headers.get(EXPECTED_LENGTH)) {
        (Some(length), Some(expected)) if length != expected => {
            Err(Error::Invalid("The length of this upload is announced in two ways that differ.".into())
                .into())
        }
        (length, expected) => Ok(length.or(expected)),
    }
}

/// Makes a folder.
pub async fn make_folder(visit: Arc<Visit>, body: Body) -> Result<Response, Refusal> {
    let request = translate(&visit, Method::from_bytes(b"MKCOL").map_err(Error::internal)?)?.map(|_| body);
    run(&Desk::new(visit, Task::MakeFolder), request).await
}

/// Puts a file or folder into the trash.
pub async fn remove(visit: Arc<Visit>, body: Body) -> Result<Response, Refusal> {
    let request = translate(&visit, Method::DELETE)?.map(|_| body);
    run(&Desk::new(visit, Task::Remove), request).await
}

/// Moves or copies.
pub async fn relocate(
    visit: Arc<Visit>,
    method: Method,
    headers: &HeaderMap,
    to: headers::Target,
    overwrite: bool,
    body: Body,
) -> Result<Response, Refusal> {
    let depth = headers::depth(headers)?.unwrap_or(Depth::Infinity);
    let moves = method.as_str() == "MOVE";
    places::of(&to.path).admit(&to.path, visit.place)?;
    if to.path == visit.path {
        return onto_itself(&visit, moves && !to.is_spelled(&visit.href)).await;
    }
    let on_conflict = if overwrite { OnConflict::Replace } else { OnConflict::Fail };
    let to = Target::new(to.path, on_conflict);
    let task = match depth {
        Depth::Infinity if moves => Task::Move(to.clone()),
        Depth::Zero | Depth::Infinity if !moves => Task::Copy(to.clone(), depth == Depth::Infinity),
        _ => {
            // RFC 4918 §9.8.3 and §9.9.2
            let sentence = "COPY goes with Depth 0 or infinity, MOVE with infinity only.";
            return Err(Error::Invalid(sentence.into()).into());
        }
    };
    let mut request = translate(&visit, method)?.map(|_| body);
    request.headers_mut().insert(HeaderName::from_static("destination"), spelled(&to.path)?);
    run(&Desk::new(visit, task), request).await
}

/// A name in another Unicode form is the same name: Finder, which writes NFD, may ask for such a rename, and
/// it is done before it begins. Anything else onto itself is refused (RFC 4918 §9.8.5, §9.9.4).
async fn onto_itself(visit: &Visit, respelled: bool) -> Result<Response, Refusal> {
    files::look(&visit.caller, &visit.backends, &visit.path).await?.get()?;
    match respelled {
        true => Ok(answer::empty(StatusCode::NO_CONTENT)),
        false => {
            Err(Error::Forbidden("Source and destination are the same; nothing was changed.".into()).into())
        }
    }
}

fn translate(visit: &Visit, method: Method) -> Result<Request<Body>, Error> {
    let mut request = Request::new(Body::empty());
    *request.method_mut() = method;
    *request.uri_mut() = encode_path(&laid_out(&visit.path)?).parse().map_err(Error::internal)?;
    Ok(request)
}

fn spelled(path: &NodePath) -> Result<HeaderValue, Error> {
    HeaderValue::from_str(&encode_path(&laid_out(path)?)).map_err(Error::internal)
}

async fn run(desk: &Desk, request: Request<Body>) -> Result<Response, Refusal> {
    let answered = speak(desk, request).await;
    finish(desk.outcome(), answered)
}

/// Lets the library speak.
async fn speak(desk: &Desk, request: Request<Body>) -> Response {
    let library =
        DavHandler::builder().filesystem(Box::new(desk.clone())).read_buf_size(READ_BYTES).build_handler();
    library.handle(request).await.map(Body::new)
}

/// Says in full what the library has no words for.
fn finish(outcome: Outcome, answered: Response) -> Result<Response, Refusal> {
    match outcome {
        Outcome::Refused(error) => Err(error.into()),
        Outcome::Placed(Placed::Created) => Ok(answer::empty(StatusCode::CREATED)),
        Outcome::Placed(Placed::Replaced) => Ok(answer::empty(StatusCode::NO_CONTENT)),
        Outcome::Uploaded(_) | Outcome::Nothing => worded(answered),
    }
}

fn stored(uploaded: &Uploaded) -> Response {
    let status = if uploaded.created { StatusCode::CREATED } else { StatusCode::NO_CONTENT };
    let mut answer = answer::empty(status);
    let headers = answer.headers_mut();
    if let Ok(etag) = HeaderValue::from_str(uploaded.etag.as_str()) {
        headers.insert(ETAG, etag);
    }
    stamp(headers, uploaded.modified_at);
    answer
}

fn stamp(headers: &mut HeaderMap, modified_at: Timestamp) {
    if let Ok(date) = HeaderValue::from_str(&http_date(modified_at)) {
        headers.insert(LAST_MODIFIED, date);
    }
}

/// What the library refuses by itself it refuses without a word.
fn worded(answer: Response) -> Result<Response, Refusal> {
    let error = match answer.status() {
        StatusCode::UNSUPPORTED_MEDIA_TYPE => "This method takes no body of this kind.",
        StatusCode::PAYLOAD_TOO_LARGE => "This method takes no body of this size.",
        StatusCode::CONFLICT => "The folder this should go into does not exist.",
        // The body of an upload ended early or stood still: the library takes that for a bad gateway.
        StatusCode::BAD_GATEWAY | StatusCode::GATEWAY_TIMEOUT | StatusCode::BAD_REQUEST => {
            let sentence = "The request broke off or is not complete; nothing was changed.";
            return Err(Error::Invalid(sentence.into()).into());
        }
        _ => return Ok(answer),
    };
    Err(Refusal::with_status(Error::Invalid(error.into()), answer.status()))
}
