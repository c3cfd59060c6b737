//! The one table from the house's errors to HTTP.

use axum::response::{IntoResponse, Response};
use domain::Error;
use http::header::RETRY_AFTER;
use http::{HeaderValue, StatusCode};

use crate::credentials::challenge;

/// How long a client does well to wait for something that does not answer, in seconds.
const UNAVAILABLE_RETRY_SECONDS: u64 = 5;

/// The status an error has at every door. 503 stands only for what really is down: to Finder it means
/// that the file has vanished.
pub fn status(error: &Error) -> StatusCode {
    match error {
        Error::NotFound(_) => StatusCode::NOT_FOUND,
        // RFC 4918 §9.3.1 and §9.7.1
        Error::ParentMissing(_) => StatusCode::CONFLICT,
        Error::Forbidden(_) => StatusCode::FORBIDDEN,
        Error::Unauthenticated(_) => StatusCode::UNAUTHORIZED,
        Error::Invalid(_) => StatusCode::BAD_REQUEST,
        Error::NameTooLong(_) => StatusCode::URI_TOO_LONG,
        // What MKCOL answers on a taken name (RFC 4918 §9.3.1); COPY and MOVE with `Overwrite: F` say 412
        // (§9.8.5), which is for the door to know.
        Error::Exists(_) => StatusCode::METHOD_NOT_ALLOWED,
        Error::Stale(_) => StatusCode::PRECONDITION_FAILED,
        Error::Locked(_) => StatusCode::LOCKED,
        Error::QuotaExceeded(_) | Error::OutOfSpace(_) => StatusCode::INSUFFICIENT_STORAGE,
        Error::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
        Error::TooMany { .. } => StatusCode::TOO_MANY_REQUESTS,
        Error::Unsupported(_) => StatusCode::NOT_IMPLEMENTED,
        Error::Unavailable(_) | Error::Contended(_) => StatusCode::SERVICE_UNAVAILABLE,
        Error::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// When to try again, in whole seconds, for the errors that pass (RFC 9110 §10.2.3).
pub fn retry_after(error: &Error) -> Option<HeaderValue> {
    match error {
        Error::TooMany { retry_after, .. } => {
            Some(retry_after.as_secs() + u64::from(retry_after.subsec_nanos() > 0))
        }
        Error::Unavailable(_) | Error::Contended(_) => Some(UNAVAILABLE_RETRY_SECONDS),
        _ => None,
    }
    .map(|seconds| HeaderValue::from(seconds.max(1)))
}

/// An error as a short text, for where no door has words of its own. It is short because Finder reads
/// answers into 4096 bytes. The answer carries the error as an extension, for whoever looks on.
pub fn answer(error: &Error) -> Response {
    let mut answer = (status(error), format!("{}\n", error.message().user())).into_response();
    if let Some(wait) = retry_after(error) {
        answer.headers_mut().insert(RETRY_AFTER, wait);
    }
    if let Error::Unauthenticated(_) = error {
        let (name, value) = challenge();
        answer.headers_mut().insert(name, value);
    }
    answer.extensions_mut().insert(error.clone());
    answer
}

/// What a client hears while the house shuts down.
pub(crate) fn stopping() -> Error {
    Error::Unavailable("The server is stopping; try again in a moment.".into())
}

/// Writes an error to the log; whoever turns it into an answer calls this, and nobody else.
pub fn log_once(error: &Error) {
    match error {
        Error::Internal(_) => tracing::error!("{error}"),
        Error::Unavailable(_) | Error::OutOfSpace(_) => tracing::warn!("{error}"),
        _ => tracing::debug!("{error}"),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_client_that_must_wait_learns_how_long_in_full_seconds() {
        let wait = |retry_after| {
            let error = Error::TooMany { message: "Too many failed log-ins.".into(), retry_after };
            answer(&error).headers()[RETRY_AFTER].to_str().unwrap().to_owned()
        };
        assert_eq!(wait(Duration::from_millis(1500)), "2");
        assert_eq!(wait(Duration::from_secs(30)), "30");
        assert_eq!(wait(Duration::ZERO), "1");
    }

    #[test]
    fn a_stranger_is_asked_for_basic_credentials() {
        let answer = answer(&Error::Unauthenticated("Log in.".into()));
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
        let (name, value) = challenge();
        assert_eq!(answer.headers()[name], value);
    }

    #[tokio::test]
    async fn what_the_log_learns_the_client_does_not() {
        let answer = answer(&Error::internal("row 7 of nodes is broken"));
        let body = axum::body::to_bytes(answer.into_body(), 4096).await.unwrap();
        assert!(!String::from_utf8_lossy(&body).contains("nodes"));
    }
}
