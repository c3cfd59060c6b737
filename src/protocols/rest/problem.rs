//! Errors as `application/problem+json` (RFC 9457).

use api_types::Problem;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use domain::{Code, Error, Message};
use http::header::{ALLOW, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderName, HeaderValue, StatusCode};

use crate::PREFIX;
use crate::api::Api;

const PROBLEM: HeaderValue = HeaderValue::from_static("application/problem+json");

/// A request that was refused.
#[derive(Debug)]
pub struct Refusal {
    error: Error,
    status: StatusCode,
}

impl Refusal {
    /// The status, the word and the sentence, for whoever puts them into an answer about several things.
    pub fn parts(self) -> (u16, String, String) {
        gate::log_once(&self.error);
        let code = self.error.code().as_str().to_owned();
        (self.status.as_u16(), code, self.error.message().user().to_owned())
    }

    /// With another status than its error has at this door.
    pub fn with_status(error: Error, status: StatusCode) -> Self {
        Self { error, status }
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        // Over WebDAV this is what MKCOL says.
        let status = match &error {
            Error::Exists(_) => StatusCode::CONFLICT,
            Error::NameTooLong(_) => StatusCode::BAD_REQUEST,
            // Over WebDAV the one is a precondition that failed, and the other is nobody's but this door's.
            Error::Stale(_) if matches!(error.code(), Code::NameTaken | Code::Moved) => StatusCode::CONFLICT,
            error => gate::status(error),
        };
        Self { error, status }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let Self { error, status } = self;
        gate::log_once(&error);
        let code = error.code();
        let problem = Problem {
            kind: format!("{PREFIX}/errors#{}", code.as_str()),
            title: code.meaning().trim().to_owned(),
            status: status.as_u16(),
            detail: error.message().user().to_owned(),
            code: code.as_str().to_owned(),
        };
        let mut answer = (status, axum::Json(problem)).into_response();
        let headers = answer.headers_mut();
        headers.insert(CONTENT_TYPE, PROBLEM);
        if let Some(wait) = gate::retry_after(&error) {
            headers.insert(RETRY_AFTER, wait);
        }
        if status == StatusCode::UNAUTHORIZED {
            let (name, value) = challenge(code);
            headers.insert(name, value);
        }
        answer.extensions_mut().insert(error);
        answer
    }
}

/// What a request without a good credential is asked for (RFC 6750 §3). Not `Basic`: browsers would ask for a password
/// in a window of their own.
fn challenge(code: Code) -> (HeaderName, HeaderValue) {
    let value = match code {
        Code::Unauthenticated => r#"Bearer realm="Larder""#,
        _ => r#"Bearer realm="Larder", error="invalid_token""#,
    };
    (WWW_AUTHENTICATE, HeaderValue::from_static(value))
}

/// A request of which one part needs another that is not there.
pub fn incomplete(sentence: &'static str) -> Error {
    Error::Invalid(Message::coded(Code::Incomplete, sentence))
}

/// Where no route is.
pub async fn nowhere() -> Refusal {
    Error::NotFound("There is nothing at this address; /api/v1/openapi.json lists what there is.".into())
        .into()
}

/// Where a route is, for other methods.
pub async fn not_allowed() -> Refusal {
    let sentence = "This address does not know that method; the header `Allow` lists those it knows.";
    let error = Error::Unsupported(Message::coded(Code::MethodNotAllowed, sentence));
    Refusal::with_status(error, StatusCode::METHOD_NOT_ALLOWED)
}

/// Sees to what all answers have in common: nobody on the way keeps them, and nobody takes them for a page.
pub async fn complete(State(_): State<Api>, request: Request, next: Next) -> Response {
    let mut answer = next.run(request).await;
    let headers = answer.headers_mut();
    let entry = |name, value| (name, HeaderValue::from_static(value));
    for (name, value) in [
        entry(http::header::CACHE_CONTROL, "private, no-cache"),
        entry(http::header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ] {
        headers.entry(name).or_insert(value);
    }
    if answer.status() != StatusCode::METHOD_NOT_ALLOWED {
        answer.headers_mut().remove(ALLOW);
    }
    answer
}
