//! MOVE and COPY: what goes where, what stays, and what is refused.

use super::{asking, assert_refused, fill, house, house_with, number, property, seen, snapshot, used_bytes};
use crate::support::{Answer, TestHouse};

const BOTH: [&str; 2] = ["MOVE", "COPY"];

fn relocate_with(house: &TestHouse, method: &str, from: &str, to: &str, header: (&str, &str)) -> Answer {
    house.ask(method, from, &[("Destination", &format!("/dav{to}")), header], "")
}

#[test]
fn a_file_goes_to_a_free_name() {
    for method in BOTH {
        let house = house_with(&["/a", "/folder/"]);
        let answer = house.relocate(method, "/a", "/folder/b");
        assert_eq!((answer.status, answer.body.len()), (201, 0), "{method}");
        assert_eq!(house.get("/folder/b").text(), "/a");
        assert_eq!(house.get("/a").status, if method == "MOVE" { 404 } else { 200 });
    }
}

#[test]
fn what_is_replaced_goes_to_the_trash_and_still_takes_its_room() {
    for method in BOTH {
        let house = house();
        house.put("/a", "five.");
        house.put("/b", "seven..");
        let answer = house.relocate(method, "/a", "/b");
        assert_eq!((answer.status, answer.body.len()), (204, 0), "{method}");
        assert_eq!(house.get("/b").text(), "five.");
        assert_eq!(house.list("/").len(), if method == "MOVE" { 1 } else { 2 });
        assert_eq!(used_bytes(&house), if method == "MOVE" { 12 } else { 17 }, "{method}");
        let trashed = "SELECT COUNT(*) FROM nodes WHERE name = 'b' AND trashed_ms IS NOT NULL";
        assert_eq!(number(&house, trashed), 1, "{method}");
    }
}

#[test]
fn a_folder_replaces_and_does_not_merge() {
    for method in BOTH {
        let house = house_with(&["/a/", "/a/new", "/b/", "/b/old", "/file"]);
        assert_eq!(house.relocate(method, "/a", "/b").status, 204);
        assert_eq!(house.list("/b"), ["new"], "{method}");
        assert_eq!(house.relocate(method, "/file", "/b").status, 204, "a file takes the place of a folder");
        assert_eq!(house.get("/b").text(), "/file");
    }
}

#[test]
fn nothing_is_replaced_that_may_not_be() {
    for method in BOTH {
        let house = house_with(&["/a", "/b", "/folder/"]);
        let before = snapshot(&house);
        for to in ["/b", "/folder", "/folder/"] {
            assert_refused(&relocate_with(&house, method, "/a", to, ("Overwrite", "F")), 412);
        }
        assert_refused(&relocate_with(&house, method, "/a", "/c", ("Overwrite", "perhaps")), 400);
        assert_eq!(snapshot(&house), before);
        assert_eq!(relocate_with(&house, method, "/a", "/c", ("Overwrite", "F")).status, 201);
        assert_eq!(relocate_with(&house, method, "/b", "/c", ("Overwrite", "T")).status, 204);
    }
}

#[test]
fn what_is_missing_is_named_by_the_status() {
    for method in BOTH {
        let house = house_with(&["/a", "/file"]);
        let before = snapshot(&house);
        for (from, to, status) in [
            ("/missing", "/b", 404),
            ("/missing/x", "/b", 404),
            ("/a", "/missing/b", 409),
            ("/a", "/file/b", 409),
        ] {
            assert_refused(&house.relocate(method, from, to), status);
        }
        assert_eq!(snapshot(&house), before);
    }
}

#[test]
fn nothing_goes_onto_itself_or_into_itself() {
    for method in BOTH {
        let house = house_with(&["/a/", "/a/b/", "/a/b/c", "/file"]);
        let before = snapshot(&house);
        for (from, to) in [
            ("/a", "/a"),
            ("/a", "/a/"),
            ("/a", "/a/b"),
            ("/a", "/a/new"),
            ("/a", "/a/b/new"),
            ("/file", "/file"),
            ("/", "/new"),
            ("/a", "/"),
        ] {
            let answer = house.relocate(method, from, to);
            assert!(matches!(answer.status, 403 | 409), "{method} {from} to {to}: {}", seen(&answer));
            assert_eq!(snapshot(&house), before, "{method} {from} to {to}");
        }
    }
}

