//! Sending the content of a file: whole or in part, if the client does not have it already.

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use domain::{Caller, Conditions, Error, Node, NodePath, Standing};
use futures_util::{Stream, StreamExt, TryStreamExt, stream};
use gate::Origin;
use gate::headers::dates::{http_date, read_http_date};
use gate::headers::{self, Part};
use http::header::{
    ACCEPT_RANGES, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_RANGE,
    CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, IF_NONE_MATCH, IF_RANGE, LAST_MODIFIED, LOCATION, RANGE,
    REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use services::files::{self, Download, media_type};

use crate::answers::set;
use crate::api::Api;
use crate::problem::Refusal;

/// How much of a file is sent at once, as over WebDAV.
const READ_BYTES: usize = 128 * 1024;

/// What stands for itself in a name in a header (RFC 8187 §3.2.1).
const IN_NAME: &AsciiSet = &NON_ALPHANUMERIC.remove(b'.').remove(b'-').remove(b'_').remove(b'~');

/// A file whose content is asked for.
pub struct Asked {
    /// The file; of an earlier content, as it was then.
    pub file: Node,
    /// Where it is.
    pub path: NodePath,
}

/// What a client wants of a content.
#[derive(Clone, Copy)]
pub struct Wanted<'a> {
    /// `GET` or `HEAD`.
    pub method: &'a Method,
    /// Under which conditions, and which part of it.
    pub headers: &'a HeaderMap,
}

/// Sends a content that the caller may see.
pub async fn answer(
    api: &Api,
    caller: &Caller,
    asked: &Asked,
    wanted: &Wanted<'_>,
) -> Result<Response, Refusal> {
    let file = &asked.file;
    let mut answer = Response::new(Body::empty());
    describe(answer.headers_mut(), file);
    if is_known(caller, file, wanted)? {
        *answer.status_mut() = StatusCode::NOT_MODIFIED;
        answer.headers_mut().remove(CONTENT_TYPE);
        return Ok(answer);
    }
    let size_bytes = file.size_bytes();
    let range = headers::single_range(wanted.headers).filter(|_| is_for_this(file, wanted.headers));
    let (start, end) = match headers::part(range.as_ref(), size_bytes) {
        Part::Whole => (0, size_bytes),
        Part::From(start, end) => {
            *answer.status_mut() = StatusCode::PARTIAL_CONTENT;
            set(answer.headers_mut(), CONTENT_RANGE, &format!("bytes {start}-{}/{size_bytes}", end - 1));
            (start, end)
        }
        Part::Beyond => {
            let error =
                Error::Invalid(format!("This file has {size_bytes} bytes; there is no such part.").into());
            let refused = Refusal::with_status(error, StatusCode::RANGE_NOT_SATISFIABLE);
            let mut answer = axum::response::IntoResponse::into_response(refused);
            set(answer.headers_mut(), CONTENT_RANGE, &format!("bytes */{size_bytes}"));
            return Ok(answer);
        }
    };
    if headers::wants_sha256(wanted.headers)
        && let Some(digest) = file.sha256().and_then(headers::repr_digest)
    {
        answer.headers_mut().insert(headers::REPR_DIGEST, digest);
    }
    answer.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(end - start));
    if *wanted.method == Method::GET {
        *answer.body_mut() = body(api, caller, asked, start, end).await?;
    }
    Ok(answer)
}

/// The bytes of a part, of which the first are there: a store that does not answer is said by the status.
async fn body(api: &Api, caller: &Caller, asked: &Asked, start: u64, end: u64) -> Result<Body, Error> {
    if start == end {
        return Ok(Body::empty());
    }
    let mut download = Download::open(caller, &api.backends, &asked.path, &asked.file).await?;
    download.seek(start);
    download.expect_until(end);
    let mut left = end - start;
    let first = piece(&mut download, &mut left).await?;
    let rest = stream::try_unfold((download, left), |(mut download, mut left)| async move {
        if left == 0 {
            return Ok(None);
        }
        let piece = piece(&mut download, &mut left).await?;
        Ok(Some((piece, (download, left))))
    });
    // The headers are gone: the log says what happened, and the connection breaks off.
    Ok(Body::from_stream(behind(first, rest.inspect_err(|error: &Error| gate::log_once(error)))))
}

