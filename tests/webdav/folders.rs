//! MKCOL, and folders as things of their own.

use super::{asking, assert_refused, chunked, etag, house, house_with, lock, property, snapshot};

#[test]
fn a_folder_is_made_with_and_without_a_slash() {
    let house = house();
    for (path, shown) in [("/plain", "plain"), ("/slashed/", "slashed"), ("/plain/inner/", "plain")] {
        let made = house.mkcol(path);
        assert_eq!((made.status, made.body.len()), (201, 0), "{path}");
        assert!(house.list("/").contains(&shown.to_owned()), "{path}");
    }
    assert_eq!(house.list("/plain"), ["inner"]);
    assert_eq!(house.list("/plain/inner"), Vec::<String>::new());
}

#[test]
fn a_name_that_is_taken_makes_no_folder() {
    let house = house_with(&["/folder/", "/folder/a", "/file"]);
    let before = snapshot(&house);
    for path in ["/folder", "/folder/", "/file", "/file/", "/", ""] {
        assert_refused(&house.mkcol(path), 405);
    }
    assert_eq!(snapshot(&house), before);
}

#[test]
fn a_folder_needs_one_to_lie_in() {
    let house = house_with(&["/file"]);
    for path in ["/missing/a", "/missing/a/", "/file/a"] {
        assert_refused(&house.mkcol(path), 409);
    }
    assert_eq!(house.list("/"), ["file"]);
}

#[test]
fn a_body_that_nobody_understands_makes_no_folder() {
    let house = house();
    assert_refused(&house.ask("MKCOL", "/a", &[("Content-Type", "xyz-foo/bar-512")], "afafafaf"), 415);
    assert_refused(&house.ask("MKCOL", "/a", &[], "<D:mkcol xmlns:D='DAV:'/>"), 415);
    assert_refused(&house.ask("MKCOL", "/a", &[("Transfer-Encoding", "chunked")], chunked("abc", 3)), 415);
    assert_eq!(house.list("/"), Vec::<String>::new());
    let empty = house.ask("MKCOL", "/a", &[("Transfer-Encoding", "chunked")], chunked("", 1));
    assert_eq!(empty.status, 201, "no body in chunks is no body");
}

#[test]
fn a_folder_that_must_be_new_or_known_is_made_only_then() {
    let house = house();
    assert_refused(&house.ask("MKCOL", "/a", &[("If-Match", "*")], ""), 412);
    assert_eq!(house.ask("MKCOL", "/a", &[("If-None-Match", "*")], "").status, 201);
}

#[test]
fn no_method_is_sent_elsewhere_for_a_slash() {
    let house = house();
    let patch = "<D:propertyupdate xmlns:D='DAV:'><D:set><D:prop><x xmlns='urn:x'>1</x></D:prop></D:set></D:propertyupdate>";
    for (folder, target) in [("/f", "/g"), ("/f/", "/g"), ("/f", "/g/"), ("/f/", "/g/")] {
        let destination = format!("/dav{target}");
        assert_eq!(house.mkcol(folder).status, 201, "{folder}");
        let listed = house.propfind(folder, "0", &asking("<D:getetag/>"));
        assert_eq!((listed.status, listed.texts("href")), (207, vec!["/dav/f/".to_owned()]), "{folder}");
        assert_eq!(house.ask("PROPPATCH", folder, &[], patch).status, 207, "{folder}");
        let token = lock(&house, folder, "0");
        let unlocked = house.ask("UNLOCK", folder, &[("Lock-Token", &format!("<{token}>"))], "");
        assert_eq!(unlocked.status, 204, "{folder}");
        for method in ["COPY", "MOVE"] {
            let status = house.ask(method, folder, &[("Destination", &destination)], "").status;
            assert_eq!(status, if method == "COPY" { 201 } else { 204 }, "{method} {folder} to {target}");
        }
        assert_eq!(house.list("/"), ["g"]);
        assert_eq!(house.delete(target).status, 204, "{target}");
    }
}

#[test]
fn folders_lie_in_each_other_as_deep_as_a_path_may_be() {
    let house = house();
    let authorization = house.authorization();
    let headers = [("Authorization", authorization.as_str())];
    let mut wire = house.wire();
    let mut path = "/dav".to_owned();
    for _ in 0..500 {
        path.push_str("/d");
        assert_eq!(wire.ask("MKCOL", &path, &headers, "").status, 201, "{}", path.len());
    }
    assert_eq!(wire.ask("PUT", &format!("{path}/file"), &headers, "deep").status, 201);
    assert_eq!(house.relocate("COPY", "/d", "/c").status, 201);
    assert_eq!(house.relocate("MOVE", "/d", "/m").status, 201);
    for top in ["/dav/c", "/dav/m"] {
        let file = format!("{path}/file").replacen("/dav/d", top, 1);
        assert_eq!(wire.ask("GET", &file, &headers, "").text(), "deep");
    }
    assert_eq!(house.delete("/m").status, 204);
    assert_eq!(house.list("/"), ["c"]);
}

#[test]
fn the_tag_of_a_folder_changes_with_anything_below_it() {
    let house = house_with(&["/a/", "/a/b/", "/a/b/c/", "/a/b/c/file", "/other/"]);
    let other = property(&house, "/other", "getetag");
    let mut last = property(&house, "/a", "getetag");
    assert_eq!(property(&house, "/a", "getetag"), last, "looking changes nothing");
    let mut changed = |what: &str| {
        let now = property(&house, "/a", "getetag");
        assert_ne!(now, last, "{what}");
        last = now;
    };
    house.put("/a/b/c/file", "new content");
    changed("a file was overwritten");
    house.put("/a/b/c/more", "x");
    changed("a file was made");
    house.mkcol("/a/b/d");
    changed("a folder was made");
    house.relocate("MOVE", "/a/b/c/more", "/a/b/d/more");
    changed("a file was moved");
    house.relocate("MOVE", "/a/b/d/more", "/more");
    changed("a file was moved away");
    house.relocate("COPY", "/more", "/a/b/more");
    changed("a file was copied in");
    house.delete("/a/b/more");
    changed("a file was deleted");
    assert_eq!(property(&house, "/other", "getetag"), other, "nothing happened there");
}

#[test]
fn the_tag_of_a_file_is_that_of_its_content_wherever_it_lies() {
    let house = house_with(&["/folder/"]);
    let tag = etag(&house.put("/a", "content")).to_owned();
    house.relocate("MOVE", "/a", "/folder/b");
    house.relocate("COPY", "/folder/b", "/c");
    for path in ["/folder/b", "/c"] {
        assert_eq!(etag(&house.get(path)), tag, "{path}");
    }
}
