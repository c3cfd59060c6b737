//! Answers that several nouns give.

use axum::response::{IntoResponse, Response};
use domain::{Error, Version};
use http::header::{CONTENT_TYPE, ETAG, LOCATION};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde::Serialize;

use crate::PREFIX;
use crate::conditions::digest;
use crate::problem::Refusal;

/// Something with the ETag of its version and of what is shown of it: what a project holds, or what whoever asks is there,
/// changes without it.
pub struct Tagged<T>(pub Version, pub T);

impl<T: Serialize> IntoResponse for Tagged<T> {
    fn into_response(self) -> Response {
        shown(StatusCode::OK, self.0, &self.1)
    }
}

/// Something that was made, at a path of the API such as `/projects/…`.
pub struct Created<T> {
    /// Where it is from now on.
    pub path: String,
    /// How often it has changed.
    pub version: Version,
    /// What it is like.
    pub made: T,
}

impl<T: Serialize> IntoResponse for Created<T> {
    fn into_response(self) -> Response {
        let mut answer = shown(StatusCode::CREATED, self.version, &self.made);
        set(answer.headers_mut(), LOCATION, &format!("{PREFIX}{}", self.path));
        answer
    }
}

fn shown(status: StatusCode, version: Version, what: &impl Serialize) -> Response {
    let bytes = match serde_json::to_vec(what) {
        Ok(bytes) => bytes,
        Err(error) => return Refusal::from(Error::internal(error)).into_response(),
    };
    let tag = version.etag_with(&digest(&bytes));
    let mut answer = (status, bytes).into_response();
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    set(answer.headers_mut(), ETAG, tag.as_str());
    answer
}

/// Writes a header.
pub fn set(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    // Tags and identities are in ASCII.
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}
