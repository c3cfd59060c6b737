//! A running server for the tests of this crate, and a client that speaks to it byte by byte.

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::{GateConfig, enclose, serve};

/// Only a test that hangs ever waits this long.
const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) struct Stage {
    pub(crate) address: SocketAddr,
    pub(crate) shutdown: CancellationToken,
    pub(crate) server: JoinHandle<()>,
}

impl Stage {
    pub(crate) async fn open(doors: Router) -> Self {
        Self::open_with(doors, |_| {}).await
    }

    pub(crate) async fn open_with(doors: Router, change: impl FnOnce(&mut GateConfig)) -> Self {
        let mut config = config();
        change(&mut config);
        let listener = TcpListener::bind(config.listen).await.unwrap();
        let address = listener.local_addr().unwrap();
        let shutdown = CancellationToken::new();
        let router = enclose(doors, &config, shutdown.clone());
        let stop = shutdown.clone();
        let server = tokio::spawn(async move { serve(listener, router, &config, stop).await });
        Self { address, shutdown, server }
    }

    pub(crate) async fn connect(&self) -> Client {
        Client(BufReader::new(TcpStream::connect(self.address).await.unwrap()))
    }

    /// One request on a connection of its own.
    pub(crate) async fn ask(&self, head: &str) -> Answer {
        let mut client = self.connect().await;
        client.send(&format!("{head}\r\nHost: larder\r\n\r\n")).await;
        client.answer().await
    }
}

pub(crate) fn config() -> GateConfig {
    GateConfig {
        listen: "127.0.0.1:0".parse().unwrap(),
        admin_listen: None,
        trusted_proxies: Vec::new(),
        connections_max: 16.try_into().unwrap(),
        idle_seconds: 60,
        body_idle_seconds: 60,
        shutdown_grace_seconds: 20,
    }
}

pub(crate) struct Client(BufReader<TcpStream>);

impl Client {
    pub(crate) async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.try_send(bytes).await.unwrap();
    }

    pub(crate) async fn try_send(&mut self, bytes: impl AsRef<[u8]>) -> std::io::Result<()> {
        timeout(PATIENCE, self.0.write_all(bytes.as_ref())).await.unwrap()
    }

    /// The next answer, with as much body as it declares.
    pub(crate) async fn answer(&mut self) -> Answer {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            let read = timeout(PATIENCE, self.0.read_line(&mut head)).await.unwrap().unwrap();
            assert_ne!(read, 0, "the connection ended within an answer: {head:?}");
        }
        let answer = Answer { head, body: String::new() };
        let mut body = vec![0; answer.header("content-length").map_or(0, |length| length.parse().unwrap())];
        timeout(PATIENCE, self.0.read_exact(&mut body)).await.unwrap().unwrap();
        Answer { body: String::from_utf8(body).unwrap(), ..answer }
    }

    /// Whether the server has ended the connection, in order and without another byte.
    pub(crate) async fn is_closed(&mut self) -> bool {
        matches!(timeout(PATIENCE, self.0.read_u8()).await.unwrap(),
            Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof)
    }
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn status(&self) -> u16 {
        self.head.split(' ').nth(1).unwrap().parse().unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }
}
