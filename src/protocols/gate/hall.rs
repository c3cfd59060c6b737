//! The hall: what happens around every request, whichever door it goes to.

use std::any::Any;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use domain::{Error, RequestId};
use http::header::CONNECTION;
use http::{HeaderName, HeaderValue, Version};
use tokio_util::sync::CancellationToken;
use tower_http::catch_panic::CatchPanicLayer;
use tracing::Instrument;
use uuid::Uuid;

use crate::GateConfig;
use crate::body::{Rest, Upload};
use crate::forwarded::Proxies;
use crate::header_block::Fragment;
use crate::origin::{self, Peer};
use crate::request_line::RequestLine;
use crate::status::{answer, log_once, stopping};
use crate::visit::{Visit, Visitor};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Puts the hall around the doors. Their requests carry a [`RequestId`] as an extension, in the span of
/// the log and in the answer's `X-Request-Id`, and the extensions [`Peer`] and
/// [`Origin`](crate::Origin); a panic is answered with 500; once `shutdown` is called,
/// what still comes is answered with 503, and from when `leaving` is called on connections end with their next answer.
/// Answers carry the [`Peer`] too, for whoever looks on from outside.
pub fn enclose(
    doors: Router,
    config: &GateConfig,
    leaving: CancellationToken,
    shutdown: CancellationToken,
) -> Router {
    let proxies = Proxies::new(&config.trusted_proxies);
    let hall = Hall { body_idle: config.body_idle(), proxies, leaving, shutdown };
    doors.layer(CatchPanicLayer::custom(after_panic)).layer(from_fn_with_state(hall, pass))
}

#[derive(Clone)]
struct Hall {
    body_idle: Duration,
    proxies: Proxies,
    leaving: CancellationToken,
    shutdown: CancellationToken,
}

async fn pass(State(hall): State<Hall>, request: Request, next: Next) -> Response {
    let id = RequestId(Uuid::now_v7());
    let visitor = Visitor::default();
    let (mut parts, body) = request.into_parts();
    origin::identify(&mut parts, &hall.proxies);
    let upload = Upload::new(&parts, body, hall.body_idle);
    let progress = upload.progress();
    let peer = parts.extensions.get::<Peer>().copied();
    let visit = Visit::begin(id, &parts, visitor.clone(), upload.progress());
    let fragment = parts.extensions.get::<RequestLine>().is_some_and(RequestLine::had_fragment)
        || parts.extensions.get::<Fragment>().is_some_and(Fragment::is_seen);
    parts.extensions.insert(id);
    parts.extensions.insert(visitor);
    let version = parts.version;
    let request = Request::from_parts(parts, Body::new(upload));

    let closing = hall.shutdown.is_cancelled();
    let mut response = if closing {
        drop(request);
        answer(&stopping())
    } else if fragment {
        drop(request);
        answer(&Error::Invalid("A path cannot have a fragment; write `#` as `%23`.".into()))
    } else {
        next.run(request).instrument(visit.span()).await
    };
    if let Some(peer) = peer {
        response.extensions_mut().insert(peer);
    }
    let headers = response.headers_mut();
    if let Ok(id) = HeaderValue::from_str(&id.to_string()) {
        headers.insert(REQUEST_ID, id);
    }
    // The next request on this connection would have to be looked for behind bytes nobody reads. In HTTP/2
    // every request has a stream of its own, and the header is not allowed (RFC 9113 §8.2.2).
    let closes = closing || hall.leaving.is_cancelled();
    if version < Version::HTTP_2 && (closes || progress.rest() == Rest::Unbounded) {
        headers.insert(CONNECTION, HeaderValue::from_static("close"));
    }
    visit.accompany(response)
}

fn after_panic(panic: Box<dyn Any + Send>) -> Response {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no words");
    let error = Error::internal(format_args!("a request panicked: {text}"));
    log_once(&error);
    answer(&error)
}

#[cfg(test)]
mod tests {
    use axum::Extension;
    use axum::routing::get;
    use http::StatusCode;
    use http::header::RETRY_AFTER;
    use tower::ServiceExt;

    use super::*;
    use crate::Peer;
    use crate::stage::{self, Stage};

    #[tokio::test]
    async fn a_request_that_panics_is_answered_and_the_server_lives_on() {
        let panics = async || -> &'static str { panic!("a bug, made for this test") };
        let doors = Router::new().route("/panic", get(panics)).route("/", get(async || "here"));
        let stage = Stage::open(doors).await;
        let mut client = stage.connect().await;
        client.send("GET /panic HTTP/1.1\r\nHost: larder\r\n\r\n").await;
        let answer = client.answer().await;
        assert_eq!(answer.status(), 500);
        assert!(!answer.body.contains("made for this test"), "{answer:?}");
        assert!(answer.header("x-request-id").is_some());
        client.send("GET / HTTP/1.1\r\nHost: larder\r\n\r\n").await;
        assert_eq!(client.answer().await.body, "here");
    }

    #[tokio::test]
    async fn every_answer_carries_the_id_its_request_is_logged_with() {
        let tell = async |Extension(id): Extension<RequestId>| id.to_string();
        let stage = Stage::open(Router::new().route("/", get(tell))).await;
        let (first, second) = (stage.ask("GET / HTTP/1.1").await, stage.ask("GET / HTTP/1.1").await);
        assert_eq!(first.header("x-request-id"), Some(first.body.as_str()));
        assert_ne!(first.body, second.body);
        let lost = stage.ask("PROPFIND /nowhere HTTP/1.1").await;
        assert_eq!(lost.status(), 404);
        assert!(lost.header("x-request-id").is_some());
    }

    #[tokio::test]
    async fn a_server_that_is_stopping_says_so_and_closes_the_connection() {
        let shutdown = CancellationToken::new();
        shutdown.cancel();
        let router = enclose(
            Router::new().route("/", get(async || "here")),
            &stage::config(),
            shutdown.clone(),
            shutdown,
        );
        let answer = router.oneshot(Request::new(Body::empty())).await.unwrap();
        assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(answer.headers()[CONNECTION], "close");
        assert!(answer.headers().contains_key(RETRY_AFTER));
    }

    #[tokio::test]
    async fn a_request_knows_its_peer() {
        let tell = async |Extension(Peer(address)): Extension<Peer>| address.to_string();
        let stage = Stage::open(Router::new().route("/", get(tell))).await;
        assert_eq!(stage.ask("GET / HTTP/1.1").await.body, "127.0.0.1");
    }
}
