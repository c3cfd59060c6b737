//! Fragments in request lines, seen before the HTTP library drops them.
//!
//! A client whose `DELETE /photos/#1` was not escaped must not lose `/photos/`: a request target has no
//! fragment (RFC 9112 §3.2), and hyper reads such a line as if it ended before the `#`.

use std::net::SocketAddr;
use std::sync::Arc;

use parking_lot::Mutex;

/// What a connection and the requests on it tell each other; every request carries it as an extension.
#[derive(Debug, Clone, Default)]
pub(crate) struct RequestLine(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    at: At,
    /// A line has been seen to its end and its request has not come yet; whether it had a fragment.
    seen: bool,
    fragment: bool,
    /// There was a `#` in what has been read of a body whose end nobody knows, and of what may follow it.
    behind: bool,
    /// Whether the request under way had a fragment.
    verdict: bool,
    /// The first bytes of the connection were looked at, and what they were where they are no HTTP/1.1.
    opened: bool,
    foreign: Option<Foreign>,
}

/// The name under which the log says who was turned away before a request; `larder doctor --client` looks for it.
pub(crate) const FOREIGN: &str = "gate::foreign";

/// What clients begin a connection with that is not for this server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Foreign {
    Tls,
    Http2,
}

impl Foreign {
    fn of(opening: &[u8]) -> Option<Self> {
        // A TLS record that holds a handshake (RFC 8446 §5.1), and the preface of HTTP/2 (RFC 9113 §3.4).
        match opening {
            [0x16, 0x03, ..] => Some(Self::Tls),
            [b'P', b'R', b'I', b' ', b'*', ..] => Some(Self::Http2),
            _ => None,
        }
    }

    /// Says so in the log: the client only sees that it is turned away.
    pub(crate) fn log(self, peer: SocketAddr) {
        let what = match self {
            Self::Tls => "TLS to an address that has none: its URL has to begin with http://, not https://",
            Self::Http2 => "HTTP/2 from the first byte on, and this server HTTP/1.1",
        };
        tracing::info!(target: FOREIGN, "{peer} speaks {what}");
    }
}

/// Far more than the HTTP library reads before it begins with a request.
const BEHIND_BYTES_MAX: usize = 256 * 1024;

/// What the next byte belongs to.
#[derive(Debug)]
enum At {
    Line {
        begun: bool,
    },
    Head {
        blank: bool,
    },
    /// Whatever comes behind a head whose request has not come yet. What is here already is kept: it is as much as the
    /// HTTP library reads at once.
    Behind {
        read: Vec<u8>,
    },
    Body {
        left_bytes: u64,
    },
    /// A body in chunks.
    Unknown,
}

impl Default for At {
    fn default() -> Self {
        Self::Line { begun: false }
    }
}

impl RequestLine {
    /// Looks at bytes as they come in, and changes nothing about them.
    pub(crate) fn inspect(&self, bytes: &[u8]) {
        let state = &mut *self.0.lock();
        if !state.opened && !bytes.is_empty() {
            (state.opened, state.foreign) = (true, Foreign::of(bytes));
        }
        state.take_all(bytes);
    }

    /// A request has come, with a body of this length if it says so. Then it is known where the next line begins
    /// before the body has been read: a body that nobody wants is read to its end after the answer, when the
    /// next request may be there already.
    pub(crate) fn begin(&self, body_bytes: Option<u64>) {
        let state = &mut *self.0.lock();
        state.verdict = if state.seen { state.fragment } else { state.behind };
        (state.seen, state.fragment) = (false, false);
        let At::Behind { read } = &mut state.at else { return };
        let read = std::mem::take(read);
        state.at = match body_bytes {
            Some(0) => At::default(),
            Some(left_bytes) => At::Body { left_bytes },
            None => At::Unknown,
        };
        state.take_all(&read);
    }

    /// The request that is under way has been read to its end: what is read now is another one's line.
    pub(crate) fn expect(&self) {
        let state = &mut *self.0.lock();
        if let At::Unknown = state.at {
            state.at = At::default();
        }
    }

    /// What the connection began with, if that was no HTTP/1.1.
    pub(crate) fn foreign(&self) -> Option<Foreign> {
        self.0.lock().foreign
    }

    /// Whether the line of the request under way had a fragment, or may have had one: a request that was
    /// read together with the end of a body in chunks is only let through if no `#` was in all of that.
    pub(crate) fn had_fragment(&self) -> bool {
        self.0.lock().verdict
    }
}

