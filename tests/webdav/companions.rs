//! What macOS keeps about `x` in `._x` goes where `x` goes, whoever moves it.

use super::{
    ask_for_lock, assert_refused, fill, holding, house, house_with, number, property, seen, token_of,
    used_bytes, varied,
};
use crate::support::TestHouse;

const IN_TRASH: &str = "SELECT COUNT(*) FROM nodes WHERE trashed_ms IS NOT NULL AND trashed_with IS NULL";
const SYSTEM_FILES: &str = "SELECT COUNT(*) FROM system_files";
/// Companions in the trash that come back with what they belong to.
const ALONG: &str = "SELECT COUNT(*) FROM nodes c JOIN nodes o ON o.id = c.trashed_with \
                     WHERE c.trashed_ms IS NOT NULL AND o.trashed_ms IS NOT NULL AND c.name = '._' || o.name";
const LONG: usize = 70_000;

fn is_there(house: &TestHouse, path: &str) -> bool {
    match house.propfind(path, "0", "").status {
        207 => true,
        404 => false,
        status => panic!("{path}: {status}"),
    }
}

#[test]
fn a_companion_is_moved_with_its_file_or_folder_and_finders_own_move_finds_nothing_to_do() {
    let house = house_with(&["/a", "/._a", "/folder/", "/._folder", "/folder/inner"]);
    for (from, to, companion, moved) in [
        ("/a", "/b", "/._a", "/._b"),
        ("/b", "/folder/b", "/._b", "/folder/._b"),
        ("/folder/", "/renamed", "/._folder", "/._renamed"),
    ] {
        let content = house.get(companion).text();
        let place = property(&house, companion, "getetag");
        assert_eq!(house.relocate("MOVE", from, to).status, 201, "{from}");
        assert_refused(&house.get(companion), 404);
        assert_eq!((house.get(moved).text(), property(&house, moved, "getetag")), (content, place), "{to}");
        // The kernel of macOS moves the companion after its owner.
        assert_refused(&house.relocate("MOVE", companion, moved), 404);
        assert!(is_there(&house, moved), "{to}");
    }
    assert_eq!(house.get("/renamed/._b").text(), "/._a");
    assert_eq!(number(&house, IN_TRASH), 0);
}

#[test]
fn a_companion_goes_into_the_trash_with_its_file_or_folder() {
    let house = house_with(&["/a", "/._a", "/folder/", "/._folder", "/folder/b", "/folder/._b"]);
    for (owner, companion) in [("/a", "/._a"), ("/folder", "/._folder")] {
        assert_eq!(house.delete(owner).status, 204);
        assert!(!is_there(&house, companion), "{companion}");
        assert_refused(&house.delete(companion), 404);
    }
    assert_eq!((number(&house, IN_TRASH), number(&house, ALONG)), (2, 2));
    assert_eq!(number(&house, SYSTEM_FILES), 3, "it can come back");
    fill(&house, &["/a", "/._a", "/folder/", "/._folder"]);
    assert!(!is_there(&house, "/folder/._b"));
}

#[test]
fn a_companion_may_be_deleted_before_its_file() {
    let house = house_with(&["/a", "/._a"]);
    assert_eq!(house.delete("/._a").status, 204);
    assert_eq!(house.delete("/a").status, 204);
    assert_eq!((number(&house, IN_TRASH), number(&house, ALONG)), (1, 0));
}

#[test]
fn what_is_replaced_goes_with_its_companion_and_makes_room_for_another() {
    let house = house_with(&["/a", "/._a", "/b", "/._b", "/c", "/d", "/._d"]);
    assert_eq!(house.relocate("MOVE", "/a", "/b").status, 204);
    assert_eq!((house.get("/b").text(), house.get("/._b").text()), ("/a".into(), "/._a".into()));
    assert_eq!((number(&house, IN_TRASH), number(&house, ALONG)), (1, 1));
    // Without a companion of its own it does not get that of what it replaces.
    assert_eq!(house.relocate("COPY", "/c", "/b").status, 204);
    assert_eq!(house.relocate("MOVE", "/c", "/d").status, 204);
    assert!(!is_there(&house, "/._b") && !is_there(&house, "/._d"));
    assert_eq!((number(&house, IN_TRASH), number(&house, ALONG)), (3, 3));
}

#[test]
fn one_without_an_owner_waits_for_whoever_takes_the_name_and_gives_way_to_another() {
    let house = house_with(&["/a", "/._b", "/c", "/._c"]);
    assert_eq!(house.relocate("MOVE", "/a", "/b").status, 201);
    assert_eq!(house.get("/._b").text(), "/._b");
    house.put("/._d", "nobody's");
    assert_eq!(house.relocate("MOVE", "/c", "/d").status, 201);
    assert_eq!(house.get("/._d").text(), "/._c");
    assert_eq!((number(&house, IN_TRASH), number(&house, SYSTEM_FILES)), (0, 2));
}

