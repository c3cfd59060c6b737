//! The conditions of HTTP that a change is made under (RFC 9110 §13.1), and entity tags as clients send them.

use std::time::Duration;

use domain::{Conditions, ETag, ETagMatch, Node, Timestamp};
use http::header::{IF_MATCH, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_UNMODIFIED_SINCE};
use http::{HeaderMap, HeaderName};

use super::dates::read_http_date;

/// What stands between the parts of a header; the commas come from proxies that join its lines.
const SEPARATORS: [char; 3] = [' ', '\t', ','];

/// How old a content is before a date stands for it.
const SETTLED: Duration = Duration::from_secs(2);

/// The conditions of a request; there is always a way to read them.
pub fn conditions(headers: &HeaderMap) -> Conditions {
    let since = headers.get(IF_UNMODIFIED_SINCE).and_then(|value| read_http_date(value.to_str().ok()?));
    Conditions {
        if_match: etags(headers, &IF_MATCH),
        if_none_match: etags(headers, &IF_NONE_MATCH),
        if_unmodified_since: since,
        ..Conditions::default()
    }
}

/// Whether the client says by its date that it has this very content. Uploads set any time, so only the
/// `Last-Modified` itself stands for a content, and only once no other can have had it within its second; an
/// entity tag beside it has the last word (RFC 9110 §13.1.3).
pub fn is_known(headers: &HeaderMap, node: &Node, now: Timestamp) -> bool {
    let since = headers.get(IF_MODIFIED_SINCE).filter(|_| !headers.contains_key(IF_NONE_MATCH));
    let since = since.and_then(|since| read_http_date(since.to_str().ok()?));
    let is_same = since.is_some_and(|since| since.seconds() == node.modified_at.seconds());
    is_same && node.blob().is_some_and(|blob| blob.created_at.after(SETTLED) <= now)
}

/// The entity tags in the lines of a header, if it is there.
pub fn etags(headers: &HeaderMap, name: &HeaderName) -> Option<ETagMatch> {
    let mut tags = None;
    for value in headers.get_all(name) {
        let text = String::from_utf8_lossy(value.as_bytes());
        if text.trim() == "*" {
            return Some(ETagMatch::Any);
        }
        let tags = tags.get_or_insert_with(Vec::new);
        let mut rest = text.trim_matches(SEPARATORS);
        while !rest.is_empty() {
            let end = if is_quoted(rest) { tag_end(rest) } else { rest.find(',').unwrap_or(rest.len()) };
            let (tag, after) = rest.split_at(end);
            // Quotes get lost in clients. Passing over such a tag would let an If-None-Match pass that must not.
            tags.push(ETag::parse(tag).unwrap_or_else(|| ETag::strong(&tag.trim().replace('"', ""))));
            rest = after.trim_start_matches(SEPARATORS);
        }
    }
    tags.map(ETagMatch::OneOf)
}

fn is_quoted(text: &str) -> bool {
    text.strip_prefix("W/").unwrap_or(text).starts_with('"')
}

/// Where the entity tag that the text begins with ends: at its second quote, for it may have commas and
/// brackets in it. Without quotes all of the text, which is then no tag.
pub fn tag_end(text: &str) -> usize {
    text.match_indices('"').nth(1).map_or(text.len(), |(at, _)| at + 1)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn entity_tags_are_read_with_commas_in_them_and_without_quotes() {
        let table: [(&str, &[&str]); 7] = [
            ("\"a,b\" ,, W/\"c\",\"\"", &["a,b", "c", ""]),
            ("\"a\"\"b\"", &["a", "b"]),
            ("abc", &["abc"]),
            ("abc , \"d\"", &["abc", "d"]),
            ("\"abc", &["abc"]),
            ("a\"bc", &["abc"]),
            (" , ", &[]),
        ];
        for (sent, opaque) in table {
            let headers = HeaderMap::from_iter([(IF_NONE_MATCH, HeaderValue::from_str(sent).unwrap())]);
            let read = conditions(&headers).if_none_match;
            let tags = opaque.iter().copied().map(ETag::strong).collect();
            assert_eq!(read, Some(ETagMatch::OneOf(tags)), "{sent}");
        }
    }

    #[test]
    fn conditions_of_http_are_read() {
        let headers = HeaderMap::from_iter([
            (IF_MATCH, HeaderValue::from_static("W/\"a\", \"b\"")),
            (IF_NONE_MATCH, HeaderValue::from_static("*")),
        ]);
        let read = conditions(&headers);
        assert_eq!(read.if_match, Some(ETagMatch::OneOf(vec![ETag::strong("a"), ETag::strong("b")])));
        assert_eq!(read.if_none_match, Some(ETagMatch::Any));
    }
}
