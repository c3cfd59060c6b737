//! rclone, as it copies, syncs, moves and cleans up after what failed; the program itself runs in `clients::rclone`.

use super::readers::{Entry, all_taken, entry, property, rclone};
use super::script::{Letterhead, Line, Replay, Step};
use super::state::{Held, held, holds};
use super::{house, house_with_quota, varied};
use crate::support::TestHouse;

/// Go writes these first, all others by the alphabet.
const RCLONE: Letterhead = &[
    Line::Host,
    Line::Is("User-Agent", "rclone/v1.75.0"),
    Line::Length,
    Line::Login,
    Line::Own,
    Line::Is("Accept-Encoding", "gzip"),
];

/// What it asks with the vendors `owncloud` and `nextcloud`; with `other` it asks for everything by no body at all.
const OWNCLOUD_ASKS: &str = "<?xml version=\"1.0\"?>\n\
    <d:propfind  xmlns:d=\"DAV:\" xmlns:oc=\"http://owncloud.org/ns\" xmlns:nc=\"http://nextcloud.org/ns\">\n \
    <d:prop>\n  <d:displayname />\n  <d:getlastmodified />\n  <d:getcontentlength />\n  <d:resourcetype />\n  \
    <d:getcontenttype />\n  <oc:checksums />\n  <oc:permissions />\n </d:prop>\n</d:propfind>\n";
const ABOUT: &str = "<?xml version=\"1.0\" ?>\n<D:propfind xmlns:D=\"DAV:\">\n <D:prop>\n  <D:quota-available-bytes/>\n  \
    <D:quota-used-bytes/>\n </D:prop>\n</D:propfind>\n";
const SET_TIME: &str = "<?xml version=\"1.0\" encoding=\"utf-8\" ?>\n<D:propertyupdate xmlns:D=\"DAV:\">\n <D:set>\n  \
    <D:prop>\n   <lastmodified xmlns=\"DAV:\">1583219289</lastmodified>\n  </D:prop>\n </D:set>\n</D:propertyupdate>\n";

const SHA1_OF_CONTENT: &str = "SHA1:040f06fd774092478d450774f5ba30c5da78acc8";

fn configured(house: &TestHouse) -> Replay<'_> {
    Replay::new(house, RCLONE)
}

/// Every request of rclone says where it comes from.
fn ask<'r, 'h>(rclone: &'r mut Replay<'h>, method: &'static str, target: &str) -> Step<'r, 'h> {
    let referer = rclone.url("/dav/");
    rclone.ask(method, target).with("Referer", referer)
}

#[track_caller]
fn list(remote: &mut Replay<'_>, target: &str) -> Vec<Entry> {
    rclone(&ask(remote, "PROPFIND", target).with("Depth", "1").gets(207), target)
}

#[track_caller]
fn size_of(remote: &mut Replay<'_>, target: &str) -> String {
    property(&ask(remote, "PROPFIND", target).with("Depth", "0").gets(207), "getcontentlength")
}

#[test]
fn a_remote_is_listed_whatever_its_vendor() {
    let house = house_with_quota(1000);
    house.mkcol("/Backup");
    house.put("/Backup/R%26D%20%281%29%2B.txt", "four");
    house.mkcol("/Backup/Old");
    let mut remote = configured(&house);
    let expected = [entry("Old/", 0), entry("R&D (1)+.txt", 4)];
    let mut seen = list(&mut remote, "/dav/Backup/");
    seen.sort_by_key(|entry| entry.bytes);
    assert_eq!(seen, expected);
    let answer =
        ask(&mut remote, "PROPFIND", "/dav/Backup/").with("Depth", "1").body(OWNCLOUD_ASKS).gets(207);
    let mut seen = rclone(&answer, "/dav/Backup/");
    seen.sort_by_key(|entry| entry.bytes);
    assert_eq!(seen, expected);
    let about = ask(&mut remote, "PROPFIND", "/dav/").with("Depth", "0").body(ABOUT).gets(207);
    assert_eq!(property(&about, "quota-available-bytes"), "996");
    ask(&mut remote, "PROPFIND", "/dav/missing/").with("Depth", "1").gets(404);
}

#[test]
fn a_tree_is_copied_in_with_the_folders_it_needs() {
    let house = house();
    let mut remote = configured(&house);
    // From the deepest one upwards until one is there, and down again.
    for (target, status) in
        [("/dav/a/b/c/", 409), ("/dav/a/b/", 409), ("/dav/a/", 201), ("/dav/a/b/", 201), ("/dav/a/b/c/", 201)]
    {
        ask(&mut remote, "MKCOL", target).gets(status);
    }
    let content = varied(100_000);
    let put = ask(&mut remote, "PUT", "/dav/a/b/c/file.bin").with("Content-Type", "application/octet-stream");
    put.body(&content).gets(201);
    assert_eq!(size_of(&mut remote, "/dav/a/b/c/file.bin"), "100000");
    // For the next file the folder is made again.
    ask(&mut remote, "MKCOL", "/dav/a/b/c/").gets(405);
    ask(&mut remote, "PUT", "/dav/a/b/c/empty").body("").gets(201);
    let read = ask(&mut remote, "GET", "/dav/a/b/c/file.bin").with("Depth", "0").gets(200);
    assert!(read.body == content);
    let part =
        ask(&mut remote, "GET", "/dav/a/b/c/file.bin").with("Depth", "0").with("Range", "bytes=50000-59999");
    let part = part.gets(206);
    assert!(part.body == content[50_000..60_000]);
    assert_eq!(part.header("content-range"), Some("bytes 50000-59999/100000"));
    let tree = [
        ("a/", 0, 0),
        ("a/b/", 0, 0),
        ("a/b/c/", 0, 0),
        ("a/b/c/empty", 0, 1),
        ("a/b/c/file.bin", 100_000, 1),
    ];
    holds(&house, &tree);
}

