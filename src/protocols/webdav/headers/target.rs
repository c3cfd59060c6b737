//! Paths: of the request, of a `Destination`, and of the resources an `If` header speaks of.

use std::str;

use domain::{Error, NodeName, NodePath, Result};
use http::{HeaderMap, HeaderName};
use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};

use crate::naming::Naming;

const DESTINATION: HeaderName = HeaderName::from_static("destination");

/// What an href never shows although it may stand in a request line: what XML would have to escape, because
/// Finder cuts an href at an entity reference, and what is in no URL.
const NOT_IN_HREF: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'&').add(b'<').add(b'>');

/// Where on its address the drive is: `/dav`, or nothing for all of it; and how the names below it are read.
#[derive(Debug, Clone)]
pub struct Prefix {
    path: String,
    naming: Naming,
}

/// A path of the drive.
#[derive(Debug, PartialEq, Eq)]
pub struct Target {
    /// As the house knows it.
    pub path: NodePath,
    /// As the client spelled it, percent-encoded, with the prefix; it can stand in XML as it is.
    pub as_sent: String,
}

/// Why a `Destination` cannot be one.
#[derive(Debug)]
pub enum DestinationError {
    /// It makes no sense.
    Invalid(Error),
    /// It is not on this drive.
    Foreign,
}

impl Target {
    /// Whether a client spelled this path in the same way, escapes aside: two forms of one name are the same
    /// path and not the same spelling.
    pub fn is_spelled(&self, href: &str) -> bool {
        let plain = |href| percent_decode_str(str::trim_end_matches(href, '/')).collect::<Vec<u8>>();
        plain(&self.as_sent) == plain(href)
    }
}

impl Prefix {
    /// The prefix, with or without a slash at its end.
    pub fn new(prefix: &str) -> Self {
        Self { path: prefix.trim_end_matches('/').to_owned(), naming: Naming::default() }
    }

    /// The same, for paths whose names are written in this way.
    pub fn read_as(&self, naming: Naming) -> Self {
        Self { path: self.path.clone(), naming }
    }

    /// Without a slash at its end.
    pub fn as_str(&self) -> &str {
        &self.path
    }

    /// Reads the path of a URL. It is decoded once, name by name, so that no escape can hide a separator.
    ///
    /// # Errors
    /// [`NotFound`](Error::NotFound) outside the prefix, [`Invalid`](Error::Invalid) for what cannot be a
    /// path, [`NameTooLong`](Error::NameTooLong).
    pub fn target(&self, url_path: &str, chars_max: usize) -> Result<Target> {
        let rest = url_path.strip_prefix(&self.path).filter(|rest| rest.is_empty() || rest.starts_with('/'));
        let rest = rest.ok_or_else(|| Error::NotFound("The drive is not at this path.".into()))?;
        let names = rest.split('/').filter(|segment| !segment.is_empty());
        let names = names.map(|segment| decode(segment, self.naming));
        let path = NodePath::new(names.collect::<Result<_>>()?, chars_max)?;
        Ok(Target { path, as_sent: utf8_percent_encode(url_path, NOT_IN_HREF).to_string() })
    }
}

fn decode(segment: &str, naming: Naming) -> Result<NodeName> {
    let invalid = |sentence: &'static str| Error::Invalid(sentence.into());
    let mut bytes = segment.bytes();
    while let Some(byte) = bytes.next() {
        let mut hex = || bytes.next().is_some_and(|digit| digit.is_ascii_hexdigit());
        if byte == b'%' && !(hex() && hex()) {
            return Err(invalid("The path has a `%` that two hexadecimal digits do not follow."));
        }
    }
    let name = percent_decode_str(segment).decode_utf8();
    let name = name.map_err(|_| invalid("The path is not valid UTF-8."))?;
    NodeName::parse(&naming.read(name))
}

/// Reads the `Destination` of COPY and MOVE (RFC 4918 §10.3): a URL with any of the schemes clients use for
/// WebDAV, or a path. Behind a proxy that ends TLS the scheme and the port differ from ours, so they do not count.
///
/// # Errors
/// [`DestinationError::Foreign`] when it names another host or a path outside the drive.
pub fn destination(
    headers: &HeaderMap,
    host: &str,
    prefix: &Prefix,
    chars_max: usize,
) -> Result<Target, DestinationError> {
    let invalid = |sentence: &'static str| DestinationError::Invalid(Error::Invalid(sentence.into()));
    let header = headers.get(DESTINATION).ok_or_else(|| invalid("COPY and MOVE need a Destination."))?;
    let sent = str::from_utf8(header.as_bytes());
    let sent = sent.map_err(|_| invalid("The Destination is neither percent-encoded nor UTF-8."))?;
    let sent = sent.trim();
    let sent = sent.strip_prefix('<').and_then(|sent| sent.strip_suffix('>')).unwrap_or(sent);
    if sent.contains(['?', '#']) {
        return Err(invalid("A Destination has neither a query nor a fragment."));
    }
    let path = local_path(sent, host).ok_or(DestinationError::Foreign)?;
    match prefix.target(path, chars_max) {
        Ok(target) => Ok(target),
        Err(Error::NotFound(_)) => Err(DestinationError::Foreign),
        Err(error) => Err(DestinationError::Invalid(error)),
    }
}

