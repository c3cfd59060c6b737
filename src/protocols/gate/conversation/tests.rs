//! HTTP/2, frame by frame; what both protocols have in common is tested beside `server`, `body` and `tls`.

use std::sync::Arc;

use axum::extract::Request;
use axum::routing::{any, get};
use axum::{Extension, Router};
use http::StatusCode;
use tokio::sync::Notify;

use super::STREAMS_MAX;
use crate::GateConfig;
use crate::origin::Origin;
use crate::stage::{Client, Stage};

const DATA: u8 = 0x0;
const HEADERS: u8 = 0x1;
const RST_STREAM: u8 = 0x3;
const SETTINGS: u8 = 0x4;
const PING: u8 = 0x6;
const GOAWAY: u8 = 0x7;
const CONTINUATION: u8 = 0x9;

const ACK: u8 = 0x1;
const END_STREAM: u8 = 0x1;
const END_HEADERS: u8 = 0x4;
const PADDED: u8 = 0x8;
const PRIORITY: u8 = 0x20;

#[derive(Debug)]
struct Frame {
    kind: u8,
    flags: u8,
    stream: u32,
    payload: Vec<u8>,
}

/// A client that has been greeted and has said hello.
struct Http2 {
    client: Client,
    /// The server has said goodbye.
    is_dismissed: bool,
}

impl Http2 {
    async fn begin(stage: &Stage) -> Self {
        let mut client = Client::new(stage.connect_tls(&["h2"]).await.unwrap());
        client.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await;
        let mut begun = Self { client, is_dismissed: false };
        begun.send(SETTINGS, 0, 0, "").await;
        begun
    }

    async fn send(&mut self, kind: u8, flags: u8, stream: u32, payload: impl AsRef<[u8]>) {
        let payload = payload.as_ref();
        let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
        let head = [&length[1..], &[kind, flags], &stream.to_be_bytes()].concat();
        // The server may have gone; what was asked is then not answered.
        let _ = self.client.try_send([&head, payload].concat()).await;
    }

    async fn ask(&mut self, stream: u32, method: &str, path: &str) {
        self.send(HEADERS, END_HEADERS | END_STREAM, stream, block(method, path)).await;
    }

    async fn frame(&mut self) -> Frame {
        self.frame_or_end().await.unwrap()
    }

    /// The next frame that is not about the connection itself.
    async fn frame_or_end(&mut self) -> Option<Frame> {
        loop {
            let head = self.client.bytes(9).await?;
            let number = |bytes: &[u8]| bytes.iter().fold(0, |number, byte| number << 8 | u32::from(*byte));
            let payload = self.client.bytes(number(&head[..3]) as usize).await?;
            let frame = Frame { kind: head[3], flags: head[4], stream: number(&head[5..]), payload };
            match frame.kind {
                SETTINGS if frame.flags & ACK == 0 => self.send(SETTINGS, ACK, 0, "").await,
                PING if frame.flags & ACK == 0 => self.send(PING, ACK, 0, &frame.payload).await,
                GOAWAY => self.is_dismissed = true,
                DATA | HEADERS | RST_STREAM => return Some(frame),
                _ => {}
            }
        }
    }

    /// The status and body of the answer to a request; what comes for others until then is passed over.
    async fn answer(&mut self, stream: u32) -> (u16, String) {
        let (mut status, mut body) = (0, Vec::new());
        loop {
            let frame = self.frame().await;
            if frame.stream != stream {
                continue;
            }
            match frame.kind {
                // The static table has the usual ones.
                HEADERS => {
                    status = match frame.payload[0] {
                        0x88 => 200,
                        0x8c => 400,
                        other => panic!("the status {other:02x}"),
                    }
                }
                DATA => body.extend(frame.payload),
                _ => panic!("{frame:?}"),
            }
            if frame.flags & END_STREAM != 0 {
                return (status, String::from_utf8(body).unwrap());
            }
        }
    }

    /// The frames up to and with the first of this kind.
    async fn until(&mut self, kind: u8) -> Frame {
        loop {
            let frame = self.frame().await;
            if frame.kind == kind {
                return frame;
            }
        }
    }

    /// Whether the server says goodbye before it ends the connection.
    async fn is_dismissed(&mut self) -> bool {
        while self.frame_or_end().await.is_some() {}
        self.is_dismissed
    }
}

fn literal(name: u8, value: &[u8]) -> Vec<u8> {
    [&[name, u8::try_from(value.len()).unwrap()], value].concat()
}

/// The headers of a request, as little compressed as possible.
fn block(method: &str, path: &str) -> Vec<u8> {
    [around(method), literal(0x04, path.as_bytes())].concat()
}

