//! What must hold of every answer, whoever asked: the sum of what breaks one client or another.

use super::xml::{Content, DAV, Element, parse};
use crate::support::Answer;

/// Finder gives up a whole listing for one text node of 3073 bytes.
const TEXT_BYTES_MAX: usize = 3000;
/// Finder reads answers into a buffer of 4096 bytes.
const REFUSAL_BYTES_MAX: usize = 4095;

/// Judges an answer to a request with this head and body.
#[track_caller]
pub fn answer(method: &str, head: &str, asked: &str, answer: &Answer) {
    headers(method, head, answer);
    let status = answer.status;
    match (method, status) {
        ("HEAD", _) => assert_eq!(answer.body.len(), 0),
        (_, 207) => multistatus(answer, prefix_for(head), asked.contains("lockdiscovery")),
        // An answer without a word is short enough for anybody.
        (_, 400..) if answer.body.is_empty() => {}
        (_, 400..) => refusal(answer, ["davfs2/", "gvfs/", "KIO/"].iter().any(|agent| head.contains(agent))),
        ("LOCK", _) => lock(answer, asked.is_empty()),
        ("PUT" | "MKCOL" | "DELETE" | "COPY" | "MOVE" | "UNLOCK" | "OPTIONS", _) => {
            assert!(answer.body.is_empty(), "{}", seen(answer));
        }
        _ => {}
    }
    if method == "PUT" && status < 300 {
        let etag = answer.header("etag").unwrap_or_else(|| panic!("no ETag in {}", seen(answer)));
        assert!(is_strong(etag), "{etag}");
        assert!(answer.header("last-modified").is_some_and(is_http_date), "{}", seen(answer));
    }
}

fn headers(method: &str, head: &str, answer: &Answer) {
    let status = answer.status;
    // A redirect is followed by some, breaks others, and takes the credentials along with a third.
    assert!(!(300..400).contains(&status) || status == 304, "{}", seen(answer));
    // 503, 500, 502 and 504 mean to Finder that the file is gone.
    assert!(status < 500 || status == 507, "{}", seen(answer));
    for name in ["location", "set-cookie", "x-msdavext", "content-encoding", "proxy-authenticate"] {
        assert_eq!(answer.header(name), None, "{}", seen(answer));
    }
    // Finder treats what calls itself IIS in ways of its own.
    assert!(!answer.header("server").unwrap_or_default().starts_with("Microsoft-IIS"), "{}", seen(answer));
    // Finder takes it for the time of what it has just made.
    assert!(answer.header("date").is_some_and(is_http_date), "{}", seen(answer));
    let challenge = (status == 401).then_some("Basic realm=\"Larder\", charset=\"UTF-8\"");
    assert_eq!(answer.header("www-authenticate"), challenge, "{}", seen(answer));
    assert!(
        status != 401 || !head.contains("\r\nAuthorization: Basic "),
        "401 after a log-in: {}",
        seen(answer)
    );
    let framed = answer.header("content-length").is_some() || answer.header("transfer-encoding").is_some();
    let bodiless = method == "HEAD" || matches!(status, 204 | 304);
    assert!(framed || bodiless, "nobody knows where it ends: {}", seen(answer));
}

/// The prefix for `DAV:`: apps of Nextcloud's family know the letters `d:`, all others that know any know `D:`.
fn prefix_for(head: &str) -> &'static str {
    let agent = head.lines().find_map(|line| line.strip_prefix("User-Agent: ")).unwrap_or_default();
    if agent.contains("Nextcloud") || agent.contains("ownCloud") { "d" } else { "D" }
}

/// A refusal says in a sentence what is wrong, in XML and never in a page to log in at.
fn refusal(answer: &Answer, to_linux: bool) {
    assert!(answer.body.len() <= REFUSAL_BYTES_MAX, "{} bytes", answer.body.len());
    assert_eq!(answer.header("content-type"), Some("application/xml; charset=\"utf-8\""), "{}", seen(answer));
    let error = parse(&answer.text());
    assert!(error.is_dav("error"), "{}", seen(answer));
    // To KIO every element within is an entry of a folder.
    assert_eq!(
        (error.children().count() == 0, error.text().is_empty()),
        (to_linux, !to_linux),
        "{}",
        seen(answer)
    );
}

/// LOCK: Finder finds the token only in the body, Windows and davfs2 in the header.
fn lock(answer: &Answer, refreshes: bool) {
    assert!(matches!(answer.status, 200 | 201), "{}", seen(answer));
    let text = xml_text(answer);
    let prop = parse(&text);
    assert!(prop.is_dav("prop"), "{text}");
    let discovery = prop.child("lockdiscovery").unwrap_or_else(|| panic!("{text}"));
    for found in own_words(&prop) {
        assert!(found.namespace != DAV || !found.prefix.is_empty(), "a default namespace in {text}");
    }
    let [active] = &discovery.all("activelock").collect::<Vec<_>>()[..] else { panic!("{text}") };
    for part in ["lockscope", "locktype", "depth", "timeout", "locktoken", "lockroot"] {
        assert!(active.child(part).is_some(), "no {part} in {text}");
    }
    let token = active.child("locktoken").and_then(|token| token.child("href")).unwrap().text();
    match answer.header("lock-token") {
        Some(header) => assert_eq!(header, format!("<{token}>")),
        None => assert!(refreshes, "no Lock-Token: {}", seen(answer)),
    }
}

