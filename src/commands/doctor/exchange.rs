//! One request and its answer, as far as a report needs them: no body, and of the credentials only what they were.

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use axum::http::header::{AUTHORIZATION, USER_AGENT};
use axum::http::{HeaderMap, request};
use domain::Error;

use crate::config::sizes;

/// The headers that say what a request wants. `Authorization` is not among them.
const HEADERS: [&str; 7] = [
    "depth",
    "destination",
    "overwrite",
    "if",
    "if-none-match",
    "content-length",
    "x-expected-entity-length",
];

/// Longer texts say nothing more, and ten thousand exchanges have to fit into memory.
const TEXT_BYTES_MAX: usize = 200;

/// A request and its answer.
#[derive(Debug, Clone)]
pub struct Exchange {
    /// How long after the beginning of the session it began.
    pub at: Duration,
    /// Where it came from, if it was answered.
    pub peer: Option<IpAddr>,
    /// The client's name for itself.
    pub agent: String,
    /// What it said about who it is.
    pub login: Login,
    /// The method.
    pub method: String,
    /// The path as it was sent.
    pub path: String,
    /// Headers that say what it wants.
    pub headers: Vec<(&'static str, String)>,
    /// The status; none if the client left before.
    pub status: Option<u16>,
    /// What the server says was wrong.
    pub error: Option<Error>,
    /// The bytes of the request's body that came in, and of the answer's that went out.
    pub received_bytes: u64,
    /// As above.
    pub sent_bytes: u64,
    /// How long it took.
    pub took: Duration,
}

/// What a request says about who sends it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Login {
    /// Nothing.
    None,
    /// The name and the app password of this session.
    Right,
    /// Another name.
    WrongName,
    /// The name, and an app password that is not the one of this session.
    WrongPassword,
    /// The name, and something that cannot be an app password.
    NoAppPassword,
    /// Another scheme than Basic, such as `Digest`; or Basic that cannot be read.
    OtherScheme(String),
}

/// Who may come in.
#[derive(Debug, Clone)]
pub struct Expected {
    /// The user name.
    pub user: String,
    /// The app password.
    pub password: String,
}

impl Exchange {
    /// A request that was just received.
    pub fn begin(at: Duration, parts: &request::Parts, expected: &Expected) -> Self {
        let kept = |name: &'static str| Some((name, text(&parts.headers, name)?));
        Self {
            at,
            peer: None,
            agent: text(&parts.headers, USER_AGENT.as_str()).unwrap_or_default(),
            login: expected.judge(&parts.headers),
            method: cut(parts.method.as_str()),
            path: cut(parts.uri.path()),
            headers: HEADERS.into_iter().filter_map(kept).collect(),
            status: None,
            error: None,
            received_bytes: 0,
            sent_bytes: 0,
            took: Duration::ZERO,
        }
    }

    /// A header, by its name in small letters.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(kept, _)| *kept == name).map(|(_, value)| value.as_str())
    }

    /// Whether it was done.
    pub fn is_done(&self) -> bool {
        self.status.is_some_and(|status| status < 300)
    }

    /// Whether this method was answered with this status.
    pub fn was(&self, method: &str, status: u16) -> bool {
        self.method == method && self.status == Some(status)
    }

    /// Whether a body was announced, of whatever length.
    pub fn announces_body(&self) -> bool {
        let is_some = |name| self.header(name).is_some_and(|length| length != "0");
        is_some("content-length") || is_some("x-expected-entity-length")
    }
}

/// One short line for whoever looks on.
impl fmt::Display for Exchange {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let status = self.status.map_or_else(|| "left".to_owned(), |status| status.to_string());
        write!(out, "{:>7.1}s  {status:>4}  {} {}", self.at.as_secs_f64(), self.method, self.path)?;
        if let Some(depth) = self.header("depth").filter(|_| self.method == "PROPFIND") {
            write!(out, " (Depth {depth})")?;
        }
        if let Some(destination) = self.header("destination") {
            write!(out, " to {destination}")?;
        }
        for (bytes, way) in [(self.received_bytes, "in"), (self.sent_bytes, "out")] {
            if bytes > 0 {
                write!(out, ", {} {way}", sizes::readable(bytes))?;
            }
        }
        write!(out, ", {} ms", self.took.as_millis())?;
        match &self.login {
            Login::None => out.write_str(", no password"),
            Login::Right => Ok(()),
            Login::WrongName => out.write_str(", wrong user name"),
            Login::WrongPassword | Login::NoAppPassword => out.write_str(", wrong password"),
            Login::OtherScheme(scheme) => write!(out, ", log-in by {scheme}"),
        }
    }
}

