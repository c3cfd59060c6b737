//! KDE: Dolphin by way of KIO. Every request has a connection of its own and comes first without credentials.

use super::readers::{entry, kio, property};
use super::script::{Letterhead, Line, Replay};
use super::state::{Held, held, holds};
use super::{house, house_with_quota, varied};
use crate::support::{Answer, TestHouse};

const KIO: Letterhead = &[
    Line::Host,
    Line::Own,
    Line::Is("User-Agent", "Mozilla/5.0 (X11; Linux x86_64) KIO/6.19 dolphin/25.12.1"),
    Line::Login,
    Line::Length,
    Line::Is("Connection", "Keep-Alive"),
    Line::Is("Accept-Encoding", "gzip, deflate"),
    Line::Is("Accept-Language", "de-DE,en,*"),
];

const XML: &str = "text/xml; charset=utf-8";

const LISTED: &str = "<?xml version=\"1.0\" encoding=\"utf-8\" ?><D:propfind xmlns:D=\"DAV:\"><D:prop><D:creationdate/>\
    <D:getcontentlength/><D:displayname/><D:source/><D:getcontentlanguage/><D:getcontenttype/><D:getlastmodified/>\
    <D:getetag/><D:supportedlock/><D:lockdiscovery/><D:resourcetype/><D:quota-available-bytes/><D:quota-used-bytes/>\
    </D:prop></D:propfind>";
const EXISTS: &str = "<?xml version=\"1.0\" encoding=\"utf-8\" ?><D:propfind xmlns:D=\"DAV:\"><D:prop><D:creationdate/>\
    <D:getcontentlength/><D:displayname/><D:resourcetype/></D:prop></D:propfind>";

fn dolphin(house: &TestHouse) -> Replay<'_> {
    Replay::new(house, KIO)
}

