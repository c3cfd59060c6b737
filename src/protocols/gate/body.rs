//! The body of a request as it comes in: counted, watched for stalls, and cleared away if nobody reads it.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::BoxError;
use axum::body::Body;
use bytes::Bytes;
use http::header::EXPECT;
use http::{HeaderMap, request};
use http_body::{Body as _, Frame, SizeHint};
use http_body_util::BodyExt;
use tokio::runtime::Handle;
use tokio::time::{Sleep, sleep, timeout};

use crate::connection::Unread;
use crate::request_line::RequestLine;

/// The rest of a body up to which reading it to the end is cheaper than a new connection.
const DRAIN_BYTES_MAX: u64 = 1024 * 1024;
const DRAIN_TIME_MAX: Duration = Duration::from_secs(5);

/// How far a body has been read; the hall looks at it when the answer is ready.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    declared_bytes: Option<u64>,
    waits_for_continue: bool,
    received_bytes: AtomicU64,
    asked: AtomicBool,
    ended: AtomicBool,
}

/// What is still to come of a body.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Rest {
    Nothing,
    /// Little enough to be read to the end, after which the connection serves the next request.
    Little,
    /// Too much, of unknown length, or not sent at all because the client waits for `100 Continue`.
    Unbounded,
}

impl Progress {
    pub(crate) fn received_bytes(&self) -> u64 {
        self.received_bytes.load(Ordering::Relaxed)
    }

    pub(crate) fn rest(&self) -> Rest {
        let declared = self.declared_bytes.map(|bytes| bytes.saturating_sub(self.received_bytes()));
        match declared {
            _ if self.ended.load(Ordering::Relaxed) => Rest::Nothing,
            // Polling such a body makes hyper send the `100 Continue` the client was to be spared.
            _ if self.waits_for_continue && !self.asked.load(Ordering::Relaxed) => Rest::Unbounded,
            Some(bytes) if bytes <= DRAIN_BYTES_MAX => Rest::Little,
            Some(_) | None => Rest::Unbounded,
        }
    }
}

/// A body on its way in. A client that sends nothing for the idle time gets its upload ended by an
/// error of the kind [`io::ErrorKind::TimedOut`]; the time the house itself takes does not count.
pub(crate) struct Upload {
    inner: Body,
    progress: Arc<Progress>,
    unread: Unread,
    line: RequestLine,
    idle: Duration,
    waiting: Option<Pin<Box<Sleep>>>,
}

impl Upload {
    /// Takes over the body of a request.
    pub(crate) fn new(parts: &request::Parts, inner: Body, idle: Duration) -> Self {
        let progress = Progress {
            declared_bytes: inner.size_hint().exact(),
            waits_for_continue: expects_continue(&parts.headers),
            ended: AtomicBool::new(inner.is_end_stream()),
            ..Progress::default()
        };
        let unread = parts.extensions.get::<Unread>().cloned().unwrap_or_default();
        let line = parts.extensions.get::<RequestLine>().cloned().unwrap_or_default();
        line.begin(inner.size_hint().exact());
        Self { inner, progress: Arc::new(progress), unread, line, idle, waiting: None }
    }

    pub(crate) fn progress(&self) -> Arc<Progress> {
        Arc::clone(&self.progress)
    }

    fn poll_stalled(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let idle = self.idle;
        self.waiting.get_or_insert_with(|| Box::pin(sleep(idle))).as_mut().poll(cx)
    }
}

impl http_body::Body for Upload {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        self.progress.asked.store(true, Ordering::Relaxed);
        let Poll::Ready(frame) = Pin::new(&mut self.inner).poll_frame(cx) else {
            return self.poll_stalled(cx).map(|()| {
                let text = format!("the client sent nothing for {} seconds", self.idle.as_secs());
                Some(Err(io::Error::new(io::ErrorKind::TimedOut, text).into()))
            });
        };
        self.waiting = None;
        if let Some(Ok(frame)) = &frame
            && let Some(data) = frame.data_ref()
        {
            self.progress.received_bytes.fetch_add(data.len() as u64, Ordering::Relaxed);
        }
        if frame.is_none() || self.inner.is_end_stream() {
            self.progress.ended.store(true, Ordering::Relaxed);
            self.line.expect();
        }
        Poll::Ready(frame.map(|frame| frame.map_err(Into::into)))
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        match (self.progress.rest(), Handle::try_current()) {
            (Rest::Nothing, _) => {}
            (Rest::Little, Ok(runtime)) => {
                runtime.spawn(drain(std::mem::take(&mut self.inner), self.unread.clone(), self.line.clone()));
            }
            (Rest::Little | Rest::Unbounded, _) => self.unread.mark(),
        }
    }
}

