//! What trusted proxies say of a request: `Forwarded` (RFC 7239) and the `X-Forwarded-*` headers it was made to replace.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use http::header::FORWARDED;
use http::uri::Authority;
use http::{HeaderMap, HeaderName};
use ipnet::IpNet;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const X_FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// The networks whose word is believed.
#[derive(Debug, Clone)]
pub(crate) struct Proxies(Arc<[IpNet]>);

/// What was believed of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Told {
    /// The last address on the way that is not a proxy's of ours.
    pub(crate) client: IpAddr,
    /// Whether the client speaks TLS.
    pub(crate) secure: Option<bool>,
    /// The host the client asked for.
    pub(crate) host: Option<String>,
}

impl Proxies {
    pub(crate) fn new(networks: &[IpNet]) -> Self {
        Self(networks.into())
    }

    fn trust(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address))
    }

    /// Reads what a peer says of others. Everything is disregarded if the peer is not trusted or a word of
    /// it makes no sense, and also if the two kinds of headers name different clients: a proxy that writes
    /// one kind may pass on the other as the client made it up.
    pub(crate) fn read(&self, peer: IpAddr, headers: &HeaderMap) -> Option<Told> {
        if !self.trust(peer) {
            return None;
        }
        let standard = headers.contains_key(FORWARDED).then(|| self.standard(peer, headers));
        let is_usual = [X_FORWARDED_FOR, X_FORWARDED_HOST, X_FORWARDED_PROTO]
            .iter()
            .any(|name| headers.contains_key(name));
        let usual = is_usual.then(|| self.usual(peer, headers));
        match (standard, usual) {
            (Some(standard), Some(usual)) => {
                let (standard, usual) = (standard?, usual?);
                (standard.client == usual.client).then_some(standard)
            }
            (Some(told), None) | (None, Some(told)) => told,
            (None, None) => None,
        }
    }

    fn standard(&self, peer: IpAddr, headers: &HeaderMap) -> Option<Told> {
        let (client, _, hop) = self.walk(peer, items(headers, FORWARDED).map(Hop::parse))?;
        Some(Told { client, secure: hop.proto.map(is_secure), host: hop.host.map(str::to_owned) })
    }

    fn usual(&self, peer: IpAddr, headers: &HeaderMap) -> Option<Told> {
        let hops = items(headers, X_FORWARDED_FOR)
            .map(|node| Some(Hop { node: Some(Node::parse(unquoted(node)?)?), ..Hop::default() }));
        let (client, index, _) = self.walk(peer, hops)?;
        // A proxy adds to these lists as it does to the one of addresses, or replaces what it finds.
        let said = |name| items(headers, name).take(index + 1).last();
        Some(Told {
            client,
            secure: said(X_FORWARDED_PROTO).map(is_secure),
            host: said(X_FORWARDED_HOST).filter(|host| is_host(host)).map(str::to_owned),
        })
    }

    /// Goes from the peer towards the client, and stops at the first that is not trusted: whatever stands
    /// further away is only what that one says. None if something on the way makes no sense.
    fn walk<'a>(
        &self,
        peer: IpAddr,
        hops: impl Iterator<Item = Option<Hop<'a>>>,
    ) -> Option<(IpAddr, usize, Hop<'a>)> {
        let mut reached = (peer, 0, Hop::default());
        for (index, hop) in hops.enumerate() {
            let hop = hop?;
            let Some(Node::Address(address)) = hop.node else {
                return Some((reached.0, index, hop));
            };
            reached = (address, index, hop);
            if !self.trust(address) {
                break;
            }
        }
        Some(reached)
    }
}

/// The items of a list, from the last one of the last line to the first of the first (RFC 9110 §5.6.1).
fn items(headers: &HeaderMap, name: HeaderName) -> impl Iterator<Item = &str> {
    // What is no text must not be passed over, or the item before it would come in its place.
    let lines = headers.get_all(name).iter().rev().map(|line| line.to_str().unwrap_or("?"));
    lines.flat_map(|line| line.rsplit(',')).map(str::trim).filter(|item| !item.is_empty())
}

/// What one proxy says of who sent it the request.
#[derive(Debug, Default)]
struct Hop<'a> {
    node: Option<Node>,
    host: Option<&'a str>,
    proto: Option<&'a str>,
}

