//! davfs2: a Linux mount by way of the library neon, with one connection for everything.

use std::time::Duration;

use super::readers::{Entry, davfs2, entry, property};
use super::script::{Letterhead, Line, Replay, Step};
use super::state::{Held, age_locks, held, holds};
use super::{house, house_with_quota, varied};
use crate::support::{Answer, TestHouse};

const DAVFS2: Letterhead = &[
    Line::Is("User-Agent", "davfs2/1.7.1 neon/0.33.0"),
    Line::Is("Connection", "TE"),
    Line::Is("TE", "trailers"),
    Line::Host,
    Line::Own,
    Line::Length,
    Line::Login,
];

const LISTED: &str = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<propfind xmlns=\"DAV:\"><prop>\n\
    <resourcetype xmlns=\"DAV:\"/>\n<getcontentlength xmlns=\"DAV:\"/>\n<getetag xmlns=\"DAV:\"/>\n\
    <getlastmodified xmlns=\"DAV:\"/>\n<executable xmlns=\"http://apache.org/dav/props/\"/>\n</prop></propfind>\n";
const QUOTA: &str = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<propfind xmlns=\"DAV:\"><prop>\n\
    <quota-available-bytes xmlns=\"DAV:\"/>\n<quota-used-bytes xmlns=\"DAV:\"/>\n</prop></propfind>\n";
const LOCK_DISCOVERY: &str = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<propfind xmlns=\"DAV:\"><prop>\n\
    <lockdiscovery xmlns=\"DAV:\"/>\n</prop></propfind>\n";
const LOCKINFO: &str = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<lockinfo xmlns='DAV:'>\n \
    <lockscope><exclusive/></lockscope>\n<locktype><write/></locktype><owner>ann@desk</owner></lockinfo>\n";
const EXECUTABLE: &str = "<?xml version=\"1.0\" encoding=\"utf-8\" ?>\n<D:propertyupdate xmlns:D=\"DAV:\"><D:set><D:prop>\
    <executable xmlns=\"http://apache.org/dav/props/\">T</executable></D:prop></D:set>\n</D:propertyupdate>\n";

fn mounted(house: &TestHouse) -> Replay<'_> {
    Replay::new(house, DAVFS2)
}

fn propfind<'r, 'h>(linux: &'r mut Replay<'h>, target: &str, depth: &str, body: &str) -> Step<'r, 'h> {
    linux.ask("PROPFIND", target).with("Depth", depth).with("Content-Type", "application/xml").body(body)
}

#[track_caller]
fn list(linux: &mut Replay<'_>, target: &str) -> Vec<Entry> {
    davfs2(&propfind(linux, target, "1", LISTED).gets(207), target)
}

/// A LOCK; `is_new` is what davfs2 believes of the file.
fn ask_for_lock<'r, 'h>(linux: &'r mut Replay<'h>, target: &str, is_new: bool) -> Step<'r, 'h> {
    let step = linux.ask("LOCK", target).with("Depth", "0").with("Timeout", "Second-1800");
    let step = step.with("Content-Type", "application/xml");
    let step = if is_new { step.with("If-None-Match", "*") } else { step };
    step.body(LOCKINFO)
}

fn token(answer: &Answer) -> String {
    // neon stops using a lock whose owner it does not recognize.
    assert!(answer.text().contains(">ann@desk<"), "{}", answer.text());
    assert!(answer.text().contains("<D:timeout>Second-1800</D:timeout>"), "{}", answer.text());
    answer.header("lock-token").unwrap().trim_matches(['<', '>']).to_owned()
}

/// neon names the resource of every token it submits.
fn tagged(linux: &Replay<'_>, target: &str, token: &str) -> String {
    format!("<{}> (<{token}>)", linux.url(target))
}

#[track_caller]
fn unlock(linux: &mut Replay<'_>, target: &str, token: &str) {
    linux.ask("UNLOCK", target).with("Lock-Token", format!("<{token}>")).gets(204);
}

/// Creates a file as `open` with O_CREAT and `close` do: the content follows ten seconds later.
fn create(linux: &mut Replay<'_>, target: &str, content: &[u8]) -> Answer {
    let token = token(&ask_for_lock(linux, target, true).gets(201));
    let condition = tagged(linux, target, &token);
    // After 201 davfs2 knows that the file is there, and no entity tag yet.
    let put = linux.ask("PUT", target).with("If", condition).body(content).gets(204);
    unlock(linux, target, &token);
    put
}

