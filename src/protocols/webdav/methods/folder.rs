//! GET and HEAD of a folder: a sentence for whoever opens the drive in a browser.

use axum::body::Body;
use axum::response::Response;
use http::HeaderValue;
use http::header::CONTENT_TYPE;

const SENTENCE: &str =
    "This is a folder of a Larder drive. Mount it with a WebDAV client to see what is in it.\n";

/// The answer; clients that only try whether the drive is there are content with its 200.
pub fn answer() -> Response {
    let mut answer = Response::new(Body::from(SENTENCE));
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    answer
}
