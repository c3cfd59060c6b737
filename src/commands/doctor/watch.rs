//! Looking on at a server: every request and answer that passes, and what the server says in its log.

use std::fmt::{self, Write};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Instant;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use domain::Error;
use gate::Peer;
use http_body::{Frame, SizeHint};
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer;

use super::exchange::{Exchange, Expected};
use super::transcript::{Notice, Transcript};

/// Records everything that passes through these doors.
pub fn watch(doors: Router, transcript: Transcript, expected: Expected) -> Router {
    doors.layer(from_fn_with_state(Arc::new(Watch { transcript, expected }), pass))
}

struct Watch {
    transcript: Transcript,
    expected: Expected,
}

async fn pass(State(watch): State<Arc<Watch>>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let exchange = Exchange::begin(watch.transcript.enter(), &parts, &watch.expected);
    let received = Arc::new(AtomicU64::new(0));
    let mut running = Running {
        transcript: watch.transcript.clone(),
        exchange: Some(exchange),
        began: Instant::now(),
        received: Arc::clone(&received),
        sent: Arc::default(),
    };
    let body = Body::new(Counted { body, bytes: received, running: None });
    let answer = next.run(Request::from_parts(parts, body)).await;
    if let Some(exchange) = &mut running.exchange {
        exchange.status = Some(answer.status().as_u16());
        exchange.error = answer.extensions().get::<Error>().cloned();
        exchange.peer = answer.extensions().get::<Peer>().map(|Peer(address)| *address);
    }
    let bytes = Arc::clone(&running.sent);
    answer.map(|body| Body::new(Counted { body, bytes, running: Some(running) }))
}

/// An exchange under way. It has ended when this is dropped: after the last byte, or when the client has left.
struct Running {
    transcript: Transcript,
    exchange: Option<Exchange>,
    began: Instant,
    received: Arc<AtomicU64>,
    sent: Arc<AtomicU64>,
}

impl Drop for Running {
    fn drop(&mut self) {
        let Some(mut exchange) = self.exchange.take() else { return };
        exchange.received_bytes = self.received.load(Ordering::Relaxed);
        exchange.sent_bytes = self.sent.load(Ordering::Relaxed);
        exchange.took = self.began.elapsed();
        self.transcript.leave(exchange);
    }
}

/// A body whose bytes are counted as they pass.
struct Counted {
    body: Body,
    bytes: Arc<AtomicU64>,
    #[expect(dead_code, reason = "held until the last byte, not read")]
    running: Option<Running>,
}

impl http_body::Body for Counted {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(cx));
        if let Some(data) = frame.as_ref().and_then(|frame| frame.as_ref().ok()?.data_ref()) {
            self.bytes.fetch_add(data.len() as u64, Ordering::Relaxed);
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// Under which name the gate says who comes with something else than HTTP, or agrees with it on no TLS.
const FOREIGN: &str = "gate::foreign";

/// A log whose warnings, and what the gate says of such connections, go into the transcript; the rest is not kept.
pub struct Overheard(pub Transcript);

impl<S: Subscriber> Layer<S> for Overheard {
    fn on_event(&self, event: &Event<'_>, _: layer::Context<'_, S>) {
        let (level, target) = (*event.metadata().level(), event.metadata().target());
        let is_foreign = target == FOREIGN;
        if level > Level::WARN && !is_foreign {
            return;
        }
        let mut message = Message(String::new());
        event.record(&mut message);
        let is_problem = level == Level::ERROR || is_foreign;
        self.0.notice(Notice { says: message.0, is_problem });
    }
}

/// The sentence of a line in the log.
struct Message(String);

impl Visit for Message {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            // Writing to a text does not fail.
            let _ = write!(self.0, "{value:?}");
        }
    }
}