impl<'a> Hop<'a> {
    fn parse(element: &'a str) -> Option<Self> {
        let mut hop = Self::default();
        for pair in element.split(';').map(str::trim).filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=')?;
            let value = unquoted(value)?;
            let fits = match name.to_ascii_lowercase().as_str() {
                "for" => hop.node.replace(Node::parse(value)?).is_none(),
                "host" => is_host(value) && hop.host.replace(value).is_none(),
                "proto" => hop.proto.replace(value).is_none(),
                _ => true,
            };
            if !fits {
                return None;
            }
        }
        Some(hop)
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Node {
    Address(IpAddr),
    /// The proxy does not know, or does not want to say.
    Hidden,
}

impl Node {
    /// Reads a node (RFC 7239 §6): an address, of IPv6 in brackets, with or without a port, or a word in its place.
    /// `X-Forwarded-For` has IPv6 without brackets, and some proxies write the path of a socket.
    fn parse(text: &str) -> Option<Self> {
        if text.eq_ignore_ascii_case("unknown") || text.starts_with('_') || text.starts_with("unix:") {
            return Some(Self::Hidden);
        }
        if let Ok(address) = text.parse::<IpAddr>() {
            return Some(Self::Address(address.to_canonical()));
        }
        let (address, port): (IpAddr, &str) = match text.strip_prefix('[') {
            Some(rest) => {
                let (address, port) = rest.split_once(']')?;
                (address.parse::<Ipv6Addr>().ok()?.into(), port)
            }
            None => {
                let (address, port) = text.split_at(text.find(':')?);
                (address.parse::<Ipv4Addr>().ok()?.into(), port)
            }
        };
        let is_port = port.is_empty() || port.len() > 1 && port.starts_with(':') && is_token(&port[1..]);
        is_port.then_some(Self::Address(address.to_canonical()))
    }
}

/// A value as a token or between quotes; what nobody has reason to escape is not unescaped.
fn unquoted(value: &str) -> Option<&str> {
    let inner = match value.strip_prefix('"') {
        Some(rest) => rest.strip_suffix('"')?,
        None => value,
    };
    (!inner.is_empty() && !inner.contains(['"', '\\'])).then_some(inner)
}

fn is_token(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
}

fn is_host(text: &str) -> bool {
    !text.contains('@') && text.parse::<Authority>().is_ok()
}

fn is_secure(proto: &str) -> bool {
    proto.eq_ignore_ascii_case("https")
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    const PROXY: &str = "10.0.0.1";

    fn told(peer: &str, lines: &[(HeaderName, &str)]) -> Option<Told> {
        let networks = ["10.0.0.0/8", "fd00::/8", "127.0.0.1/32"].map(|network| network.parse().unwrap());
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        Proxies::new(&networks).read(peer.parse().unwrap(), &headers)
    }

    fn client(name: HeaderName, value: &str) -> Option<String> {
        told(PROXY, &[(name, value)]).map(|told| told.client.to_string())
    }

    #[test]
    fn the_client_is_the_last_one_on_the_way_that_is_no_proxy_of_ours() {
        for (sent, expected) in [
            ("203.0.113.7", "203.0.113.7"),
            ("203.0.113.7, 10.0.0.9", "203.0.113.7"),
            ("198.51.100.1, 203.0.113.7,10.0.0.9 ,10.0.0.8", "203.0.113.7"),
            ("what the client made up, 203.0.113.7", "203.0.113.7"),
            ("203.0.113.7:4711", "203.0.113.7"),
            ("2001:db8::1", "2001:db8::1"),
            ("[2001:db8::1]", "2001:db8::1"),
            ("[2001:db8::1]:4711", "2001:db8::1"),
            ("\"[2001:db8::1]:4711\"", "2001:db8::1"),
            ("::ffff:203.0.113.7", "203.0.113.7"),
            ("10.0.0.5, 10.0.0.9", "10.0.0.5"),
            (",, 203.0.113.7, ,", "203.0.113.7"),
            ("203.0.113.7, unknown", PROXY),
            ("203.0.113.7, unknown, 10.0.0.9", "10.0.0.9"),
            ("", PROXY),
        ] {
            assert_eq!(client(X_FORWARDED_FOR, sent).as_deref(), Some(expected), "{sent}");
        }
    }

    #[test]
    fn the_standard_header_says_the_same() {
        for (sent, expected) in [
            ("for=203.0.113.7", "203.0.113.7"),
            ("For=\"[2001:db8:cafe::17]:4711\"", "2001:db8:cafe::17"),
            ("for=\"[2001:db8::1]\";by=10.0.0.1;proto=https", "2001:db8::1"),
            ("for=\"203.0.113.7:_port\"", "203.0.113.7"),
            ("for=198.51.100.1, for=203.0.113.7;proto=http, for=10.0.0.9", "203.0.113.7"),
            ("for=\"not closed, for=203.0.113.7", "203.0.113.7"),
            ("for=203.0.113.7 ; proto=https ;", "203.0.113.7"),
            ("for=_hidden", PROXY),
            ("for=_SEVKISEK, for=10.0.0.9", "10.0.0.9"),
            ("for=unknown", PROXY),
            ("for=\"unix:/run/socket\"", PROXY),
            ("for=unix:", PROXY),
            ("proto=https", PROXY),
        ] {
            assert_eq!(client(FORWARDED, sent).as_deref(), Some(expected), "{sent}");
        }
    }

    #[test]
    fn what_makes_no_sense_is_disregarded_as_a_whole() {
        for sent in [
            "203.0.113.7, 10.0.0.",
            "files.example.org",
            "203.0.113.256",
            "203.0.113.7:",
            "203.0.113.7:a b",
            "[2001:db8::1",
            "[203.0.113.7]",
            "[2001:db8::1]4711",
            "fe80::1%eth0",
            "\"203.0.113.7",
            "203.0.113.7, \u{fc}",
            "for=203.0.113.7",
        ] {
            assert_eq!(client(X_FORWARDED_FOR, sent), None, "{sent}");
        }
        for sent in [
            "203.0.113.7",
            "for=203.0.113.7;for=198.51.100.1",
            "for=\"203.0.113.7",
            "for=",
            "for=\"\"",
            "for=a\\b",
            "for=203.0.113.7;host=a/b",
            "for=203.0.113.7;host=ann@example.org",
            "for=203.0.113.7;proto",
            "for=203.0.113.7, nonsense",
        ] {
            assert_eq!(client(FORWARDED, sent), None, "{sent}");
        }
    }

    #[test]
    fn an_item_cannot_hide_behind_a_line_that_is_no_text() {
        let lines = [(X_FORWARDED_FOR, "203.0.113.7"), (X_FORWARDED_FOR, "\u{fc}, 198.51.100.1")];
        assert_eq!(told(PROXY, &lines), None);
        let lines = [(X_FORWARDED_FOR, "198.51.100.1"), (X_FORWARDED_FOR, "203.0.113.7")];
        assert_eq!(told(PROXY, &lines).unwrap().client.to_string(), "203.0.113.7");
    }

    #[test]
    fn nobody_else_is_believed() {
        for peer in ["203.0.113.9", "11.0.0.1", "2001:db8::2"] {
            assert_eq!(told(peer, &[(X_FORWARDED_FOR, "198.51.100.1")]), None);
            assert_eq!(told(peer, &[(FORWARDED, "for=198.51.100.1;host=a;proto=https")]), None);
        }
        assert_eq!(told(PROXY, &[]), None);
        let own = told("fd00::1", &[(X_FORWARDED_FOR, "198.51.100.1")]).unwrap();
        assert_eq!(own.client.to_string(), "198.51.100.1");
    }

    #[test]
    fn a_header_the_proxy_only_passes_on_cannot_change_who_the_client_is() {
        let real = (X_FORWARDED_FOR, "203.0.113.7");
        assert_eq!(told(PROXY, &[(FORWARDED, "for=198.51.100.1"), real.clone()]), None);
        assert_eq!(told(PROXY, &[(FORWARDED, "nonsense"), real.clone()]), None);
        let both = told(PROXY, &[(FORWARDED, "for=203.0.113.7;host=a"), real]).unwrap();
        assert_eq!((both.client.to_string().as_str(), both.host.as_deref()), ("203.0.113.7", Some("a")));
    }

    #[test]
    fn host_and_scheme_are_those_the_client_used() {
        let host = |lines: &[_]| {
            let told = told(PROXY, lines).unwrap();
            (told.secure, told.host)
        };
        let both = (Some(true), Some("files.example.org".to_owned()));
        assert_eq!(host(&[(FORWARDED, "for=203.0.113.7;proto=HTTPS;host=files.example.org")]), both);
        let chain =
            "for=203.0.113.7;host=\"files.example.org\";proto=https, for=10.0.0.9;host=inner;proto=http";
        assert_eq!(host(&[(FORWARDED, chain)]), both);
        let said = |address, host, proto| {
            [(X_FORWARDED_FOR, address), (X_FORWARDED_HOST, host), (X_FORWARDED_PROTO, proto)]
        };
        assert_eq!(host(&said("203.0.113.7", "files.example.org", "https")), both);
        assert_eq!(host(&said("203.0.113.7, 10.0.0.9", "files.example.org, inner", "https, http")), both);
        assert_eq!(host(&said("203.0.113.7, 10.0.0.9", "files.example.org", "https")), both);
        assert_eq!(host(&said("203.0.113.7", "made.up, files.example.org", "http, https")), both);
        assert_eq!(host(&said("203.0.113.7", "a/b", "")), (None, None));
        let alone = told(PROXY, &[(X_FORWARDED_PROTO, "https")]).unwrap();
        assert_eq!((alone.client.to_string().as_str(), alone.secure), (PROXY, Some(true)));
    }

    #[test]
    fn a_list_without_end_is_read_no_further_than_needed() {
        let many = vec!["198.51.100.1"; 10_000].join(",");
        assert_eq!(client(X_FORWARDED_FOR, &format!("{many},203.0.113.7")).as_deref(), Some("203.0.113.7"));
        let inside = vec!["10.0.0.9"; 10_000].join(",");
        assert_eq!(client(X_FORWARDED_FOR, &format!("203.0.113.7,{inside}")).as_deref(), Some("203.0.113.7"));
        assert_eq!(client(FORWARDED, &"for=\"".repeat(10_000)), None);
        assert_eq!(client(FORWARDED, &";".repeat(60_000)).as_deref(), Some(PROXY));
    }
}

#[cfg(test)]
mod fuzz {
    use hostile::proptest::collection::vec;
    use hostile::proptest::prelude::*;
    use hostile::proptest::sample::select;
    use hostile::{Memory, Target, seeds};
    use http::HeaderValue;

