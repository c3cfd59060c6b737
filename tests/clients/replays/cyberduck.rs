//! Cyberduck and Mountain Duck, by way of Apache's HTTP client and sardine.

use super::readers::{Entry, all_taken, cyberduck, entry, property};
use super::script::{Letterhead, Line, Replay, Step};
use super::state::{Held, held, holds};
use super::{house, house_with_quota, varied};
use crate::support::TestHouse;

const CYBERDUCK: Letterhead = &[
    Line::Own,
    Line::Length,
    Line::Host,
    Line::Is("Connection", "Keep-Alive"),
    Line::Is("User-Agent", "Cyberduck/9.1.2.42722 (Mac OS X/14.5) (aarch64)"),
    Line::Is("Accept-Encoding", "gzip,deflate"),
    Line::Login,
];

const ALLPROP: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?><propfind xmlns=\"DAV:\"><allprop/></propfind>";
const LOCKINFO: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?><lockinfo xmlns=\"DAV:\"><lockscope>\
    <exclusive/></lockscope><locktype><write/></locktype></lockinfo>";
/// The time of the file on the Mac, and the server's own at this moment, in a namespace of sardine's.
const TIMESTAMPS: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?><propertyupdate xmlns=\"DAV:\"><set>\
    <prop><s:lastmodified_server xmlns:s=\"SAR:\">Sat, 21 Nov 2026 15:04:05 UTC</s:lastmodified_server></prop></set><set>\
    <prop><s:lastmodified xmlns:s=\"SAR:\">Tue, 03 Mar 2020 07:08:09 UTC</s:lastmodified></prop></set></propertyupdate>";
const ASKED_TIMESTAMPS: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?><propfind xmlns=\"DAV:\"><prop>\
    <getcontentlength/><getlastmodified/><resourcetype/><s:lastmodified xmlns:s=\"SAR:\"/></prop></propfind>";

fn bookmarked(house: &TestHouse) -> Replay<'_> {
    Replay::new(house, CYBERDUCK)
}

fn propfind<'r, 'h>(duck: &'r mut Replay<'h>, target: &str, depth: &str, body: &str) -> Step<'r, 'h> {
    duck.ask("PROPFIND", target)
        .with("Depth", depth)
        .with("Content-Type", "text/xml; charset=utf-8")
        .body(body)
}

#[track_caller]
fn list(duck: &mut Replay<'_>, target: &str) -> Vec<Entry> {
    cyberduck(&propfind(duck, target, "1", ALLPROP).gets(207), target)
}

/// A body that is sent only once the server wants it.
fn upload<'r, 'h>(duck: &'r mut Replay<'h>, target: &str, content: impl AsRef<[u8]>) -> Step<'r, 'h> {
    let step = duck.ask("PUT", target).with("Content-Type", "text/plain").with("Expect", "100-continue");
    step.body(content)
}

#[test]
fn the_question_is_as_long_as_cyberducks() {
    assert_eq!(ALLPROP.len(), 99);
}

#[test]
fn a_bookmark_is_opened_and_folders_are_browsed() {
    let house = house();
    house.mkcol("/PDF%20Reports");
    house.put("/PDF%20Reports/Copy%20%284%3A11%3A14%2C%209%3A52%20PM%29.txt", "four");
    house.mkcol("/PDF%20Reports/images");
    let mut duck = bookmarked(&house);
    duck.ask("HEAD", "/dav/").gets(200);
    assert_eq!(list(&mut duck, "/dav/"), [entry("PDF Reports/", 0)]);
    let mut seen = list(&mut duck, "/dav/PDF%20Reports/");
    seen.sort_by_key(|entry| entry.bytes);
    assert_eq!(seen, [entry("images/", 0), entry("Copy (4:11:14, 9:52 PM).txt", 4)]);
    assert_eq!(
        duck.ask("GET", "/dav/PDF%20Reports/Copy%20%284%3A11%3A14%2C%209%3A52%20PM%29.txt").gets(200).text(),
        "four"
    );
    duck.ask("HEAD", "/dav/missing").gets(404);
}

#[test]
fn a_file_is_uploaded_under_a_temporary_name() {
    let house = house();
    house.put("/Test%20File.txt", "first");
    let mut duck = bookmarked(&house);
    let content = varied(200_000);
    duck.ask("HEAD", "/dav/Test%20File.txt").gets(200);
    duck.ask("HEAD", "/dav/Test%20File.txt-8zHe2Kq1").gets(404);
    let put = upload(&mut duck, "/dav/Test%20File.txt-8zHe2Kq1", &content).gets_after_100(201);
    let head = duck.ask("HEAD", "/dav/Test%20File.txt-8zHe2Kq1").gets(200);
    assert_eq!(head.header("etag"), put.header("etag"), "Mountain Duck takes another tag for a change");
    let to = duck.url("/dav/Test%20File.txt");
    duck.ask("MOVE", "/dav/Test%20File.txt-8zHe2Kq1")
        .with("Destination", to)
        .with("Overwrite", "T")
        .gets(204);
    let moved = duck.ask("HEAD", "/dav/Test%20File.txt").gets(200);
    assert_eq!(moved.header("etag"), put.header("etag"));
    let expected = Held::with(&[("Test File.txt", 200_000, 1)]);
    assert_eq!(held(&house), expected.trash(&["Test File.txt"]).store(2, 200_005));
}

