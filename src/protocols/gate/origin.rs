//! Who asks, and which server they believe to ask: as the connection shows it, or as a trusted proxy says.

use std::fmt;
use std::net::{IpAddr, SocketAddr};

use http::header::HOST;
use http::{request, uri};

use crate::forwarded::Proxies;

/// The address of the client; every request carries it as an extension.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peer(pub IpAddr);

/// The server as its client names it, which behind a proxy is not what its connection shows; every request
/// carries it as an extension.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// Whether the client speaks TLS.
    pub secure: bool,
    /// The host, with its port where the client named one; empty if it named no host. Whatever a client sends may
    /// stand here, so it has to be escaped where it is shown.
    pub host: String,
}

impl fmt::Display for Origin {
    /// Such as `https://files.example.org`.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}://{}", if self.secure { "https" } else { "http" }, self.host)
    }
}

/// The connection a request came by.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Link {
    /// The other end, in its canonical form.
    pub(crate) peer: SocketAddr,
    /// Whether TLS is spoken on it.
    pub(crate) secure: bool,
}

/// Leaves [`Peer`] and [`Origin`] with a request.
pub(crate) fn identify(parts: &mut request::Parts, proxies: &Proxies) {
    let Some(&Link { peer, secure }) = parts.extensions.get::<Link>() else { return };
    let told = proxies.read(peer.ip(), &parts.headers);
    let (client, told_secure, told_host) = match told {
        Some(told) => (told.client, told.secure, told.host),
        None => (peer.ip(), None, None),
    };
    let host = told_host.unwrap_or_else(|| named_host(parts).to_owned());
    parts.extensions.insert(Peer(client));
    parts.extensions.insert(Origin { secure: told_secure.unwrap_or(secure), host });
}

/// The host of the request itself. That of the target goes before the header (RFC 9112 §3.2.2), and in
/// HTTP/2 there need not be another one (RFC 9113 §8.3.1).
fn named_host(parts: &request::Parts) -> &str {
    let header = || parts.headers.get(HOST).and_then(|host| host.to_str().ok());
    parts.uri.authority().map(uri::Authority::as_str).or_else(header).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    fn identified(target: &str, headers: &[(&str, &str)]) -> (String, String) {
        let mut request = Request::builder().uri(target);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut parts = request.body(()).unwrap().into_parts().0;
        parts.extensions.insert(Link { peer: "10.0.0.1:4711".parse().unwrap(), secure: false });
        identify(&mut parts, &Proxies::new(&["10.0.0.0/8".parse().unwrap()]));
        let Peer(client) = parts.extensions.get().unwrap();
        (client.to_string(), parts.extensions.get::<Origin>().unwrap().to_string())
    }

    #[test]
    fn a_request_says_itself_which_host_it_is_for() {
        let on_wire = ("10.0.0.1".to_owned(), "http://a.example:8080".to_owned());
        assert_eq!(identified("/dav/", &[("host", "a.example:8080")]), on_wire);
        assert_eq!(identified("http://a.example:8080/dav/", &[("host", "b.example")]), on_wire);
        assert_eq!(identified("/dav/", &[]).1, "http://");
    }

    #[test]
    fn a_trusted_proxy_says_it_better() {
        let headers = [
            ("host", "127.0.0.1:8080"),
            ("x-forwarded-for", "203.0.113.7"),
            ("x-forwarded-host", "files.example.org"),
            ("x-forwarded-proto", "https"),
        ];
        let expected = ("203.0.113.7".to_owned(), "https://files.example.org".to_owned());
        assert_eq!(identified("/dav/", &headers), expected);
        assert_eq!(identified("/dav/", &headers[..2]).1, "http://127.0.0.1:8080");
    }
}
