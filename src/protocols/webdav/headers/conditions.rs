//! The conditions a request makes: those of HTTP (RFC 9110 §13.1) and `If` (RFC 4918 §10.4).

use std::collections::BTreeSet;
use std::str;

use domain::{Conditions, ETag, Error, LockToken, Result, StateList, StateTest, SyncToken, Tested};
use gate::headers::tag_end;
use http::{HeaderMap, HeaderName};

use super::target::{Prefix, local_path};

const IF: HeaderName = HeaderName::from_static("if");

/// No client makes more states in one request; each path spoken of costs a look.
const LISTS_MAX: usize = 64;
const STATES_MAX: usize = 256;
const PATHS_MAX: usize = 16;

/// What stands between the parts of a header; the commas come from proxies that join its lines.
const SEPARATORS: [char; 3] = [' ', '\t', ','];

/// Reads all conditions of a request.
///
/// # Errors
/// [`Invalid`](Error::Invalid) for an `If` that is none, [`TooLarge`](Error::TooLarge) for one without measure.
pub fn conditions(headers: &HeaderMap, prefix: &Prefix, host: &str, chars_max: usize) -> Result<Conditions> {
    let lists = lists(headers, prefix, host, chars_max)?;
    Ok(Conditions { lists, ..gate::headers::conditions(headers) })
}

fn lists(
    headers: &HeaderMap,
    prefix: &Prefix,
    host: &str,
    chars_max: usize,
) -> Result<Option<Vec<StateList>>> {
    let mut lists = Vec::new();
    for value in headers.get_all(IF) {
        let text = str::from_utf8(value.as_bytes()).map_err(|_| malformed())?;
        Reader { rest: text, prefix, host, chars_max }.read(&mut lists)?;
    }
    let states: usize = lists.iter().map(|list| list.states.len()).sum();
    let about = |list: &StateList| match &list.about {
        Tested::Path(path) => Some(path.to_string()),
        _ => None,
    };
    let paths: BTreeSet<String> = lists.iter().filter_map(about).collect();
    if states > STATES_MAX || paths.len() > PATHS_MAX {
        return Err(too_many());
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
        let mut about = Tested::Target;
        // Whether a list has followed the beginning, and each resource since.
        let mut complete = false;
        loop {
            self.rest = self.rest.trim_start_matches(SEPARATORS);
            match self.rest.as_bytes().first() {
                None if complete => return Ok(()),
                Some(b'<') if complete || matches!(about, Tested::Target) => {
                    let url = self.enclosed('<', '>')?;
                    about = self.resource(url);
                    complete = false;
                }
                // Judged while reading: each list takes a copy of its path.
                Some(b'(') if lists.len() == LISTS_MAX => return Err(too_many()),
                Some(b'(') => {
                    let states = self.states()?;
                    complete = true;
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
                Some(b'<') => self.token()?,
                Some(b'[') => StateTest::ETag(self.etag()?),
                _ => return Err(malformed()),
            };
            if states.len() == STATES_MAX {
                return Err(too_many());
            }
            states.push((!negated, state));
        }
    }

    fn token(&mut self) -> Result<StateTest> {
        let sent = self.enclosed('<', '>')?;
        let lock = || StateTest::Token(LockToken::parse(sent));
        Ok(SyncToken::parse(sent).map_or_else(lock, StateTest::Sync))
    }

    fn etag(&mut self) -> Result<ETag> {
        let inner = self.rest.strip_prefix('[').ok_or_else(malformed)?;
        let (tag, rest) = inner.split_at(tag_end(inner));
        self.rest = rest.trim_start().strip_prefix(']').ok_or_else(malformed)?;
        ETag::parse(tag).ok_or_else(malformed)
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

fn too_many() -> Error {
    Error::TooLarge("The If header makes too many conditions.".into())
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
        for line in [
            "",
            "(",
            "()",
            "x",
            "(<a)",
            "<a>",
            "([x])",
            "(Not)",
            "(<a>) x",
            "<a> <b>",
            "[\"a\"]",
            "(<a>) <b>",
            "<a> <b> (<c>)",
        ] {
            assert!(matches!(read(&[line]), Err(Error::Invalid(_))), "{line:?}");
        }
        let paths: String = (0..17).map(|n| format!("</dav/{n}> ([\"x\"])")).collect();
        for many in ["([\"x\"])".repeat(65), format!("({})", "[\"x\"]".repeat(257)), paths] {
            assert!(matches!(read(&[&many]), Err(Error::TooLarge(_))), "{many}");
        }
    }

    #[test]
    fn a_list_is_read_whatever_joined_its_lines_or_stands_in_its_tags() {
        let lists = read(&[&format!("(Not<{TOKEN}>[\"a]\"] ), ( nOT [W/\"b\"])")]).unwrap();
        let etag = |text: &str| StateTest::ETag(ETag::strong(text));
        assert_eq!(lists[0].states, [(false, token()), (true, etag("a]"))]);
        assert_eq!(lists[1].states, [(false, etag("b"))]);
    }
}
