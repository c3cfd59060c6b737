//! Whether the house lives and whether it can serve, for whoever watches over it; no credentials are asked.

use std::sync::Arc;

use axum::Router;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use domain::Result;
use http::StatusCode;
use services::Backends;
use services::checkup;
use tokio_util::sync::CancellationToken;

use crate::status::{answer, log_once, stopping};

/// The routes `/health/live` and `/health/ready`.
pub fn router(backends: Arc<Backends>, shutdown: CancellationToken) -> Router {
    let ready = async move || {
        let checked = if shutdown.is_cancelled() { Err(stopping()) } else { checkup::ready(&backends).await };
        verdict(checked)
    };
    Router::new().route("/health/live", get(async || "alive\n")).route("/health/ready", get(ready))
}

fn verdict(checked: Result<()>) -> Response {
    let Err(error) = checked else { return "ready\n".into_response() };
    log_once(&error);
    // A load balancer looks for 503, whatever it is that fails.
    (StatusCode::SERVICE_UNAVAILABLE, answer(&error)).into_response()
}

#[cfg(test)]
mod tests {
    use domain::Error;

    use super::*;

    #[test]
    fn a_house_that_cannot_serve_says_503_whatever_the_reason() {
        assert_eq!(verdict(Ok(())).status(), StatusCode::OK);
        for error in [stopping(), Error::internal("no such table"), Error::out_of_space("ENOSPC")] {
            assert_eq!(verdict(Err(error)).status(), StatusCode::SERVICE_UNAVAILABLE);
        }
    }
}