#[test]
fn the_drive_is_mounted_and_listed() {
    let house = house_with_quota(1000);
    house.mkcol("/Gr%C3%BC%C3%9Fe");
    house.put("/Gr%C3%BC%C3%9Fe/a%20%28b%29%20%26%20c", "four");
    house.mkcol("/Gr%C3%BC%C3%9Fe/below");
    let mut linux = mounted(&house);
    let options = linux.ask("OPTIONS", "/dav/").without_login().gets(200);
    assert!(options.header("dav").unwrap().starts_with("1, 2"), "{options:?}");
    propfind(&mut linux, "/dav/", "1", LISTED).without_login().gets(401);
    assert_eq!(list(&mut linux, "/dav/"), [entry(".Trash/", 0), entry("Grüße/", 0)]);
    let quota = propfind(&mut linux, "/dav/", "0", QUOTA).gets(207);
    assert_eq!(property(&quota, "quota-available-bytes"), "996");
    assert_eq!(property(&quota, "quota-used-bytes"), "4");
    let mut seen = list(&mut linux, "/dav/Gr%c3%bc%c3%9fe/");
    seen.sort_by_key(|entry| entry.bytes);
    assert_eq!(seen, [entry("below/", 0), entry("a (b) & c", 4)]);
}

#[test]
fn a_file_is_read_again_only_if_it_has_changed() {
    let house = house();
    house.put("/a", "first");
    let mut linux = mounted(&house);
    let read = linux.ask("GET", "/dav/a").gets(200);
    let (etag, date) =
        (read.header("etag").unwrap().to_owned(), read.header("last-modified").unwrap().to_owned());
    let again = |linux: &mut Replay<'_>, status| {
        let step = linux.ask("GET", "/dav/a").with("If-None-Match", &etag);
        step.with("If-Modified-Since", &date).gets(status)
    };
    again(&mut linux, 304);
    house.put("/a", "other");
    assert_eq!(again(&mut linux, 200).text(), "other");
}

#[test]
fn a_new_file_is_locked_before_it_is_there_and_filled_afterwards() {
    let house = house();
    let mut linux = mounted(&house);
    let put = create(&mut linux, "/dav/new.txt", b"content");
    let head = linux.ask("HEAD", "/dav/new.txt").gets(200);
    assert_eq!(head.header("etag"), put.header("etag"));
    assert_eq!(head.header("last-modified"), put.header("last-modified"));
    holds(&house, &[("new.txt", 7, 1)]);
}

#[test]
fn a_file_that_somebody_else_made_meanwhile_is_not_overwritten() {
    let house = house();
    house.put("/taken", "theirs");
    let mut linux = mounted(&house);
    // 200 would make davfs2 send its content under `If-None-Match: *` and lose it.
    ask_for_lock(&mut linux, "/dav/taken", true).gets(412);
    ask_for_lock(&mut linux, "/dav/missing/new", true).gets(409);
    linux.ask("PUT", "/dav/taken").with("If-None-Match", "*").body("mine").gets(412);
    assert_eq!(linux.ask("GET", "/dav/taken").gets(200).text(), "theirs");
    holds(&house, &[("taken", 6, 1)]);
}

#[test]
fn an_edit_is_stored_under_its_lock_and_its_entity_tag() {
    let house = house();
    house.put("/a", "first");
    let mut linux = mounted(&house);
    let held_token = token(&ask_for_lock(&mut linux, "/dav/a", false).gets(200));
    let etag = linux.ask("GET", "/dav/a").gets(200).header("etag").unwrap().to_owned();
    let condition = tagged(&linux, "/dav/a", &held_token);
    let step = linux.ask("PUT", "/dav/a").with("If-Match", &etag).with("If", &condition);
    let put = step.body("second").gets(204);
    // The next save goes with what this one was answered.
    let etag = put.header("etag").unwrap().to_owned();
    let step = linux.ask("PUT", "/dav/a").with("If-Match", &etag).with("If", &condition);
    step.body("third").gets(204);
    unlock(&mut linux, "/dav/a", &held_token);
    assert_eq!(held(&house), Held::with(&[("a", 5, 3)]).store(3, 16));
}

#[test]
fn a_conflicting_edit_is_kept_out_and_a_lock_of_ones_own_is_found_again() {
    let house = house();
    house.put("/a", "first");
    let etag = house.get("/a").header("etag").unwrap().to_owned();
    house.put("/a", "theirs");
    let mut linux = mounted(&house);
    let held_token = token(&ask_for_lock(&mut linux, "/dav/a", false).gets(200));
    let condition = tagged(&linux, "/dav/a", &held_token);
    let step = linux.ask("PUT", "/dav/a").with("If-Match", &etag).with("If", &condition);
    step.body("mine").gets(412);
    // A restarted davfs2 has lost the token: it asks who holds the lock, and refreshes it.
    linux.ask("PUT", "/dav/a").body("mine").gets(423);
    ask_for_lock(&mut linux, "/dav/a", false).gets(423);
    age_locks(&house, Duration::from_secs(900));
    let discovered = propfind(&mut linux, "/dav/a", "0", LOCK_DISCOVERY).gets(207).text();
    assert!(discovered.contains(&held_token) && discovered.contains(">ann@desk<"), "{discovered}");
    let step = linux.ask("LOCK", "/dav/a").with("Timeout", "Second-1800").with("If", &condition);
    let refreshed = step.gets(200).text();
    assert!(refreshed.contains(&held_token) && refreshed.contains("Second-1800"), "{refreshed}");
    unlock(&mut linux, "/dav/a", &held_token);
    assert_eq!(held(&house), Held::with(&[("a", 6, 2)]).store(2, 11));
}

