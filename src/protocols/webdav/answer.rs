//! Answers of this door.

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use domain::{Error, Result};
use futures_util::{Stream, StreamExt, TryStreamExt};
use http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderValue, StatusCode};

use crate::client::Client;
use crate::methods::options;
use crate::xml::error_body;

/// What XML answers are declared as; the quotes are what Apache sends and every client has seen.
pub const XML: HeaderValue = HeaderValue::from_static("application/xml; charset=\"utf-8\"");

/// An error, with what WebDAV wants to know of it beyond the domain's words.
#[derive(Debug)]
pub struct Refusal {
    error: Error,
    status: StatusCode,
    condition: Option<&'static str>,
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        let condition = match &error {
            // RFC 4918 §16
            Error::Locked(_) => Some("lock-token-submitted"),
            // RFC 4331 §6
            Error::QuotaExceeded(_) => Some("quota-not-exceeded"),
            Error::OutOfSpace(_) => Some("sufficient-disk-space"),
            _ => None,
        };
        Self { status: gate::status(&error), error, condition }
    }
}

impl Refusal {
    /// An error that has another status here than at other doors.
    pub fn with_status(error: Error, status: StatusCode) -> Self {
        Self { status, ..Self::from(error) }
    }

    /// Names the precondition that failed (RFC 4918 §16).
    pub fn naming(mut self, condition: &'static str) -> Self {
        self.condition = Some(condition);
        self
    }

    /// The answer: a `DAV:error` body that says in a sentence what is wrong, and the error itself as an extension for
    /// whoever looks on. It is logged here, once.
    pub fn answer(self, client: Client) -> Response {
        gate::log_once(&self.error);
        let body = error_body(client, self.condition, self.error.message().user());
        let mut answer = Response::new(Body::from(body));
        *answer.status_mut() = self.status;
        let headers = answer.headers_mut();
        headers.insert(CONTENT_TYPE, XML);
        if let Some(wait) = gate::retry_after(&self.error) {
            headers.insert(RETRY_AFTER, wait);
        }
        if self.status == StatusCode::UNAUTHORIZED {
            let (name, value) = gate::challenge();
            headers.insert(name, value);
        }
        if self.status == StatusCode::METHOD_NOT_ALLOWED {
            // RFC 9110 §15.5.6
            headers.insert(ALLOW, options::ALLOWED);
        }
        if self.status == StatusCode::NOT_FOUND {
            // Windows remembers for up to a minute, and regardless of case, that something was not there.
            headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        }
        answer.extensions_mut().insert(self.error);
        answer
    }
}

/// An answer without a body.
pub fn empty(status: StatusCode) -> Response {
    let mut answer = Response::new(Body::empty());
    *answer.status_mut() = status;
    answer
}

/// An answer with an XML body whose first piece is there; each of the others is made while those before it are on
/// their way.
pub fn in_pieces(
    status: StatusCode,
    first: Bytes,
    rest: impl Stream<Item = Result<Bytes>> + Send + 'static,
) -> Response {
    let first = futures_util::stream::once(std::future::ready(Ok(first)));
    // The headers are gone: the log says what happened, and the connection breaks off.
    let pieces = first.chain(rest).map_err(std::io::Error::other);
    xml(status, Body::from_stream(pieces))
}

/// An answer with an XML body.
pub fn xml(status: StatusCode, body: impl Into<Body>) -> Response {
    let mut answer = Response::new(body.into());
    *answer.status_mut() = status;
    answer.headers_mut().insert(CONTENT_TYPE, XML);
    answer
}
