//! GNOME: Nautilus and `gio` by way of gvfs and libsoup.

use super::readers::{Entry, entry, gvfs, property};
use super::script::{Letterhead, Line, Replay, Step};
use super::state::{Held, held, holds};
use super::{house, house_with_quota, varied};
use crate::support::TestHouse;

const GVFS: Letterhead = &[
    Line::Host,
    Line::Own,
    Line::Is("Accept-Encoding", "gzip, deflate"),
    Line::Is("User-Agent", "gvfs/1.57.2"),
    Line::Is("Accept-Language", "de-de, de;q=0.9, en;q=0.8"),
    Line::Is("Connection", "Keep-Alive"),
    Line::Length,
    Line::Login,
];

/// Whether something is there, and what.
const STAT: &str = "<?xml version=\"1.0\" encoding=\"utf-8\" ?>\n <D:propfind xmlns:D=\"DAV:\">\n  <D:prop>\n\
    <D:resourcetype/>\n<D:getcontentlength/>\n  </D:prop>\n </D:propfind>";
const LISTED: &str = "<?xml version=\"1.0\" encoding=\"utf-8\" ?>\n <D:propfind xmlns:D=\"DAV:\">\n  <D:prop>\n\
    <D:creationdate/>\n<D:displayname/>\n<D:getcontentlength/>\n<D:getcontenttype/>\n<D:getetag/>\n\
    <D:getlastmodified/>\n<D:resourcetype/>\n  </D:prop>\n </D:propfind>";
const QUOTA: &str = "<?xml version=\"1.0\" encoding=\"utf-8\" ?>\n <D:propfind xmlns:D=\"DAV:\">\n  <D:prop>\n\
    <D:quota-available-bytes/>\n<D:quota-used-bytes/>\n  </D:prop>\n </D:propfind>";

fn mounted(house: &TestHouse) -> Replay<'_> {
    Replay::new(house, GVFS)
}

fn propfind<'r, 'h>(gnome: &'r mut Replay<'h>, target: &str, depth: &str, body: &str) -> Step<'r, 'h> {
    gnome.ask("PROPFIND", target).with("Depth", depth).with("Content-Type", "application/xml").body(body)
}

#[track_caller]
fn list(gnome: &mut Replay<'_>, target: &str) -> Vec<Entry> {
    let answer = propfind(gnome, target, "1", LISTED).with("Apply-To-Redirect-Ref", "T").gets(207);
    gvfs(&answer, target).1
}

/// How many members gvfs counts before it deletes a folder.
#[track_caller]
fn members(gnome: &mut Replay<'_>, target: &str) -> usize {
    gvfs(&propfind(gnome, target, "1", STAT).gets(207), target).1.len()
}

#[test]
fn the_share_is_found_by_climbing_up() {
    let house = house();
    house.mkcol("/Reports");
    let mut gnome = mounted(&house);
    gnome.ask("OPTIONS", "/dav/Reports/").without_login().gets(200);
    propfind(&mut gnome, "/dav/Reports/", "1", STAT).without_login().gets(401);
    for (target, count) in [("/dav/Reports/", 0), ("/dav/", 2), ("/", 1)] {
        let options = gnome.ask("OPTIONS", target).gets(200);
        assert!(options.header("dav").is_some(), "{target}");
        let (itself, members) = gvfs(&propfind(&mut gnome, target, "1", STAT).gets(207), target);
        assert!(itself.is_folder && members.len() == count, "{target}: {members:?}");
    }
    assert_eq!(list(&mut gnome, "/"), [entry("dav/", 0)]);
}

#[test]
fn a_folder_is_listed_and_the_volume_shows_its_size() {
    let house = house_with_quota(1000);
    house.mkcol("/Reports");
    house.put("/Reports/R%26D%20%281%29.txt", "four");
    house.mkcol("/Reports/Old");
    let mut gnome = mounted(&house);
    for target in ["/dav/Reports/", "/dav/Reports"] {
        let mut seen = list(&mut gnome, target);
        seen.sort_by_key(|entry| entry.bytes);
        assert_eq!(seen, [entry("Old/", 0), entry("R&D (1).txt", 4)], "{target}");
    }
    let quota = propfind(&mut gnome, "/dav/Reports/", "0", QUOTA).gets(207);
    assert_eq!(property(&quota, "quota-available-bytes"), "996");
    propfind(&mut gnome, "/dav/Reports/missing", "0", LISTED).gets(404);
}

