//! Apps for iPhone and iPad: those built on the library FileProvider, players, and those of Nextcloud's family.

use super::readers::{entry, file_provider, nextcloud};
use super::script::{Letterhead, Line, Replay, Step};
use super::state::{Held, held, holds};
use super::{house, house_with_quota, varied};
use crate::support::TestHouse;

const DOCUMENTS: Letterhead = &[
    Line::Host,
    Line::Own,
    Line::Is("Accept", "*/*"),
    Line::Login,
    Line::Is("User-Agent", "Documents/8.20.1 CFNetwork/1568.200.51 Darwin/24.1.0"),
    Line::Is("Accept-Language", "de-DE,de;q=0.9"),
    Line::Length,
    Line::Is("Accept-Encoding", "gzip, deflate"),
    Line::Is("Connection", "keep-alive"),
];
const PLAYER: Letterhead = &[
    Line::Host,
    Line::Own,
    Line::Is("Accept", "*/*"),
    Line::Login,
    Line::Is("User-Agent", "Infuse-Direct/7.8 (iPhone; iOS 18.1)"),
    Line::Is("Connection", "keep-alive"),
];
const NEXTCLOUD: Letterhead = &[
    Line::Host,
    Line::Own,
    Line::Is("Accept", "*/*"),
    Line::Login,
    Line::Is("User-Agent", "Mozilla/5.0 (iOS) Nextcloud-iOS/6.4.0"),
    Line::Length,
    Line::Is("Connection", "keep-alive"),
];

const ALLPROP: &str =
    "<?xml version=\"1.0\" encoding=\"utf-8\" ?>\n<D:propfind xmlns:D=\"DAV:\">\n<D:allprop/>\n</D:propfind>";
/// FileProvider puts every property it wants into a `prop` of its own.
const LISTED: &str = "<?xml version=\"1.0\" encoding=\"utf-8\" ?>\n<D:propfind xmlns:D=\"DAV:\">\n\
    <D:prop><D:getcontentlength/></D:prop><D:prop><D:creationdate/></D:prop><D:prop><D:getlastmodified/></D:prop>\
    <D:prop><D:getetag/></D:prop><D:prop><D:resourcetype/></D:prop>\n</D:propfind>";
const NEXTCLOUD_ASKS: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<d:propfind xmlns:d=\"DAV:\" \
    xmlns:oc=\"http://owncloud.org/ns\" xmlns:nc=\"http://nextcloud.org/ns\">\n    <d:prop>\
    <d:getlastmodified /><d:getetag /><d:getcontenttype /><d:resourcetype /><d:quota-available-bytes />\
    <d:quota-used-bytes /><permissions xmlns=\"http://owncloud.org/ns\"/><fileid xmlns=\"http://owncloud.org/ns\"/>\
    <size xmlns=\"http://owncloud.org/ns\"/><d:getcontentlength /><favorite xmlns=\"http://owncloud.org/ns\"/>\n    \
    </d:prop>\n</d:propfind>";

fn app(house: &TestHouse) -> Replay<'_> {
    Replay::new(house, DOCUMENTS)
}

fn propfind<'r, 'h>(ios: &'r mut Replay<'h>, target: &str, depth: &str, body: &str) -> Step<'r, 'h> {
    ios.ask("PROPFIND", target)
        .with("Content-Type", "text/xml; charset=utf-8")
        .with("Depth", depth)
        .body(body)
}

fn house_with_films() -> TestHouse {
    let house = house_with_quota(1_000_000);
    house.mkcol("/Films");
    house.put("/Films/It%27s%20%26%20more.mkv", varied(400_000));
    house.mkcol("/Films/Kids");
    house
}

#[test]
fn an_app_begins_with_a_listing_and_tells_folders_from_files() {
    let house = house_with_films();
    let mut ios = app(&house);
    propfind(&mut ios, "/dav/", "0", ALLPROP).without_login().gets(401);
    propfind(&mut ios, "/dav/", "0", ALLPROP).gets(207);
    for body in [ALLPROP, LISTED] {
        let answer = propfind(&mut ios, "/dav/Films/", "1", body).gets(207);
        let mut seen = file_provider(&answer, "/dav/Films/");
        seen.sort_by_key(|entry| entry.bytes);
        assert_eq!(seen, [entry("Kids/", 0), entry("It's & more.mkv", 400_000)], "{body}");
    }
}