#[test]
fn times_and_checksums_come_along_with_the_vendor_owncloud() {
    let house = house();
    let mut remote = configured(&house);
    let put = ask(&mut remote, "PUT", "/dav/a")
        .with("OC-Checksum", SHA1_OF_CONTENT)
        .with("X-OC-Mtime", "1583219289");
    let put = put.body("content").gets(201);
    assert_eq!(put.header("x-oc-mtime"), Some("accepted"));
    let answer = ask(&mut remote, "PROPFIND", "/dav/a").with("Depth", "0").body(OWNCLOUD_ASKS).gets(207);
    assert_eq!(property(&answer, "getlastmodified"), "Tue, 03 Mar 2020 07:08:09 GMT");
    // Damaged on the way: nothing is stored, neither over the old file nor as a new one.
    for target in ["/dav/a", "/dav/b"] {
        let put = ask(&mut remote, "PUT", target).with("OC-Checksum", SHA1_OF_CONTENT);
        put.body("cOntent").gets(400);
    }
    assert_eq!(ask(&mut remote, "GET", "/dav/a").with("Depth", "0").gets(200).text(), "content");
    holds(&house, &[("a", 7, 1)]);
}

#[test]
fn a_time_is_set_afterwards_with_the_vendor_fastmail() {
    let house = house();
    let etag = house.put("/a", "content").header("etag").unwrap().to_owned();
    let mut remote = configured(&house);
    all_taken(&ask(&mut remote, "PROPPATCH", "/dav/a").body(SET_TIME).gets(207), 1);
    let answer = ask(&mut remote, "PROPFIND", "/dav/a").with("Depth", "0").gets(207);
    assert_eq!(property(&answer, "getlastmodified"), "Tue, 03 Mar 2020 07:08:09 GMT");
    assert_eq!(property(&answer, "getetag"), etag);
    holds(&house, &[("a", 7, 1)]);
}

#[test]
fn things_are_moved_and_copied_within_the_remote() {
    let house = house();
    house.mkcol("/from");
    house.put("/from/a", "content");
    house.put("/taken", "other");
    let mut remote = configured(&house);
    let taken = remote.url("/dav/taken");
    ask(&mut remote, "COPY", "/dav/from/a").with("Destination", taken).with("Overwrite", "T").gets(204);
    let to = remote.url("/dav/to%20%282%29/");
    ask(&mut remote, "PROPFIND", "/dav/to%20%282%29/").with("Depth", "1").gets(404);
    ask(&mut remote, "MOVE", "/dav/from/").with("Destination", to).with("Overwrite", "T").gets(201);
    assert_eq!(list(&mut remote, "/dav/to%20%282%29/"), [entry("a", 7)]);
    let to = remote.url("/dav/b");
    ask(&mut remote, "MOVE", "/dav/to%20%282%29/a").with("Destination", to).with("Overwrite", "T").gets(201);
    assert_eq!(list(&mut remote, "/dav/to%20%282%29/"), []);
    ask(&mut remote, "DELETE", "/dav/to%20%282%29/").gets(204);
    let expected = Held::with(&[("b", 7, 1), ("taken", 7, 1)]);
    assert_eq!(held(&house), expected.trash(&["taken", "to (2)"]).store(2, 19));
}

#[test]
fn a_purge_takes_a_whole_folder_at_once() {
    let house = house();
    for path in ["/old", "/old/below"] {
        house.mkcol(path);
    }
    house.put("/old/below/a", "content");
    let mut remote = configured(&house);
    ask(&mut remote, "DELETE", "/dav/old/").gets(204);
    ask(&mut remote, "DELETE", "/dav/old/").gets(404);
    assert_eq!(held(&house), Held::default().trash(&["old"]).store(1, 7));
}

/// After every failed PUT rclone waits a second and deletes what it wanted to write: the file that was there before.
#[test]
fn what_rclone_deletes_after_a_failed_upload_can_be_brought_back() {
    let house = house_with_quota(1000);
    house.put("/kept", varied(900));
    let mut remote = configured(&house);
    ask(&mut remote, "PUT", "/dav/kept").body(varied(5_000_000)).gets_before_its_body(507);
    assert_eq!(size_of(&mut remote, "/dav/kept"), "900");
    ask(&mut remote, "DELETE", "/dav/kept").gets(204);
    // The same for a file that was never there.
    ask(&mut remote, "PUT", "/dav/new").body(varied(5_000_000)).gets_before_its_body(507);
    ask(&mut remote, "DELETE", "/dav/new").gets(404);
    assert_eq!(held(&house), Held::default().trash(&["kept"]).store(1, 900));
}

#[test]
fn a_file_that_is_open_elsewhere_survives_a_sync() {
    let house = house();
    house.put("/a", "first");
    let mut pc = super::windows::mapped(&house);
    let token = super::windows::lock(&mut pc, "/dav/a");
    let mut remote = configured(&house);
    ask(&mut remote, "PUT", "/dav/a").body("other").gets(423);
    ask(&mut remote, "DELETE", "/dav/a").gets(423);
    super::windows::unlock(&mut pc, "/dav/a", &token);
    holds(&house, &[("a", 5, 1)]);
}