    use super::*;

    #[test]
    fn nothing_a_client_makes_up_changes_what_the_proxy_says_of_it() {
        let node = select(
            &[
                "203.0.113.7",
                "10.0.0.9",
                "10.0.0.9:80",
                "[2001:db8::1]:4711",
                "2001:db8::1",
                "\"[fd00::1]\"",
                "unknown",
                "_hidden",
                "::ffff:10.0.0.1",
                "",
                "made up",
            ][..],
        );
        let rest = select(&["", ";proto=https", ";host=a.example", ";host=\"a:1\";proto=http", ";by=x"][..]);
        let element = (any::<bool>(), node, rest).prop_map(|(standard, node, rest)| match standard {
            true => format!("for={node}{rest}"),
            false => node.to_owned(),
        });
        let lines = vec(vec(element, 1..4).prop_map(|line| line.join(", ")), 1..4);
        Target {
            grammar: lines.prop_map(|lines| lines.join("\n").into_bytes()).boxed(),
            seeds: seeds::headers(),
            memory: Memory { times: 8, plus: 64 * 1024 },
            read: |input| read(&headers(input, "", "")?),
            holds: |input, told| {
                assert!(told.host.iter().all(|host| is_host(host)));
                assert_eq!(told.client, told.client.to_canonical());
                if !proxies().trust(told.client) {
                    let made_up = headers(input, "198.51.100.66, ", "for=198.51.100.66;host=evil, ");
                    assert_eq!(read(&made_up.unwrap()), Some(told));
                }
            },
        }
        .attack();
    }

    fn read(headers: &HeaderMap) -> Option<Told> {
        proxies().read(IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1)), headers)
    }

    fn proxies() -> Proxies {
        Proxies::new(&["10.0.0.0/8", "fd00::/8"].map(|network| network.parse().unwrap()))
    }

    /// The lines of an input as lines of one header, or of several by turns, with what a client made up before
    /// what the proxy adds to each.
    fn headers(input: &[u8], usual: &str, standard: &str) -> Option<HeaderMap> {
        let names = [X_FORWARDED_FOR, FORWARDED, X_FORWARDED_HOST, X_FORWARDED_PROTO];
        let mut headers = HeaderMap::new();
        for (at, line) in input.split(|byte| *byte == b'\n').take(100).enumerate() {
            let kind = if input.len().is_multiple_of(3) { at } else { input.len() } % 4;
            let made_up = match (&names[kind], headers.contains_key(&names[kind])) {
                (name, false) if *name == FORWARDED => standard,
                (name, false) if *name == X_FORWARDED_FOR => usual,
                _ => "",
            };
            let line = HeaderValue::from_bytes(&[made_up.as_bytes(), line].concat()).ok()?;
            headers.append(&names[kind], line);
        }
        Some(headers)
    }
}