#[test]
fn a_neighbour_whose_name_is_longer_is_no_descendant() {
    let house = house_with(&["/a/", "/a/x"]);
    assert_eq!(house.relocate("COPY", "/a", "/ab").status, 201);
    assert_eq!(house.relocate("MOVE", "/ab", "/abc").status, 201);
    assert_eq!(house.list("/abc"), ["x"]);
}

#[test]
fn a_folder_goes_with_all_that_is_in_it_or_is_copied_alone() {
    let house = house_with(&["/a/", "/a/b/", "/a/b/c"]);
    assert_eq!(relocate_with(&house, "COPY", "/a", "/alone", ("Depth", "0")).status, 201);
    assert_eq!(house.list("/alone"), Vec::<String>::new());
    assert_eq!(relocate_with(&house, "COPY", "/a/b/c", "/c", ("Depth", "0")).status, 201);
    assert_eq!(house.get("/c").text(), "/a/b/c");
    for copy in [("Depth", "infinity"), ("Depth", "Infinity"), ("X-Nothing", "")] {
        assert!(matches!(relocate_with(&house, "COPY", "/a", "/whole", copy).status, 201 | 204), "{copy:?}");
        assert_eq!(house.get("/whole/b/c").text(), "/a/b/c");
    }
    assert_eq!(relocate_with(&house, "MOVE", "/a", "/moved", ("Depth", "infinity")).status, 201);
    assert_eq!(house.get("/moved/b/c").text(), "/a/b/c");
}

#[test]
fn a_depth_that_makes_no_sense_changes_nothing() {
    let house = house_with(&["/a/", "/a/b"]);
    let before = snapshot(&house);
    for (method, depth) in [("COPY", "1"), ("COPY", "7"), ("MOVE", "0"), ("MOVE", "1"), ("MOVE", "x")] {
        assert_refused(&relocate_with(&house, method, "/a", "/c", ("Depth", depth)), 400);
    }
    assert_eq!(snapshot(&house), before);
}

#[test]
fn a_name_can_change_in_case_alone() {
    let house = house_with(&["/readme.txt", "/folder/", "/folder/x"]);
    assert_eq!(house.relocate("MOVE", "/readme.txt", "/README.txt").status, 201);
    assert_eq!(house.relocate("MOVE", "/folder", "/Folder").status, 201);
    assert_eq!(house.list("/"), ["Folder", "README.txt"]);
    assert_eq!(house.get("/README.txt").text(), "/readme.txt");
}

#[test]
fn finder_may_spell_a_name_in_its_own_way() {
    let house = house();
    house.put("/%C3%BCber.txt", "x");
    assert_eq!(house.get("/u%CC%88ber.txt").text(), "x");
    assert_eq!(house.list("/"), ["%C3%BCber.txt"]);
    let renamed = house.relocate("MOVE", "/u%CC%88ber.txt", "/a%CC%88.txt");
    assert_eq!((renamed.status, house.list("/")), (201, vec!["%C3%A4.txt".to_owned()]));
}

#[test]
fn a_rename_to_another_spelling_of_the_same_name_succeeds() {
    let house = house();
    house.put("/%C3%BC.txt", "x");
    for (from, to) in [("/%C3%BC.txt", "/u%CC%88.txt"), ("/u%CC%88.txt", "/%C3%BC.txt")] {
        let answer = house.relocate("MOVE", from, to);
        assert!(matches!(answer.status, 201 | 204), "{from} to {to}: {}", seen(&answer));
        assert_eq!(house.list("/"), ["%C3%BC.txt"]);
        assert_eq!(house.get("/%C3%BC.txt").text(), "x");
    }
    assert_eq!(used_bytes(&house), 1);
}

