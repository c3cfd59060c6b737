//! What a client knows of a folder it synchronizes (RFC 6578).

use std::fmt;

use uuid::Uuid;

use crate::{Node, NodeName, Seq};

/// A sync token: which folder it is about, and what whoever holds it knows. On the wire it is a URI, so that it can
/// stand in an `If` header (RFC 6578 §5).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyncToken {
    /// The identity of the folder in links: where another folder has taken its place, the token means nothing.
    pub folder: Uuid,
    /// What is known of it.
    pub known: Known,
}

/// What is known of a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Known {
    /// How everything in it was after this change to its space.
    Everything(Seq),
    /// What has been told so far in a round that is not over.
    Part(Round),
}

/// One way through a folder, in the order of its paths, that tells what has changed. It may take several requests,
/// between which the folder may go on changing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Round {
    /// Changes after this one are told; none where the client began with nothing and is told of everything.
    pub since: Option<Seq>,
    /// The latest change when the round began. Whatever changes during the round is for the next one.
    pub until: Seq,
    /// The names, from the folder down, of the folder it goes on in; none for the folder itself.
    pub within: Vec<NodeName>,
    /// The name in there after which it goes on; none at the beginning of that folder.
    pub after: Option<NodeName>,
}

impl SyncToken {
    /// Reads a token as a client sends it; nothing if it cannot be one of ours.
    pub fn parse(sent: &str) -> Option<Self> {
        let (folder, known) = sent.strip_prefix("urn:uuid:")?.split_once('#')?;
        let folder = Uuid::try_parse(folder).ok()?;
        let mut parts = known.split('-');
        let known = match (parts.next()?, parts.next(), parts.next(), parts.next()) {
            (seq, None, ..) => Known::Everything(number(seq)?),
            (since, Some(until), Some(place), None) => {
                let since = if since.is_empty() { None } else { Some(number(since)?) };
                let (within, after) = place_of(place)?;
                Known::Part(Round { since, until: number(until)?, within, after })
            }
            _ => return None,
        };
        Some(Self { folder, known })
    }

    /// Whether the folder is still as whoever holds the token knows it.
    pub fn is_current(&self, folder: &Node) -> bool {
        let unchanged = match &self.known {
            Known::Everything(seq) => folder.tree_seq <= *seq,
            Known::Part(_) => false,
        };
        unchanged && self.folder == folder.uuid
    }
}

impl fmt::Display for SyncToken {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "urn:uuid:{}#", self.folder)?;
        match &self.known {
            Known::Everything(seq) => write!(out, "{}", seq.0),
            Known::Part(round) => {
                round.since.iter().try_for_each(|since| write!(out, "{}", since.0))?;
                let within = round.within.iter().map(NodeName::as_str);
                let after = round.after.as_ref().map_or("", NodeName::as_str);
                let place: Vec<&str> = within.chain([after]).collect();
                write!(out, "-{}-{}", round.until.0, hex::encode(place.join("/")))
            }
        }
    }
}

fn number(digits: &str) -> Option<Seq> {
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok().map(Seq)).flatten()
}

/// The place where a round goes on: a path that ends in a slash where that is the beginning of a folder. No name has a
/// slash in it.
fn place_of(hex: &str) -> Option<(Vec<NodeName>, Option<NodeName>)> {
    let path = String::from_utf8(hex::decode(hex).ok()?).ok()?;
    let mut names: Vec<NodeName> = path.split('/').map(|name| NodeName::stored(name.to_owned())).collect();
    let after = names.pop().filter(|name| !name.as_str().is_empty());
    let is_place =
        names.iter().all(|name| !name.as_str().is_empty()) && (after.is_some() || !names.is_empty());
    is_place.then_some((names, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FOLDER: &str = "urn:uuid:0192f5e0-0000-7000-8000-000000000000";

    #[test]
    fn a_token_comes_back_as_it_was_given_out() {
        let folder = Uuid::try_parse(&FOLDER["urn:uuid:".len()..]).unwrap();
        let name = |name| NodeName::parse(name).unwrap();
        let part = |since: Option<i64>, within: &[&'static str], after: Option<&'static str>| {
            let within = within.iter().copied().map(name).collect();
            Known::Part(Round { since: since.map(Seq), until: Seq(12), within, after: after.map(name) })
        };
        for (known, text) in [
            (Known::Everything(Seq(0)), "#0"),
            (Known::Everything(Seq(i64::MAX)), "#9223372036854775807"),
            (part(Some(3), &["ü"], Some("a b")), "#3-12-c3bc2f612062"),
            (part(Some(3), &["ü", "a"], None), "#3-12-c3bc2f612f"),
            (part(None, &[], Some("a")), "#-12-61"),
        ] {
            let token = SyncToken { folder, known };
            assert_eq!(token.to_string(), format!("{FOLDER}{text}"));
            assert_eq!(SyncToken::parse(&token.to_string()), Some(token));
        }
    }

    #[test]
    fn what_this_house_never_gave_out_is_no_token() {
        for known in [
            "",
            "#",
            "#-",
            "#x",
            "#+1",
            "#-1",
            "#1-2",
            "#1-2-",
            "#1-2-2f",
            "#1-2-6",
            "#1-2-ff",
            "#1-2-61-62",
            "#1-x-61",
            "#1--61",
            "#1 ",
            "#9223372036854775808",
            "#\u{661}",
        ] {
            assert_eq!(SyncToken::parse(&format!("{FOLDER}{known}")), None, "{known}");
        }
        for sent in ["", "1", "urn:uuid:#1", "urn:uuid:x#1", "http://example.com/ns/sync/1234"] {
            assert_eq!(SyncToken::parse(sent), None, "{sent}");
        }
    }
}
