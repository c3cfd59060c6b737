//! One connection from its first byte to its last: TLS where it is spoken, then HTTP/1.1 or HTTP/2.

use std::io;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use http::Request;
use hyper::body::Incoming;
use hyper::rt::Executor;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::server::TlsStream;
use tokio_util::io::InspectReader;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;

use crate::GateConfig;
use crate::activity::Activity;
use crate::connection::{Connection, Unread};
use crate::header_block::{Fragment, Frames};
use crate::origin::Link;
use crate::request_line::{FOREIGN, RequestLine};
use crate::tls::{Tls, wants_http2};

/// What hyper may buffer of one connection in each direction: room for the longest headers a client
/// sends and for pieces of a body that are worth a system call, and still little for fifty uploads. With
/// HTTP/2 it is the room for headers, and for the answer of each request.
const BUFFER_BYTES_MAX: u32 = 64 * 1024;

/// How many requests one HTTP/2 connection may have under way. RFC 9113 §6.5.2 recommends a hundred, but
/// each may fill its buffers, and a drive's clients have a dozen.
const STREAMS_MAX: u32 = 32;

/// How much of the bodies of all requests of an HTTP/2 connection may be on its way unread, and how much of one.
const WINDOW_BYTES: u32 = 1024 * 1024;
const STREAM_WINDOW_BYTES: u32 = 256 * 1024;

/// How long a client that has gone quiet may take to hear that its connection ends.
const FAREWELL_MAX: Duration = Duration::from_secs(5);

type Outcome = Result<(), Box<dyn std::error::Error + Send + Sync>>;

/// What every connection of one address has in common.
#[derive(Clone)]
pub(crate) struct Conversation {
    http1: http1::Builder,
    http2: http2::Builder<Tracked>,
    tls: Option<Tls>,
    idle: Duration,
    router: Router,
    shutdown: CancellationToken,
}

impl Conversation {
    /// `running` gets to know of every task a connection starts.
    pub(crate) fn new(
        router: Router,
        config: &GateConfig,
        tls: Option<Tls>,
        shutdown: CancellationToken,
        running: TaskTracker,
    ) -> Self {
        let idle = config.idle();
        let mut http1 = http1::Builder::new();
        http1
            .timer(TokioTimer::new())
            // In hyper 1.12 this clock runs from the end of one request to the end of the next one's headers,
            // so it is also how long a connection may be idle.
            .header_read_timeout(idle)
            .max_buf_size(BUFFER_BYTES_MAX as usize)
            // A client that closes its side has gone away, and its request with it; nobody's client half-closes.
            .half_close(false);
        let mut http2 = http2::Builder::new(Tracked(running));
        http2
            .timer(TokioTimer::new())
            .max_concurrent_streams(STREAMS_MAX)
            .initial_connection_window_size(WINDOW_BYTES)
            .initial_stream_window_size(STREAM_WINDOW_BYTES)
            .max_send_buf_size(BUFFER_BYTES_MAX as usize)
            .max_header_list_size(BUFFER_BYTES_MAX)
            // A ping may have to wait behind all that a slow line still has to bring.
            .keep_alive_interval(idle / 2)
            .keep_alive_timeout(idle);
        Self { http1, http2, tls, idle, router, shutdown }
    }

