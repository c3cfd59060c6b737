//! Whether the house lives and whether it can serve, for whoever watches over it; no credentials are asked.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use domain::{Error, Result};
use http::StatusCode;
use services::Backends;
use services::checkup;
use tokio::sync::Mutex;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::status::{answer, log_once, stopping};

/// The routes `/health/live` and `/health/ready`.
pub fn router(backends: Arc<Backends>, shutdown: CancellationToken) -> Router {
    let checked = Arc::new(Checked::default());
    let ready = async move || {
        let checked =
            if shutdown.is_cancelled() { Err(stopping()) } else { checked.recently(&backends).await };
        verdict(checked, checkup::paused(&backends))
    };
    Router::new().route("/health/live", get(async || "alive\n")).route("/health/ready", get(ready))
}

/// The last check. It writes a small file and waits for the disk, and nobody has to log in to ask for it, so it
/// is made for all who ask within a while at once.
#[derive(Default)]
struct Checked(Mutex<Checks>);

#[derive(Default)]
struct Checks {
    last: Option<(Instant, Result<()>)>,
    /// One that has not ended. Where something does not answer, another one beside it would wait as well.
    running: Option<JoinHandle<Result<()>>>,
}

const CHECK_EVERY: Duration = Duration::from_secs(2);

/// What takes longer than this is no answer; those who ask mostly wait ten seconds or more.
const CHECK_SECONDS_MAX: u64 = 5;

impl Checked {
    async fn recently(&self, backends: &Arc<Backends>) -> Result<()> {
        let mut checks = self.0.lock().await;
        if let Some((at, checked)) = &checks.last
            && at.elapsed() < CHECK_EVERY
        {
            return checked.clone();
        }
        let backends = Arc::clone(backends);
        let begin = || tokio::spawn(async move { checkup::ready(&backends).await });
        // What one says that ended since is of a time that nobody asks for. It stays where it is while it is waited for:
        // whoever asks may be gone before it ends.
        checks.running.take_if(|check| check.is_finished());
        let check = checks.running.get_or_insert_with(begin);
        let checked = match timeout(Duration::from_secs(CHECK_SECONDS_MAX), check).await {
            Ok(ended) => {
                checks.running = None;
                ended.map_err(Error::internal).flatten()
            }
            Err(_) => Err(hanging()),
        };
        checks.last = Some((Instant::now(), checked.clone()));
        checked
    }
}

fn hanging() -> Error {
    Error::unavailable(
        "The database or the disk does not answer.",
        format!("not within {CHECK_SECONDS_MAX} s; see to the disk, and to PostgreSQL where that is used"),
    )
}

/// With something paused the house is ready all the same: it would be no better to send nobody.
fn verdict(checked: Result<()>, paused: Option<&str>) -> Response {
    let Err(error) = checked else {
        return format!("ready\n{}", paused.map(|what| format!("{what}\n")).unwrap_or_default())
            .into_response();
    };
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
        assert_eq!(verdict(Ok(()), None).status(), StatusCode::OK);
        assert_eq!(verdict(Ok(()), Some("uploads are paused")).status(), StatusCode::OK);
        for error in [stopping(), Error::internal("no such table"), Error::out_of_space("ENOSPC")] {
            assert_eq!(verdict(Err(error), None).status(), StatusCode::SERVICE_UNAVAILABLE);
        }
    }
}