/// Taking the second half of a file for all of it would cut it.
#[test]
fn an_upload_is_not_resumed_by_a_range() {
    let house = house();
    house.put("/a", "first half ");
    let mut duck = bookmarked(&house);
    let step = upload(&mut duck, "/dav/a", "second half").with("Content-Range", "bytes 11-21/22");
    step.gets_before_its_body(400);
    assert_eq!(duck.ask("GET", "/dav/a").gets(200).text(), "first half ");
    holds(&house, &[("a", 11, 1)]);
}

#[test]
fn an_upload_that_cannot_succeed_is_not_waited_for() {
    let house = house_with_quota(1000);
    house.put("/kept", varied(900));
    let mut duck = bookmarked(&house);
    let refused = upload(&mut duck, "/dav/large", varied(200_000)).gets_before_its_body(507);
    assert!(refused.text().contains("quota"), "Cyberduck shows what the server says: {}", refused.text());
    upload(&mut duck, "/dav/missing/a", "content").gets_before_its_body(409);
    holds(&house, &[("kept", 900, 1)]);
}

#[test]
fn the_time_of_a_file_is_kept_beside_that_of_the_server() {
    let house = house();
    house.put("/a", "content");
    let mut duck = bookmarked(&house);
    let before = propfind(&mut duck, "/dav/a", "0", ASKED_TIMESTAMPS).gets(207);
    assert_eq!(property(&before, "lastmodified"), "");
    let step = duck.ask("PROPPATCH", "/dav/a").with("Content-Type", "text/xml; charset=utf-8");
    all_taken(&step.body(TIMESTAMPS).gets(207), 2);
    let after = propfind(&mut duck, "/dav/a", "0", ASKED_TIMESTAMPS).gets(207);
    assert_eq!(property(&after, "lastmodified"), "Tue, 03 Mar 2020 07:08:09 UTC");
    // Cyberduck believes its own time as long as the server's is the one it has noted.
    assert_eq!(property(&after, "getlastmodified"), property(&before, "getlastmodified"));
    holds(&house, &[("a", 7, 1)]);
}

#[test]
fn a_file_is_edited_under_a_lock() {
    let house = house();
    house.put("/a", "first");
    let mut duck = bookmarked(&house);
    let step = duck
        .ask("LOCK", "/dav/a")
        .with("Content-Type", "text/xml; charset=utf-8")
        .with("Timeout", "Infinite");
    let token =
        step.body(LOCKINFO).gets(200).header("lock-token").unwrap().trim_matches(['<', '>']).to_owned();
    let step = upload(&mut duck, "/dav/a", "second").with("If", format!("</dav/a> (<{token}>)"));
    step.gets_after_100(204);
    duck.ask("UNLOCK", "/dav/a").with("Lock-Token", format!("<{token}>")).gets(204);
    assert_eq!(held(&house), Held::with(&[("a", 6, 2)]).store(2, 11));
}

#[test]
fn things_are_made_copied_moved_and_deleted_one_by_one() {
    let house = house();
    house.put("/Copy.txt", "content");
    let mut duck = bookmarked(&house);
    duck.ask("MKCOL", "/dav/Text%20Files/").body("").gets(201);
    let odd = "/dav/Copy%20%284%3A11%3A14%2C%209%3A52%20PM%29.txt";
    duck.ask("HEAD", odd).gets(404);
    let to = duck.url(odd);
    duck.ask("COPY", "/dav/Copy.txt").with("Destination", to).with("Overwrite", "T").gets(201);
    for (from, to, status) in
        [(odd, "/dav/Text%20Files/Test.txt", 201), ("/dav/Copy.txt", "/dav/Text%20Files/Test.txt", 204)]
    {
        let to = duck.url(to);
        duck.ask("MOVE", from).with("Destination", to).with("Overwrite", "T").gets(status);
    }
    assert_eq!(list(&mut duck, "/dav/Text%20Files/"), [entry("Test.txt", 7)]);
    duck.ask("DELETE", "/dav/Text%20Files/Test.txt").gets(204);
    duck.ask("DELETE", "/dav/Text%20Files/").gets(204);
    assert_eq!(list(&mut duck, "/dav/"), []);
    assert_eq!(held(&house), Held::default().trash(&["Test.txt", "Test.txt", "Text Files"]).store(1, 14));
}
