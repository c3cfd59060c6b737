//! A running server for the tests of this crate, and a client that speaks to it byte by byte.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use rustls::crypto::ring;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_util::sync::CancellationToken;

use crate::{GateConfig, PemFile, Tls, enclose, serve};

/// Only a test that hangs ever waits this long.
const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) struct Stage {
    pub(crate) address: SocketAddr,
    pub(crate) shutdown: CancellationToken,
    pub(crate) server: JoinHandle<()>,
    /// What it greets with, if TLS is spoken on it.
    pub(crate) secure: Option<(Tls, Pair)>,
}

/// A certificate for `localhost` that vouches for itself, and its key.
#[derive(Clone)]
pub(crate) struct Pair {
    pub(crate) certificate: PemFile,
    pub(crate) key: PemFile,
}

impl Pair {
    pub(crate) fn new() -> Self {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let file = |path: &str, text: String| PemFile { path: path.into(), bytes: text.into_bytes() };
        Self {
            certificate: file("/etc/cert.pem", made.cert.pem()),
            key: file("/etc/key.pem", made.signing_key.serialize_pem()),
        }
    }

    pub(crate) fn der(&self) -> CertificateDer<'static> {
        CertificateDer::from_pem_slice(&self.certificate.bytes).unwrap()
    }
}

impl Stage {
    pub(crate) async fn open(doors: Router) -> Self {
        Self::open_with(doors, |_| {}).await
    }

    pub(crate) async fn open_with(doors: Router, change: impl FnOnce(&mut GateConfig)) -> Self {
        Self::either(false, doors, change).await
    }

    /// One that speaks TLS.
    pub(crate) async fn secure(doors: Router) -> Self {
        Self::either(true, doors, |_| {}).await
    }

    /// One that speaks TLS or does not: what holds without it must hold with it.
    pub(crate) async fn either(secure: bool, doors: Router, change: impl FnOnce(&mut GateConfig)) -> Self {
        let pair = secure.then(Pair::new);
        let mut config = config();
        change(&mut config);
        let secure = pair.map(|pair| (Tls::new(&pair.certificate, &pair.key, config.http2).unwrap(), pair));
        let tls = secure.as_ref().map(|(tls, _)| tls.clone());
        let listener = TcpListener::bind(config.listen).await.unwrap();
        let address = listener.local_addr().unwrap();
        let shutdown = CancellationToken::new();
        let router = enclose(doors, &config, shutdown.clone(), shutdown.clone());
        let stop = shutdown.clone();
        let server = tokio::spawn(async move { serve(listener, router, &config, tls, stop).await });
        Self { address, shutdown, server, secure }
    }

    pub(crate) async fn connect(&self) -> Client {
        match &self.secure {
            None => Client::new(self.connect_plain().await),
            Some(_) => Client::new(self.connect_tls(&[]).await.unwrap()),
        }
    }

    /// A connection on which nothing has been said.
    pub(crate) async fn connect_plain(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// A connection on which TLS is spoken, and above it one of these protocols.
    pub(crate) async fn connect_tls(&self, protocols: &[&str]) -> std::io::Result<TlsStream<TcpStream>> {
        let (_, pair) = self.secure.as_ref().unwrap();
        let mut roots = RootCertStore::empty();
        roots.add(pair.der()).unwrap();
        let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
        let builder = builder.with_safe_default_protocol_versions().unwrap();
        let mut config = builder.with_root_certificates(roots).with_no_client_auth();
        config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
        let connector = TlsConnector::from(Arc::new(config));
        let greeting = connector.connect("localhost".try_into().unwrap(), self.connect_plain().await);
        timeout(PATIENCE, greeting).await.unwrap()
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
        name: String::new(),
        listen: "127.0.0.1:0".parse().unwrap(),
        admin_listen: None,
        http2: false,
        trusted_proxies: Vec::new(),
        connections_max: 16.try_into().unwrap(),
        idle_seconds: 60,
        body_idle_seconds: 60,
        drain_seconds: 0,
        shutdown_grace_seconds: 20,
    }
}

/// What a client speaks on.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

pub(crate) struct Client(BufReader<Box<dyn Stream>>);

impl Client {
    pub(crate) fn new(stream: impl Stream + 'static) -> Self {
        Self(BufReader::new(Box::new(stream)))
    }

    pub(crate) async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.try_send(bytes).await.unwrap();
    }

    pub(crate) async fn try_send(&mut self, bytes: impl AsRef<[u8]>) -> std::io::Result<()> {
        let sent = async {
            self.0.write_all(bytes.as_ref()).await?;
            self.0.flush().await
        };
        timeout(PATIENCE, sent).await.unwrap()
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
        matches!(timeout(PATIENCE, self.0.read(&mut [0])).await.unwrap(), Ok(0))
    }

    /// Whether the server has ended the connection, in whichever way.
    pub(crate) async fn has_ended(&mut self) -> bool {
        matches!(timeout(PATIENCE, self.0.read(&mut [0])).await.unwrap(), Ok(0) | Err(_))
    }

    /// Exactly so many bytes, as they come, or none once the server has ended the connection.
    pub(crate) async fn bytes(&mut self, count: usize) -> Option<Vec<u8>> {
        let mut bytes = vec![0; count];
        timeout(PATIENCE, self.0.read_exact(&mut bytes)).await.unwrap().ok()?;
        Some(bytes)
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
