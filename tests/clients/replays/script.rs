//! A client that says its lines: requests with the headers and bodies of the real one, in its order.

use super::judge;
use crate::support::{Answer, TestHouse, Wire};

/// The header lines of a client in the order it writes them.
pub type Letterhead = &'static [Line];

/// One line of a [`Letterhead`].
#[derive(Debug, Clone, Copy)]
pub enum Line {
    Is(&'static str, &'static str),
    Host,
    /// `Authorization`, once the client has logged in.
    Login,
    /// What only this request has.
    Own,
    /// `Content-Length` or `Transfer-Encoding`, where the request has one.
    Length,
}

/// A client that is mounted on a house.
pub struct Replay<'h> {
    pub house: &'h TestHouse,
    wire: Wire,
    letterhead: Letterhead,
    login: String,
}

/// A request that is being put together.
pub struct Step<'r, 'h> {
    replay: &'r mut Replay<'h>,
    method: &'static str,
    target: String,
    letterhead: Letterhead,
    own: Vec<(&'static str, String)>,
    body: Sent,
    knows_login: bool,
}

enum Sent {
    Nothing,
    Whole(Vec<u8>),
    Chunks { bytes: Vec<u8>, size: usize, coding: &'static str },
}

impl<'h> Replay<'h> {
    /// A client with an open connection.
    pub fn new(house: &'h TestHouse, letterhead: Letterhead) -> Self {
        Self { house, wire: house.wire(), letterhead, login: house.authorization() }
    }

    /// Logs in with this header from now on.
    pub fn log_in_with(&mut self, authorization: String) {
        self.login = authorization;
    }

    /// A request with the letterhead of the client; `target` is what stands in the request line.
    pub fn ask(&mut self, method: &'static str, target: &str) -> Step<'_, 'h> {
        let letterhead = self.letterhead;
        Step {
            replay: self,
            method,
            target: target.to_owned(),
            letterhead,
            own: Vec::new(),
            body: Sent::Nothing,
            knows_login: true,
        }
    }

    /// The connection ends, and the next request opens another.
    pub fn reconnect(&mut self) {
        self.wire = self.house.wire();
    }

    /// The host as the client knows it, with its port.
    pub fn host(&self) -> String {
        let url = self.house.url();
        url.strip_prefix("http://").unwrap().strip_suffix("/dav/").unwrap().to_owned()
    }

    /// A path of the server as a URL.
    pub fn url(&self, target: &str) -> String {
        format!("http://{}{target}", self.host())
    }
}

impl<'h> Step<'_, 'h> {
    /// A header of this request only.
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.own.push((name, value.into()));
        self
    }

    /// Another letterhead for this request.
    pub fn on(mut self, letterhead: Letterhead) -> Self {
        self.letterhead = letterhead;
        self
    }

    /// A body with its length; an empty one is `Content-Length: 0`.
    pub fn body(mut self, bytes: impl AsRef<[u8]>) -> Self {
        self.body = Sent::Whole(bytes.as_ref().to_vec());
        self
    }

    /// A body in chunks of this many bytes.
    pub fn chunks(self, bytes: impl AsRef<[u8]>, size: usize) -> Self {
        self.coded("chunked", bytes, size)
    }

    /// A body in chunks of this many bytes, announced in this spelling.
    pub fn coded(mut self, coding: &'static str, bytes: impl AsRef<[u8]>, size: usize) -> Self {
        self.body = Sent::Chunks { bytes: bytes.as_ref().to_vec(), size, coding };
        self
    }

    /// Sent without credentials, as many clients do first.
    pub fn without_login(mut self) -> Self {
        self.knows_login = false;
        self
    }

    /// Sends it and judges the answer.
    #[track_caller]
    pub fn gets(self, status: u16) -> Answer {
        let body = self.encoded();
        self.replay.wire.send([self.head(), body].concat());
        let answer = self.replay.wire.answer_to(self.method);
        self.judged(answer, status)
    }

