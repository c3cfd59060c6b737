//! Sessions of real clients, as far as their requests are known, for the tests of the report.

use std::time::Duration;

use domain::Error;

use super::exchange::{Exchange, Login};

/// An exchange of nobody in particular.
pub fn answered(method: &str, path: &str, status: u16) -> Exchange {
    Exchange {
        at: Duration::ZERO,
        peer: None,
        agent: String::new(),
        login: Login::Right,
        method: method.to_owned(),
        path: path.to_owned(),
        headers: Vec::new(),
        status: Some(status),
        error: None,
        received_bytes: 0,
        sent_bytes: 0,
        took: Duration::from_millis(3),
    }
}

/// The same of this client.
pub fn by(agent: &str, exchange: Exchange) -> Exchange {
    Exchange { agent: agent.to_owned(), ..exchange }
}

impl Exchange {
    pub fn with(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    pub fn saying(self, login: Login) -> Self {
        Self { login, ..self }
    }

    pub fn after_seconds(self, seconds: u64) -> Self {
        Self { at: Duration::from_secs(seconds), ..self }
    }

    pub fn because(self, error: Error) -> Self {
        Self { error: Some(error), ..self }
    }

    pub fn moving(self, received_bytes: u64, sent_bytes: u64) -> Self {
        Self { received_bytes, sent_bytes, ..self }
    }
}

/// Seconds, method, path, depth or nothing, status, and bytes in one direction.
type Line = (u64, &'static str, &'static str, &'static str, u16, u64);

/// A client and its lines.
pub type Sample = (&'static str, &'static [Line]);

pub const WINDOWS: Sample = (
    "Microsoft-WebDAV-MiniRedir/10.0.26200",
    &[
        (0, "OPTIONS", "/dav", "", 200, 0),
        (0, "PROPFIND", "/", "0", 401, 0),
        (0, "PROPFIND", "/", "0", 207, 0),
        (0, "PROPFIND", "/dav", "0", 207, 0),
        (0, "PROPFIND", "/dav", "1", 207, 0),
        (10, "PROPFIND", "/dav/a.txt", "0", 404, 0),
        (10, "PUT", "/dav/a.txt", "", 201, 0),
        (10, "LOCK", "/dav/a.txt", "", 200, 0),
        (10, "PROPPATCH", "/dav/a.txt", "", 207, 0),
        (10, "HEAD", "/dav/a.txt", "", 200, 0),
        (10, "PUT", "/dav/a.txt", "", 204, 1_258_291),
        (10, "PROPPATCH", "/dav/a.txt", "", 207, 0),
        (10, "UNLOCK", "/dav/a.txt", "", 204, 0),
    ],
);

pub const FINDER: Sample = (
    "WebDAVFS/3.0.0 (03008000) Darwin/25.5.0 (arm64)",
    &[
        (0, "OPTIONS", "/dav/", "", 200, 0),
        (0, "PROPFIND", "/dav/", "0", 401, 0),
        (0, "PROPFIND", "/dav/", "0", 207, 0),
        (0, "PROPFIND", "/dav/._.", "0", 404, 0),
        (0, "PROPFIND", "/dav/.hidden", "0", 404, 0),
        (0, "PUT", "/dav/.DS_Store", "", 201, 0),
        (0, "PROPFIND", "/dav/", "1", 207, 0),
        (10, "PROPFIND", "/dav/a.txt", "0", 404, 0),
        (10, "PUT", "/dav/a.txt", "", 201, 0),
        (10, "PROPFIND", "/dav/._a.txt", "0", 404, 0),
        (10, "LOCK", "/dav/a.txt", "0", 200, 0),
        (10, "PUT", "/dav/a.txt", "", 204, 1_258_291),
        (10, "UNLOCK", "/dav/a.txt", "", 204, 0),
    ],
);

/// On a kernel whose requests for folders do not fit its buffer.
pub const DAVFS2: Sample = (
    "davfs2/1.6.1 neon/0.32.4",
    &[
        (0, "OPTIONS", "/dav/", "", 200, 0),
        (0, "PROPFIND", "/dav/", "1", 401, 0),
        (0, "PROPFIND", "/dav/", "1", 207, 0),
        (0, "PROPFIND", "/dav/", "0", 207, 0),
    ],
);

pub const RCLONE: Sample = (
    "rclone/v1.75.0",
    &[
        (0, "PROPFIND", "/dav/tree/a", "0", 404, 0),
        (0, "PROPFIND", "/dav/tree/b", "0", 404, 0),
        (0, "MKCOL", "/dav/tree/", "", 201, 0),
        (0, "MKCOL", "/dav/tree/", "", 405, 0),
        (0, "PUT", "/dav/tree/a", "", 201, 1_258_291),
        (1, "PUT", "/dav/tree/b", "", 201, 1_258_291),
        (1, "PROPFIND", "/dav/tree/a", "0", 207, 0),
        (1, "PROPFIND", "/dav/tree/b", "0", 207, 0),
        (2, "GET", "/dav/tree/a", "0", 200, 1_258_291),
    ],
);

/// The exchanges of a client; whoever is answered 401 has sent no password.
pub fn session((agent, lines): Sample) -> Vec<Exchange> {
    lines.iter().map(|line| exchange_of(agent, line)).collect()
}

fn exchange_of(agent: &str, &(seconds, method, path, depth, status, bytes): &Line) -> Exchange {
    let login = if status == 401 || method == "OPTIONS" { Login::None } else { Login::Right };
    let exchange = by(agent, answered(method, path, status)).saying(login).after_seconds(seconds);
    let exchange = if depth.is_empty() { exchange } else { exchange.with("depth", depth) };
    if method == "GET" { exchange.moving(0, bytes) } else { exchange.moving(bytes, 0) }
}
