//! Android: WebDAV Provider, the mounts of DAVx5, and Material Files.

use super::readers::{entry, property, webdav_provider};
use super::script::{Letterhead, Line, Replay};
use super::state::{Held, held, holds};
use super::{house, house_with_quota, varied};
use crate::support::TestHouse;

const PROVIDER: Letterhead = &[
    Line::Own,
    Line::Login,
    Line::Length,
    Line::Host,
    Line::Is("Connection", "Keep-Alive"),
    Line::Is("Accept-Encoding", "gzip"),
    Line::Is("User-Agent", "okhttp/4.12.0"),
];
const DAVX5: Letterhead = &[
    Line::Own,
    Line::Is("User-Agent", "DAVx5/4.5.1-ose (dav4jvm; okhttp/5.1.0) Android/15"),
    Line::Is("Accept-Language", "de-DE, de;q=0.7, *;q=0.5"),
    Line::Login,
    Line::Length,
    Line::Host,
    Line::Is("Connection", "Keep-Alive"),
];
const MATERIAL: Letterhead = DAVX5;

const DAVX5_ASKS: &str = "<?xml version='1.0' encoding='UTF-8' ?><propfind xmlns=\"DAV:\" \
    xmlns:CAL=\"urn:ietf:params:xml:ns:caldav\" xmlns:CARD=\"urn:ietf:params:xml:ns:carddav\"><prop><resourcetype />\
    <current-user-privilege-set /><displayname /><getetag /><getcontenttype /><getcontentlength /><getlastmodified />\
    <quota-available-bytes /><quota-used-bytes /></prop></propfind>";
const MATERIAL_ASKS: &str = "<?xml version='1.0' encoding='UTF-8' ?><propfind xmlns=\"DAV:\"><prop><resourcetype />\
    <creationdate /><getcontentlength /><getlastmodified /></prop></propfind>";
const XML: &str = "application/xml; charset=utf-8";

fn house_with_photos() -> TestHouse {
    let house = house_with_quota(10_000_000);
    house.mkcol("/Fotos");
    house.put("/Fotos/IMG%20%231%20%2B%20more.jpg", varied(5_000_000));
    house.mkcol("/Fotos/2026");
    house
}

const PHOTO: &str = "/dav/Fotos/IMG%20%231%20%2B%20more.jpg";

#[test]
fn webdav_provider_shows_folders_in_the_files_app() {
    let house = house_with_photos();
    let mut android = Replay::new(&house, PROVIDER);
    let options = android.ask("OPTIONS", "/dav/").gets(200);
    let allowed: Vec<_> = options.header("allow").unwrap().split(',').map(str::trim).collect();
    for method in ["GET", "PUT", "DELETE", "MOVE", "COPY", "MKCOL", "PROPFIND"] {
        assert!(allowed.contains(&method), "{method} in {allowed:?}");
    }
    for target in ["/dav/Fotos/", "/dav/Fotos"] {
        let answer = android.ask("PROPFIND", target).with("Depth", "1").gets(207);
        let mut seen = webdav_provider(&answer, "/dav/Fotos/");
        seen.sort_by_key(|entry| entry.bytes);
        assert_eq!(seen, [entry("2026/", 0), entry("IMG #1 + more.jpg", 5_000_000)]);
    }
    assert_eq!(webdav_provider(&android.ask("PROPFIND", PHOTO).with("Depth", "0").gets(207), PHOTO), []);
}

#[test]
fn webdav_provider_reads_writes_and_moves() {
    let house = house_with_photos();
    let mut android = Replay::new(&house, PROVIDER);
    let rest = android.ask("GET", PHOTO).with("Range", "bytes=4000000-").gets(206);
    assert!(rest.body == varied(5_000_000)[4_000_000..]);
    // A size that the app does not know.
    let step = android.ask("PUT", "/dav/Fotos/new.jpg").with("Content-Type", "image/jpeg");
    step.chunks(varied(100_000), 8192).gets(201);
    android.ask("MKCOL", "/dav/Fotos/2027/").gets(201);
    // No Overwrite: replacing is meant.
    let to = android.url("/dav/Fotos/2027/new.jpg");
    android.ask("MOVE", "/dav/Fotos/new.jpg").with("Destination", to).gets(201);
    android.ask("DELETE", PHOTO).gets(204);
    android.ask("DELETE", "/dav/Fotos/2026/").gets(204);
    let expected = Held::with(&[("Fotos/", 0, 0), ("Fotos/2027/", 0, 0), ("Fotos/2027/new.jpg", 100_000, 1)]);
    assert_eq!(held(&house), expected.trash(&["2026", "IMG #1 + more.jpg"]).store(2, 5_100_000));
}

