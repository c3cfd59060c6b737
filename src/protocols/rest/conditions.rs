//! ETags of what is read, and what a caller expects of what it changes (RFC 9110 §13).

use axum::body::{Body, to_bytes};
use axum::extract::{FromRequestParts, Request};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use domain::{ETag, ETagMatch, Error};
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, ETAG, IF_MATCH, IF_NONE_MATCH};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use sha2::{Digest, Sha256};

use crate::problem::Refusal;

/// The tags that something must have to be changed; none for any.
pub struct IfMatch(pub Option<ETagMatch>);

impl<S: Send + Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        Ok(Self(tags(&parts.headers, IF_MATCH)?))
    }
}

/// Answers 304 for what the caller has already. What has no tag of its own, as lists, gets one from its bytes.
pub async fn answer_conditionally(request: Request, next: Next) -> Response {
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    if !reads {
        return next.run(request).await;
    }
    let known = match tags(request.headers(), IF_NONE_MATCH) {
        Ok(known) => known,
        Err(error) => return Refusal::from(error).into_response(),
    };
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
    let digest = Sha256::digest(&bytes);
    let text: String = digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    if let Ok(tag) = HeaderValue::from_str(ETag::strong(&text).as_str()) {
        parts.headers.insert(ETAG, tag);
    }
    Response::from_parts(parts, Body::from(bytes))
}

/// The tags of a header, over however many lines.
fn tags(headers: &HeaderMap, name: HeaderName) -> Result<Option<ETagMatch>, Error> {
    let mut all = Vec::new();
    let lines = headers.get_all(&name);
    for line in &lines {
        let line = line.to_str().map_err(|_| unreadable(&name))?.trim();
        if line == "*" {
            return Ok(Some(ETagMatch::Any));
        }
        let mut rest = line;
        while !rest.is_empty() {
            let (tag, behind) = first_tag(rest).ok_or_else(|| unreadable(&name))?;
            all.push(tag);
            rest = behind;
        }
    }
    match (headers.contains_key(&name), all.is_empty()) {
        (true, true) => Err(unreadable(&name)),
        (is_sent, _) => Ok(is_sent.then_some(ETagMatch::OneOf(all))),
    }
}

/// The first tag of a list, and what stands behind it and its comma: there may be commas in a tag too.
fn first_tag(list: &str) -> Option<(ETag, &str)> {
    let begin = list.find('"')? + 1;
    let end = begin + list.get(begin..)?.find('"')? + 1;
    let (tag, behind) = list.split_at_checked(end)?;
    let behind = behind.trim_start();
    let rest = if behind.is_empty() { behind } else { behind.strip_prefix(',')? };
    Some((ETag::parse(tag)?, rest.trim_start()))
}

fn unreadable(name: &HeaderName) -> Error {
    Error::Invalid(format!("The header `{name}` holds something that is no entity tag.").into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(lines: &[&'static str]) -> Result<Option<ETagMatch>, Error> {
        let lines = lines.iter().map(|line| (IF_MATCH, HeaderValue::from_static(line)));
        tags(&lines.collect(), IF_MATCH)
    }

    #[test]
    fn tags_are_read_over_lines_and_with_commas_in_them() {
        let all =
            |opaque: &[&str]| Some(ETagMatch::OneOf(opaque.iter().map(|tag| ETag::strong(tag)).collect()));
        assert_eq!(read(&[]).unwrap(), None);
        assert_eq!(read(&[" * "]).unwrap(), Some(ETagMatch::Any));
        assert_eq!(read(&["\"a\"", "W/\"b,c\" ,\"\""]).unwrap(), all(&["a", "b,c", ""]));
    }

    #[test]
    fn what_is_no_list_of_tags_is_refused() {
        for wrong in ["", "a", "\"a", "\"a\" \"b\"", "\"a\"b", "x\"a\"", "\"a\", *"] {
            assert!(matches!(read(&[wrong]), Err(Error::Invalid(_))), "{wrong}");
        }
    }
}
