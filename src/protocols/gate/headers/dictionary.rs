//! Dictionaries, the form that newer headers have (RFC 9651 §3.2, §4.2.2).

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use http::{HeaderMap, HeaderName};

/// Padding may be missing (RFC 9651 §4.2.7).
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The value of a member, as far as any header here has use for it.
#[derive(Debug, PartialEq, Eq)]
pub enum Item {
    Bytes(Vec<u8>),
    Integer(i64),
    Other,
}

/// Reads the members of a dictionary, in the order of their lines. Of two with one key the last counts.
/// Nothing if it is none.
pub fn dictionary(headers: &HeaderMap, name: &HeaderName) -> Option<Vec<(String, Item)>> {
    let mut members = Vec::new();
    for line in headers.get_all(name) {
        Reader(line.to_str().ok()?.trim_matches(' ')).read(&mut members)?;
    }
    Some(members)
}

/// Reads one line from left to right; every step takes something away.
struct Reader<'a>(&'a str);

impl<'a> Reader<'a> {
    fn read(mut self, members: &mut Vec<(String, Item)>) -> Option<()> {
        while !self.0.is_empty() {
            let key = self.key()?;
            // A key alone is true.
            let item = if self.eats("=") { self.item()? } else { Item::Other };
            self.parameters()?;
            members.push((key.to_owned(), item));
            self.skip(&[' ', '\t']);
            if self.0.is_empty() {
                break;
            }
            let comma = self.eats(",");
            self.skip(&[' ', '\t']);
            if !comma || self.0.is_empty() {
                return None;
            }
        }
        Some(())
    }

    fn key(&mut self) -> Option<&'a str> {
        let starts = self.0.starts_with(|letter: char| letter.is_ascii_lowercase() || letter == '*');
        let key = self.take_while(|letter| {
            letter.is_ascii_lowercase() || letter.is_ascii_digit() || matches!(letter, '_' | '-' | '.' | '*')
        });
        starts.then_some(key)
    }

    fn item(&mut self) -> Option<Item> {
        match self.0.bytes().next()? {
            b':' => {
                let (encoded, rest) = self.0[1..].split_once(':')?;
                self.0 = rest;
                BASE64.decode(encoded).ok().map(Item::Bytes)
            }
            b'"' => self.string(),
            b'?' => (self.eats("?0") || self.eats("?1")).then_some(Item::Other),
            b'-' | b'0'..=b'9' => {
                let number = self.take_while(|letter| letter.is_ascii_digit() || matches!(letter, '-' | '.'));
                Some(number.parse().map_or(Item::Other, Item::Integer))
            }
            b'*' | b'a'..=b'z' | b'A'..=b'Z' => {
                self.take_while(|letter| {
                    letter.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~:/".contains(letter)
                });
                Some(Item::Other)
            }
            // Lists in a list, which no header here has.
            _ => None,
        }
    }

    fn string(&mut self) -> Option<Item> {
        let mut escaped = false;
        let end = self.0.char_indices().skip(1).find(|(_, letter)| {
            let ends = *letter == '"' && !escaped;
            escaped = *letter == '\\' && !escaped;
            ends
        });
        self.0 = &self.0[end?.0 + 1..];
        Some(Item::Other)
    }

    fn parameters(&mut self) -> Option<()> {
        while self.eats(";") {
            self.skip(&[' ']);
            self.key()?;
            if self.eats("=") {
                self.item()?;
            }
        }
        Some(())
    }

    fn eats(&mut self, text: &str) -> bool {
        let rest = self.0.strip_prefix(text);
        self.0 = rest.unwrap_or(self.0);
        rest.is_some()
    }

    fn skip(&mut self, letters: &[char]) {
        self.0 = self.0.trim_start_matches(letters);
    }

    fn take_while(&mut self, belongs: impl Fn(char) -> bool) -> &'a str {
        let (taken, rest) = self.0.split_at(self.0.find(|letter| !belongs(letter)).unwrap_or(self.0.len()));
        self.0 = rest;
        taken
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    const NAME: HeaderName = HeaderName::from_static("repr-digest");

    fn read(lines: &[&str]) -> Option<Vec<(String, Item)>> {
        let headers = lines.iter().map(|line| (NAME, HeaderValue::from_str(line).unwrap()));
        dictionary(&headers.collect(), &NAME)
    }

    #[test]
    fn every_kind_of_item_is_passed_over_or_read() {
        let line = "a=:YWJj:, b=5;q=\"x,;\\\"=\"; r, c, *d=?0;s=?1,\te=-1.5, f=tok/en:*, g=\"a\\\\\", h=:YQ:";
        let members = read(&[line, "", "i=-7"]).unwrap();
        let keys: String = members.iter().map(|(key, _)| key.as_str()).collect();
        assert_eq!(keys, "abc*defghi");
        assert_eq!(members[0].1, Item::Bytes(b"abc".into()));
        assert_eq!(members[1].1, Item::Integer(5));
        assert_eq!(members[7].1, Item::Bytes(b"a".into()));
        assert_eq!(members[8].1, Item::Integer(-7));
        assert!(members[2..7].iter().all(|(_, item)| *item == Item::Other), "{members:?}");
    }

    #[test]
    fn what_is_no_dictionary_is_not_read() {
        for line in [
            "A=1", "a=", "a=1,", ",", "a=:YWJj", "a=:Y!:", "a=\"x", "a=(1 2)", "a b", "a=1;", "a=?2", "=1",
            "a=1;B",
        ] {
            assert_eq!(read(&[line]), None, "{line}");
        }
        assert_eq!(read(&[]), Some(Vec::new()));
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
    fn a_dictionary_reads_the_same_after_it_is_written_again() {
        let items = [
            "",
            "=:YWJj:",
            "=5;q=\"x,;\\\"=\"",
            "=?0;s=?1",
            "=-1.5",
            "=-99",
            "=tok/en:*",
            "=\"\\\\\"",
            "=:YQ:",
            "=::",
        ];
        let key = select(&["a", "sha-256", "*", "b_.*-9", "A"][..]);
        let member = (key, select(items.to_vec())).prop_map(|(key, item)| format!("{key}{item}"));
        let space = select(&[", ", ",", " ,\t"][..]);
        Target {
            grammar: (vec(member, 0..6), space).prop_map(|(all, space)| all.join(space).into_bytes()).boxed(),
            seeds: seeds::headers(),
            memory: Memory { times: 60, plus: 4096 },
            read,
            holds: |_, members| {
                let written = members.iter().map(|(key, item)| match item {
                    Item::Bytes(bytes) => format!("{key}=:{}:", BASE64.encode(bytes)),
                    Item::Integer(number) => format!("{key}={number}"),
                    Item::Other => key.clone(),
                });
                let written = written.collect::<Vec<_>>().join(", ");
                assert_eq!(read(written.as_bytes()), Some(members));
            },
        }
        .attack();
    }

    fn read(input: &[u8]) -> Option<Vec<(String, Item)>> {
        let name = HeaderName::from_static("repr-digest");
        dictionary(&HeaderMap::from_iter([(name.clone(), HeaderValue::from_bytes(input).ok()?)]), &name)
    }
}
