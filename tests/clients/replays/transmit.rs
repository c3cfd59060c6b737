//! Transmit, by way of neon: it saves by deleting the original first.

use super::house;
use super::readers::{entry, gvfs};
use super::script::{Letterhead, Line, Replay, Step};
use super::state::{Held, held};

const TRANSMIT: Letterhead = &[
    Line::Is("User-Agent", "Transmit/4.4.6 neon/0.29.3"),
    Line::Is("Connection", "TE"),
    Line::Is("TE", "trailers"),
    Line::Host,
    Line::Own,
    Line::Length,
    Line::Login,
];

const KIND: &str = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<propfind xmlns=\"DAV:\"><prop>\n\
    <resourcetype xmlns=\"DAV:\"/>\n</prop></propfind>\n";
const LISTED: &str = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<propfind xmlns=\"DAV:\"><prop>\n\
    <creationdate xmlns=\"DAV:\"/>\n<getcontentlength xmlns=\"DAV:\"/>\n<getlastmodified xmlns=\"DAV:\"/>\n\
    <resourcetype xmlns=\"DAV:\"/>\n</prop></propfind>\n";

fn propfind<'r, 'h>(mac: &'r mut Replay<'h>, target: &str, depth: &str, body: &str) -> Step<'r, 'h> {
    mac.ask("PROPFIND", target).with("Depth", depth).with("Content-Type", "application/xml").body(body)
}

#[test]
fn the_bodies_are_as_long_as_transmits() {
    assert_eq!((KIND.len(), LISTED.len()), (117, 211));
}

#[test]
fn a_save_that_deletes_the_original_first_loses_nothing() {
    let house = house();
    house.put("/Copy.txt", "first");
    let mut mac = Replay::new(&house, TRANSMIT);
    mac.ask("OPTIONS", "/dav/").without_login().gets(200);
    propfind(&mut mac, "/dav/", "0", KIND).without_login().gets(401);
    let listed = gvfs(&propfind(&mut mac, "/dav/", "1", LISTED).gets(207), "/dav/").1;
    assert_eq!(listed, [entry("Copy.txt", 5)]);
    assert_eq!(mac.ask("GET", "/dav/Copy.txt").gets(200).text(), "first");
    mac.ask("PUT", "/dav/Copy_safe_save_215004.txt").body("second").gets(201);
    mac.ask("DELETE", "/dav/Copy.txt").gets(204);
    let to = mac.url("/dav/Copy.txt");
    mac.ask("MOVE", "/dav/Copy_safe_save_215004.txt")
        .with("Destination", to)
        .with("Overwrite", "T")
        .gets(201);
    assert_eq!(mac.ask("GET", "/dav/Copy.txt").gets(200).text(), "second");
    assert_eq!(held(&house), Held::with(&[("Copy.txt", 6, 1)]).trash(&["Copy.txt"]).store(2, 11));
}

#[test]
fn a_folder_is_moved_from_a_path_with_a_slash_to_one_without() {
    let house = house();
    let mut mac = Replay::new(&house, TRANSMIT);
    mac.ask("MKCOL", "/dav/untitled%20folder/").gets(201);
    mac.ask("PUT", "/dav/untitled%20folder/Test%20File.txt").body("Nothing to see here!\n").gets(201);
    let to = mac.url("/dav/My%20Folder");
    mac.ask("MOVE", "/dav/untitled%20folder/").with("Destination", to).with("Overwrite", "T").gets(201);
    mac.ask("DELETE", "/dav/My%20Folder/Test%20File.txt").gets(204);
    propfind(&mut mac, "/dav/", "0", KIND).gets(207);
    mac.ask("DELETE", "/dav/My%20Folder/").gets(204);
    assert_eq!(held(&house), Held::default().trash(&["My Folder", "Test File.txt"]).store(1, 21));
}