    /// Sends it and says which of the statuses the answer has, where the client goes on by that.
    #[track_caller]
    pub fn gets_one_of(self, statuses: &[u16]) -> u16 {
        let body = self.encoded();
        self.replay.wire.send([self.head(), body].concat());
        let answer = self.replay.wire.answer_to(self.method);
        assert!(
            statuses.contains(&answer.status),
            "{} {}: {}",
            self.method,
            self.target,
            judge::seen(&answer)
        );
        let status = answer.status;
        self.judged(answer, status).status
    }

    /// Sends the head only: the answer must be there before the body. Then the body follows, as clients that are
    /// already writing do, and disturbs nothing.
    #[track_caller]
    pub fn gets_before_its_body(self, status: u16) -> Answer {
        self.replay.wire.send(self.head());
        let answer = self.replay.wire.answer_to(self.method);
        let body = self.encoded();
        if self.replay.wire.offer(&body) && answer.header("connection").is_none() {
            return self.judged(answer, status);
        }
        assert_eq!(answer.header("connection"), Some("close"), "{answer:?}");
        assert!(self.replay.wire.is_closed());
        self.judged(answer, status)
    }

    /// Waits for `100 Continue` before it sends the body.
    #[track_caller]
    pub fn gets_after_100(self, status: u16) -> Answer {
        self.replay.wire.send(self.head());
        assert_eq!(self.replay.wire.answer().status, 100);
        let body = self.encoded();
        self.replay.wire.send(body);
        let answer = self.replay.wire.answer_to(self.method);
        self.judged(answer, status)
    }

    #[track_caller]
    fn judged(self, answer: Answer, status: u16) -> Answer {
        let (method, target) = (self.method, &self.target);
        assert_eq!(answer.status, status, "{method} {target}: {}", judge::seen(&answer));
        let sent = self.head();
        let sent = String::from_utf8_lossy(&sent);
        judge::answer(method, &sent, &self.text(), &answer);
        let says_close = |text: &str| text.to_ascii_lowercase().contains("\r\nconnection: close\r\n");
        if says_close(&sent) || answer.header("connection").is_some_and(|value| value == "close") {
            self.replay.reconnect();
        }
        answer
    }

    fn head(&self) -> Vec<u8> {
        let mut head = format!("{} {} HTTP/1.1\r\n", self.method, self.target);
        let mut line = |name: &str, value: &str| {
            if !name.is_empty() {
                head.push_str(&format!("{name}: {value}\r\n"));
            }
        };
        for next in self.letterhead {
            match next {
                Line::Is(name, _) if self.own.iter().any(|(own, _)| own == name) => {}
                Line::Is(name, value) => line(name, value),
                Line::Host => line("Host", &self.replay.host()),
                Line::Login if self.knows_login => line("Authorization", &self.replay.login),
                Line::Login => {}
                Line::Own => self.own.iter().for_each(|(name, value)| line(name, value)),
                Line::Length => match &self.body {
                    Sent::Nothing => {}
                    Sent::Whole(bytes) => line("Content-Length", &bytes.len().to_string()),
                    Sent::Chunks { coding, .. } => line("Transfer-Encoding", coding),
                },
            }
        }
        head.push_str("\r\n");
        head.into_bytes()
    }

    fn encoded(&self) -> Vec<u8> {
        match &self.body {
            Sent::Nothing => Vec::new(),
            Sent::Whole(bytes) => bytes.clone(),
            Sent::Chunks { bytes, size, .. } => {
                let mut sent = Vec::new();
                for chunk in bytes.chunks(*size) {
                    sent.extend(format!("{:x}\r\n", chunk.len()).bytes());
                    sent.extend(chunk.iter().chain(b"\r\n"));
                }
                sent.extend(b"0\r\n\r\n");
                sent
            }
        }
    }

    /// The body as text, for the judge of what was asked.
    fn text(&self) -> String {
        match &self.body {
            Sent::Whole(bytes) => String::from_utf8_lossy(bytes).into_owned(),
            Sent::Nothing | Sent::Chunks { .. } => String::new(),
        }
    }
}