#[test]
fn a_file_and_its_companion_may_replace_one_another() {
    let house = house_with(&["/a", "/._a", "/b", "/._b", "/c", "/._c"]);
    assert_eq!(house.relocate("MOVE", "/a", "/._a").status, 204);
    assert_eq!(house.get("/._a").text(), "/a");
    assert_eq!(house.relocate("MOVE", "/._b", "/b").status, 204);
    assert_eq!(house.get("/b").text(), "/._b");
    assert_eq!(house.relocate("COPY", "/._c", "/c").status, 204);
    assert_eq!((house.get("/c").text(), house.get("/._c").text()), ("/._c".into(), "/._c".into()));
    assert_eq!(house.list("/"), ["b", "c"]);
}

#[test]
fn a_large_companion_goes_along_and_keeps_its_history() {
    let house = house_with(&["/a", "/b"]);
    for path in ["/._a", "/._c"] {
        assert_eq!(house.put(path, varied(LONG)).status, 201);
    }
    assert_eq!(house.relocate("MOVE", "/a", "/c").status, 201);
    assert!(house.get("/._c").body == varied(LONG));
    assert_eq!(number(&house, IN_TRASH), 1, "what was called ._c before");
    assert_eq!(house.delete("/c").status, 204);
    assert_eq!((number(&house, IN_TRASH), number(&house, ALONG)), (2, 1));
    assert_eq!(used_bytes(&house), 4 + 2 * LONG as u64);
    let history =
        "SELECT COUNT(*) FROM revisions WHERE node_id = (SELECT MIN(id) FROM nodes WHERE name = '._c')";
    assert_eq!(number(&house, history), 3, "made, moved, trashed");
}

#[test]
fn a_companion_that_would_get_too_long_a_name_is_kept_in_the_trash() {
    let house = house_with(&["/a", "/._a"]);
    let long = format!("/{}", "n".repeat(254));
    assert_eq!(house.relocate("MOVE", "/a", &long).status, 201);
    assert_eq!(house.get(&long).text(), "/a");
    assert!(!is_there(&house, "/._a"));
    let kept =
        "SELECT COUNT(*) FROM nodes c JOIN nodes o ON o.id = c.trashed_with WHERE LENGTH(o.name) = 254";
    assert_eq!((number(&house, kept), number(&house, SYSTEM_FILES)), (1, 1));
}

#[test]
fn a_lock_on_a_companion_ends_when_its_file_goes_and_holds_up_nobody() {
    let house = house_with(&["/a", "/._a"]);
    let token = token_of(&ask_for_lock(&house, "/._a", "0", "exclusive"));
    assert_refused(&house.put("/._a", "x"), 423);
    assert_eq!(house.relocate("MOVE", "/a", "/b").status, 201);
    assert_eq!(house.put("/._b", "x").status, 204);
    assert_refused(&house.ask("PUT", "/._b", &[("If", &holding(&token))], "x"), 412);
}

#[test]
fn a_folder_that_looks_like_a_companion_is_somebodys_own() {
    let house = house_with(&["/a", "/._a/", "/._a/b"]);
    assert_eq!(house.relocate("MOVE", "/a", "/c").status, 201);
    assert_eq!(house.delete("/c").status, 204);
    assert_eq!(house.get("/._a/b").text(), "/._a/b");
    // Nor does it make way for a companion, which is kept beside what it belongs to.
    fill(&house, &["/d", "/._d"]);
    assert_eq!(house.relocate("MOVE", "/d", "/a").status, 201);
    assert_eq!(house.get("/._a/b").text(), "/._a/b");
    assert!(!is_there(&house, "/._d"));
    let kept = "SELECT COUNT(*) FROM nodes c JOIN nodes o ON o.id = c.trashed_with WHERE o.name = 'a'";
    assert_eq!(number(&house, kept), 1);
}

#[test]
fn what_is_refused_leaves_the_companion_where_it_is() {
    let house = house_with(&["/a", "/._a", "/b"]);
    let keep = house.ask("MOVE", "/a", &[("Destination", "/dav/b"), ("Overwrite", "F")], "");
    assert_eq!(keep.status, 412, "{}", seen(&keep));
    assert_refused(&house.relocate("MOVE", "/a", "/missing/a"), 409);
    assert_refused(&house.ask("DELETE", "/a", &[("If-Match", "\"other\"")], ""), 412);
    assert_eq!(house.get("/._a").text(), "/._a");
}

#[test]
fn a_companion_put_first_belongs_to_the_file_that_comes_after_it() {
    let house = house();
    house.put("/._a", "tags");
    house.put("/a", "content");
    assert_eq!(house.relocate("MOVE", "/a", "/b").status, 201);
    assert_eq!(house.get("/._b").text(), "tags");
}
