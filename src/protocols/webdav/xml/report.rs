//! What a REPORT asks for (RFC 3253 §3.6, RFC 6578 §6).

use domain::{Error, Result};

use super::element::{Content, Element};
use super::propfind::{Asked, named};
use super::reader::read;

/// What is reported of each entry, and of which.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyncCollection {
    /// What the client was given the last time; empty when it knows nothing.
    pub token: String,
    /// How far down.
    pub level: Option<Level>,
    /// How many entries the client takes at once.
    pub entries_max: Option<u32>,
    pub asked: Asked,
}

/// How far down a client synchronizes (RFC 6578 §3.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    One,
    Infinite,
}

/// Reads the body of a REPORT; nothing when it is a report of another kind.
///
/// # Errors
/// [`Invalid`](Error::Invalid) when it is none; [`TooLarge`](Error::TooLarge).
pub fn read_report(body: &[u8]) -> Result<Option<SyncCollection>> {
    let root = read(body)?;
    if !root.is_dav("sync-collection") {
        return Ok(None);
    }
    let token = root.dav_child("sync-token").map(text);
    let token = token.ok_or_else(|| invalid("A sync-collection has a sync-token, empty at first."))?;
    let prop =
        root.dav_child("prop").ok_or_else(|| invalid("A sync-collection says which prop it wants."))?;
    Ok(Some(SyncCollection {
        token,
        level: root.dav_child("sync-level").map(level).transpose()?,
        entries_max: root.dav_child("limit").map(entries_max).transpose()?,
        asked: Asked::Some(named([prop])?),
    }))
}

fn level(element: &Element) -> Result<Level> {
    match text(element).as_str() {
        "1" => Ok(Level::One),
        "infinite" => Ok(Level::Infinite),
        _ => Err(invalid("A sync-level is `1` or `infinite`.")),
    }
}

/// RFC 5323 §5.17
fn entries_max(limit: &Element) -> Result<u32> {
    let digits = limit.dav_child("nresults").map(text).unwrap_or_default();
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    // What is larger than any number here is as good as no limit.
    match is_number.then(|| digits.parse().unwrap_or(u32::MAX)) {
        Some(count) if count > 0 => Ok(count),
        _ => Err(invalid("A limit has a number of nresults, at least 1.")),
    }
}

fn text(element: &Element) -> String {
    let texts = element.content.iter().filter_map(|content| match content {
        Content::Text(text) => Some(text.as_str()),
        Content::Element(_) => None,
    });
    texts.collect::<String>().trim_ascii().to_owned()
}

fn invalid(sentence: &'static str) -> Error {
    Error::Invalid(sentence.into())
}

#[cfg(test)]
mod tests {
    use domain::PropertyName;

    use super::*;

    fn report(inside: &str) -> Result<Option<SyncCollection>> {
        read_report(format!("<D:sync-collection xmlns:D='DAV:'>{inside}</D:sync-collection>").as_bytes())
    }

    #[test]
    fn the_examples_of_the_standard_are_understood() {
        let read = report(
            "<D:sync-token>\n http://example.com/ns/sync/1232 </D:sync-token>\
             <D:sync-level>1</D:sync-level><D:limit><D:nresults> 100 </D:nresults></D:limit>\
             <D:prop><D:getetag/><R:bigbox xmlns:R='urn:ns.example.com:boxschema'/></D:prop>",
        );
        let names = [
            PropertyName::new("DAV:", "getetag"),
            PropertyName::new("urn:ns.example.com:boxschema", "bigbox"),
        ];
        let expected = SyncCollection {
            token: "http://example.com/ns/sync/1232".to_owned(),
            level: Some(Level::One),
            entries_max: Some(100),
            asked: Asked::Some(names.to_vec()),
        };
        assert_eq!(read.unwrap(), Some(expected));
        let read = report("<D:sync-token/><D:sync-level>infinite</D:sync-level><D:prop/>").unwrap().unwrap();
        assert_eq!((read.token.as_str(), read.level, read.entries_max), ("", Some(Level::Infinite), None));
    }

    #[test]
    fn a_report_of_another_kind_is_told_from_a_broken_one() {
        assert_eq!(read_report(b"<D:version-tree xmlns:D='DAV:'/>").unwrap(), None);
        assert_eq!(read_report(b"<sync-collection/>").unwrap(), None);
        for body in [&b""[..], b"sync", b"<D:sync-collection xmlns:D='DAV:'>"] {
            assert!(matches!(read_report(body), Err(Error::Invalid(_))));
        }
    }

    #[test]
    fn what_says_too_little_or_nonsense_is_refused() {
        for inside in [
            "",
            "<D:sync-token/>",
            "<D:prop/>",
            "<D:sync-token/><D:sync-level/><D:prop/>",
            "<D:sync-token/><D:sync-level>2</D:sync-level><D:prop/>",
            "<D:sync-token/><D:limit/><D:prop/>",
            "<D:sync-token/><D:limit><D:nresults/></D:limit><D:prop/>",
            "<D:sync-token/><D:limit><D:nresults>0</D:nresults></D:limit><D:prop/>",
            "<D:sync-token/><D:limit><D:nresults>-1</D:nresults></D:limit><D:prop/>",
            "<D:sync-token/><D:limit><D:nresults>ten</D:nresults></D:limit><D:prop/>",
        ] {
            assert!(matches!(report(inside), Err(Error::Invalid(_))), "{inside}");
        }
        let read = report("<D:sync-token/><D:limit><D:nresults>99999999999</D:nresults></D:limit><D:prop/>");
        assert_eq!(read.unwrap().unwrap().entries_max, Some(u32::MAX));
    }
}
