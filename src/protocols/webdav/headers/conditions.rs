//! The conditions a request makes: those of HTTP (RFC 9110 §13.1) and `If` (RFC 4918 §10.4).

use std::collections::BTreeSet;

use domain::{
    Conditions, ETag, ETagMatch, Error, LockToken, Result, StateList, StateTest, Tested, Timestamp,
};
use http::header::{IF_MATCH, IF_NONE_MATCH, IF_UNMODIFIED_SINCE};
use http::{HeaderMap, HeaderName};

use super::target::{Prefix, local_path};

const IF: HeaderName = HeaderName::from_static("if");

/// No client makes more states in one request; each path spoken of costs a look.
const STATES_MAX: usize = 256;
const PATHS_MAX: usize = 16;

/// Reads all conditions of a request.
///
/// # Errors
/// [`Invalid`](Error::Invalid) for an `If` that is none, [`TooLarge`](Error::TooLarge) for one without measure.
pub fn conditions(headers: &HeaderMap, prefix: &Prefix, host: &str, chars_max: usize) -> Result<Conditions> {
    let since = headers
        .get(IF_UNMODIFIED_SINCE)
        .and_then(|value| httpdate::parse_http_date(value.to_str().ok()?).ok());
    Ok(Conditions {
        if_match: etags(headers, &IF_MATCH),
        if_none_match: etags(headers, &IF_NONE_MATCH),
        if_unmodified_since: since.map(Timestamp::from),
        lists: lists(headers, prefix, host, chars_max)?,
    })
}

fn etags(headers: &HeaderMap, name: &HeaderName) -> Option<ETagMatch> {
    let mut tags = None;
    for value in headers.get_all(name) {
        // What is no tag matches nothing, and a comma inside a tag is none of ours.
        let text = value.to_str().unwrap_or_default();
        if text.trim() == "*" {
            return Some(ETagMatch::Any);
        }
        tags.get_or_insert_with(Vec::new).extend(text.split(',').filter_map(ETag::parse));
    }
    tags.map(ETagMatch::OneOf)
}

fn lists(
    headers: &HeaderMap,
    prefix: &Prefix,
    host: &str,
    chars_max: usize,
) -> Result<Option<Vec<StateList>>> {
    let mut lists = Vec::new();
    for value in headers.get_all(IF) {
        let text = value.to_str().map_err(|_| malformed())?;
        Reader { rest: text, prefix, host, chars_max }.read(&mut lists)?;
    }
    let states: usize = lists.iter().map(|list| list.states.len()).sum();
    let about = |list: &StateList| match &list.about {
        Tested::Path(path) => Some(path.to_string()),
        _ => None,
    };
    let paths: BTreeSet<String> = lists.iter().filter_map(about).collect();
    if states > STATES_MAX || paths.len() > PATHS_MAX {
        return Err(Error::TooLarge("The If header makes too many conditions.".into()));
    }
    Ok(headers.contains_key(IF).then_some(lists))
}

/// Reads one `If` line from left to right; every step takes something away from `rest`.
struct Reader<'a> {
    rest: &'a str,
    prefix: &'a Prefix,
    host: &'a str,
    chars_max: usize,
}

impl<'a> Reader<'a> {
    fn read(mut self, lists: &mut Vec<StateList>) -> Result<()> {
        let begun = lists.len();
        let mut about = Tested::Target;
        loop {
            self.rest = self.rest.trim_start();
            match self.rest.as_bytes().first() {
                None if lists.len() > begun => return Ok(()),
                Some(b'<') => {
                    let url = self.enclosed('<', '>')?;
                    about = self.resource(url);
                }
                Some(b'(') => {
                    let states = self.states()?;
                    lists.push(StateList { about: about.clone(), states });
                }
                _ => return Err(malformed()),
            }
        }
    }

    fn resource(&self, url: &str) -> Tested {
        let target =
            local_path(url, self.host).and_then(|path| self.prefix.target(path, self.chars_max).ok());
        target.map_or(Tested::Elsewhere, |target| Tested::Path(target.path))
    }

    fn states(&mut self) -> Result<Vec<(bool, StateTest)>> {
        self.rest = &self.rest[1..];
        let mut states = Vec::new();
        loop {
            self.rest = self.rest.trim_start();
            if let Some(rest) = self.rest.strip_prefix(')') {
                self.rest = rest;
                return if states.is_empty() { Err(malformed()) } else { Ok(states) };
            }
            let negated = self.negated();
            let state = match self.rest.as_bytes().first() {
                Some(b'<') => StateTest::Token(LockToken::parse(self.enclosed('<', '>')?)),
                Some(b'[') => StateTest::ETag(ETag::parse(self.enclosed('[', ']')?).ok_or_else(malformed)?),
                _ => return Err(malformed()),
            };
            states.push((!negated, state));
        }
    }

