//! The conditions of a request: `If`, and the lists of entity tags.

use domain::{Conditions, ETag, ETagMatch, StateList, StateTest, Tested};
use hostile::proptest::collection::vec;
use hostile::proptest::prelude::*;
use hostile::proptest::sample::select;
use hostile::{Memory, Target, seeds, text};
use http::HeaderName;
use http::header::{IF_MATCH, IF_NONE_MATCH};

use super::headers::lines;
use crate::headers::{Prefix, conditions};
use crate::xml::encode_path;

/// Each of 64 lists may have a path of 2000 names.
const MEMORY: Memory = Memory { times: 40, plus: 4 * 1024 * 1024 };

const HOST: &str = "larder.example:8080";

fn read(name: HeaderName, input: &[u8]) -> Option<Conditions> {
    conditions(&lines(&name, input)?, &Prefix::new("/dav"), HOST, 4096).ok()
}

#[test]
fn an_if_header_reads_the_same_after_it_is_written_again() {
    Target {
        grammar: if_header().boxed(),
        seeds: seeds::headers(),
        memory: MEMORY,
        read: |input| read(HeaderName::from_static("if"), input)?.lists,
        holds: |_, lists| {
            let states: usize = lists.iter().map(|list| list.states.len()).sum();
            assert!((1..=64).contains(&lists.len()) && states <= 256);
            assert!(lists.iter().all(|list| !list.states.is_empty()));
            let written = lists.iter().map(write_list).collect::<Vec<_>>().join("\n");
            assert_eq!(
                read(HeaderName::from_static("if"), written.as_bytes()).unwrap().lists.unwrap(),
                lists
            );
        },
    }
    .attack();
}

fn if_header() -> impl Strategy<Value = Vec<u8>> {
    let token = select(
        &[
            "<urn:uuid:181d4fae-7d8c-11d0-a765-00a0c91e6bf2>",
            "<opaquelocktoken:181D4FAE7D8C11D0A76500A0C91E6BF2>",
            "<urn:uuid:0192f5e0-0000-7000-8000-000000000000#12>",
            "<urn:uuid:0192F5E0000070008000000000000000#3-12-612F62>",
            "<DAV:no-lock>",
            "<>",
        ][..],
    );
    let tag = select(&["[\"e\"]", "[W/\"e\"]", "[\"\"]", "[\"a]),<\"]", "[ \"é\" ]"][..]);
    let state = (select(&["", "Not ", "not", "NOT\t"][..]), prop_oneof![token, tag]);
    let state = state.prop_map(|(not, state)| format!("{not}{state}"));
    let space = || select(&["", " ", "\t ", " , "][..]);
    let list =
        (vec(state, 1..4), space()).prop_map(|(states, space)| format!("({}){space}", states.join(" ")));
    let host =
        select(&["", "http://larder.example/", "HTTPS://ann@LARDER.example:1/", "http://other.example/"][..]);
    let resource = (host, text::url_path(), space()).prop_map(|(host, path, space)| {
        format!("<{host}{}dav{path}>{space}", if host.is_empty() { "/" } else { "" })
    });
    let lists = || vec(list.clone(), 1..4).prop_map(|lists| lists.concat());
    let tagged = (resource, lists()).prop_map(|(resource, lists)| resource + &lists);
    let line = prop_oneof![1 => lists(), 1 => vec(tagged, 1..4).prop_map(|tagged| tagged.concat())];
    vec(line, 1..3).prop_map(|lines| lines.join("\n").into_bytes())
}

/// A list with the resource it is about on a line of its own, where it may be about any.
fn write_list(list: &StateList) -> String {
    let about = match &list.about {
        Tested::Target => String::new(),
        Tested::Path(path) => format!("</dav{}>", encode_path(path)),
        Tested::Elsewhere => "<http://elsewhere.example/>".to_owned(),
    };
    let states = list.states.iter().map(|(holds, state)| {
        let state = match state {
            StateTest::Token(Some(token)) => format!("<{token}>"),
            StateTest::Token(None) => "<DAV:no-lock>".to_owned(),
            StateTest::ETag(tag) => format!("[{tag}]"),
            StateTest::Sync(token) => format!("<{token}>"),
        };
        if *holds { state } else { format!("Not {state}") }
    });
    format!("{about}({})", states.collect::<Vec<_>>().join(" "))
}

#[test]
fn lists_of_entity_tags_read_the_same_after_they_are_written_again() {
    let tag = prop_oneof![
        4 => select(&["\"e\"", "W/\"e\"", "\"\"", "\"a, b\"", "bare", "*", "\"é\"", "W/bare"][..]).prop_map(str::to_owned),
        1 => text::words(),
    ];
    let list = vec(vec(tag, 0..4).prop_map(|tags| tags.join(", ")), 1..3);
    Target {
        grammar: list.prop_map(|lines| lines.join("\n").into_bytes()).boxed(),
        seeds: seeds::headers(),
        memory: MEMORY,
        read: |input| {
            let (match_, none_match) = (read(IF_MATCH, input)?, read(IF_NONE_MATCH, input)?);
            assert_eq!(match_.if_match, none_match.if_none_match);
            match_.if_match
        },
        holds: |_, tags| {
            let ETagMatch::OneOf(list) = &tags else { return };
            assert!(list.iter().all(|tag| ETag::parse(tag.as_str()).as_ref() == Some(tag)));
            assert!(list.iter().all(|tag| ETag::strong(tag.opaque()) == *tag));
            let written = list.iter().map(ETag::as_str).collect::<Vec<_>>().join(", ");
            assert_eq!(read(IF_MATCH, written.as_bytes()).unwrap().if_match, Some(tags));
        },
    }
    .attack();
}