#[test]
fn a_film_is_played_and_skipped_in() {
    let house = house();
    let film = varied(500_000);
    house.put("/film.webm", &film);
    let mut gnome = mounted(&house);
    let seen =
        propfind(&mut gnome, "/dav/film.webm", "0", LISTED).with("Apply-To-Redirect-Ref", "F").gets(207);
    assert_eq!(property(&seen, "getcontentlength"), "500000");
    assert!(gnome.ask("GET", "/dav/film.webm").gets(200).body == film);
    for begin in [1, 400_000, 499_999] {
        let rest = gnome.ask("GET", "/dav/film.webm").with("Range", format!("bytes={begin}-")).gets(206);
        let expected = format!("bytes {begin}-499999/500000");
        assert_eq!(rest.header("content-range"), Some(expected.as_str()));
        assert!(rest.body == film[begin..]);
    }
    let end = gnome.ask("GET", "/dav/film.webm").with("Range", "bytes=500000-").gets(416);
    assert_eq!(end.header("content-range"), Some("bytes */500000"));
}

#[test]
fn a_file_is_made_only_where_there_is_none() {
    let house = house();
    let mut gnome = mounted(&house);
    gnome.ask("HEAD", "/dav/new.txt").gets(404);
    gnome.ask("PUT", "/dav/new.txt").body("content").gets(201);
    gnome.ask("HEAD", "/dav/new.txt").gets(200);
    // An empty one without any length.
    gnome.ask("HEAD", "/dav/empty.txt").gets(404);
    gnome.ask("PUT", "/dav/empty.txt").gets(201);
    holds(&house, &[("empty.txt", 0, 1), ("new.txt", 7, 1)]);
}

#[test]
fn a_file_is_replaced_unless_somebody_else_was_faster() {
    let house = house();
    let etag = house.put("/a", "first").header("etag").unwrap().to_owned();
    let mut gnome = mounted(&house);
    gnome.ask("HEAD", "/dav/a").with("If-Match", &etag).gets(200);
    gnome.ask("PUT", "/dav/a").with("If-Match", &etag).body("second").gets(204);
    gnome.ask("HEAD", "/dav/a").with("If-Match", &etag).gets(412);
    gnome.ask("PUT", "/dav/a").with("If-Match", &etag).body("third").gets(412);
    assert_eq!(gnome.ask("GET", "/dav/a").gets(200).text(), "second");
    assert_eq!(held(&house), Held::with(&[("a", 6, 2)]).store(2, 11));
}

#[test]
fn a_file_dropped_in_keeps_the_time_of_its_last_change() {
    let house = house();
    let mut gnome = mounted(&house);
    propfind(&mut gnome, "/dav/photo.jpg", "0", STAT).gets(404);
    let step = gnome.ask("PUT", "/dav/photo.jpg").with("Overwrite", "F").with("X-OC-Mtime", "1583219289");
    let put = step.body(varied(70_000)).gets(201);
    assert_eq!(put.header("x-oc-mtime"), Some("accepted"));
    let seen = propfind(&mut gnome, "/dav/photo.jpg", "0", LISTED).gets(207);
    assert_eq!(property(&seen, "getlastmodified"), "Tue, 03 Mar 2020 07:08:09 GMT");
    holds(&house, &[("photo.jpg", 70_000, 1)]);
}

#[test]
fn a_file_without_room_is_refused_by_its_name() {
    let house = house_with_quota(1000);
    house.put("/kept", varied(900));
    let mut gnome = mounted(&house);
    propfind(&mut gnome, "/dav/large", "0", STAT).gets(404);
    let step = gnome.ask("PUT", "/dav/large").with("Overwrite", "F");
    let refused = step.body(varied(2_000_000)).gets_before_its_body(507);
    assert!(refused.text().contains("quota"), "gvfs shows what the server says: {}", refused.text());
    holds(&house, &[("kept", 900, 1)]);
}