/// A search through everything: an app that is told so asks folder by folder.
#[test]
fn a_whole_drive_is_not_listed_at_once() {
    let house = house_with_films();
    let mut ios = app(&house);
    let refused = propfind(&mut ios, "/dav/", "infinity", ALLPROP).gets(403);
    assert!(refused.text().contains("<D:propfind-finite-depth/>"), "{}", refused.text());
    propfind(&mut ios, "/dav/Films/", "1", ALLPROP).gets(207);
}

#[test]
fn a_player_probes_a_film_and_reads_many_parts_of_it_at_once() {
    let house = house_with_films();
    let film = varied(400_000);
    let target = "/dav/Films/It%27s%20%26%20more.mkv";
    let mut player = Replay::new(&house, PLAYER);
    let head = player.ask("HEAD", target).gets(200);
    assert_eq!(
        (head.header("content-length"), head.header("accept-ranges")),
        (Some("400000"), Some("bytes"))
    );
    let probe = player.ask("GET", target).with("Range", "bytes=0-1").gets(206);
    assert_eq!(probe.header("content-range"), Some("bytes 0-1/400000"));
    let mut connections: Vec<_> = (0..6).map(|_| Replay::new(&house, PLAYER)).collect();
    for round in 0..4 {
        for (number, connection) in connections.iter_mut().enumerate() {
            let begin = (number * 4 + round) * 16_000;
            let range = format!("bytes={begin}-{}", begin + 15_999);
            let part = connection.ask("GET", target).with("Range", range).gets(206);
            assert!(part.body == film[begin..begin + 16_000]);
        }
    }
    let end = player.ask("GET", target).with("Range", "bytes=-1000").gets(206);
    assert!(end.body == film[399_000..]);
}

#[test]
fn an_app_makes_moves_copies_and_deletes() {
    let house = house();
    let mut ios = app(&house);
    ios.ask("MKCOL", "/dav/New/").with("Overwrite", "F").gets(201);
    ios.ask("PUT", "/dav/New/a.txt").with("Overwrite", "T").body("content").gets(201);
    let (moved, copied) = (ios.url("/dav/New/b%20%281%29.txt"), ios.url("/dav/c.txt"));
    ios.ask("MOVE", "/dav/New/a.txt").with("Overwrite", "F").with("Destination", &moved).gets(201);
    ios.ask("COPY", "/dav/New/b%20%281%29.txt").with("Overwrite", "F").with("Destination", &copied).gets(201);
    ios.ask("COPY", "/dav/New/b%20%281%29.txt").with("Overwrite", "F").with("Destination", &copied).gets(412);
    ios.ask("MOVE", "/dav/New/b%20%281%29.txt").with("Overwrite", "T").with("Destination", &copied).gets(204);
    ios.ask("DELETE", "/dav/New/").with("Overwrite", "F").gets(204);
    let expected = Held::with(&[("c.txt", 7, 1)]);
    assert_eq!(held(&house), expected.trash(&["New", "c.txt"]).store(1, 14));
}

#[test]
fn an_upload_that_does_not_fit_says_why() {
    let house = house_with_quota(1000);
    let mut ios = app(&house);
    let refused = ios.ask("PUT", "/dav/large").with("Overwrite", "T").body(varied(300_000)).gets(507);
    assert!(refused.text().contains("quota"), "{}", refused.text());
    holds(&house, &[]);
}

/// They know the letters `d:` and nothing of namespaces.
#[test]
fn an_app_of_nextclouds_family_reads_its_own_prefix() {
    let house = house_with_films();
    let mut app = Replay::new(&house, NEXTCLOUD);
    for body in [NEXTCLOUD_ASKS, ALLPROP] {
        let answer = propfind(&mut app, "/dav/Films/", "1", body).gets(207);
        let mut seen = nextcloud(&answer, "/dav/Films/");
        seen.sort_by_key(|entry| entry.bytes);
        assert_eq!(seen, [entry("Kids/", 0), entry("It's & more.mkv", 400_000)]);
    }
    propfind(&mut app, "/dav/Films/missing", "0", NEXTCLOUD_ASKS).gets(404);
}