/// The path of a URL on this host, or of one without a host.
pub(super) fn local_path<'a>(url: &'a str, host: &str) -> Option<&'a str> {
    if url.starts_with('/') {
        return Some(url);
    }
    let (scheme, rest) = url.split_once("://")?;
    let known = ["http", "https", "webdav", "webdavs", "dav", "davs"];
    if !known.iter().any(|name| scheme.eq_ignore_ascii_case(name)) {
        return None;
    }
    let (authority, path) = rest.find('/').map_or((rest, "/"), |slash| rest.split_at(slash));
    name_of_host(authority).eq_ignore_ascii_case(name_of_host(host)).then_some(path)
}

/// A host without user and port.
fn name_of_host(authority: &str) -> &str {
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    match host.rsplit_once(':') {
        // The colons within the brackets of an IPv6 address are part of it.
        Some((name, port)) if !port.contains(']') => name,
        _ => host,
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn target(path: &str) -> Result<String> {
        Prefix::new("/dav").target(path, 1024).map(|target| target.path.to_string())
    }

    #[test]
    fn a_path_is_decoded_once_whatever_its_spelling() {
        let table = [
            ("/dav", "/"),
            ("/dav/", "/"),
            ("/dav//a///b/", "/a/b"),
            ("/dav/a%20b+c", "/a b+c"),
            ("/dav/%c3%bC", "/ü"),
            ("/dav/u%CC%88", "/ü"),
            ("/dav/%252F", "/%2F"),
            ("/dav/(1),'x':", "/(1),'x':"),
        ];
        for (sent, path) in table {
            assert_eq!(target(sent).unwrap(), path, "{sent}");
        }
    }

    #[test]
    fn a_path_that_hides_something_is_refused() {
        let hidden =
            ["/dav/a%2Fb", "/dav/a%00", "/dav/../x", "/dav/%2e%2E/x", "/dav/a/.", "/dav/%ff", "/dav/%"];
        for sent in hidden.into_iter().chain(["/dav/%4", "/dav/%zz", "/dav/%+1"]) {
            assert!(matches!(target(sent), Err(Error::Invalid(_))), "{sent}");
        }
        assert!(matches!(target("/davx"), Err(Error::NotFound(_))));
        assert!(matches!(target(&format!("/dav/{}", "n".repeat(256))), Err(Error::NameTooLong(_))));
        assert!(matches!(target(&"/dav/abcdefg".repeat(200)), Err(Error::NameTooLong(_))));
    }

    #[test]
    fn a_folder_whose_name_has_an_ampersand_can_be_listed() {
        let as_sent = |sent| Prefix::new("/dav").target(sent, 1024).unwrap().as_sent;
        assert_eq!(as_sent("/dav/R&D \"x\"<ü>'"), "/dav/R%26D%20%22x%22%3C%C3%BC%3E'");
        assert_eq!(as_sent("/dav/u%cc%88(1)/"), "/dav/u%cc%88(1)/");
    }

    fn sent_to(destination: &str) -> Result<String, DestinationError> {
        let headers = HeaderMap::from_iter([(DESTINATION, HeaderValue::from_str(destination).unwrap())]);
        super::destination(&headers, "Larder.example:8080", &Prefix::new("/dav"), 1024)
            .map(|target| target.path.to_string())
    }

    #[test]
    fn a_destination_is_understood_however_a_client_writes_it() {
        for sent in [
            "/dav/a%20b",
            "http://larder.example:8080/dav/a%20b",
            "https://LARDER.example/dav/a%20b/",
            "webdavs://ann:secret@larder.example:443/dav/a%20b",
            "<http://larder.example/dav/a%20b>",
            "/dav/a b",
        ] {
            assert_eq!(sent_to(sent).unwrap(), "/a b", "{sent}");
        }
    }

    #[test]
    fn a_destination_elsewhere_is_foreign() {
        for sent in ["http://other.example/dav/a", "/elsewhere/a", "ftp://larder.example/dav/a", "dav/a"] {
            assert!(matches!(sent_to(sent), Err(DestinationError::Foreign)), "{sent}");
        }
        for sent in ["/dav/a?b", "/dav/a#b", "/dav/../b"] {
            assert!(matches!(sent_to(sent), Err(DestinationError::Invalid(_))), "{sent}");
        }
    }

    #[test]
    fn a_destination_need_not_be_encoded() {
        let headers =
            HeaderMap::from_iter([(DESTINATION, HeaderValue::from_bytes("/dav/ü".as_bytes()).unwrap())]);
        let target = destination(&headers, "h", &Prefix::new("/dav"), 1024).unwrap();
        assert_eq!(target.path.to_string(), "/ü");
    }

    #[test]
    fn an_ipv6_host_keeps_its_colons() {
        assert_eq!(name_of_host("[::1]:8080"), "[::1]");
        assert_eq!(name_of_host("[::1]"), "[::1]");
    }
}