#[test]
fn a_locked_file_is_moved_and_locked_again() {
    let house = house();
    house.put("/b", "replaced");
    let mut linux = mounted(&house);
    let first = token(&ask_for_lock(&mut linux, "/dav/a", true).gets(201));
    let condition = tagged(&linux, "/dav/a", &first);
    linux.ask("PUT", "/dav/a").with("If", &condition).body("content").gets(204);
    let to = linux.url("/dav/b");
    let step = linux.ask("MOVE", "/dav/a").with("Overwrite", "T").with("Destination", to);
    step.with("If", &condition).gets(204);
    // The lock did not come along; davfs2 counts on that.
    let second = token(&ask_for_lock(&mut linux, "/dav/b", false).gets(200));
    let head = linux.ask("HEAD", "/dav/b").gets(200);
    assert_eq!(head.header("content-length"), Some("7"));
    let condition = tagged(&linux, "/dav/b", &second);
    let etag = head.header("etag").unwrap().to_owned();
    linux.ask("PUT", "/dav/b").with("If-Match", etag).with("If", condition).body("more").gets(204);
    unlock(&mut linux, "/dav/b", &second);
    linux.ask("HEAD", "/dav/a").gets(404);
    assert_eq!(held(&house), Held::with(&[("b", 4, 2)]).trash(&["b"]).store(3, 19));
}

#[test]
fn the_executable_bit_is_kept() {
    let house = house();
    let mut linux = mounted(&house);
    create(&mut linux, "/dav/run.sh", b"#!/bin/sh\n");
    let step = linux.ask("PROPPATCH", "/dav/run.sh").with("Content-Type", "application/xml");
    super::readers::all_taken(&step.body(EXECUTABLE).gets(207), 1);
    let listed = propfind(&mut linux, "/dav/run.sh", "0", LISTED).gets(207);
    assert_eq!(property(&listed, "executable"), "T");
    let to = linux.url("/dav/start.sh");
    linux.ask("MOVE", "/dav/run.sh").with("Overwrite", "T").with("Destination", to).gets(201);
    let listed = propfind(&mut linux, "/dav/start.sh", "0", LISTED).gets(207);
    assert_eq!(
        (property(&listed, "executable").as_str(), property(&listed, "getcontentlength").as_str()),
        ("T", "10")
    );
    holds(&house, &[("start.sh", 10, 1)]);
}

#[test]
fn folders_are_made_moved_and_removed() {
    let house = house();
    let mut linux = mounted(&house);
    linux.ask("MKCOL", "/dav/new/").gets(201);
    linux.ask("MKCOL", "/dav/new/").gets(405);
    create(&mut linux, "/dav/new/a", b"content");
    let to = linux.url("/dav/old/");
    linux.ask("MOVE", "/dav/new/").with("Overwrite", "T").with("Destination", to).gets(201);
    assert_eq!(list(&mut linux, "/dav/old/"), [entry("a", 7)]);
    linux.ask("DELETE", "/dav/old/a").gets(204);
    linux.ask("DELETE", "/dav/old/").gets(204);
    assert_eq!(list(&mut linux, "/dav/"), [entry(".Trash/", 0)]);
    assert_eq!(held(&house), Held::default().trash(&["a", "old"]).store(1, 7));
}

/// davfs2 puts what a server refuses into `lost+found` of its cache; the server keeps no half of it.
#[test]
fn a_file_that_does_not_fit_is_refused_and_taken_away_again() {
    let house = house_with_quota(1000);
    let mut linux = mounted(&house);
    let held_token = token(&ask_for_lock(&mut linux, "/dav/large", true).gets(201));
    let condition = tagged(&linux, "/dav/large", &held_token);
    linux.ask("PUT", "/dav/large").with("If", &condition).body(varied(2_000_000)).gets_before_its_body(507);
    unlock(&mut linux, "/dav/large", &held_token);
    linux.ask("DELETE", "/dav/large").gets(204);
    holds(&house, &[]);
}
