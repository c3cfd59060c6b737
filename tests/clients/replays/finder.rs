//! macOS Finder: the kernel's `webdavfs` and its agent, from the mount dialog to the eject button.

use super::readers::{self, Entry, entry, property};
use super::script::{Letterhead, Line, Replay, Step};
use super::state::{Held, a_minute_passes, held, holds, number};
use super::{house, house_with_quota, varied};
use crate::support::{Answer, TestHouse};

pub const WEBDAVFS: Letterhead = &[
    Line::Host,
    Line::Own,
    Line::Is("Accept", "*/*"),
    Line::Login,
    Line::Is("User-Agent", "WebDAVFS/3.0.0 (03008000) Darwin/25.5.0 (arm64)"),
    Line::Length,
    Line::Is("Connection", "keep-alive"),
];

/// The mount dialog.
const WEBDAVLIB: Letterhead = &[
    Line::Host,
    Line::Is("Accept", "*/*"),
    Line::Length,
    Line::Is("Connection", "close"),
    Line::Login,
    Line::Is("User-Agent", "WebDAVLib/1.3"),
];

/// Asks for what `stat` tells.
const BODY_A: &str = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<D:propfind xmlns:D=\"DAV:\">\n<D:prop>\n\
    <D:getlastmodified/>\n<D:getcontentlength/>\n<D:creationdate/>\n<D:resourcetype/>\n</D:prop>\n</D:propfind>\n";
/// The same for a folder whose members are cached.
const BODY_AC: &str = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<D:propfind xmlns:D=\"DAV:\">\n\
    <D:prop xmlns:A=\"http://www.apple.com/webdav_fs/props/\">\n<D:getlastmodified/>\n<D:getcontentlength/>\n\
    <D:creationdate/>\n<D:resourcetype/>\n<A:appledoubleheader/>\n</D:prop>\n</D:propfind>\n";
/// How full the volume is.
const BODY_Q: &str = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<D:propfind xmlns:D=\"DAV:\">\n<D:prop>\n\
    <D:quota-available-bytes/>\n<D:quota-used-bytes/>\n<D:quota/>\n<D:quotaused/>\n</D:prop>\n</D:propfind>\n";
/// Whether a folder is empty.
const BODY_R: &str = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<D:propfind xmlns:D=\"DAV:\">\n<D:prop>\n\
    <D:resourcetype/>\n</D:prop>\n</D:propfind>\n";
const BODY_L: &str = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<D:lockinfo xmlns:D=\"DAV:\">\n\
    <D:lockscope><D:exclusive/></D:lockscope>\n<D:locktype><D:write/></D:locktype>\n<D:owner>\n\
    <D:href>http://www.apple.com/webdav_fs/</D:href>\n</D:owner>\n</D:lockinfo>\n";

/// A lock that is not Finder's.
pub const LOCK_OF_ANOTHER: &str = "<D:lockinfo xmlns:D=\"DAV:\"><D:lockscope><D:exclusive/></D:lockscope><D:locktype>\
    <D:write/></D:locktype><D:owner>somebody else</D:owner></D:lockinfo>";

/// What Finder looks for at the top of a volume before it shows it.
const PROBES: [&str; 8] = [
    "/dav/._.",
    "/dav/Backups.backupdb",
    "/dav/.hidden",
    "/dav/mach_kernel",
    "/dav/.Spotlight-V100",
    "/dav/.metadata_never_index",
    "/dav/.metadata_never_index_unless_rootfs",
    "/dav/.DS_Store",
];

pub fn mounted(house: &TestHouse) -> Replay<'_> {
    Replay::new(house, WEBDAVFS)
}

fn propfind<'r, 'h>(mac: &'r mut Replay<'h>, target: &str, depth: &str, body: &str) -> Step<'r, 'h> {
    mac.ask("PROPFIND", target).with("Content-Type", "text/xml").with("Depth", depth).body(body)
}

/// What `stat` and every look-up of a name send.
pub fn stat<'r, 'h>(mac: &'r mut Replay<'h>, target: &str) -> Step<'r, 'h> {
    propfind(mac, target, "0", BODY_A)
}

/// A request that says it has no body.
pub fn bare<'r, 'h>(mac: &'r mut Replay<'h>, method: &'static str, target: &str) -> Step<'r, 'h> {
    mac.ask(method, target).body("")
}

/// Takes a lock; webdavfs reads the token from the body and nowhere else.
#[track_caller]
pub fn lock(mac: &mut Replay<'_>, target: &str) -> String {
    token(&ask_for_lock(mac, target).gets(200))
}

pub fn ask_for_lock<'r, 'h>(mac: &'r mut Replay<'h>, target: &str) -> Step<'r, 'h> {
    let step = mac.ask("LOCK", target).with("Content-Type", "text/xml; charset=\"utf-8\"");
    step.with("Depth", "0").with("Timeout", "Second-600").body(BODY_L)
}

