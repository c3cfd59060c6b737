//! OPTIONS: what this door can do, told to anybody (RFC 4918 §10.1, RFC 9110 §9.3.7).
//!
//! Finder and Windows ask without credentials and give up on anything but 200, on every path.

use axum::response::Response;
use http::header::{ACCEPT_RANGES, ALLOW, CONTENT_LENGTH};
use http::{HeaderName, HeaderValue, StatusCode};

use crate::answer;

/// The methods this door knows.
pub const ALLOWED: HeaderValue = HeaderValue::from_static(
    "OPTIONS, GET, HEAD, PUT, DELETE, MKCOL, COPY, MOVE, PROPFIND, PROPPATCH, REPORT, LOCK, UNLOCK",
);

/// The answer, the same for every path.
pub fn answer() -> Response {
    let mut answer = answer::empty(StatusCode::OK);
    let headers = answer.headers_mut();
    headers.insert(HeaderName::from_static("dav"), HeaderValue::from_static("1, 2, 3"));
    // Windows and Office look for this before they believe in WebDAV ([MS-WDVSE] 2.2.2).
    headers.insert(HeaderName::from_static("ms-author-via"), HeaderValue::from_static("DAV"));
    headers.insert(ALLOW, ALLOWED);
    headers.insert(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    headers.insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
    answer
}
