//! Whether the house lives and whether it can serve, for whoever watches over it; no credentials are asked.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use domain::Result;
use http::StatusCode;
use services::Backends;
use services::checkup;
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;

use crate::status::{answer, log_once, stopping};

/// The routes `/health/live` and `/health/ready`.
pub fn router(backends: Arc<Backends>, shutdown: CancellationToken) -> Router {
    let checked = Arc::new(Checked::default());
    let ready = async move || {
        verdict(if shutdown.is_cancelled() { Err(stopping()) } else { checked.recently(&backends).await })
    };
    Router::new().route("/health/live", get(async || "alive\n")).route("/health/ready", get(ready))
}

/// The last check. It writes a small file and waits for the disk, and nobody has to log in to ask for it, so it
/// is made for all who ask within a while at once.
#[derive(Default)]
struct Checked(Mutex<Option<(Instant, Result<()>)>>);

const CHECK_EVERY: Duration = Duration::from_secs(2);

impl Checked {
    async fn recently(&self, backends: &Backends) -> Result<()> {
        let mut last = self.0.lock().await;
        match &*last {
            Some((at, checked)) if at.elapsed() < CHECK_EVERY => checked.clone(),
            _ => {
                let checked = checkup::ready(backends).await;
                *last = Some((Instant::now(), checked.clone()));
                checked
            }
        }
    }
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
