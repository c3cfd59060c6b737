//! What cannot be done in the trash, and with its name.

use super::super::{assert_refused, house_with, lockinfo, number, snapshot};
use super::IN_TRASH;

const CHANGE: &str =
    "<D:propertyupdate xmlns:D='DAV:'><D:set><D:prop><x>1</x></D:prop></D:set></D:propertyupdate>";

#[test]
fn nothing_is_made_or_changed_in_the_trash() {
    let house = house_with(&["/a", "/folder/", "/folder/b", "/kept"]);
    house.delete("/a");
    house.delete("/folder");
    let (before, entries) = (snapshot(&house), house.propfind("/.Trash", "1", "").body);
    let lock = lockinfo("exclusive");
    for (method, path, body, status) in [
        ("PUT", "/.Trash", "x", 403),
        ("PUT", "/.Trash/a", "x", 403),
        ("PUT", "/.Trash/new", "x", 403),
        ("PUT", "/.Trash/folder/b", "x", 403),
        ("PUT", "/.Trash/folder/._b", "x", 403),
        ("MKCOL", "/.Trash", "", 405),
        ("MKCOL", "/.Trash/", "", 405),
        ("MKCOL", "/.Trash/folder", "", 405),
        ("MKCOL", "/.Trash/new", "", 403),
        ("MKCOL", "/.Trash/folder/new", "", 403),
        ("PROPPATCH", "/.Trash", CHANGE, 403),
        ("PROPPATCH", "/.Trash/a", CHANGE, 403),
        ("LOCK", "/.Trash", lock.as_str(), 403),
        ("LOCK", "/.Trash/a", lock.as_str(), 403),
        ("LOCK", "/.Trash/new", lock.as_str(), 403),
        ("UNLOCK", "/.Trash/a", "", 403),
        ("DELETE", "/.Trash", "", 403),
        ("DELETE", "/.Trash/", "", 403),
        ("DELETE", "/.Trash/missing", "", 404),
    ] {
        let answer = house.ask(method, path, &[], body);
        assert_refused(&answer, status);
    }
    assert_eq!(house.propfind("/.Trash", "infinity", "").status, 403);
    for path in ["/.Trash", "/.Trash/a", "/.Trash/folder/"] {
        assert_eq!(house.ask("OPTIONS", path, &[], "").status, 200);
    }
    assert_eq!(snapshot(&house), before);
    assert_eq!(house.propfind("/.Trash", "1", "").body, entries);
}

#[test]
fn nothing_is_moved_or_copied_into_the_trash_or_within_it() {
    let house = house_with(&["/a", "/folder/", "/folder/b", "/kept"]);
    house.delete("/a");
    house.delete("/folder");
    let (before, entries) = (snapshot(&house), house.propfind("/.Trash", "1", "").body);
    for method in ["MOVE", "COPY"] {
        for (from, to) in [
            ("/kept", "/.Trash"),
            ("/kept", "/.Trash/"),
            ("/kept", "/.Trash/kept"),
            ("/kept", "/.Trash/a"),
            ("/kept", "/.Trash/folder/kept"),
            ("/.Trash/a", "/.Trash/renamed"),
            ("/.Trash/a", "/.Trash/a"),
            ("/.Trash/a", "/.Trash/folder/a"),
            ("/.Trash/folder/b", "/.Trash/b"),
            ("/.Trash", "/elsewhere"),
            ("/.Trash", "/.Trash/a"),
            ("/.Trash/a", "/.History"),
            ("/kept", "/.History/x"),
        ] {
            assert_refused(&house.relocate(method, from, to), 403);
        }
        assert_refused(&house.relocate(method, "/.Trash/missing", "/x"), 404);
        assert_refused(&house.relocate(method, "/.Trash/a", "/missing/x"), 409);
    }
    assert_eq!(snapshot(&house), before);
    assert_eq!(house.propfind("/.Trash", "1", "").body, entries);
    assert_eq!(number(&house, IN_TRASH), 2);
}

#[test]
fn the_names_are_the_servers_own_at_the_top_and_free_below() {
    let house = house_with(&["/kept", "/folder/"]);
    assert_refused(&house.put("/.History", "x"), 403);
    assert_refused(&house.relocate("MOVE", "/kept", "/.History"), 403);
    assert_refused(&house.relocate("COPY", "/kept", "/.History"), 403);
    assert_refused(&house.ask("LOCK", "/.History", &[], lockinfo("exclusive")), 403);
    for name in ["/folder/.Trash", "/folder/.History"] {
        assert_eq!(house.mkcol(name).status, 201);
    }
    assert_eq!(house.put("/folder/.Trash/x", "x").status, 201);
    assert_eq!(house.list("/folder"), [".History", ".Trash"]);
    assert_eq!(house.put("/.trash", "mine").status, 201);
    assert_eq!(house.get("/.trash").text(), "mine");
}