impl Expected {
    fn judge(&self, headers: &HeaderMap) -> Login {
        let Some(authorization) = headers.get(AUTHORIZATION) else { return Login::None };
        let Some((name, password)) = gate::presented(headers) else {
            let scheme = authorization.to_str().ok().and_then(|text| text.split_whitespace().next());
            return Login::OtherScheme(cut(scheme.unwrap_or("something unreadable")));
        };
        let typed = |password: &str| -> String {
            let letters = password.chars().filter(|letter| *letter != '-' && !letter.is_whitespace());
            letters.map(|letter| letter.to_ascii_lowercase()).collect()
        };
        let (given, expected) = (typed(&password), typed(&self.password));
        if !name.eq_ignore_ascii_case(&self.user) {
            Login::WrongName
        } else if given == expected {
            Login::Right
        } else if given.len() == expected.len() && given.chars().all(|letter| letter.is_ascii_alphanumeric())
        {
            Login::WrongPassword
        } else {
            Login::NoAppPassword
        }
    }
}

fn text(headers: &HeaderMap, name: &str) -> Option<String> {
    let value = String::from_utf8_lossy(headers.get(name)?.as_bytes());
    // KDE may put the user, and even the password, of its own URL before the host of a Destination.
    Some(match value.split_once("://").map(|(scheme, rest)| (scheme, rest.split_once('/'))) {
        Some((scheme, Some((authority, path)))) => {
            let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
            cut(&format!("{scheme}://{host}/{path}"))
        }
        _ => cut(&value),
    })
}

/// A text without what could move the cursor of a terminal, and not too long.
fn cut(text: &str) -> String {
    let mut cut = String::new();
    for letter in text.chars().filter(|letter| !letter.is_control()) {
        if cut.len() + letter.len_utf8() > TEXT_BYTES_MAX {
            break;
        }
        cut.push(letter);
    }
    cut
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    fn expected() -> Expected {
        Expected { user: "larder".into(), password: "k7m2p-9xq40-1bcde-fghjk-mnpqr".into() }
    }

    fn begun(headers: &[(&str, &str)]) -> Exchange {
        let mut request = Request::builder().method("PROPFIND").uri("/dav/");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let (parts, ()) = request.body(()).unwrap().into_parts();
        Exchange::begin(Duration::from_millis(1250), &parts, &expected())
    }

    #[test]
    fn what_is_wrong_with_credentials_is_known_and_they_are_not_kept() {
        for (sent, login) in [
            // larder:k7m2p-9xq40-1bcde-fghjk-mnpqr, and the password as one types it on a phone
            ("Basic bGFyZGVyOms3bTJwLTl4cTQwLTFiY2RlLWZnaGprLW1ucHFy", Login::Right),
            ("Basic V09SS1xsYXJkZXI6SzdNMlA5WFE0MDFCQ0RFRkdISktNTlBRUg==", Login::Right),
            // ann:…
            ("Basic YW5uOms3bTJwLTl4cTQwLTFiY2RlLWZnaGprLW1ucHFy", Login::WrongName),
            // larder:aaaaa-aaaaa-aaaaa-aaaaa-aaaaa, larder:secret
            ("Basic bGFyZGVyOmFhYWFhLWFhYWFhLWFhYWFhLWFhYWFhLWFhYWFh", Login::WrongPassword),
            ("Basic bGFyZGVyOnNlY3JldA==", Login::NoAppPassword),
            ("Digest username=\"larder\"", Login::OtherScheme("Digest".into())),
            ("NTLM TlRMTVNTUAAB", Login::OtherScheme("NTLM".into())),
        ] {
            let exchange = begun(&[("Authorization", sent)]);
            assert_eq!(exchange.login, login, "{sent}");
            let secret = sent.split(' ').nth(1).unwrap();
            assert!(!format!("{exchange:?}").contains(secret), "{exchange:?}");
        }
        assert_eq!(begun(&[]).login, Login::None);
        let destination = "webdavs://ann:secret@a.example:8080/dav/b@c";
        let exchange = begun(&[("Destination", destination), ("Cookie", "secret")]);
        assert_eq!(exchange.header("destination"), Some("webdavs://a.example:8080/dav/b@c"));
        assert!(!format!("{exchange:?}").contains("secret"), "{exchange:?}");
    }

    #[test]
    fn whatever_a_client_sends_its_line_stays_one_and_its_record_small() {
        let long = "x".repeat(100_000);
        let exchange = begun(&[("Depth", "1"), ("User-Agent", &long), ("If", &long), ("Cookie", &long)]);
        assert!(format!("{exchange:?}").len() < 2000);
        assert_eq!(exchange.to_string(), "    1.2s  left  PROPFIND /dav/ (Depth 1), 0 ms, no password");
        assert_eq!(cut("a\u{1b}[2Jb\nc"), "a[2Jbc");
    }
}
