//! Clients make a file by several requests; it is one creation.

use super::{
    alter, ask_for_lock, assert_refused, chunked, holding, house, house_with, number, property, seen,
    token_of, used_bytes,
};
use crate::support::{Answer, TestHouse};

const REVISIONS: &str =
    "SELECT COUNT(*) FROM revisions WHERE node_id IN (SELECT id FROM nodes WHERE name = 'new')";
const NODES: &str = "SELECT COUNT(*) FROM nodes WHERE name = 'new'";
const BLOBS: &str = "SELECT COUNT(*) FROM blobs";
const IN_TRASH: &str = "SELECT COUNT(*) FROM nodes WHERE trashed_ms IS NOT NULL AND trashed_with IS NULL";

/// Whether all that was done is one file with one version and nothing beside it.
#[track_caller]
fn assert_one_creation(house: &TestHouse) {
    assert_eq!([NODES, REVISIONS, BLOBS, IN_TRASH].map(|sql| number(house, sql)), [1, 1, 1, 0]);
    let begun = "SELECT COUNT(*) FROM revisions r JOIN nodes n ON n.id = r.node_id \
                 WHERE n.name = 'new' AND r.from_seq = n.changed_seq AND r.to_seq IS NULL AND r.blob_id = n.blob_id";
    assert_eq!(number(house, begun), 1, "its history begins with its content");
}

fn unlock(house: &TestHouse, path: &str, token: &str) {
    let answer = house.ask("UNLOCK", path, &[("Lock-Token", &format!("<{token}>"))], "");
    assert_eq!(answer.status, 204, "{}", seen(&answer));
}

fn patch(house: &TestHouse, path: &str, token: &str) -> Answer {
    let body = "<?xml version=\"1.0\" encoding=\"utf-8\"?><D:propertyupdate xmlns:D=\"DAV:\" \
                xmlns:Z=\"urn:schemas-microsoft-com:\"><D:set><D:prop>\
                <Z:Win32FileAttributes>00000020</Z:Win32FileAttributes></D:prop></D:set></D:propertyupdate>";
    house.ask("PROPPATCH", path, &[("If", &holding(token))], body)
}

#[test]
fn what_windows_copies_in_has_one_version() {
    let house = house();
    assert_eq!(house.put("/new", "").status, 201);
    let token = token_of(&ask_for_lock(&house, "/new", "infinity", "exclusive"));
    assert_eq!(patch(&house, "/new", &token).status, 207);
    assert_eq!(house.ask("PUT", "/new", &[("If", &holding(&token))], "content").status, 204);
    assert_eq!(patch(&house, "/new", &token).status, 207);
    unlock(&house, "/new", &token);
    assert_one_creation(&house);
    assert_eq!((house.get("/new").text(), used_bytes(&house)), ("content".to_owned(), 7));
}

/// Before it sends the content, Windows 10 gives the empty file the times of the one on its disk.
#[test]
fn a_file_that_is_dated_back_before_it_is_filled_has_one_version() {
    let house = house();
    house.put("/new", "");
    let body = "<?xml version=\"1.0\" encoding=\"utf-8\"?><D:propertyupdate xmlns:D=\"DAV:\" \
                xmlns:Z=\"urn:schemas-microsoft-com:\"><D:set><D:prop>\
                <Z:Win32CreationTime>Sat, 16 Feb 2019 18:24:58 GMT</Z:Win32CreationTime></D:prop></D:set>\
                </D:propertyupdate>";
    assert_eq!(house.ask("PROPPATCH", "/new", &[], body).status, 207);
    house.put("/new", "content");
    assert_one_creation(&house);
    house.put("/given-up", "");
    assert_eq!(house.ask("PROPPATCH", "/given-up", &[], body).status, 207);
    house.delete("/given-up");
    assert_eq!(number(&house, IN_TRASH), 0);
}

#[test]
fn what_finder_copies_in_has_one_version_and_leaves_nothing_in_the_trash() {
    let house = house();
    let relock = |path: &str| {
        let token = token_of(&ask_for_lock(&house, path, "0", "exclusive"));
        unlock(&house, path, &token);
    };
    assert_eq!(house.put("/new", "").status, 201);
    relock("/new");
    relock("/new");
    assert_eq!(house.put("/._new", "").status, 201);
    let about = token_of(&ask_for_lock(&house, "/._new", "0", "exclusive"));
    assert_eq!(house.delete("/new").status, 204);
    assert_refused(&house.get("/new"), 404);
    assert_eq!(house.put("/new", "").status, 201);
    let token = token_of(&ask_for_lock(&house, "/new", "0", "exclusive"));
    let headers =
        [("Transfer-Encoding", "chunked"), ("X-Expected-Entity-Length", "21"), ("If", &holding(&token))];
    assert_eq!(house.ask("PUT", "/new", &headers, chunked("twenty-one bytes here", 8)).status, 204);
    assert_eq!(house.ask("PUT", "/._new", &[("If", &holding(&about))], "tags").status, 204);
    unlock(&house, "/new", &token);
    unlock(&house, "/._new", &about);
    relock("/new");
    assert_one_creation(&house);
    assert_eq!(
        (house.get("/new").text(), house.get("/._new").text()),
        ("twenty-one bytes here".into(), "tags".into())
    );
}

