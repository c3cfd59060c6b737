//! Answers that several nouns give.

use axum::Json;
use axum::response::{IntoResponse, Response};
use domain::Version;
use http::header::{ETAG, LOCATION};
use http::{HeaderValue, StatusCode};
use serde::Serialize;

use crate::PREFIX;

/// Something with the ETag of its version.
pub struct Tagged<T>(pub Version, pub T);

impl<T: Serialize> IntoResponse for Tagged<T> {
    fn into_response(self) -> Response {
        let mut answer = Json(self.1).into_response();
        set(&mut answer, ETAG, self.0.etag().as_str());
        answer
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
        let mut answer = (StatusCode::CREATED, Json(self.made)).into_response();
        set(&mut answer, ETAG, self.version.etag().as_str());
        set(&mut answer, LOCATION, &format!("{PREFIX}{}", self.path));
        answer
    }
}

fn set(answer: &mut Response, name: http::HeaderName, value: &str) {
    // Tags and identities are in ASCII.
    if let Ok(value) = HeaderValue::from_str(value) {
        answer.headers_mut().insert(name, value);
    }
}
