//! The server that takes mails from this one, as its address says it.

use std::fmt;
use std::net::IpAddr;

use domain::Secret;
use lettre::transport::smtp::authentication::Credentials;
use percent_encoding::percent_decode_str;
use url::{Host, Url};

/// A mail server, how it is spoken to, and what opens it.
#[derive(Clone)]
pub struct Relay {
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) encryption: Encryption,
    login: Option<(String, Secret)>,
}

/// How a mail server is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encryption {
    /// TLS from the first byte (RFC 8314 §3.3).
    Implicit,
    /// TLS after STARTTLS (RFC 3207), or not at all.
    StartTls,
    /// None.
    Plain,
}

/// What is wrong with an address names no part of it, because it may hold a password.
const FORM: &str = "a mail server is written smtps://user:password@host:465, smtp://user:password@host:587 for STARTTLS, or \
     smtp://host:25?tls=none for one that is spoken to without encryption";
const CLEAR: &str = "with ?tls=none the password would cross the network for everybody to read; take smtps://, or leave \
     ?tls=none out";

impl Relay {
    /// Reads the address of a mail server; the error says how one is written.
    pub(crate) fn parse(address: &str) -> Result<Self, &'static str> {
        let url = Url::parse(address).map_err(|_| FORM)?;
        let (encryption, usual_port) = match (url.scheme(), url.query()) {
            ("smtps", None) => (Encryption::Implicit, 465),
            ("smtp", None | Some("tls=required")) => (Encryption::StartTls, 587),
            ("smtp", Some("tls=none")) => (Encryption::Plain, 25),
            _ => return Err(FORM),
        };
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or(FORM)?;
        if !matches!(url.path(), "" | "/") || url.fragment().is_some() {
            return Err(FORM);
        }
        let login = match (url.username(), url.password()) {
            ("", None) => None,
            (user, Some(password)) if !user.is_empty() => {
                Some((decoded(user)?, Secret::new(decoded(password)?)))
            }
            _ => return Err(FORM),
        };
        if login.is_some() && encryption == Encryption::Plain && !is_this_machine(&url) {
            return Err(CLEAR);
        }
        Ok(Self {
            host: host.trim_matches(['[', ']']).to_owned(),
            port: url.port().unwrap_or(usual_port),
            encryption,
            login,
        })
    }

    pub(crate) fn credentials(&self) -> Option<Credentials> {
        let (user, password) = self.login.as_ref()?;
        Some(Credentials::new(user.clone(), password.expose().to_owned()))
    }
}

impl fmt::Debug for Relay {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Relay({}:{}, {:?})", self.host, self.port, self.encryption)
    }
}

fn decoded(part: &str) -> Result<String, &'static str> {
    percent_decode_str(part).decode_utf8().map(|text| text.into_owned()).map_err(|_| FORM)
}

/// A host of a scheme that the standard does not know is a name, even where it is an address.
fn is_this_machine(url: &Url) -> bool {
    let is_loopback = |text: &str| text.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || is_loopback(name),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_says_where_and_how_mails_go() {
        use Encryption::{Implicit, Plain, StartTls};
        for (address, host, port, encryption) in [
            ("smtps://ann:s3cret@mail.example.org", "mail.example.org", 465, Implicit),
            ("smtps://mail.example.org:4650", "mail.example.org", 4650, Implicit),
            ("smtp://ann:s3cret@mail.example.org", "mail.example.org", 587, StartTls),
            ("smtp://mail.example.org:2525/?tls=required", "mail.example.org", 2525, StartTls),
            ("smtp://relay?tls=none", "relay", 25, Plain),
            ("smtp://ann:s3cret@127.0.0.1:25?tls=none", "127.0.0.1", 25, Plain),
            ("smtp://ann:s3cret@[::1]?tls=none", "::1", 25, Plain),
        ] {
            let relay = Relay::parse(address).unwrap();
            assert_eq!((relay.host.as_str(), relay.port, relay.encryption), (host, port, encryption));
            assert_eq!(relay.credentials().is_some(), address.contains('@'));
            assert!(!format!("{relay:?}").contains("s3cret"));
        }
        let relay = Relay::parse("smtps://ann%40example.org:s3c%2Fret%3F@mail.example.org").unwrap();
        let (user, password) = relay.login.unwrap();
        assert_eq!((user.as_str(), password.expose()), ("ann@example.org", "s3c/ret?"));
    }

    #[test]
    fn a_wrong_address_is_answered_with_a_right_one_and_keeps_its_password() {
        for address in [
            "mail.example.org",
            "http://ann:s3cret@mail.example.org",
            "smtps://",
            "smtps://ann:s3cret@",
            "smtps://ann@mail.example.org",
            "smtps://:s3cret@mail.example.org",
            "smtps://ann:s3cret@mail.example.org?tls=none",
            "smtp://ann:s3cret@mail.example.org?tls=opportunistic",
            "smtp://ann:s3cret@mail.example.org:port",
            "smtp://mail.example.org/folder",
        ] {
            assert_eq!(Relay::parse(address).map(drop), Err(FORM), "{address}");
        }
        let clear = Relay::parse("smtp://ann:s3cret@mail.example.org?tls=none").map(drop);
        assert_eq!(clear, Err(CLEAR));
    }
}