#[test]
fn what_davfs2_makes_by_a_lock_has_one_version() {
    let house = house();
    let locked = ask_for_lock(&house, "/new", "0", "exclusive");
    assert_eq!(locked.status, 201);
    let token = token_of(&locked);
    assert_eq!(house.ask("PUT", "/new", &[("If", &holding(&token))], "content").status, 204);
    unlock(&house, "/new", &token);
    assert_one_creation(&house);
}

#[test]
fn nothing_put_again_and_again_stays_one_version() {
    let house = house();
    for status in [201, 204, 204] {
        assert_eq!(house.put("/new", "").status, status);
    }
    assert_eq!((number(&house, REVISIONS), number(&house, BLOBS)), (1, 0));
    house.put("/new", "content");
    assert_one_creation(&house);
}

#[test]
fn from_its_first_content_on_every_content_is_a_version() {
    let house = house();
    for content in ["", "first", "", "second"] {
        house.put("/new", content);
    }
    assert_eq!((number(&house, REVISIONS), number(&house, BLOBS)), (3, 2));
    house.put("/new", "");
    house.delete("/new");
    assert_eq!(number(&house, IN_TRASH), 1, "it had content once");
}

#[test]
fn who_asks_what_has_changed_is_told_of_the_content() {
    let house = house_with(&["/folder/"]);
    house.put("/folder/new", "");
    let before = number(&house, "SELECT seq FROM spaces");
    let tag = property(&house, "/folder", "getetag");
    house.put("/folder/new", "content");
    assert_ne!(property(&house, "/folder", "getetag"), tag);
    let begins = number(&house, "SELECT from_seq FROM revisions ORDER BY from_seq DESC LIMIT 1");
    assert_eq!(begins, before + 1);
}

#[test]
fn an_empty_file_that_is_ten_minutes_old_is_a_version_like_any_other() {
    let house = house_with(&["/gone"]);
    house.put("/new", "");
    alter(&house, "UPDATE revisions SET at_ms = at_ms - 600000 WHERE name = 'new'");
    house.put("/new", "content");
    assert_eq!(number(&house, REVISIONS), 2);
    house.put("/other", "");
    alter(&house, "UPDATE revisions SET at_ms = at_ms - 600000 WHERE name = 'other'");
    house.delete("/other");
    assert_eq!(number(&house, IN_TRASH), 1);
}

#[test]
fn somebody_elses_empty_file_is_not_ones_own_beginning() {
    let house = house();
    house.put("/new", "");
    alter(&house, "UPDATE revisions SET by_user = NEW_UUID()");
    house.put("/new", "content");
    assert_eq!(number(&house, REVISIONS), 2);
}

#[test]
fn a_beginning_that_is_given_up_leaves_nothing_anybody_would_look_for() {
    let house = house_with(&["/folder/"]);
    let tag = property(&house, "/folder", "getetag");
    assert_eq!(house.put("/folder/new", "").status, 201);
    assert_ne!(property(&house, "/folder", "getetag"), tag);
    let tag = property(&house, "/folder", "getetag");
    assert_eq!(house.delete("/folder/new").status, 204);
    assert_ne!(property(&house, "/folder", "getetag"), tag, "whoever saw it sees that it is gone");
    assert_eq!(house.list("/folder"), Vec::<String>::new());
    assert_eq!((number(&house, IN_TRASH), number(&house, BLOBS)), (0, 0));
    let told = "SELECT COUNT(*) FROM revisions r JOIN nodes n ON n.id = r.node_id \
                WHERE n.name = 'new' AND r.trashed AND r.to_seq IS NULL";
    assert_eq!(number(&house, told), 1, "and is told so when asking what has changed");
}

#[test]
fn a_beginning_may_be_replaced_and_renamed() {
    let house = house_with(&["/temporary"]);
    house.put("/new", "");
    assert_eq!(house.relocate("MOVE", "/temporary", "/new").status, 204);
    assert_eq!((house.get("/new").text(), number(&house, IN_TRASH)), ("/temporary".into(), 0));
    house.put("/untitled", "");
    assert_eq!(house.relocate("MOVE", "/untitled", "/named").status, 201);
    house.put("/named", "content");
    let contents = "SELECT COUNT(*) FROM revisions WHERE blob_id IS NOT NULL AND name = 'named'";
    assert_eq!(number(&house, contents), 1);
    assert_eq!(house.get("/named").text(), "content");
}