pub fn token(answer: &Answer) -> String {
    let text = answer.text();
    let after = text.split_once("<D:locktoken><D:href>").unwrap().1;
    after.split_once("</D:href>").unwrap().0.to_owned()
}

#[track_caller]
pub fn unlock(mac: &mut Replay<'_>, target: &str, token: &str) {
    bare(mac, "UNLOCK", target).with("Lock-Token", format!("<{token}>")).gets(204);
}

#[track_caller]
pub fn list(mac: &mut Replay<'_>, target: &str) -> Vec<Entry> {
    let answer = propfind(mac, target, "1", BODY_AC).gets(207);
    readers::finder(&answer, target)
}

/// Asks as `rmdir` does whether nothing but the folder itself is there.
#[track_caller]
pub fn is_empty(mac: &mut Replay<'_>, target: &str) -> bool {
    readers::finder_count(&propfind(mac, target, "1", BODY_R).gets(207)) == 1
}

/// The sequential upload: chunks of no announced length on a connection of its own.
pub fn upload<'r, 'h>(mac: &'r mut Replay<'h>, target: &str, token: &str, content: &[u8]) -> Step<'r, 'h> {
    let step = mac.ask("PUT", target).with("X-Expected-Entity-Length", content.len().to_string());
    step.with("If", format!("(<{token}>)")).with("Connection", "close").coded("Chunked", content, 64 * 1024)
}

#[test]
fn the_bodies_are_as_long_as_finders() {
    assert_eq!([BODY_A, BODY_Q, BODY_R, BODY_L].map(str::len), [179, 175, 118, 229]);
}

#[test]
fn the_drive_is_mounted_for_writing() {
    let house = house();
    let mut mac = mounted(&house);
    mac.ask("OPTIONS", "/dav/").on(WEBDAVLIB).without_login().body("").gets(200);
    mac.ask("OPTIONS", "/dav/").on(WEBDAVLIB).body("").gets(200);
    let options = bare(&mut mac, "OPTIONS", "/dav/").without_login().gets(200);
    // Only 1 mounts read-only, neither not at all.
    let levels: Vec<_> = options.header("dav").unwrap().split(',').map(str::trim).collect();
    assert!(levels.contains(&"1") && levels.contains(&"2"), "{levels:?}");
    stat(&mut mac, "/dav/").without_login().gets(401);
    stat(&mut mac, "/dav/").gets(207);
    propfind(&mut mac, "/dav/", "0", BODY_Q).gets(207);
    for _ in 0..6 {
        stat(&mut mac, "/dav/").gets(207);
    }
    for probe in PROBES.into_iter().chain(["/dav/.DS_Store"]) {
        stat(&mut mac, probe).gets(404);
    }
    bare(&mut mac, "PUT", "/dav/.DS_Store").gets(201);
    stat(&mut mac, "/dav/.DS_Store").gets(207);
    for probe in ["/dav/.TemporaryItems", "/dav/.Trashes"] {
        stat(&mut mac, probe).gets(404);
    }
    assert_eq!(list(&mut mac, "/dav/"), [entry(".Trash/", 0), entry(".DS_Store", 0)]);
    holds(&house, &[]);
    assert_eq!(number(&house, "SELECT COUNT(*) FROM revisions WHERE name <> ''"), 0);
}

#[test]
fn every_request_may_come_once_without_credentials() {
    let house = house();
    house.put("/a", "before");
    let mut mac = mounted(&house);
    for method in ["MKCOL", "PUT", "DELETE", "UNLOCK"] {
        bare(&mut mac, method, "/dav/b").without_login().gets(401);
    }
    let to = mac.url("/dav/c");
    bare(&mut mac, "MOVE", "/dav/a").with("Destination", to).without_login().gets(401);
    ask_for_lock(&mut mac, "/dav/a").without_login().gets(401);
    mac.ask("GET", "/dav/a").without_login().gets(401);
    // Also one whose body is on its way: the connection goes on, or it is closed and another takes its place.
    mac.ask("PUT", "/dav/a").without_login().body("never stored").gets(401);
    upload(&mut mac, "/dav/a", "urn:uuid:0192f5e0-0000-7000-8000-000000000000", &varied(200_000))
        .without_login()
        .gets(401);
    assert_eq!(mac.ask("GET", "/dav/a").gets(200).text(), "before");
    holds(&house, &[("a", 6, 1)]);
}