/// The headers of a request without its path.
fn around(method: &str) -> Vec<u8> {
    [literal(0x02, method.as_bytes()), vec![0x87], literal(0x01, b"files.example")].concat()
}

fn doors() -> Router {
    let tell = async |Extension(origin): Extension<Origin>| origin.to_string();
    let read = async |request: Request| match axum::body::to_bytes(request.into_body(), usize::MAX).await {
        Ok(bytes) => bytes.len().to_string(),
        Err(error) => error.to_string(),
    };
    Router::new()
        .route("/", get(tell))
        .route("/read", any(read))
        .route("/refuse", any(async || (StatusCode::BAD_REQUEST, "no")))
        .fallback(async || "done")
}

async fn stage_with(doors: Router, change: impl FnOnce(&mut GateConfig)) -> Stage {
    let change = |config: &mut GateConfig| {
        config.http2 = true;
        change(config);
    };
    Stage::either(true, doors, change).await
}

async fn stage() -> Stage {
    stage_with(doors(), |_| {}).await
}

/// A door whose answer waits until the test lets it go.
fn slow() -> (Arc<Notify>, Router) {
    let finish = Arc::new(Notify::new());
    let awaited = Arc::clone(&finish);
    let wait = async move || {
        awaited.notified().await;
        "finished"
    };
    (finish, doors().route("/slow", get(wait)))
}

#[tokio::test]
async fn requests_are_answered_beside_each_other_and_know_their_host() {
    let (finish, doors) = slow();
    let stage = stage_with(doors, |_| {}).await;
    let mut client = Http2::begin(&stage).await;
    client.ask(1, "GET", "/slow").await;
    client.ask(3, "GET", "/").await;
    assert_eq!(client.answer(3).await, (200, "https://files.example".to_owned()));
    finish.notify_one();
    assert_eq!(client.answer(1).await, (200, "finished".to_owned()));
}

#[tokio::test]
async fn an_upload_comes_in_and_a_refused_one_leaves_the_connection_as_it_was() {
    let stage = stage().await;
    let mut client = Http2::begin(&stage).await;
    client.send(HEADERS, END_HEADERS, 1, block("PUT", "/read")).await;
    for _ in 0..4 {
        client.send(DATA, 0, 1, [b'x'; 16_000]).await;
    }
    client.send(DATA, END_STREAM, 1, "end").await;
    assert_eq!(client.answer(1).await, (200, "64003".to_owned()));

    client.send(HEADERS, END_HEADERS, 3, block("PUT", "/refuse")).await;
    client.send(DATA, 0, 3, [b'x'; 16_000]).await;
    assert_eq!(client.answer(3).await, (400, "no".to_owned()));
    // RFC 9113 §8.1: the answer is complete, and the rest of the request is not wanted.
    let reset = client.until(RST_STREAM).await;
    assert_eq!((reset.stream, reset.payload), (3, vec![0; 4]));
    client.ask(5, "GET", "/").await;
    assert_eq!(client.answer(5).await.0, 200);
}

#[tokio::test]
async fn a_path_with_a_fragment_is_refused_in_every_disguise() {
    let stage = stage().await;
    let whole = |path: Vec<u8>| vec![(HEADERS, END_HEADERS | END_STREAM, [around("DELETE"), path].concat())];
    let plain = literal(0x04, b"/folder/#part");
    let named = [&[0x00, 5][..], b":path", &[4], b"/a#b"].concat();
    let padded = [&[3, 0, 0, 0, 0, 16][..], &around("DELETE"), &plain, &[0; 3]].concat();
    let half = around("DELETE").len() + 5;
    let split = [around("DELETE"), plain.clone()].concat();
    for frames in [
        whole(plain.clone()),
        // In the client's table, and in none.
        whole(literal(0x44, b"/folder/#part")),
        whole([&[0x14][..], &plain[1..]].concat()),
        whole(named),
        // `/a#b`, and `:path` with it, in the Huffman code.
        whole(vec![0x04, 0x84, 0x60, 0x7f, 0xf5, 0x1f]),
        whole(vec![0x00, 0x84, 0xb9, 0x58, 0xd3, 0x3f, 0x84, 0x60, 0x7f, 0xf5, 0x1f]),
        vec![(HEADERS, END_HEADERS | END_STREAM | PADDED | PRIORITY, padded)],
        vec![
            (HEADERS, END_STREAM, split[..half].to_vec()),
            (CONTINUATION, 0, split[half..half + 1].to_vec()),
            (CONTINUATION, END_HEADERS, split[half + 1..].to_vec()),
        ],
    ] {
        let mut client = Http2::begin(&stage).await;
        client.ask(1, "GET", "/").await;
        assert_eq!(client.answer(1).await.0, 200);
        for (kind, flags, payload) in &frames {
            client.send(*kind, *flags, 3, payload).await;
        }
        let (status, sentence) = client.answer(3).await;
        assert!(status == 400 && sentence.contains("%23"), "{frames:?}: {status} {sentence}");
        assert!(client.is_dismissed().await);
    }
}