#[test]
fn things_are_renamed_moved_and_copied_without_replacing_any() {
    let house = house();
    house.put("/a", "content");
    house.put("/taken", "other");
    house.mkcol("/folder");
    let mut gnome = mounted(&house);
    let (taken, renamed) = (gnome.url("/dav/taken"), gnome.url("/dav/b%20%28new%29"));
    gnome.ask("MOVE", "/dav/a").with("Destination", &taken).with("Overwrite", "F").gets(412);
    gnome.ask("MOVE", "/dav/a").with("Destination", &renamed).with("Overwrite", "F").gets(201);
    // Into a folder: the target is looked at first, then the source.
    let within = gnome.url("/dav/folder/b");
    propfind(&mut gnome, "/dav/folder/b", "0", STAT).gets(404);
    propfind(&mut gnome, "/dav/b%20%28new%29", "0", STAT).gets(207);
    gnome.ask("MOVE", "/dav/b%20%28new%29").with("Destination", &within).with("Overwrite", "F").gets(201);
    gnome.ask("COPY", "/dav/folder/b").with("Destination", &taken).with("Overwrite", "F").gets(412);
    let copy = gnome.url("/dav/copy");
    gnome.ask("COPY", "/dav/folder/b").with("Destination", copy).with("Overwrite", "F").gets(201);
    let expected = Held::with(&[("copy", 7, 1), ("folder/", 0, 0), ("folder/b", 7, 1), ("taken", 5, 1)]);
    assert_eq!(held(&house), expected.store(2, 19), "a copy needs no bytes in the store");
}

#[test]
fn folders_are_made_and_deleted_when_they_are_empty() {
    let house = house();
    let mut gnome = mounted(&house);
    gnome.ask("MKCOL", "/dav/folder").gets(201);
    gnome.ask("MKCOL", "/dav/folder").gets(405);
    gnome.ask("MKCOL", "/dav/missing/folder").gets(409);
    gnome.ask("PUT", "/dav/folder/a").body("content").gets(201);
    assert_eq!(members(&mut gnome, "/dav/folder"), 1);
    assert_eq!(members(&mut gnome, "/dav/folder/a"), 0);
    gnome.ask("DELETE", "/dav/folder/a").gets(204);
    assert_eq!(members(&mut gnome, "/dav/folder"), 0);
    gnome.ask("DELETE", "/dav/folder").gets(204);
    assert_eq!(held(&house), Held::default().trash(&["a", "folder"]).store(1, 7));
}

/// What Finder leaves behind in a folder is in nobody else's way.
#[test]
fn a_folder_with_nothing_but_junk_of_another_system_is_empty() {
    let house = house();
    house.mkcol("/folder");
    let mut mac = super::finder::mounted(&house);
    for name in [".DS_Store", "._a"] {
        super::finder::bare(&mut mac, "PUT", &format!("/dav/folder/{name}")).gets(201);
    }
    let mut gnome = mounted(&house);
    assert_eq!(list(&mut gnome, "/dav/folder/"), []);
    assert_eq!(members(&mut gnome, "/dav/folder"), 0);
    gnome.ask("DELETE", "/dav/folder").gets(204);
    super::finder::stat(&mut mac, "/dav/folder/.DS_Store").gets(404);
    assert_eq!(held(&house), Held::default().trash(&["folder"]));
}

/// LibreOffice on a gvfs mount says by a file of its own that a document is open.
#[test]
fn the_lock_file_of_libreoffice_comes_and_goes_unseen() {
    let house = house();
    house.put("/Plan.odt", "first");
    let mut gnome = mounted(&house);
    let lock_file = "/dav/.~lock.Plan.odt%23";
    gnome.ask("HEAD", lock_file).gets(404);
    gnome
        .ask("PUT", lock_file)
        .body(",ann,desk,21.11.2026 15:04,file:///home/ann/.config/libreoffice/4;")
        .gets(201);
    gnome.ask("GET", lock_file).gets(200);
    let etag = gnome.ask("GET", "/dav/Plan.odt").gets(200).header("etag").unwrap().to_owned();
    gnome.ask("PUT", "/dav/Plan.odt").with("If-Match", etag).body("second").gets(204);
    let expected = Held::with(&[("Plan.odt", 6, 2)]).store(2, 11);
    assert_eq!(held(&house), expected);
    propfind(&mut gnome, lock_file, "1", STAT).gets(207);
    gnome.ask("DELETE", lock_file).gets(204);
    gnome.ask("HEAD", lock_file).gets(404);
    assert_eq!(held(&house), expected);
}
