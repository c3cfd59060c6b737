//! A client that sends bytes as they are and reads answers without judging them.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

/// Only a test that hangs ever waits this long.
const PATIENCE: Duration = Duration::from_secs(60);

/// One connection.
pub struct Wire(BufReader<TcpStream>);

/// An answer as it came.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Wire {
    pub fn open(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        Self(BufReader::new(stream))
    }

    pub fn basic(user: &str, password: &str) -> String {
        format!("Basic {}", BASE64_STANDARD.encode(format!("{user}:{password}")))
    }

    /// Sends exactly this.
    pub fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.0.get_mut().write_all(bytes.as_ref()).unwrap();
    }

    /// Sends this to a server that may no longer want it; says whether all of it went out.
    pub fn offer(&mut self, bytes: impl AsRef<[u8]>) -> bool {
        self.0.get_mut().write_all(bytes.as_ref()).is_ok()
    }

    /// Says that nothing more comes.
    pub fn hang_up(&mut self) {
        self.0.get_mut().shutdown(Shutdown::Write).unwrap();
    }

    /// A whole request with its `Host` and `Content-Length`, and the answer to it.
    pub fn ask(
        &mut self,
        method: &str,
        target: &str,
        headers: &[(&str, &str)],
        body: impl AsRef<[u8]>,
    ) -> Answer {
        let host = self.0.get_ref().peer_addr().unwrap();
        let body = body.as_ref();
        let mut head = format!("{method} {target} HTTP/1.1\r\nHost: {host}\r\n");
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        let chunked = headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("transfer-encoding"));
        if !chunked && (!body.is_empty() || matches!(method, "PUT" | "MKCOL" | "POST")) {
            head.push_str(&format!("Content-Length: {}\r\n", body.len()));
        }
        self.send([head.as_bytes(), b"\r\n", body].concat());
        self.answer_to(method)
    }

    /// The next answer on the connection.
    pub fn answer(&mut self) -> Answer {
        self.answer_to("")
    }

    /// The next answer on the connection, which is one to this method: to HEAD none has a body.
    pub fn answer_to(&mut self, method: &str) -> Answer {
        let status_line = self.line();
        let status = status_line.split(' ').nth(1).and_then(|code| code.parse().ok());
        let status = status.unwrap_or_else(|| panic!("no status in {status_line:?}"));
        let mut answer = Answer { status, headers: Vec::new(), body: Vec::new() };
        loop {
            let line = self.line();
            let Some((name, value)) = line.split_once(": ") else { break };
            answer.headers.push((name.to_owned(), value.to_owned()));
        }
        if status == 100 {
            return answer;
        }
        answer.body = match (answer.header("content-length"), answer.header("transfer-encoding")) {
            _ if method == "HEAD" || matches!(status, 204 | 304) => Vec::new(),
            (Some(length), _) => self.exactly(length.parse().unwrap()),
            (None, Some(_)) => self.chunks(),
            (None, None) => Vec::new(),
        };
        answer
    }

    /// Whether the other side has closed the connection without another byte.
    pub fn is_closed(&mut self) -> bool {
        matches!(self.0.read(&mut [0; 1]), Ok(0))
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        assert_ne!(self.0.read_line(&mut line).unwrap(), 0, "the connection ended where an answer should be");
        line.trim_end().to_owned()
    }

    fn exactly(&mut self, length: usize) -> Vec<u8> {
        let mut bytes = vec![0; length];
        self.0.read_exact(&mut bytes).unwrap();
        bytes
    }

    fn chunks(&mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        loop {
            let length = usize::from_str_radix(&self.line(), 16).unwrap();
            bytes.extend(self.exactly(length));
            assert_eq!(self.line(), "", "a chunk ends with an empty line");
            if length == 0 {
                return bytes;
            }
        }
    }
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    pub fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }

    /// The body as JSON.
    #[track_caller]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error} in {self:?}"))
    }

    /// The stable word for what went wrong.
    #[track_caller]
    pub fn code(&self) -> String {
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{self:?}");
        self.json()["code"].as_str().unwrap().to_owned()
    }

    /// The texts of all elements with this local name, in the order of the document.
    pub fn texts(&self, local: &str) -> Vec<String> {
        use quick_xml::events::Event;
        let text = self.text();
        let mut reader = quick_xml::Reader::from_str(&text);
        let (mut texts, mut within) = (Vec::new(), false);
        loop {
            match reader.read_event().unwrap_or_else(|error| panic!("{error} in {text}")) {
                Event::Start(start) if start.local_name().as_ref() == local => {
                    within = true;
                    texts.push(String::new());
                }
                Event::Empty(start) if start.local_name().as_ref() == local => {
                    texts.push(String::new());
                }
                Event::End(end) if end.local_name().as_ref() == local => within = false,
                Event::Text(found) if within => texts.last_mut().unwrap().push_str(&found),
                Event::Eof => return texts,
                _ => {}
            }
        }
    }

    /// The text of the first element with this local name.
    pub fn first(&self, local: &str) -> Option<String> {
        self.texts(local).into_iter().next()
    }
}