#[tokio::test]
async fn a_path_in_the_clients_own_table_is_looked_at_too() {
    let stage = stage().await;
    let mut client = Http2::begin(&stage).await;
    // The first request leaves `:path: /a` in the table, whose newest entry is number 62.
    let first = [around("GET"), literal(0x44, b"/a")].concat();
    client.send(HEADERS, END_HEADERS | END_STREAM, 1, first).await;
    assert_eq!(client.answer(1).await, (200, "done".to_owned()));
    let second = [&around("DELETE")[..], &[0x0f, 62 - 15, 4], b"/a#b"].concat();
    client.send(HEADERS, END_HEADERS | END_STREAM, 3, second).await;
    assert_eq!(client.answer(3).await.0, 400);
}

#[tokio::test]
async fn a_hash_elsewhere_is_no_fragment() {
    let stage = stage().await;
    let mut client = Http2::begin(&stage).await;
    let tagged = [&[0x00, 2][..], b"if", &[9], b"([\"#\"]) #"].concat();
    for (stream, header) in [(1, Vec::new()), (3, tagged)] {
        let headers = [block("GET", "/%23/a"), header].concat();
        client.send(HEADERS, END_HEADERS, stream, headers).await;
        client.send(DATA, END_STREAM, stream, "DELETE /x#y HTTP/1.1").await;
        assert_eq!(client.answer(stream).await, (200, "done".to_owned()));
    }
}

#[tokio::test]
async fn there_is_a_limit_to_what_one_client_may_ask_at_once() {
    let (finish, doors) = slow();
    let stage = stage_with(doors, |_| {}).await;
    let mut client = Http2::begin(&stage).await;
    let last = STREAMS_MAX * 2 + 1;
    for stream in (1..=last).step_by(2) {
        client.ask(stream, "GET", "/slow").await;
    }
    let refused = client.until(RST_STREAM).await;
    // REFUSED_STREAM: it was not looked at and may be asked again.
    assert_eq!((refused.stream, refused.payload), (last, vec![0, 0, 0, 7]));
    finish.notify_one();
    assert_eq!(client.until(HEADERS).await.payload[0], 0x88);
}

#[tokio::test]
async fn a_client_that_goes_quiet_is_dismissed() {
    let stage = stage_with(doors(), |config| config.idle_seconds = 1).await;
    let mut client = Http2::begin(&stage).await;
    client.ask(1, "GET", "/").await;
    assert_eq!(client.answer(1).await.0, 200);
    assert!(client.is_dismissed().await);
}

#[tokio::test]
async fn a_client_that_takes_nothing_of_its_answer_does_not_keep_its_place() {
    // More than the window of a client that never widens it.
    let much = "x".repeat(1 << 20);
    let doors = doors().route("/much", get(async || much));
    let stage = stage_with(doors, |config| {
        config.idle_seconds = 1;
        config.connections_max = 1.try_into().unwrap();
    });
    let stage = stage.await;
    let mut deaf = Http2::begin(&stage).await;
    deaf.ask(1, "GET", "/much").await;
    let mut next = Http2::begin(&stage).await;
    next.ask(1, "GET", "/").await;
    assert_eq!(next.answer(1).await.0, 200);
}

#[tokio::test]
async fn a_shutdown_lets_running_requests_finish() {
    let (finish, doors) = slow();
    let stage = stage_with(doors, |_| {}).await;
    let mut client = Http2::begin(&stage).await;
    let mut idle = Http2::begin(&stage).await;
    client.ask(1, "GET", "/slow").await;
    client.ask(3, "GET", "/").await;
    assert_eq!(client.answer(3).await.0, 200);
    stage.shutdown.cancel();
    assert!(idle.is_dismissed().await);
    assert!(!stage.server.is_finished());
    finish.notify_one();
    assert_eq!(client.answer(1).await, (200, "finished".to_owned()));
    assert!(client.is_dismissed().await);
    stage.server.await.unwrap();
}

#[tokio::test]
async fn a_shutdown_does_not_wait_longer_than_its_grace() {
    let (_finish, doors) = slow();
    let stage = stage_with(doors, |config| config.shutdown_grace_seconds = 1).await;
    let mut client = Http2::begin(&stage).await;
    client.ask(1, "GET", "/slow").await;
    client.ask(3, "GET", "/").await;
    assert_eq!(client.answer(3).await.0, 200);
    stage.shutdown.cancel();
    stage.server.await.unwrap();
}