/// Asks twice, as a new network manager does every time: without credentials, and with them once it was told to.
#[track_caller]
fn asks(
    kde: &mut Replay<'_>,
    method: &'static str,
    target: &str,
    headers: &[(&'static str, &str)],
    body: impl AsRef<[u8]>,
    status: u16,
) -> Answer {
    kde.reconnect();
    let put_together = |kde: &mut Replay<'_>, knows_login: bool| {
        let mut step = kde.ask(method, target);
        for (name, value) in headers {
            step = step.with(name, *value);
        }
        let step = if method == "GET" { step } else { step.body(&body) };
        if knows_login { step.gets(status) } else { step.without_login().gets(401) }
    };
    put_together(kde, false);
    put_together(kde, true)
}

#[track_caller]
fn propfind(kde: &mut Replay<'_>, target: &str, depth: &str, body: &str, status: u16) -> Answer {
    asks(kde, "PROPFIND", target, &[("Content-Type", XML), ("Depth", depth)], body, status)
}

/// COPY or MOVE; today's KIO writes the destination as the user sees it, with its own scheme and the user's name.
#[track_caller]
fn relocate(kde: &mut Replay<'_>, method: &'static str, from: &str, to: &str, overwrite: &str, status: u16) {
    let destination = format!("webdav://ann@{}{to}", kde.host());
    let headers = [
        ("Content-Type", XML),
        ("Depth", "infinity"),
        ("Destination", destination.as_str()),
        ("Overwrite", overwrite),
    ];
    asks(kde, method, from, &headers, "", status);
}

#[test]
fn a_folder_is_listed_and_does_not_list_itself() {
    let house = house_with_quota(1000);
    house.mkcol("/Gr%C3%BC%C3%9Fe");
    house.put("/Gr%C3%BC%C3%9Fe/a%20%28b%29%20%26%20c.txt", "four");
    house.mkcol("/Gr%C3%BC%C3%9Fe/below");
    let mut kde = dolphin(&house);
    for target in ["/dav/Gr%C3%BC%C3%9Fe", "/dav/Gr%C3%BC%C3%9Fe/"] {
        let mut seen = kio(&propfind(&mut kde, target, "1", LISTED, 207), target).unwrap();
        seen.sort_by_key(|entry| entry.bytes);
        assert_eq!(seen, [entry("below/", 0), entry("a (b) & c.txt", 4)], "{target}");
    }
    let free = propfind(&mut kde, "/dav/", "0", LISTED, 207);
    assert_eq!(property(&free, "quota-available-bytes"), "996");
    assert_eq!(property(&free, "quota-used-bytes"), "4");
}

/// KIO does not look at the status of a listing: XML with anything in it is a folder.
#[test]
fn a_folder_that_is_gone_is_not_an_empty_one() {
    let house = house();
    let mut kde = dolphin(&house);
    let answer = propfind(&mut kde, "/dav/gone", "1", LISTED, 404);
    assert_eq!(kio(&answer, "/dav/gone"), None, "Dolphin shows an empty folder");
}

#[test]
fn a_locked_file_in_a_folder_is_listed_once() {
    let house = house();
    house.put("/a", "content");
    let mut mac = super::finder::mounted(&house);
    let token = super::finder::lock(&mut mac, "/dav/a");
    let mut kde = dolphin(&house);
    let answer = propfind(&mut kde, "/dav/", "1", LISTED, 207);
    assert_eq!(kio(&answer, "/dav/").unwrap(), [entry(".Trash/", 0), entry("a", 7)]);
    assert!(answer.text().contains(&token), "{}", answer.text());
    super::finder::unlock(&mut mac, "/dav/a", &token);
}

#[test]
fn a_file_is_opened_and_a_film_is_skipped_in() {
    let house = house();
    let content = varied(200_000);
    house.put("/film.mkv", &content);
    let mut kde = dolphin(&house);
    asks(&mut kde, "HEAD", "/dav/film.mkv", &[], "", 200);
    assert!(asks(&mut kde, "GET", "/dav/film.mkv", &[], "", 200).body == content);
    let part = asks(&mut kde, "GET", "/dav/film.mkv", &[("Range", "bytes=1000-")], "", 206);
    assert!(part.body == content[1000..]);
}

#[test]
fn a_file_dropped_in_is_sent_twice_and_stored_once() {
    let house = house();
    let mut kde = dolphin(&house);
    let content = varied(300_000);
    propfind(&mut kde, "/dav/new.bin", "0", EXISTS, 404);
    asks(&mut kde, "PUT", "/dav/new.bin", &[], &content, 201);
    propfind(&mut kde, "/dav/new.bin", "0", EXISTS, 207);
    // The user has said yes to replacing.
    asks(&mut kde, "PUT", "/dav/new.bin", &[], "other", 204);
    assert_eq!(held(&house), Held::with(&[("new.bin", 5, 2)]).store(2, 300_005));
}

#[test]
fn things_are_renamed_and_copied_by_destinations_in_kios_own_scheme() {
    let house = house();
    house.mkcol("/folder");
    house.put("/folder/a", "content");
    house.put("/taken", "other");
    let mut kde = dolphin(&house);
    relocate(&mut kde, "MOVE", "/dav/folder/a", "/dav/taken", "F", 412);
    relocate(&mut kde, "MOVE", "/dav/folder/a", "/dav/folder/b%20%28new%29", "F", 201);
    relocate(&mut kde, "COPY", "/dav/folder", "/dav/copy", "F", 201);
    relocate(&mut kde, "MOVE", "/dav/folder/b%20%28new%29", "/dav/taken", "T", 204);
    let expected = [("copy/", 0, 0), ("copy/b (new)", 7, 1), ("folder/", 0, 0), ("taken", 7, 1)];
    assert_eq!(held(&house), Held::with(&expected).trash(&["taken"]).store(2, 19));
}

#[test]
fn folders_are_made_and_deleted_with_what_is_in_them() {
    let house = house();
    let mut kde = dolphin(&house);
    asks(&mut kde, "MKCOL", "/dav/New%20folder", &[("Content-Type", XML)], "", 201);
    asks(&mut kde, "MKCOL", "/dav/New%20folder", &[("Content-Type", XML)], "", 405);
    asks(&mut kde, "PUT", "/dav/New%20folder/a", &[], "content", 201);
    asks(&mut kde, "DELETE", "/dav/New%20folder/a", &[], "", 204);
    asks(&mut kde, "PUT", "/dav/New%20folder/b", &[], "other", 201);
    asks(&mut kde, "DELETE", "/dav/New%20folder", &[], "", 204);
    assert_eq!(held(&house), Held::default().trash(&["New folder", "a"]).store(2, 12));
}

#[test]
fn many_requests_without_credentials_lock_nobody_out() {
    let house = house();
    house.put("/a", "content");
    let mut kde = dolphin(&house);
    for _ in 0..60 {
        propfind(&mut kde, "/dav/", "1", LISTED, 207);
    }
    asks(&mut kde, "PUT", "/dav/b", &[], "other", 201);
    holds(&house, &[("a", 7, 1), ("b", 5, 1)]);
}

#[test]
fn a_file_without_room_leaves_nothing_behind() {
    let house = house_with_quota(1000);
    let mut kde = dolphin(&house);
    propfind(&mut kde, "/dav/large", "0", EXISTS, 404);
    asks(&mut kde, "PUT", "/dav/large", &[], varied(500_000), 507);
    holds(&house, &[]);
}