#[test]
fn a_folder_is_listed_with_every_name_whole() {
    let house = house();
    let mut mac = mounted(&house);
    let names = [
        ("100%25%20R%26D%20%28it%27s%20%3Cdraft%3E%29.txt", "100% R&D (it's <draft>).txt"),
        ("%22quoted%22%2C%20semi%3B%20at%40.txt", "\"quoted\", semi; at@.txt"),
        ("%E6%97%A5%E6%9C%AC%E8%AA%9E.txt", "日本語.txt"),
        ("Icon%0D", "Icon\r"),
    ];
    let long = "%E8%AA%9E".repeat(85);
    for name in names.map(|(sent, _)| sent).into_iter().chain([long.as_str()]) {
        mac.ask("PUT", &format!("/dav/{name}")).body("four").gets(201);
    }
    bare(&mut mac, "MKCOL", "/dav/Folder%20%26%20more").gets(201);
    let mut expected: Vec<_> = names.iter().map(|(_, name)| entry(name, 4)).collect();
    expected.extend([entry(&"語".repeat(85), 4), entry("Folder & more/", 0), entry(".Trash/", 0)]);
    for body in [BODY_A, BODY_AC] {
        let mut seen = readers::finder(&propfind(&mut mac, "/dav/", "1", body).gets(207), "/dav/");
        seen.sort_by(|one, other| one.name.cmp(&other.name));
        expected.sort_by(|one, other| one.name.cmp(&other.name));
        assert_eq!(seen, expected);
    }
    stat(&mut mac, "/dav/").gets(207);
    for (name, _) in names {
        stat(&mut mac, &format!("/dav/._{name}")).gets(404);
    }
    // A name that is not cached yet is looked up without a slash, a folder too.
    let folder = stat(&mut mac, "/dav/Folder%20%26%20more").gets(207);
    assert!(folder.text().contains("<D:collection/>"));
    assert_eq!(list(&mut mac, "/dav/Folder%20%26%20more/"), []);
}

#[test]
fn names_in_decomposed_form_are_one_with_the_composed_ones() {
    let house = house();
    house.mkcol("/M%C3%BCsli");
    house.put("/M%C3%BCsli/%C3%84pfel", "red");
    let mut mac = mounted(&house);
    // The folder asked for in NFD must not list itself nor hide its members.
    let folder = "/dav/Mu%CC%88sli/";
    assert_eq!(list(&mut mac, folder), [entry("Äpfel", 3)]);
    assert_eq!(mac.ask("GET", "/dav/Mu%CC%88sli/A%CC%88pfel").gets(200).text(), "red");
    mac.ask("PUT", "/dav/Mu%CC%88sli/o%CC%88l").body("oil").gets(201);
    mac.ask("PUT", "/dav/Mu%CC%88sli/A%CC%88pfel").body("green").gets(204);
    let expected = Held::with(&[("Müsli/", 0, 0), ("Müsli/Äpfel", 5, 2), ("Müsli/öl", 3, 1)]);
    assert_eq!(held(&house), expected.store(3, 11));
}

#[test]
fn a_file_is_opened_read_on_and_reopened() {
    let house = house();
    let content = varied(300_000);
    house.put("/film.mov", &content);
    let mut mac = mounted(&house);
    let opened = mac.ask("GET", "/dav/film.mov").gets(200);
    assert!(opened.body == content);
    let date = opened.header("last-modified").unwrap().to_owned();
    let rest =
        mac.ask("GET", "/dav/film.mov").with("If-Range", &date).with("Range", "bytes=98304-").gets(206);
    assert_eq!(rest.header("content-range"), Some("bytes 98304-299999/300000"));
    assert!(rest.body == content[98_304..]);
    let part = mac.ask("GET", "/dav/film.mov").with("Range", "bytes=1000-66535").gets(206);
    assert_eq!(part.header("content-length"), Some("65536"));
    assert!(part.body == content[1000..=66_535]);
    a_minute_passes(&house);
    mac.ask("GET", "/dav/film.mov").with("If-Modified-Since", &date).gets(304);

    // Changed within the same second: neither the cache nor the rest of the old file may be believed any more.
    house.put("/film.mov", "other");
    assert_eq!(mac.ask("GET", "/dav/film.mov").with("If-Modified-Since", &date).gets(200).text(), "other");
    let again = mac.ask("GET", "/dav/film.mov").with("If-Range", &date).with("Range", "bytes=2-").gets(200);
    assert_eq!(again.text(), "other");
    mac.ask("GET", "/dav/film.mov").with("Range", "bytes=5-9").gets(416);
}

#[test]
fn the_volume_shows_how_full_it_is() {
    let house = house_with_quota(10_000);
    house.put("/a", varied(1234));
    house.mkcol("/folder");
    let mut mac = mounted(&house);
    for target in ["/dav/", "/dav/folder/"] {
        let answer = propfind(&mut mac, target, "0", BODY_Q).gets(207);
        assert_eq!(property(&answer, "quota-used-bytes"), "1234");
        assert_eq!(property(&answer, "quota-available-bytes"), "8766");
        // These count blocks of 512 bytes.
        assert_eq!(
            (property(&answer, "quota"), property(&answer, "quotaused")),
            (String::new(), String::new())
        );
    }
}