#[test]
fn what_moves_stays_the_same_thing_and_a_copy_is_another() {
    let house = house_with(&["/a/", "/a/file"]);
    let file = number(&house, "SELECT id FROM nodes WHERE name = 'file'");
    house.relocate("MOVE", "/a", "/b");
    house.relocate("MOVE", "/b/file", "/renamed");
    assert_eq!(number(&house, "SELECT id FROM nodes WHERE name = 'renamed'"), file);
    house.relocate("COPY", "/renamed", "/copied");
    assert_ne!(number(&house, "SELECT id FROM nodes WHERE name = 'copied'"), file);
}

#[test]
fn properties_go_along() {
    let house = house_with(&["/a/", "/a/file"]);
    let set = |value: &str| {
        format!(
            "<D:propertyupdate xmlns:D='DAV:'><D:set><D:prop><x xmlns='urn:x'>{value}</x></D:prop></D:set></D:propertyupdate>"
        )
    };
    for (path, value) in [("/a", "of the folder"), ("/a/file", "of the file")] {
        assert_eq!(house.ask("PROPPATCH", path, &[], set(value)).status, 207);
    }
    let value = |path: &str| house.propfind(path, "0", &asking("<x xmlns='urn:x'/>")).first("x").unwrap();
    house.relocate("COPY", "/a", "/copied");
    house.relocate("MOVE", "/a", "/moved");
    for folder in ["/copied", "/moved"] {
        assert_eq!(value(folder), "of the folder");
        assert_eq!(value(&format!("{folder}/file")), "of the file");
    }
    house.ask("PROPPATCH", "/moved/file", &[], set("changed"));
    assert_eq!(value("/copied/file"), "of the file", "a copy has its own");
}

#[test]
fn the_time_of_a_file_stays_when_it_moves() {
    let house = house();
    house.ask("PUT", "/a", &[("X-OC-Mtime", "784111777")], "x");
    house.relocate("MOVE", "/a", "/b");
    assert_eq!(property(&house, "/b", "getlastmodified"), "Sun, 06 Nov 1994 08:49:37 GMT");
}

#[test]
fn a_copy_that_does_not_fit_the_quota_changes_nothing() {
    let house = TestHouse::new().with_user_and_quota("ann", Some(30));
    fill(&house, &["/a/", "/a/fifteen_byte"]);
    house.put("/old", "old");
    let before = snapshot(&house);
    for to in ["/new", "/old"] {
        let answer = house.relocate("COPY", "/a", to);
        assert_refused(&answer, 507);
        assert!(answer.text().contains("<D:quota-not-exceeded/>"), "{}", seen(&answer));
    }
    assert_eq!((snapshot(&house), used_bytes(&house)), (before, 18));
    assert_eq!(house.relocate("MOVE", "/a", "/new").status, 201, "a move takes no room");
}

#[test]
fn a_folder_of_300_files_is_copied_moved_and_removed_whole() {
    let house = house_with(&["/a/"]);
    let authorization = house.authorization();
    let mut wire = house.wire();
    for file in 0..300 {
        let path = format!("/dav/a/{file:03}");
        assert_eq!(wire.ask("PUT", &path, &[("Authorization", &authorization)], "xy").status, 201);
    }
    assert_eq!(house.relocate("COPY", "/a", "/b").status, 201);
    assert_eq!(house.relocate("MOVE", "/b", "/c").status, 201);
    assert_eq!(house.list("/c"), house.list("/a"));
    assert_eq!((house.list("/c").len(), used_bytes(&house)), (300, 1200));
    assert_eq!(house.get("/c/299").text(), "xy");
    assert_eq!(number(&house, "SELECT COUNT(*) FROM blobs"), 300, "a copy moves no bytes");
    assert_eq!(house.delete("/c").status, 204);
    assert_eq!(house.list("/"), ["a"]);
}