impl State {
    fn take_all(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            bytes = self.take(bytes);
        }
    }

    /// Takes as much as belongs together and leaves the rest.
    fn take<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        match &mut self.at {
            At::Line { begun: false } => {
                // Empty lines before a request are allowed (RFC 9112 §2.2).
                let empty = bytes.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
                self.at = At::Line { begun: empty < bytes.len() };
                &bytes[empty..]
            }
            At::Line { begun: true } => {
                let end = bytes.iter().position(|byte| *byte == b'\n').map(|end| end + 1);
                let (line, rest) = bytes.split_at(end.unwrap_or(bytes.len()));
                self.fragment |= line.contains(&b'#');
                if end.is_some() {
                    (self.seen, self.behind) = (true, false);
                    self.at = At::Head { blank: true };
                }
                rest
            }
            At::Head { blank } => match end_of_head(bytes, blank) {
                Some(end) => {
                    self.at = At::Behind { read: Vec::new() };
                    &bytes[end..]
                }
                None => &[],
            },
            At::Behind { read } if read.len() + bytes.len() > BEHIND_BYTES_MAX => {
                self.behind |= read.contains(&b'#');
                self.at = At::Unknown;
                bytes
            }
            At::Behind { read } => {
                read.extend_from_slice(bytes);
                &[]
            }
            At::Body { left_bytes } => {
                let here = usize::try_from(*left_bytes).unwrap_or(usize::MAX).min(bytes.len());
                *left_bytes -= here as u64;
                if *left_bytes == 0 {
                    self.at = At::default();
                }
                &bytes[here..]
            }
            At::Unknown => {
                self.behind |= bytes.contains(&b'#');
                &[]
            }
        }
    }
}

/// Where a head ends, which is behind its first empty line; `blank` is whether nothing stands in the line so far.
fn end_of_head(bytes: &[u8], blank: &mut bool) -> Option<usize> {
    let end = bytes.iter().position(|byte| {
        let was_blank = std::mem::replace(blank, matches!(byte, b'\n') || *blank && *byte == b'\r');
        was_blank && *byte == b'\n'
    });
    end.map(|end| end + 1)
}

#[cfg(test)]
mod tests {
    use axum::Router;

    use super::{Foreign, RequestLine};
    use crate::stage::Stage;

