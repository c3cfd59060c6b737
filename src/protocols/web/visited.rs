//! The address a visitor came to, as far as it can be believed.

use std::net::Ipv6Addr;

use gate::Origin;
use http::request;

/// A name in the DNS is no longer (RFC 1035 §2.3.4).
const HOST_CHARS_MAX: usize = 253;

/// Scheme, host and port that a visitor used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visited {
    /// Whether it was https.
    pub is_secure: bool,
    /// A name or an address, in brackets if it is one of IPv6.
    pub host: String,
    /// The port, unless it is the scheme's own.
    pub port: Option<u16>,
}

/// The address the request was made to; none if it cannot be one. Anybody may write anything into `Host`, and the page
/// shows it in lines that are pasted into a shell, so only letters, digits and what stands between them pass.
pub fn visited(parts: &request::Parts) -> Option<Visited> {
    let Origin { secure, host } = parts.extensions.get()?;
    let (host, port) = split(host)?;
    Some(Visited { is_secure: *secure, host: host.to_owned(), port })
}

fn split(authority: &str) -> Option<(&str, Option<u16>)> {
    let host_end = match authority.strip_prefix('[') {
        Some(rest) => rest.find(']')? + 2,
        None => authority.find(':').unwrap_or(authority.len()),
    };
    let (host, port) = authority.split_at(host_end);
    let port = match port {
        "" | ":" => None,
        _ => Some(port.strip_prefix(':')?.parse().ok()?),
    };
    is_host(host).then_some((host, port))
}

fn is_host(host: &str) -> bool {
    if let Some(inner) = host.strip_prefix('[') {
        return inner.strip_suffix(']').is_some_and(|ip| ip.parse::<Ipv6Addr>().is_ok());
    }
    // Names of containers have underscores.
    let allowed = |letter: char| letter.is_ascii_alphanumeric() || "-._".contains(letter);
    let length = host.len();
    (1..=HOST_CHARS_MAX).contains(&length) && host.chars().all(allowed) && !host.starts_with(['-', '.'])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(host: &str) -> Option<(String, Option<u16>)> {
        let origin = Origin { secure: false, host: host.to_owned() };
        let request = http::Request::builder().extension(origin).body(()).unwrap();
        visited(&request.into_parts().0).map(|visited| (visited.host, visited.port))
    }

    #[test]
    fn a_host_is_a_name_or_an_address_with_or_without_a_port() {
        for (sent, host, port) in [
            ("files.example.org", "files.example.org", None),
            ("files.example.org:8080", "files.example.org", Some(8080)),
            ("192.168.1.5:80", "192.168.1.5", Some(80)),
            ("[fd00::1]:8080", "[fd00::1]", Some(8080)),
            ("[::1]", "[::1]", None),
            ("larder_1:", "larder_1", None),
        ] {
            assert_eq!(seen(sent), Some((host.to_owned(), port)), "{sent}");
        }
    }

    #[test]
    fn whatever_else_stands_there_is_not_believed() {
        for sent in [
            "",
            ":80",
            "a b",
            "a.example/dav",
            "ann:secret@a.example",
            "a.example:x",
            "a.example:65536",
            "a.example:-1",
            "<script>",
            "$(reboot)",
            "a;b",
            "'",
            "[::1",
            "[$(reboot)]",
            "[::1]x",
            "-o",
            "f\u{fc}r.example",
            &"a".repeat(254),
        ] {
            assert_eq!(seen(sent), None, "{sent}");
        }
        assert_eq!(visited(&http::Request::new(()).into_parts().0), None);
    }
}

#[cfg(test)]
mod fuzz {
    use hostile::proptest::prelude::*;
    use hostile::{Memory, Target, seeds, text};

    use super::*;
    use crate::quoted::quoted;

    #[test]
    fn no_host_that_is_believed_means_anything_to_a_shell() {
        let host = prop_oneof![
            "[a-z0-9.-]{1,20}(:[0-9]{1,6})?",
            "\\[[0-9a-f:.]{2,20}\\](:80)?",
            text::words().prop_map(|words| format!("a.example{words}")),
        ];
        Target {
            grammar: host.prop_map(String::into_bytes).boxed(),
            seeds: seeds::paths(),
            memory: Memory { times: 2, plus: 1024 },
            read: |input| {
                let (host, port) = split(std::str::from_utf8(input).ok()?)?;
                Some((host.to_owned(), port))
            },
            holds: |input, (host, port)| {
                assert!(input.starts_with(host.as_bytes()) && host.len() <= HOST_CHARS_MAX);
                let inside = host.trim_start_matches('[').trim_end_matches(']');
                assert_eq!(quoted(inside), inside);
                assert!(!inside.starts_with('-') && host.is_ascii());
                let port = port.map_or_else(String::new, |port| format!(":{port}"));
                assert_eq!(split(&format!("{host}{port}")).map(|(again, _)| again), Some(host.as_str()));
            },
        }
        .attack();
    }
}
