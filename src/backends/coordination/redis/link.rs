//! The connection that questions go over, and the breaker before it: while Redis does not answer nobody waits for it.

use std::sync::Arc;
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, ErrorKind, RedisError, RedisResult};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

/// What takes longer than this is no answer.
pub(super) const ANSWER_MAX: Duration = Duration::from_millis(300);

/// How long a connection may take. Nobody waits for it but the first questions after a start or a broken connection.
pub(super) const CONNECTING_MAX: Duration = Duration::from_millis(1000);

/// How soon after a failure the next attempt to connect follows.
pub(super) const RETRY_AFTER: Duration = Duration::from_millis(500);

/// How often a connection is tried that nobody uses.
pub(super) const PING_EVERY: Duration = Duration::from_millis(1000);

/// One connection, which is made again whenever it breaks.
///
/// The library's `ConnectionManager` lets everybody wait for the next connection, and keeps for good a first attempt that
/// failed otherwise than by the network (too many clients, a password not set yet). Here only one task connects.
pub(super) struct Link {
    client: Client,
    probe: String,
    state: watch::Sender<State>,
}

#[derive(Clone)]
enum State {
    /// For the first time, or because the connection broke a moment ago: worth waiting for.
    Connecting,
    Up(Connected),
    Down(Arc<str>),
}

#[derive(Clone)]
struct Connected {
    number: u64,
    connection: MultiplexedConnection,
}

/// Why there is no answer.
#[derive(Debug, Clone)]
pub(super) enum Trouble {
    /// Redis cannot be used at the moment, for this reason.
    Down(Arc<str>),
    /// Something of somebody else's is kept under our key.
    Strange,
}

impl Link {
    /// One that writes under the key `probe` to see whether that is possible.
    pub(super) fn new(client: Client, probe: String) -> Self {
        Self { client, probe, state: watch::Sender::new(State::Connecting) }
    }

    /// Whether Redis could not be used when it was tried last.
    pub(super) fn is_down(&self) -> bool {
        matches!(*self.state.borrow(), State::Down(_))
    }

    /// Puts a question, and once more if the connection breaks over it: Redis may just have been started again.
    pub(super) async fn ask<T, Asking>(
        &self,
        question: impl Fn(MultiplexedConnection) -> Asking,
    ) -> Result<T, Trouble>
    where
        Asking: Future<Output = RedisResult<T>>,
    {
        let mut once_more = true;
        loop {
            let Connected { number, connection } = self.connected().await?;
            let (why, broke) = match timeout(ANSWER_MAX, question(connection)).await {
                Ok(Ok(answer)) => return Ok(answer),
                Ok(Err(error)) if is_strange(&error) => return Err(Trouble::Strange),
                Ok(Err(error)) => (Arc::from(error.to_string()), error.is_unrecoverable_error()),
                Err(_) => (no_answer(), false),
            };
            let again = broke && once_more;
            self.lose(number, if again { State::Connecting } else { State::Down(Arc::clone(&why)) });
            if !again {
                return Err(Trouble::Down(why));
            }
            once_more = false;
        }
    }

    async fn connected(&self) -> Result<Connected, Trouble> {
        let mut state = self.state.subscribe();
        let decided = state.wait_for(|state| !matches!(state, State::Connecting));
        match timeout(CONNECTING_MAX + ANSWER_MAX, decided).await {
            Ok(Ok(state)) => match &*state {
                State::Up(connected) => Ok(connected.clone()),
                State::Down(why) => Err(Trouble::Down(Arc::clone(why))),
                State::Connecting => Err(Trouble::Down(no_answer())),
            },
            _ => Err(Trouble::Down(no_answer())),
        }
    }

    fn lose(&self, number: u64, next: State) {
        self.state.send_if_modified(|state| match state {
            State::Up(connected) if connected.number == number => {
                *state = next;
                true
            }
            _ => false,
        });
    }

    /// Connects, and connects again whenever the connection is lost. It never ends.
    pub(super) async fn keep(&self) {
        let (mut number, mut was_down) = (0, false);
        loop {
            let why = match self.connect().await {
                Ok(connection) => {
                    if std::mem::take(&mut was_down) {
                        tracing::info!("Redis answers again");
                    }
                    number += 1;
                    self.state.send_replace(State::Up(Connected { number, connection }));
                    self.watch().await
                }
                Err(why) => Some(why),
            };
            let Some(why) = why else { continue };
            if !std::mem::replace(&mut was_down, true) {
                tracing::warn!(
                    "Redis cannot be used: {why}; until it can, uploads are refused, each server counts wrong passwords \
                     by itself, and all else goes on"
                );
            }
            self.state.send_replace(State::Down(why));
            sleep(RETRY_AFTER).await;
        }
    }

    async fn connect(&self) -> Result<MultiplexedConnection, Arc<str>> {
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(CONNECTING_MAX))
            .set_response_timeout(Some(ANSWER_MAX));
        let why = |error: RedisError| Arc::from(error.to_string());
        let connecting = self.client.get_multiplexed_async_connection_with_config(&config);
        let connection = connecting.await.map_err(why)?;
        match timeout(ANSWER_MAX, self.probe(connection.clone())).await {
            Ok(answered) => answered.map_err(why).map(|()| connection),
            Err(_) => Err(no_answer()),
        }
    }

    /// Writes, because that is what uploads need: a full server, or one that only follows another, answers a PING.
    async fn probe(&self, mut connection: MultiplexedConnection) -> RedisResult<()> {
        redis::cmd("SET").arg(&self.probe).arg(1).arg("PX").arg(1000).query_async(&mut connection).await
    }

    /// Waits until the connection is lost, and says why if it is not to be made again at once.
    async fn watch(&self) -> Option<Arc<str>> {
        let mut state = self.state.subscribe();
        loop {
            match &*state.borrow_and_update() {
                State::Up(_) => {}
                State::Connecting => return None,
                State::Down(why) => return Some(Arc::clone(why)),
            }
            tokio::select! {
                _ = state.changed() => {}
                () = sleep(PING_EVERY) => {
                    // What comes of it shows in the state.
                    let _ = self.ask_while_up(|connection| self.probe(connection)).await;
                }
            }
        }
    }

    /// As [`ask`](Self::ask), for the task that connects, and cannot wait for itself.
    async fn ask_while_up<T, Asking>(&self, question: impl Fn(MultiplexedConnection) -> Asking)
    where
        Asking: Future<Output = RedisResult<T>>,
    {
        let State::Up(Connected { number, connection }) = self.state.borrow().clone() else { return };
        match timeout(ANSWER_MAX, question(connection)).await {
            Ok(Ok(_)) => {}
            Ok(Err(error)) if error.is_unrecoverable_error() => self.lose(number, State::Connecting),
            Ok(Err(error)) => self.lose(number, State::Down(Arc::from(error.to_string()))),
            Err(_) => self.lose(number, State::Down(no_answer())),
        }
    }
}

pub(super) fn no_answer() -> Arc<str> {
    Arc::from("it did not answer in time")
}

/// Whether Redis is well, and what it keeps under the key is of another type or shape.
fn is_strange(error: &RedisError) -> bool {
    // Of several commands sent together, an error has no code of its own.
    matches!(error.kind(), ErrorKind::UnexpectedReturnType) || error.to_string().contains("WRONGTYPE")
}