#[test]
fn davx5_mounts_lists_and_shows_the_quota() {
    let house = house_with_photos();
    let mut davx5 = Replay::new(&house, DAVX5);
    let options = davx5.ask("OPTIONS", "/dav/").gets(200);
    assert!(options.header("dav").unwrap().split(',').any(|level| level.trim() == "3"), "{options:?}");
    let step = davx5.ask("PROPFIND", "/dav/Fotos/").with("Depth", "1").with("Content-Type", XML);
    let answer = step.body(DAVX5_ASKS).gets(207);
    let mut seen = webdav_provider(&answer, "/dav/Fotos/");
    seen.sort_by_key(|entry| entry.bytes);
    assert_eq!(seen, [entry("2026/", 0), entry("IMG #1 + more.jpg", 5_000_000)]);
    assert_eq!(property(&answer, "quota-available-bytes"), "5000000");
    assert_eq!(property(&answer, "quota-used-bytes"), "5000000");
}

/// Two megabytes at a time, as long as it is the same file.
#[test]
fn davx5_reads_a_file_in_pieces_of_one_version() {
    let house = house_with_photos();
    let mut davx5 = Replay::new(&house, DAVX5);
    let head = davx5.ask("HEAD", PHOTO).gets(200);
    assert_eq!(
        (head.header("content-length"), head.header("accept-ranges")),
        (Some("5000000"), Some("bytes"))
    );
    let etag = head.header("etag").unwrap().to_owned();
    let date = head.header("last-modified").unwrap().to_owned();
    let photo = varied(5_000_000);
    for begin in [0, 2_097_152, 4_194_304] {
        let end = (begin + 2_097_152).min(photo.len());
        let step = davx5.ask("GET", PHOTO).with("Range", format!("bytes={begin}-{}", end - 1));
        assert!(step.with("If-Match", &etag).gets(206).body == photo[begin..end]);
    }
    let since = |davx5: &mut Replay<'_>, status| {
        let step = davx5.ask("GET", PHOTO).with("Range", "bytes=0-9");
        step.with("If-Unmodified-Since", &date).gets(status)
    };
    since(&mut davx5, 206);
    house.put("/Fotos/IMG%20%231%20%2B%20more.jpg", "other");
    davx5.ask("GET", PHOTO).with("Range", "bytes=0-2").with("If-Match", &etag).gets(412);
    since(&mut davx5, 412);
}

#[test]
fn davx5_makes_a_file_first_and_fills_it_then() {
    let house = house();
    house.put("/taken", "theirs");
    let mut davx5 = Replay::new(&house, DAVX5);
    davx5.ask("PUT", "/dav/taken").with("If-None-Match", "*").body("").gets(412);
    davx5.ask("PUT", "/dav/new.txt").with("If-None-Match", "*").body("").gets(201);
    davx5.ask("HEAD", "/dav/new.txt").gets(200);
    davx5.ask("PUT", "/dav/new.txt").with("Content-Type", "text/plain").chunks("content", 4).gets(204);
    let taken = davx5.url("/dav/taken");
    davx5.ask("MOVE", "/dav/new.txt").with("Destination", &taken).with("Overwrite", "F").gets(412);
    let to = davx5.url("/dav/renamed.txt");
    davx5.ask("MOVE", "/dav/new.txt").with("Destination", to).with("Overwrite", "F").gets(201);
    davx5.ask("COPY", "/dav/renamed.txt").with("Destination", &taken).with("Overwrite", "F").gets(412);
    holds(&house, &[("renamed.txt", 7, 1), ("taken", 6, 1)]);
}

#[test]
fn material_files_lists_reads_and_writes() {
    let house = house_with_photos();
    let mut material = Replay::new(&house, MATERIAL);
    let options = material.ask("OPTIONS", "/dav/").gets(200);
    // These would make it write parts of files.
    assert!(!options.header("dav").unwrap().contains("sabredav-partialupdate"));
    assert!(!options.header("server").unwrap_or_default().contains("Apache"));
    let step = material.ask("PROPFIND", "/dav/Fotos").with("Depth", "1").with("Content-Type", XML);
    let answer = step.body(MATERIAL_ASKS).gets(207);
    assert_eq!(webdav_provider(&answer, "/dav/Fotos/").len(), 2);
    let part = material.ask("GET", PHOTO).with("Range", "bytes=100-199").gets(206);
    assert!(part.body == varied(5_000_000)[100..200]);
    material.ask("PUT", "/dav/Fotos/new.bin").chunks(varied(100_000), 8192).gets(201);
    material.ask("PUT", "/dav/Fotos/new.bin").chunks("", 1).gets(204);
    let tree = [
        ("Fotos/", 0, 0),
        ("Fotos/2026/", 0, 0),
        ("Fotos/IMG #1 + more.jpg", 5_000_000, 1),
        ("Fotos/new.bin", 0, 2),
    ];
    assert_eq!(held(&house), Held::with(&tree).store(2, 5_100_000));
}

#[test]
fn an_upload_of_unknown_size_that_outgrows_the_quota_leaves_nothing() {
    let house = house_with_quota(1000);
    let mut android = Replay::new(&house, PROVIDER);
    let step = android.ask("PUT", "/dav/large").with("Content-Type", "image/jpeg");
    step.chunks(varied(100_000), 8192).gets(507);
    holds(&house, &[]);
}