/// The element with everything below it, but for what the owner of a lock has written.
fn own_words(element: &Element) -> Vec<&Element> {
    let mut found = vec![element];
    found.extend(element.children().filter(|child| !child.is_dav("owner")).flat_map(own_words));
    found
}

fn xml_text(answer: &Answer) -> String {
    assert_eq!(answer.header("content-type"), Some("application/xml; charset=\"utf-8\""), "{}", seen(answer));
    let text = answer.text();
    assert!(text.starts_with("<?xml version=\"1.0\" encoding=\"utf-8\"?><"), "{text}");
    text
}

fn multistatus(answer: &Answer, prefix: &str, locks_were_asked_for: bool) {
    let text = xml_text(answer);
    let root = parse(&text);
    assert!(root.is_dav("multistatus") && root.prefix == prefix, "{text}");
    for found in own_words(&root) {
        // Windows reads no default namespace, iOS apps know no other prefix.
        assert!(found.namespace != DAV || found.prefix == prefix, "{}: {text}", found.local);
        let spaces = |content: &Content| matches!(content, Content::Text(text) if text.trim().is_empty());
        assert!(!found.content.iter().any(spaces), "white space in {}: {text}", found.local);
        let long = |content: &Content| matches!(content, Content::Text(text) if text.len() > TEXT_BYTES_MAX);
        assert!(!found.content.iter().any(long), "a text of {} is too long for Finder", found.local);
    }
    let responses: Vec<_> = root.children().collect();
    assert!(!responses.is_empty(), "{text}");
    let mut hrefs: Vec<String> = Vec::new();
    for response in &responses {
        assert!(response.is_dav("response"), "{text}");
        hrefs.push(href(response, &text));
        properties(response, &text);
    }
    let first = hrefs[0].clone();
    hrefs.sort();
    hrefs.dedup();
    assert_eq!(hrefs.len(), responses.len(), "an entry is there twice in {text}");
    assert!(
        hrefs.iter().all(|href| href.starts_with(&first)),
        "the folder itself does not come first in {text}"
    );
    let every = root.walk().iter().filter(|found| found.local.eq_ignore_ascii_case("href")).count();
    assert!(every == responses.len() || locks_were_asked_for, "Finder would see phantoms in {text}");
}

/// An absolute path in one piece, in nothing but what needs no reference in XML.
fn href(response: &Element, text: &str) -> String {
    let first = response.children().next().unwrap();
    assert!(first.is_dav("href"), "{text}");
    let [Content::Text(href)] = &first.content[..] else { panic!("an href in pieces in {text}") };
    assert!(href.starts_with('/') && !href.starts_with("//"), "{href}");
    assert!(href.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"<>&\\^`{|}".contains(&byte)), "{href}");
    href.clone()
}

fn properties(response: &Element, text: &str) {
    let groups: Vec<_> = response.all("propstat").collect();
    assert!(!groups.is_empty(), "a response without a propstat in {text}");
    assert_eq!(response.children().count(), groups.len() + 1, "{text}");
    for (index, group) in groups.iter().enumerate() {
        let status = group.child("status").unwrap_or_else(|| panic!("no status in {text}")).text();
        let code = status.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.split(' ').next());
        let code = code.unwrap_or_else(|| panic!("{status}"));
        // WebDAV Provider reads only the first one.
        assert!(code != "200" || index == 0, "200 does not come first in {text}");
        let found = group.child("prop").unwrap_or_else(|| panic!("no prop in {text}"));
        for property in found.children() {
            // Finder disregards the status and takes what is there.
            assert!(code == "200" || property.content.is_empty(), "{} has a value in {text}", property.local);
            if code == "200" && property.namespace == DAV {
                value(property, text);
            }
        }
    }
}

fn value(property: &Element, text: &str) {
    let value = property.text();
    let is_number = |value: &str| !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
    let fits = match property.local.as_str() {
        // In an answer to PROPPATCH the properties are only named.
        _ if property.content.is_empty() => true,
        // gvfs looks at the first child only.
        "resourcetype" => {
            value.is_empty() && property.children().next().is_some_and(|kind| kind.is_dav("collection"))
        }
        "getcontentlength" | "quota-used-bytes" | "quota-available-bytes" => is_number(&value),
        "getlastmodified" => is_http_date(&value),
        "creationdate" => is_iso_date(&value),
        "getetag" => is_strong(&value) && property.content.len() == 1,
        _ => true,
    };
    assert!(fits && property.attributes.is_empty(), "{}: {value:?} in {text}", property.local);
}

/// `"…"` with nothing before it: davfs2 would take `W/` away and go on with the rest.
fn is_strong(etag: &str) -> bool {
    etag.len() > 2 && etag.starts_with('"') && etag.ends_with('"') && !etag[1..etag.len() - 1].contains('"')
}

/// `Fri, 05 Sep 2026 10:11:12 GMT`: one form, always as long.
fn is_http_date(date: &str) -> bool {
    date.len() == 29 && date.ends_with(" GMT") && date.as_bytes()[3] == b',' && date.as_bytes()[7] == b' '
}

/// `2026-09-05T10:11:12Z`.
fn is_iso_date(date: &str) -> bool {
    date.len() == 20 && date.as_bytes()[10] == b'T' && date.ends_with('Z')
}

/// An answer for people to read.
pub fn seen(answer: &Answer) -> String {
    format!("{} {:?} {}", answer.status, answer.headers, String::from_utf8_lossy(&answer.body))
}