fn behind(
    first: Bytes,
    rest: impl Stream<Item = Result<Bytes, Error>> + Send + 'static,
) -> impl Stream<Item = std::io::Result<Bytes>> + Send + 'static {
    let first = stream::once(std::future::ready(Ok(first)));
    first.chain(rest).map_err(std::io::Error::other)
}

async fn piece(download: &mut Download, left: &mut u64) -> Result<Bytes, Error> {
    let wanted = usize::try_from(*left).unwrap_or(usize::MAX).min(READ_BYTES);
    let piece = download.read(wanted).await?;
    if piece.is_empty() {
        return Err(Error::internal("a file ended before its length"));
    }
    *left -= piece.len() as u64;
    Ok(piece)
}

fn describe(headers: &mut HeaderMap, file: &Node) {
    let kind = HeaderValue::from_str(&media_type(file));
    headers.insert(CONTENT_TYPE, kind.unwrap_or(HeaderValue::from_static("application/octet-stream")));
    set(headers, ETAG, file.etag().as_str());
    set(headers, LAST_MODIFIED, &http_date(file.modified_at));
    let name = utf8_percent_encode(file.name.as_str(), IN_NAME);
    set(headers, CONTENT_DISPOSITION, &format!("attachment; filename*=UTF-8''{name}"));
    headers.insert(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    // A page somebody uploaded must not run as a page of this server.
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static("sandbox"));
}

/// Whether the client has the content already.
///
/// # Errors
/// [`Stale`](Error::Stale) when it wants another one.
fn is_known(caller: &Caller, file: &Node, wanted: &Wanted<'_>) -> Result<bool, Error> {
    let sent = headers::conditions(wanted.headers);
    let standing = Standing { node: Some(file), ..Standing::default() };
    let tags = sent.if_none_match.clone();
    Conditions { if_none_match: None, ..sent }.judge(caller.user, &standing, |_| None)?;
    Ok(match tags {
        Some(tags) => tags.holds(Some(&file.etag())),
        None => headers::is_known(wanted.headers, file, caller.now),
    })
}

/// Whether a range is meant of the content that the file has now (RFC 9110 §13.1.5).
fn is_for_this(file: &Node, sent: &HeaderMap) -> bool {
    let Some(sent) = sent.get(IF_RANGE).map(|sent| sent.to_str().unwrap_or_default()) else { return true };
    let has_tag = domain::ETag::parse(sent).is_some_and(|tag| tag == file.etag());
    has_tag || read_http_date(sent).is_some_and(|date| date.seconds() == file.modified_at.seconds())
}

/// Whether a client wants to be sent to the file store: it says so, or it is a browser that opens the address, which takes
/// no credential along.
pub fn may_redirect(asked: Option<bool>, wanted: &Wanted<'_>) -> bool {
    let mode = wanted.headers.get(HeaderName::from_static("sec-fetch-mode"));
    let is_opened = mode.is_some_and(|mode| mode == "navigate");
    *wanted.method == Method::GET && asked.unwrap_or(is_opened)
}

/// Sends the client to the file store, if the file is one for that and the store is none that the client would show its
/// credential to. Conditions are judged here: the store knows other tags.
pub async fn redirect(
    api: &Api,
    caller: &Caller,
    asked: &Asked,
    server: &Origin,
    wanted: &Wanted<'_>,
) -> Result<Option<Response>, Refusal> {
    let file = &asked.file;
    let has_own = [IF_NONE_MATCH, IF_RANGE].iter().any(|name| wanted.headers.contains_key(name));
    if (has_own && wanted.headers.contains_key(RANGE)) || is_known(caller, file, wanted)? {
        return Ok(None);
    }
    let public = api.backends.origin.as_deref().and_then(|url| url.parse::<Uri>().ok());
    let address = files::redirect(caller, &api.backends, &asked.path, file).await?;
    let Some(address) = address.filter(|address| gate::is_elsewhere(server, public.as_ref(), address)) else {
        return Ok(None);
    };
    let mut answer = Response::new(Body::empty());
    *answer.status_mut() = StatusCode::FOUND;
    set(answer.headers_mut(), LOCATION, &address);
    // Whoever knows the address can read the file.
    set(answer.headers_mut(), CACHE_CONTROL, "no-store");
    set(answer.headers_mut(), REFERRER_POLICY, "no-referrer");
    Ok(Some(answer))
}
