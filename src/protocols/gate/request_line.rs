//! Fragments in request lines, seen before the HTTP library drops them.
//!
//! A client whose `DELETE /photos/#1` was not escaped must not lose `/photos/`: a request target has no
//! fragment (RFC 9112 §3.2), and hyper reads such a line as if it ended before the `#`.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// What a connection and the requests on it tell each other; every request carries it as an extension.
#[derive(Debug, Clone)]
pub(crate) struct RequestLine(Arc<State>);

#[derive(Debug)]
struct State {
    /// The next byte read is the first of a request line, or still within one.
    reading: AtomicBool,
    fragment: AtomicBool,
}

impl Default for RequestLine {
    fn default() -> Self {
        Self(Arc::new(State { reading: AtomicBool::new(true), fragment: AtomicBool::new(false) }))
    }
}

impl RequestLine {
    /// Looks at bytes as they come in. Nothing is changed about them, so that a client that sends its next
    /// request before this one's answer is at worst refused, never misunderstood.
    pub(crate) fn inspect(&self, bytes: &[u8]) {
        if bytes.is_empty() || !self.0.reading.load(Ordering::Relaxed) {
            return;
        }
        let end = bytes.iter().position(|byte| *byte == b'\n');
        if bytes[..end.unwrap_or(bytes.len())].contains(&b'#') {
            self.0.fragment.store(true, Ordering::Relaxed);
        }
        self.0.reading.store(end.is_none(), Ordering::Relaxed);
    }

    /// The request that is under way has been read to its end: what comes now is another one's line.
    pub(crate) fn expect(&self) {
        self.0.reading.store(true, Ordering::Relaxed);
    }

    /// Whether the line of the request under way had a fragment.
    pub(crate) fn had_fragment(&self) -> bool {
        self.0.fragment.swap(false, Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use axum::Router;

    use crate::stage::Stage;

    #[tokio::test]
    async fn a_path_with_a_fragment_is_refused_and_its_neighbours_are_served() {
        let doors = Router::new().fallback(async |body: String| body);
        let stage = Stage::open(doors).await;
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
