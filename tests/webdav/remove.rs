//! DELETE: gone from the drive, kept in the trash.

use super::{assert_refused, fill, holding, house_with, lock, number, property, snapshot, used_bytes};

#[test]
fn what_is_deleted_is_gone_and_its_name_is_free() {
    let house = house_with(&["/a", "/folder/", "/folder/inner/", "/folder/inner/b"]);
    for path in ["/a", "/folder/"] {
        let answer = house.delete(path);
        assert_eq!((answer.status, answer.body.len()), (204, 0), "{path}");
    }
    assert_eq!(house.list("/"), Vec::<String>::new());
    for path in ["/a", "/folder", "/folder/", "/folder/inner", "/folder/inner/b"] {
        assert_refused(&house.get(path), 404);
        assert_refused(&house.delete(path), 404);
        assert_eq!(house.propfind(path, "0", "").status, 404, "{path}");
    }
    fill(&house, &["/a", "/folder/"]);
    assert_eq!(house.list("/folder"), Vec::<String>::new());
}

#[test]
fn what_is_deleted_lies_in_the_trash_and_still_takes_its_room() {
    let house = house_with(&["/folder/", "/folder/a", "/folder/b"]);
    let used = used_bytes(&house);
    assert!(used > 0);
    house.delete("/folder");
    assert_eq!(used_bytes(&house), used);
    assert_eq!(
        number(&house, "SELECT COUNT(*) FROM nodes WHERE trashed_ms IS NOT NULL"),
        1,
        "one mark for all"
    );
    assert_eq!(number(&house, "SELECT COUNT(*) FROM blobs WHERE live"), 2);
}

#[test]
fn what_is_not_there_cannot_be_deleted() {
    let house = house_with(&["/a"]);
    for path in ["/missing", "/missing/", "/missing/b", "/a/b"] {
        assert_refused(&house.delete(path), 404);
    }
}

#[test]
fn the_top_folder_cannot_be_deleted() {
    let house = house_with(&["/a"]);
    for path in ["", "/", "//"] {
        assert_refused(&house.delete(path), 403);
    }
    assert_eq!(house.list("/"), ["a"]);
}

#[test]
fn a_name_with_an_unescaped_hash_does_not_delete_the_folder_before_it() {
    let house = house_with(&["/x/", "/x/a"]);
    let before = snapshot(&house);
    let authorization = house.authorization();
    for path in ["/x/#frag", "/x#", "/#x/a", "/x/a#1"] {
        let mut wire = house.wire();
        wire.send(format!(
            "DELETE /dav{path} HTTP/1.1\r\nHost: larder\r\nAuthorization: {authorization}\r\n\r\n"
        ));
        assert_eq!(wire.answer().status, 400, "{path}");
    }
    assert_eq!(snapshot(&house), before);
    fill(&house, &["/x/%23frag"]);
    assert_eq!(house.delete("/x/%23frag").status, 204);
    assert_eq!(house.list("/x"), ["a"]);
}

#[test]
fn a_folder_in_which_something_is_locked_stays_whole() {
    let house = house_with(&["/folder/", "/folder/inner/", "/folder/inner/locked", "/folder/free"]);
    let token = lock(&house, "/folder/inner/locked", "0");
    let before = snapshot(&house);
    for path in ["/folder", "/folder/inner", "/folder/inner/locked"] {
        let answer = house.delete(path);
        assert_refused(&answer, 423);
        assert!(answer.text().contains("<D:lock-token-submitted"), "{path}");
    }
    assert_eq!(snapshot(&house), before);
    assert_eq!(house.delete("/folder/free").status, 204, "its neighbour is free");
    let elsewhere = house.ask("DELETE", "/folder", &[("If", &holding(&token))], "");
    assert_refused(&elsewhere, 412);
    let tagged = format!("</dav/folder/inner/locked> (<{token}>)");
    assert_eq!(house.ask("DELETE", "/folder", &[("If", &tagged)], "").status, 204);
}

#[test]
fn only_the_known_version_is_deleted() {
    let house = house_with(&["/a"]);
    for header in [("If-Match", "\"other\""), ("If-None-Match", "*"), ("If", "([\"other\"])")] {
        assert_refused(&house.ask("DELETE", "/a", &[header], ""), 412);
    }
    let tag = property(&house, "/a", "getetag");
    assert_eq!(house.ask("DELETE", "/a", &[("If-Match", &tag)], "").status, 204);
}