    /// Serves a connection until either side ends it.
    pub(crate) async fn hold(self, stream: TcpStream, peer: SocketAddr) {
        // Small answers leave at once instead of waiting for more to send.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!("cannot set TCP_NODELAY: {error}");
        }
        // An IPv4 address is the same one whether or not the socket is of IPv6.
        let peer = SocketAddr::new(peer.ip().to_canonical(), peer.port());
        if let Err(error) = self.speak(Connection::new(stream, self.idle), peer).await {
            tracing::debug!("connection of {peer} ended: {error}");
        }
    }

    async fn speak(&self, stream: Connection, peer: SocketAddr) -> Outcome {
        let Some(tls) = &self.tls else {
            let unread = stream.unread();
            return self.in_turn(stream, unread, Link { peer, secure: false }).await;
        };
        let link = Link { peer, secure: true };
        let unread = stream.unread();
        match self.shutdown.run_until_cancelled(tls.greet(stream, self.idle)).await {
            None => Ok(()),
            Some(Err(error)) => {
                // Whoever only tries whether somebody listens sends nothing, or nothing more.
                if error.kind() == io::ErrorKind::InvalidData {
                    tracing::info!(target: FOREIGN, "{peer} and this server agreed on no TLS: {error}");
                }
                Err(error.into())
            }
            Some(Ok(stream)) if wants_http2(&stream) => self.at_once(stream, link).await,
            Some(Ok(stream)) => self.in_turn(stream, unread, link).await,
        }
    }

    /// HTTP/1.1: one request after the other.
    async fn in_turn<S>(&self, stream: S, unread: Unread, link: Link) -> Outcome
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let line = RequestLine::default();
        let overheard = line.clone();
        let stream = TokioIo::new(InspectReader::new(stream, |bytes: &[u8]| overheard.inspect(bytes)));
        let service = service_fn(|mut request: Request<Incoming>| {
            request.extensions_mut().insert(link);
            request.extensions_mut().insert(unread.clone());
            request.extensions_mut().insert(line.clone());
            self.router.clone().oneshot(request.map(Body::new))
        });
        let mut http = self.http1.serve_connection(stream, service);
        let ended = match self.shutdown.run_until_cancelled(&mut http).await {
            Some(ended) => ended,
            None => {
                Pin::new(&mut http).graceful_shutdown();
                (&mut http).await
            }
        };
        if ended.is_err()
            && let Some(foreign) = line.foreign()
        {
            foreign.log(link.peer);
        }
        if ended.as_ref().is_err_and(hyper::Error::is_timeout) {
            // Hyper drops a connection that was idle for too long, and TLS ends with a word (RFC 8446 §6.1).
            let mut stream = http.into_parts().io.into_inner();
            let _ = timeout(FAREWELL_MAX, stream.shutdown()).await;
        }
        Ok(ended?)
    }

    /// HTTP/2: many requests at once.
    async fn at_once(&self, stream: TlsStream<Connection>, link: Link) -> Outcome {
        let (activity, fragment) = (Activity::begin(), Fragment::default());
        let mut frames = Frames::new(fragment.clone());
        let stream = TokioIo::new(InspectReader::new(stream, |bytes: &[u8]| frames.inspect(bytes)));
        let service = service_fn(|mut request: Request<Incoming>| {
            request.extensions_mut().insert(link);
            request.extensions_mut().insert(fragment.clone());
            let (work, activity) = (activity.work(), activity.clone());
            let answer = self.router.clone().oneshot(request.map(Body::new));
            async move {
                let answer = answer.await.map(|answer| activity.watch(answer));
                drop(work);
                answer
            }
        });
        let mut http = pin!(self.http2.serve_connection(stream, service));
        let patience = tokio::select! {
            ended = http.as_mut() => return Ok(ended?),
            () = self.shutdown.cancelled() => self.idle,
            () = fragment.seen() => self.idle,
            () = activity.quiet(self.idle) => FAREWELL_MAX,
        };
        http.as_mut().graceful_shutdown();
        drop(activity.work());
        tokio::select! {
            ended = http => Ok(ended?),
            () = activity.quiet(patience) => Err("the client has gone quiet".into()),
        }
    }
}

/// Starts the tasks that each serve one request of HTTP/2, and remembers them.
#[derive(Clone)]
struct Tracked(TaskTracker);

impl<F: Future<Output = ()> + Send + 'static> Executor<F> for Tracked {
    fn execute(&self, request: F) {
        self.0.spawn(request);
    }
}

#[cfg(test)]
mod tests;
