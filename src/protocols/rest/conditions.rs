//! ETags of what is read, and what a caller expects of what it changes (RFC 9110 §13).

use std::convert::Infallible;

use axum::body::{Body, to_bytes};
use axum::extract::{FromRequestParts, Request};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use domain::{ETag, ETagMatch, Error, Version};
use gate::headers::etags;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, ETAG, IF_MATCH, IF_NONE_MATCH};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use sha2::{Digest, Sha256};

use crate::problem::Refusal;

/// The tags that something must have to be changed; none for any.
pub struct IfMatch(pub Option<ETagMatch>);

impl<S: Send + Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self(match etags(&parts.headers, &IF_MATCH) {
            // What else was shown is nothing that a change could undo.
            Some(ETagMatch::OneOf(tags)) => {
                Some(ETagMatch::OneOf(tags.into_iter().map(Version::tag_alone).collect()))
            }
            any => any,
        }))
    }
}

/// Answers 304 for what the caller has already. What has no tag of its own, as lists, gets one from its bytes.
pub async fn answer_conditionally(request: Request, next: Next) -> Response {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return next.run(request).await;
    }
    let known = etags(request.headers(), &IF_NONE_MATCH);
    let answer = next.run(request).await;
    if answer.status() != StatusCode::OK {
        return answer;
    }
    let answer = if is_untagged_json(answer.headers()) { tag(answer).await } else { answer };
    let tag = answer.headers().get(ETAG).and_then(|tag| tag.to_str().ok()).and_then(ETag::parse);
    match known.is_some_and(|known| known.holds(tag.as_ref())) {
        true => unchanged(answer),
        false => answer,
    }
}

fn unchanged(answer: Response) -> Response {
    let (mut parts, _) = answer.into_parts();
    parts.status = StatusCode::NOT_MODIFIED;
    parts.headers.remove(CONTENT_LENGTH);
    parts.headers.remove(CONTENT_TYPE);
    Response::from_parts(parts, Body::empty())
}

fn is_untagged_json(headers: &HeaderMap) -> bool {
    let is_json =
        headers.get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"application/json"));
    is_json && !headers.contains_key(ETAG)
}

/// Answers in JSON are whole in memory already.
async fn tag(answer: Response) -> Response {
    let (mut parts, body) = answer.into_parts();
    let Ok(bytes) = to_bytes(body, usize::MAX).await else {
        return Refusal::from(Error::internal("an answer in JSON broke off")).into_response();
    };
    if let Ok(tag) = HeaderValue::from_str(ETag::strong(&digest(&bytes)).as_str()) {
        parts.headers.insert(ETAG, tag);
    }
    Response::from_parts(parts, Body::from(bytes))
}

/// What tells an answer from others, in letters that an ETag takes.
pub fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}