async fn drain(mut body: Body, unread: Unread, line: RequestLine) {
    let to_the_end = async { while let Some(Ok(_)) = body.frame().await {} };
    match timeout(DRAIN_TIME_MAX, to_the_end).await {
        Ok(()) => line.expect(),
        Err(_) => unread.mark(),
    }
}

fn expects_continue(headers: &HeaderMap) -> bool {
    headers.get(EXPECT).is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"100-continue"))
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::extract::Request;
    use axum::routing::any;
    use http::StatusCode;

    use super::*;
    use crate::stage::Stage;

    /// A door that refuses everything unread, and one that reads and says how much it got or what went wrong.
    fn doors() -> Router {
        let read = async |request: Request| match axum::body::to_bytes(request.into_body(), usize::MAX).await
        {
            Ok(bytes) => bytes.len().to_string(),
            Err(error) => error.to_string(),
        };
        Router::new()
            .route("/full", any(async || (StatusCode::INSUFFICIENT_STORAGE, "no room")))
            .route("/read", any(read))
    }

    #[tokio::test]
    async fn a_refused_upload_can_read_why_while_it_is_still_sending() {
        for secure in [false, true] {
            let stage = Stage::either(secure, doors(), |_| {}).await;
            for framing in ["Content-Length: 1073741824", "Transfer-Encoding: chunked"] {
                let mut client = stage.connect().await;
                client.send(format!("PUT /full HTTP/1.1\r\nHost: larder\r\n{framing}\r\n\r\n")).await;
                for _ in 0..64 {
                    client.send(format!("10000\r\n{}\r\n", "x".repeat(0x10000))).await;
                }
                let answer = client.answer().await;
                assert_eq!((answer.status(), answer.body.as_str()), (507, "no room"));
                assert_eq!(answer.header("connection"), Some("close"));
                assert!(client.is_closed().await);
            }
        }
    }

    #[tokio::test]
    async fn after_a_small_refused_upload_the_connection_goes_on() {
        for secure in [false, true] {
            let stage = Stage::either(secure, doors(), |_| {}).await;
            let mut client = stage.connect().await;
            let half = "x".repeat(250_000);
            client
                .send(format!("PUT /full HTTP/1.1\r\nHost: larder\r\nContent-Length: 500000\r\n\r\n{half}"))
                .await;
            let answer = client.answer().await;
            assert_eq!((answer.status(), answer.header("connection")), (507, None));
            client.send(half).await;
            client.send("PUT /read HTTP/1.1\r\nHost: larder\r\nContent-Length: 3\r\n\r\nabc").await;
            assert_eq!(client.answer().await.body, "3");
        }
    }

    #[tokio::test]
    async fn nobody_is_told_to_continue_with_a_body_that_is_refused() {
        for secure in [false, true] {
            let stage = Stage::either(secure, doors(), |_| {}).await;
            let expecting = |path: &str| {
                format!(
                    "PUT {path} HTTP/1.1\r\nHost: larder\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n"
                )
            };
            let mut client = stage.connect().await;
            client.send(expecting("/full")).await;
            let answer = client.answer().await;
            assert_eq!((answer.status(), answer.header("connection")), (507, Some("close")));

            let mut client = stage.connect().await;
            client.send(expecting("/read")).await;
            assert_eq!(client.answer().await.status(), 100);
            client.send("abc").await;
            assert_eq!(client.answer().await.body, "3");
        }
    }

    #[tokio::test]
    async fn an_upload_that_stands_still_is_given_up() {
        for secure in [false, true] {
            let stage = Stage::either(secure, doors(), |config| config.body_idle_seconds = 1).await;
            let mut client = stage.connect().await;
            client.send("PUT /read HTTP/1.1\r\nHost: larder\r\nContent-Length: 2000000\r\n\r\nabc").await;
            let answer = client.answer().await;
            assert!(answer.body.contains("the client sent nothing for 1 seconds"), "{answer:?}");
            assert_eq!(answer.header("connection"), Some("close"));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn an_upload_that_trickles_is_not_given_up() {
        let (mut client, body) = http_body_util::channel::Channel::<Bytes>::new(1);
        let (parts, ()) = Request::new(()).into_parts();
        let upload = Upload::new(&parts, Body::new(body), Duration::from_secs(60));
        let trickle = tokio::spawn(async move {
            for _ in 0..5 {
                sleep(Duration::from_secs(59)).await;
                client.send_data(Bytes::from_static(b"x")).await.unwrap();
            }
        });
        assert_eq!(upload.collect().await.unwrap().to_bytes(), "xxxxx");
        trickle.await.unwrap();
    }
}