    #[test]
    fn a_connection_that_begins_with_something_else_is_told_from_a_broken_request() {
        for (opening, foreign) in [
            (&b"\x16\x03\x01\x02\x00\x01"[..], Some(Foreign::Tls)),
            (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", Some(Foreign::Http2)),
            (b"PROPFIND / HTTP/1.1\r\n", None),
            (b"\x16", None),
            (b"", None),
        ] {
            let line = RequestLine::default();
            line.inspect(opening);
            line.inspect(b"\x16\x03\x01");
            let expected = if opening.is_empty() { Some(Foreign::Tls) } else { foreign };
            assert_eq!(line.foreign(), expected, "{opening:?}");
        }
    }

    #[tokio::test]
    async fn a_fragment_cannot_hide_behind_another_request_or_an_empty_line() {
        for secure in [false, true] {
            let stage = Stage::either(secure, Router::new().fallback(async || "done"), |_| {}).await;
            let hidden = "DELETE /folder/#part HTTP/1.1\r\nHost: larder\r\n\r\n";
            let mut client = stage.connect().await;
            client.send(format!("\r\n{hidden}")).await;
            assert_eq!(client.answer().await.status(), 400);
            let plain = "OPTIONS / HTTP/1.1\r\nHost: larder\r\n\r\n";
            client.send(format!("{plain}{plain}{hidden}")).await;
            assert_eq!(client.answer().await.status(), 200);
            assert_eq!(client.answer().await.status(), 200);
            assert_eq!(client.answer().await.status(), 400);
            client.send(format!("{plain}{plain}")).await;
            assert_eq!(client.answer().await.status(), 200);
            assert_eq!(client.answer().await.status(), 200);
        }
    }

    #[tokio::test]
    async fn a_path_with_a_fragment_is_refused_and_its_neighbours_are_served() {
        for secure in [false, true] {
            let doors = Router::new().fallback(async |body: String| body);
            let stage = Stage::either(secure, doors, |_| {}).await;
            let mut client = stage.connect().await;
            let put = "PUT /a HTTP/1.1\r\nHost: larder\r\nContent-Length: 14\r\n\r\nDELETE /x#y HT";
            for _ in 0..2 {
                client.send(put).await;
                let answer = client.answer().await;
                assert_eq!((answer.status(), answer.body.as_str()), (200, "DELETE /x#y HT"));
                client.send("DELETE /folder/#part HTTP/1.1\r\nHost: larder\r\n\r\n").await;
                assert_eq!(client.answer().await.status(), 400);
                client.send("DELETE /fol").await;
                client.send("der/#part HTTP/1.1\r\nHost: larder\r\nX: y\r\n\r\n").await;
                assert_eq!(client.answer().await.status(), 400);
            }
        }
    }

    /// Windows and KIO send a request once without credentials; the answer comes before the body has been read.
    #[tokio::test]
    async fn a_body_that_was_refused_is_never_taken_for_the_next_request() {
        let doors = Router::new().fallback(async |headers: http::HeaderMap, body: axum::body::Body| {
            match headers.contains_key("authorization") {
                true => axum::body::to_bytes(body, usize::MAX).await.unwrap().len().to_string(),
                false => "log in".to_owned(),
            }
        });
        let stage = Stage::open(doors).await;
        let mut client = stage.connect().await;
        let body = "#\nDELETE /x#y HTTP/1.1\r\n\r\n".repeat(10_000);
        let head = format!("Host: larder\r\nContent-Length: {}\r\n", body.len());
        for _ in 0..20 {
            client.send(format!("PUT /a HTTP/1.1\r\n{head}\r\n{body}")).await;
            assert_eq!(client.answer().await.body, "log in");
            client.send(format!("PUT /a HTTP/1.1\r\nAuthorization: Basic x\r\n{head}\r\n{body}")).await;
            assert_eq!(client.answer().await.body, body.len().to_string());
            client.send("DELETE /folder/#part HTTP/1.1\r\nHost: larder\r\n\r\n").await;
            assert_eq!(client.answer().await.status(), 400);
        }
    }

    #[tokio::test]
    async fn a_fragment_cannot_hide_in_a_request_that_was_read_in_pieces() {
        let stage = Stage::open(Router::new().fallback(async || "done")).await;
        let mut client = stage.connect().await;
        client.send("OPTIONS / HTTP/1.1\r\nHost: larder\r\n\r\nDELETE /folder/#part HTTP/1.1\r\nHo").await;
        assert_eq!(client.answer().await.status(), 200);
        client.send("st: larder\r\n\r\n").await;
        assert_eq!(client.answer().await.status(), 400);
    }
}

#[cfg(test)]
mod fuzz {
    use hostile::proptest::collection::vec;
    use hostile::proptest::prelude::*;
    use hostile::{Memory, Target, seeds, text};

    use super::*;

    #[test]
    fn a_fragment_is_seen_however_the_bytes_of_a_request_come_in() {
        let line = (vec(prop_oneof![Just("\r\n"), Just("\n")], 0..3), text::url_path(), text::words());
        let request = line.prop_map(|(empty, path, rest)| {
            format!("{}DELETE {path} HTTP/1.1\r\nX: {rest}\r\n\r\n", empty.concat()).into_bytes()
        });
        let lines = ["DELETE /a#b HTTP/1.1\r\n\r\n", "\r\n\nGET /#", "#", "GET / HTTP/1.1\nX: #\n\n", "\n\r"];
        Target {
            grammar: request.boxed(),
            seeds: seeds::paths().into_iter().chain(lines.map(Vec::from)).collect(),
            memory: Memory { times: 4, plus: 4096 },
            read: |bytes| {
                let had_fragment = |size| {
                    let line = RequestLine::default();
                    bytes.chunks(size).for_each(|piece| line.inspect(piece));
                    line.begin(Some(0));
                    line.had_fragment()
                };
                Some([1, 2, 3, 7, usize::MAX].map(had_fragment))
            },
            holds: |bytes, had_fragment| {
                let empty = bytes.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
                let line = bytes[empty..].split_inclusive(|byte| *byte == b'\n').next().unwrap_or_default();
                // While the line has no end there is no request to be refused.
                assert_eq!(had_fragment, [line.ends_with(b"\n") && line.contains(&b'#'); 5]);
            },
        }
        .attack();
    }
}