    fn negated(&mut self) -> bool {
        match self.rest.get(..3) {
            Some(word) if word.eq_ignore_ascii_case("not") => {
                self.rest = self.rest[3..].trim_start();
                true
            }
            _ => false,
        }
    }

    fn enclosed(&mut self, open: char, close: char) -> Result<&'a str> {
        let inner = self.rest.strip_prefix(open).ok_or_else(malformed)?;
        let (inner, rest) = inner.split_once(close).ok_or_else(malformed)?;
        self.rest = rest;
        Ok(inner)
    }
}

fn malformed() -> Error {
    Error::Invalid("The If header is not one (RFC 4918 §10.4).".into())
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    const TOKEN: &str = "urn:uuid:181d4fae-7d8c-11d0-a765-00a0c91e6bf2";

    fn read(lines: &[&str]) -> Result<Vec<StateList>> {
        let headers = lines.iter().map(|line| (IF, HeaderValue::from_str(line).unwrap()));
        let headers: HeaderMap = headers.collect();
        conditions(&headers, &Prefix::new("/dav"), "larder.example", 1024)
            .map(|read| read.lists.unwrap_or_default())
    }

    fn token() -> StateTest {
        StateTest::Token(LockToken::parse(TOKEN))
    }

    #[test]
    fn the_examples_of_the_rfc_are_understood() {
        // RFC 4918 §10.4.6 to §10.4.9
        let lists = read(&[&format!("(<{TOKEN}> [\"I am an ETag\"]) ([\"I am another ETag\"])")]).unwrap();
        let etag = |text: &str| StateTest::ETag(ETag::strong(text));
        assert_eq!(lists[0].states, [(true, token()), (true, etag("I am an ETag"))]);
        assert_eq!(lists[1].states, [(true, etag("I am another ETag"))]);

        let lists =
            read(&[&format!("(Not <{TOKEN}> <urn:uuid:58f202ac-22cf-11d1-b12d-002035b29092>)")]).unwrap();
        assert_eq!(lists[0].states[0], (false, token()));
        assert!(lists[0].states[1].0);

        let lists = read(&[&format!("(<{TOKEN}>) (Not <DAV:no-lock>)")]).unwrap();
        assert_eq!(lists[1].states, [(false, StateTest::Token(None))]);

        let lists = read(&[&format!(
            "<http://larder.example/dav/resource1> (<{TOKEN}> [W/\"A weak ETag\"]) ([\"strong\"])"
        )]);
        let lists = lists.unwrap();
        assert!(
            lists
                .iter()
                .all(|list| matches!(&list.about, Tested::Path(path) if path.to_string() == "/resource1"))
        );
        let lists = read(&["<http://other.example/dav/x> ([\"x\"])"]).unwrap();
        assert_eq!(lists[0].about, Tested::Elsewhere);
    }

    #[test]
    fn several_lines_are_one_header() {
        assert_eq!(read(&[&format!("(<{TOKEN}>)"), "([\"x\"])"]).unwrap().len(), 2);
    }

    #[test]
    fn what_is_no_if_header_is_refused() {
        for line in ["", "(", "()", "x", "(<a)", "<a>", "([x])", "(Not)", "(<a>) x", "<a> <b>", "[\"a\"]"] {
            assert!(matches!(read(&[line]), Err(Error::Invalid(_))), "{line:?}");
        }
        let many = "([\"x\"])".repeat(300);
        assert!(matches!(read(&[&many]), Err(Error::TooLarge(_))));
    }

    #[test]
    fn conditions_of_http_are_read() {
        let headers = HeaderMap::from_iter([
            (IF_MATCH, HeaderValue::from_static("W/\"a\", \"b\"")),
            (IF_NONE_MATCH, HeaderValue::from_static("*")),
        ]);
        let read = conditions(&headers, &Prefix::new(""), "h", 1024).unwrap();
        assert_eq!(read.if_match, Some(ETagMatch::OneOf(vec![ETag::strong("a"), ETag::strong("b")])));
        assert_eq!(read.if_none_match, Some(ETagMatch::Any));
    }
}
