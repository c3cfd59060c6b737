//! `Idempotency-Key`: what is asked for under one key happens once (draft-ietf-httpapi-idempotency-key-header).

use axum::body::Body;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use domain::{Error, KEY_BYTES_MAX, Once};
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, Method};
use sha2::{Digest, Sha256};

use crate::problem::Refusal;
use crate::{body, forms};

const KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// Notes the key of a request that makes something, with a fingerprint of what it asks for: the bytes of its JSON, or
/// length and type of a body that is streamed. A form is another text each time it is sent, by its boundary: of it only
/// counts that it is one.
pub async fn note_key(request: Request, next: Next) -> Response {
    if *request.method() != Method::POST || !request.headers().contains_key(&KEY) {
        return next.run(request).await;
    }
    match noted(request).await {
        Ok(request) => next.run(request).await,
        Err(error) => Refusal::from(error).into_response(),
    }
}

async fn noted(request: Request) -> Result<Request, Error> {
    let key = read(request.headers())?;
    let (mut parts, body) = request.into_parts();
    let mut digest = Sha256::new();
    let mut add = |part: &[u8]| {
        digest.update(part.len().to_le_bytes());
        digest.update(part);
    };
    add(parts.method.as_str().as_bytes());
    add(parts.uri.to_string().as_bytes());
    let body = if body::is_json(&parts.headers) {
        let bytes = body::read(body).await?;
        add(&bytes);
        Body::from(bytes)
    } else if forms::is_form(&parts.headers) {
        add(b"form");
        body
    } else {
        add(header(&parts.headers, &CONTENT_TYPE));
        add(header(&parts.headers, &CONTENT_LENGTH));
        body
    };
    parts.extensions.insert(Once { key, fingerprint: digest.finalize().into() });
    Ok(Request::from_parts(parts, body))
}

/// The key, with or without the quotes of a structured field.
fn read(headers: &HeaderMap) -> Result<String, Error> {
    let invalid = || {
        let text =
            format!("`Idempotency-Key` is one text of 1 to {KEY_BYTES_MAX} printable letters of ASCII.");
        Error::Invalid(text.into())
    };
    let mut lines = headers.get_all(&KEY).iter();
    let (Some(line), None) = (lines.next(), lines.next()) else { return Err(invalid()) };
    let text = line.to_str().map_err(|_| invalid())?.trim();
    let key = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text);
    let is_one = !key.is_empty() && !key.contains(['"', '\t']);
    match is_one && text.len() <= KEY_BYTES_MAX {
        true => Ok(key.to_owned()),
        false => Err(invalid()),
    }
}

fn header<'a>(headers: &'a HeaderMap, name: &HeaderName) -> &'a [u8] {
    headers.get(name).map_or(b"", |value| value.as_bytes())
}
