//! The conditions of HTTP that a change is made under (RFC 9110 §13.1), and entity tags as clients send them.

use domain::{Conditions, ETag, ETagMatch};
use http::header::{IF_MATCH, IF_NONE_MATCH, IF_UNMODIFIED_SINCE};
use http::{HeaderMap, HeaderName};

use super::dates::read_http_date;

/// What stands between the parts of a header; the commas come from proxies that join its lines.
const SEPARATORS: [char; 3] = [' ', '\t', ','];

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
