//! The accept loop: connections in, requests to the router, and an orderly end.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use ::metrics::gauge;
use axum::Router;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::GateConfig;
use crate::conversation::Conversation;
use crate::metrics::CONNECTIONS_OPEN;
use crate::tls::Tls;

/// Without file handles there is nothing to do but wait for connections to end.
const ACCEPT_PAUSE: Duration = Duration::from_secs(1);

/// Serves, with TLS if there is some, until `shutdown` is called: then the listener closes, idle connections are
/// closed, running requests get `shutdown_grace_seconds` to finish, and what still runs after that is dropped.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    config: &GateConfig,
    tls: Option<Tls>,
    shutdown: CancellationToken,
) {
    let places = Arc::new(Semaphore::new(config.connections_max.get() as usize));
    let (running, grace_over) = (TaskTracker::new(), CancellationToken::new());
    let conversation = Conversation::new(router, config, tls, shutdown.clone(), running.clone());

    while let Some(Some((place, stream, peer))) =
        shutdown.run_until_cancelled(accept(&listener, &places)).await
    {
        let conversation = conversation.clone().hold(stream, peer);
        let conversation = grace_over.clone().run_until_cancelled_owned(conversation);
        running.spawn(async move {
            conversation.await;
            drop(place);
        });
    }
    drop(listener);
    running.close();
    if timeout(config.shutdown_grace(), running.wait()).await.is_err() {
        tracing::warn!(connections = running.len(), "requests did not finish in time and are dropped");
        grace_over.cancel();
        running.wait().await;
    }
}

/// One of the connections served at once; dropping it makes room for another.
struct Place(#[expect(dead_code, reason = "held, not read")] OwnedSemaphorePermit);

impl Place {
    fn take(permit: OwnedSemaphorePermit) -> Self {
        gauge!(CONNECTIONS_OPEN).increment(1);
        Self(permit)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        gauge!(CONNECTIONS_OPEN).decrement(1);
    }
}

/// The next connection, once there is a place for it; none only if the places were taken away.
async fn accept(listener: &TcpListener, places: &Arc<Semaphore>) -> Option<(Place, TcpStream, SocketAddr)> {
    let permit = Arc::clone(places).acquire_owned().await.ok()?;
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => return Some((Place::take(permit), stream, peer)),
            // The client left while it waited in the queue.
            Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
            Err(error) => {
                tracing::warn!("cannot accept connections: {error}");
                sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::routing::get;
    use tokio::sync::Notify;

    use super::*;
    use crate::stage::Stage;

    struct Slow {
        begun: Arc<Notify>,
        finish: Arc<Notify>,
        doors: Router,
    }

    /// A door whose answer waits until the test lets it go.
    fn slow() -> Slow {
        let (begun, finish) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let (started, awaited) = (Arc::clone(&begun), Arc::clone(&finish));
        let wait = async move || {
            started.notify_one();
            awaited.notified().await;
            "finished"
        };
        Slow {
            begun,
            finish,
            doors: Router::new().route("/", get(async || "here")).route("/slow", get(wait)),
        }
    }

    const SLOW: &str = "GET /slow HTTP/1.1\r\nHost: larder\r\n\r\n";
    const QUICK: &str = "GET / HTTP/1.1\r\nHost: larder\r\n\r\n";

    #[tokio::test]
    async fn a_shutdown_lets_running_requests_finish_and_takes_no_new_ones() {
        for secure in [false, true] {
            let slow = slow();
            let stage = Stage::either(secure, slow.doors, |_| {}).await;
            let (mut running, mut idle) = (stage.connect().await, stage.connect().await);
            idle.send(QUICK).await;
            assert_eq!(idle.answer().await.body, "here");
            running.send(SLOW).await;
            slow.begun.notified().await;

            stage.shutdown.cancel();
            assert!(idle.is_closed().await);
            while TcpStream::connect(stage.address).await.is_ok() {
                sleep(Duration::from_millis(10)).await;
            }
            assert!(!stage.server.is_finished());

            slow.finish.notify_one();
            let answer = running.answer().await;
            assert_eq!((answer.body.as_str(), answer.header("connection")), ("finished", Some("close")));
            assert!(running.is_closed().await);
            stage.server.await.unwrap();
        }
    }

    #[tokio::test]
    async fn a_shutdown_does_not_wait_longer_than_its_grace() {
        for secure in [false, true] {
            let slow = slow();
            let stage = Stage::either(secure, slow.doors, |config| config.shutdown_grace_seconds = 1).await;
            let mut running = stage.connect().await;
            running.send(SLOW).await;
            slow.begun.notified().await;
            stage.shutdown.cancel();
            stage.server.await.unwrap();
            assert!(running.has_ended().await);
        }
    }

    #[tokio::test]
    async fn more_connections_than_there_are_places_wait_for_one() {
        let slow = slow();
        let stage =
            Stage::open_with(slow.doors, |config| config.connections_max = 1.try_into().unwrap()).await;
        let mut first = stage.connect().await;
        first.send(SLOW).await;
        slow.begun.notified().await;
        let mut second = stage.connect().await;
        second.send(QUICK).await;
        let early = timeout(Duration::from_millis(100), second.answer()).await;
        assert!(early.is_err(), "{early:?}");
        slow.finish.notify_one();
        assert_eq!(first.answer().await.body, "finished");
        drop(first);
        assert_eq!(second.answer().await.body, "here");
    }

    #[tokio::test]
    async fn a_client_that_reads_nothing_does_not_keep_its_place() {
        for secure in [false, true] {
            // More than the buffers of both sides hold.
            let much = vec![b'x'; 32 << 20];
            let doors = Router::new().route("/", get(async || much));
            let stage = Stage::either(secure, doors, |config| {
                config.idle_seconds = 1;
                config.connections_max = 1.try_into().unwrap();
            });
            let stage = stage.await;
            let mut deaf = stage.connect().await;
            deaf.send(QUICK).await;
            let mut next = stage.connect().await;
            next.send("OPTIONS / HTTP/1.1\r\nHost: larder\r\n\r\n").await;
            assert_eq!(next.answer().await.status(), 405);
        }
    }

    #[tokio::test]
    async fn an_idle_connection_is_closed_after_its_time() {
        for secure in [false, true] {
            let stage = Stage::either(secure, slow().doors, |config| config.idle_seconds = 1).await;
            let mut client = stage.connect().await;
            client.send(QUICK).await;
            assert_eq!(client.answer().await.body, "here");
            assert!(client.is_closed().await);
        }
    }
}
