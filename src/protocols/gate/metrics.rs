//! What the house counts, and the administration address where the counts can be read.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use ::metrics::{counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};
use axum::Router;
use axum::routing::get;
use http::header::CONTENT_TYPE;
use http::{Method, StatusCode};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use services::Backends;
use services::checkup;
use tokio_util::sync::CancellationToken;

pub(crate) const CONNECTIONS_OPEN: &str = "larder_http_connections_open";
pub(crate) const REQUESTS_RUNNING: &str = "larder_http_requests_running";
const REQUESTS: &str = "larder_http_requests_total";
const REQUEST_SECONDS: &str = "larder_http_request_seconds";
const RECEIVED_BYTES: &str = "larder_http_received_bytes_total";
const SENT_BYTES: &str = "larder_http_sent_bytes_total";
const REDIS_UP: &str = "larder_redis_up";

/// From a look-up that hits the cache to an upload of an hour.
const SECONDS_BUCKETS: [f64; 12] =
    [0.001, 0.005, 0.02, 0.1, 0.5, 1.0, 5.0, 20.0, 60.0, 300.0, 1200.0, 3600.0];

/// Samples wait in memory until somebody reads them or this time has passed.
const UPKEEP_INTERVAL: Duration = Duration::from_secs(5);

/// The recorder of this process.
#[derive(Clone)]
pub struct Metrics(PrometheusHandle);

impl Metrics {
    /// Begins to count; where counting has begun already, in a process with several houses, joins in.
    pub fn install() -> Self {
        static RECORDER: OnceLock<PrometheusHandle> = OnceLock::new();
        Self(RECORDER.get_or_init(build).clone())
    }
}

/// The routes of the administration address: `/metrics` and those of health.
pub fn admin_router(metrics: Metrics, backends: Arc<Backends>, shutdown: CancellationToken) -> Router {
    tokio::spawn(shutdown.clone().run_until_cancelled_owned(upkeep(metrics.0.clone())));
    let looked_at = Arc::clone(&backends);
    let look = move || {
        if let Some(is_up) = checkup::shares(&looked_at) {
            gauge!(REDIS_UP).set(if is_up { 1.0 } else { 0.0 });
        }
    };
    crate::health::router(backends, shutdown).merge(route(metrics.0, look))
}

/// Counts a request that has ended; no status means that its client went away first.
pub(crate) fn record(method: &Method, status: Option<StatusCode>, took: Duration, received: u64, sent: u64) {
    let labels = [("method", method_label(method)), ("status", status_label(status))];
    counter!(REQUESTS, &labels).increment(1);
    histogram!(REQUEST_SECONDS, &labels).record(took);
    counter!(RECEIVED_BYTES).increment(received);
    counter!(SENT_BYTES).increment(sent);
}

fn build() -> PrometheusHandle {
    let recorder = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Full(REQUEST_SECONDS.to_owned()), &SECONDS_BUCKETS)
        .unwrap_or_default()
        .build_recorder();
    let handle = recorder.handle();
    if ::metrics::set_global_recorder(recorder).is_err() {
        tracing::warn!("another recorder of metrics is installed; /metrics will be empty");
    }
    describe_gauge!(CONNECTIONS_OPEN, "Connections open now");
    describe_gauge!(REQUESTS_RUNNING, "Requests not yet answered to the end");
    describe_counter!(REQUESTS, "Requests that ended, by method and class of status");
    describe_histogram!(
        REQUEST_SECONDS,
        "Seconds from the headers of a request to the last byte of its answer"
    );
    describe_counter!(RECEIVED_BYTES, "Bytes of request bodies read");
    describe_counter!(SENT_BYTES, "Bytes of answer bodies sent");
    describe_gauge!(
        REDIS_UP,
        "Whether Redis answered when it was tried last; uploads are refused while it does not"
    );
    handle
}

/// The page, before which somebody looks at what is not counted as it happens.
fn route(recorder: PrometheusHandle, look: impl Fn() + Clone + Send + Sync + 'static) -> Router {
    // The version tells Prometheus which text format this is.
    let page = async move || {
        look();
        ([(CONTENT_TYPE, "text/plain; version=0.0.4")], recorder.render())
    };
    Router::new().route("/metrics", get(page))
}

async fn upkeep(recorder: PrometheusHandle) {
    loop {
        tokio::time::sleep(UPKEEP_INTERVAL).await;
        recorder.run_upkeep();
    }
}

/// A label must come from a short list, or strangers could fill the memory with methods they make up.
fn method_label(method: &Method) -> &'static str {
    const KNOWN: [&str; 16] = [
        "OPTIONS",
        "GET",
        "HEAD",
        "PUT",
        "PATCH",
        "POST",
        "DELETE",
        "MKCOL",
        "COPY",
        "MOVE",
        "PROPFIND",
        "PROPPATCH",
        "LOCK",
        "UNLOCK",
        "REPORT",
        "SEARCH",
    ];
    KNOWN.into_iter().find(|known| *known == method.as_str()).unwrap_or("other")
}

fn status_label(status: Option<StatusCode>) -> &'static str {
    match status.map(|status| status.as_u16() / 100) {
        Some(1) => "1xx",
        Some(2) => "2xx",
        Some(3) => "3xx",
        Some(4) => "4xx",
        Some(_) => "5xx",
        None => "aborted",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stage::Stage;

    #[tokio::test]
    async fn requests_show_up_on_the_metrics_page_however_often_counting_begins() {
        let Metrics(recorder) = Metrics::install();
        Metrics::install();
        let stage = Stage::open(route(recorder, || ())).await;
        assert_eq!(stage.ask("INVENTED /nowhere HTTP/1.1").await.status(), 404);
        // A request is counted a moment after its answer has been sent.
        let expected = r#"larder_http_requests_total{method="other",status="4xx"} 1"#;
        while !stage.ask("GET /metrics HTTP/1.1").await.body.contains(expected) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let page = stage.ask("GET /metrics HTTP/1.1").await.body;
        assert!(
            page.contains(r#"larder_http_request_seconds_bucket{method="other",status="4xx",le="0.001"}"#)
        );
        assert!(!page.contains("INVENTED"));
    }
}
