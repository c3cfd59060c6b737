//! Paths, those in a `Destination` among them, and the names in them.

use std::str;

use domain::{NodeName, NodePath, windows_name};
use hostile::proptest::prelude::*;
use hostile::proptest::sample::select;
use hostile::{Memory, Target, seeds, text};
use http::HeaderName;
use services::NamesConfig;

use super::headers::lines;
use super::judge;
use crate::client::Client;
use crate::headers::{self, Prefix};
use crate::naming::Naming;
use crate::xml::encode_path;
use crate::xml::escape::{is_legal, push_text};

const MEMORY: Memory = Memory { times: 40, plus: 16 * 1024 };

const CHARS_MAX: usize = 1024;

/// What holds of every path that was let in.
#[track_caller]
fn assert_path(path: &NodePath) {
    let chars: usize = path.names().iter().map(|name| 1 + name.as_str().chars().count()).sum();
    assert!(chars <= CHARS_MAX);
    for name in path.names() {
        let name = name.as_str();
        assert!((1..=NodeName::BYTES_MAX).contains(&name.len()));
        assert!(!name.contains(['/', '\0']) && name != "." && name != "..");
        assert_eq!(NodeName::parse(name).unwrap().as_str(), name, "it has another form");
    }
    let prefix = Prefix::new("/dav");
    let href = format!("/dav{}", encode_path(path));
    assert_eq!(prefix.target(&href, CHARS_MAX).unwrap().path, *path);
}

#[test]
fn a_path_that_is_let_in_hides_nothing_and_is_found_again_by_its_href() {
    Target {
        grammar: text::url_path().prop_map(|path| format!("/dav{path}").into_bytes()).boxed(),
        seeds: seeds::paths().into_iter().map(|path| [b"/dav", &path[..]].concat()).collect(),
        memory: MEMORY,
        read: |input| Prefix::new("/dav").target(str::from_utf8(input).ok()?, CHARS_MAX).ok(),
        holds: |input, target| {
            let mut escapes = input.split(|byte| *byte == b'%').skip(1);
            assert!(escapes.all(|rest| rest.len() >= 2 && rest[..2].iter().all(u8::is_ascii_hexdigit)));
            assert_path(&target.path);
            let again = Prefix::new("/dav").target(&target.as_sent, CHARS_MAX).unwrap();
            assert_eq!(again.path, target.path);
            assert!(target.is_spelled(&again.as_sent));
            let xml = format!("<href>{}</href>", target.as_sent);
            assert_eq!(judge::text(judge::read(&xml).root_element()), target.as_sent);
        },
    }
    .attack();
}

#[test]
fn a_path_that_windows_means_hides_nothing() {
    let letters = |name: String| name.replace(['.', ':', '/'], "\u{f02e}").replace('%', "\u{f02f}\u{f025}");
    Target {
        grammar: (text::url_path(), text::words())
            .prop_map(move |(path, name)| format!("/dav{path}/a{}", letters(name)).into_bytes())
            .boxed(),
        seeds: [
            "/\u{f02e}",
            "/\u{f02e}\u{f02e}",
            "/%EF%80%AF",
            "/\u{f000}",
            "/\u{f02f}\u{f02f}",
            "/\u{f00d}\u{f07f}",
        ]
        .map(|path| format!("/dav{path}").into_bytes())
        .into(),
        memory: MEMORY,
        read: |input| {
            let windows = Naming::new(Client::Windows, &NamesConfig { ascii_safe: false });
            Prefix::new("/dav").read_as(windows).target(str::from_utf8(input).ok()?, CHARS_MAX).ok()
        },
        holds: |_, target| {
            assert_path(&target.path);
            for name in target.path.names() {
                let shown = windows_name::shown(name.as_str());
                assert_eq!(windows_name::read(&shown), name.as_str());
            }
        },
    }
    .attack();
}

#[test]
fn a_destination_that_is_understood_is_a_path_of_this_drive() {
    let host = select(
        &[
            "/dav",
            "http://larder.example/dav",
            "webdavs://ann:x@LARDER.example:1/dav",
            "<http://larder.example/dav",
            "http://other/dav",
        ][..],
    );
    let sent = (host, text::url_path()).prop_map(|(host, path)| {
        let end = if host.starts_with('<') { ">" } else { "" };
        format!("{host}{path}{end}").into_bytes()
    });
    Target {
        grammar: sent.boxed(),
        seeds: seeds::paths()
            .into_iter()
            .map(|path| [b"http://[::1]:8080/dav", &path[..]].concat())
            .collect(),
        memory: MEMORY,
        read: |input| {
            let headers = lines(&HeaderName::from_static("destination"), input)?;
            let read = |host| headers::destination(&headers, host, &Prefix::new("/dav"), CHARS_MAX).ok();
            read("larder.example:8080").or_else(|| read("[::1]"))
        },
        holds: |_, target| assert_path(&target.path),
    }
    .attack();
}

#[test]
fn a_name_can_be_listed_whatever_is_in_it() {
    Target {
        grammar: text::words().prop_map(String::into_bytes).boxed(),
        seeds: seeds::names(),
        memory: MEMORY,
        read: |input| NodeName::parse(str::from_utf8(input).ok()?).ok(),
        holds: |_, name| {
            let mut xml = "<name>".to_owned();
            push_text(&mut xml, name.as_str());
            xml.push_str("</name>");
            let shown = judge::text(judge::read(&xml).root_element());
            assert_eq!(shown, name.as_str().replace(|letter| !is_legal(letter), "\u{fffd}"));
            assert_path(&NodePath::root().join(name));
        },
    }
    .attack();
}
