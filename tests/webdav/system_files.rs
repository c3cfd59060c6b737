//! What systems keep beside people's files: taken in, kept small, and shown to those who put it there.

use super::{
    ask_for_lock, asking, assert_refused, await_upload, chunked, etag, fill, head_of_put, holding, house,
    house_with, lock, number, property, seen, snapshot, token_of, used_bytes, varied,
};
use crate::support::{Answer, TestHouse};

/// One of each kind.
const KINDS: [&str; 7] =
    ["._a.txt", "._.", ".DS_Store", "desktop.ini", "THUMBS.DB", "~$report.docx", ".~lock.report.odt%23"];
const FINDER: (&str, &str) = ("User-Agent", "WebDAVFS/3.0.0 (03008000) Darwin/25.5.0 (arm64)");
const WINDOWS: (&str, &str) = ("User-Agent", "Microsoft-WebDAV-MiniRedir/10.0.26200");
const DAVFS: (&str, &str) = ("User-Agent", "davfs2/1.7.1 neon/0.34.0");
const CHUNKED: (&str, &str) = ("Transfer-Encoding", "chunked");

/// The most bytes a system file has.
const SMALL: usize = 64 * 1024;

const BLOBS: &str = "SELECT COUNT(*) FROM blobs";
const REVISIONS: &str = "SELECT COUNT(*) FROM revisions";
const SEQ: &str = "SELECT MAX(seq) FROM spaces";
const SYSTEM_BYTES: &str = "SELECT SUM(system_bytes) FROM spaces";
const SYSTEM_FILES: &str = "SELECT COUNT(*) FROM system_files";
const IN_TRASH: &str = "SELECT COUNT(*) FROM nodes WHERE trashed_ms IS NOT NULL";

fn listed(house: &TestHouse, client: (&str, &str)) -> Vec<String> {
    let answer = house.ask("PROPFIND", "/folder/", &[("Depth", "1"), client], "");
    assert_eq!(answer.status, 207, "{}", seen(&answer));
    answer.texts("href")[1..].iter().map(|href| href["/dav/folder/".len()..].to_owned()).collect()
}

#[test]
fn they_are_taken_in_when_the_quota_is_full_and_nobody_else_hears_of_it() {
    let house = house_with(&["/folder/", "/folder/a.txt"]);
    house.set_quota("ann", Some(used_bytes(&house)));
    let quota = used_bytes(&house);
    assert_refused(&house.put("/folder/b.txt", "x"), 507);
    let state = || {
        let counts = [BLOBS, REVISIONS, SEQ].map(|sql| number(&house, sql));
        (counts, used_bytes(&house), property(&house, "/folder/", "getetag"), snapshot(&house))
    };
    let before = state();
    for kind in KINDS {
        let path = format!("/folder/{kind}");
        let (created, replaced) = (house.put(&path, "first"), house.put(&path, varied(SMALL)));
        assert_eq!((created.status, replaced.status), (201, 204), "{kind}: {}", seen(&created));
        assert_ne!(etag(&created), etag(&replaced));
        let got = house.get(&path);
        assert!(got.body == varied(SMALL), "{kind}");
        assert_eq!(etag(&got), etag(&replaced), "{kind}");
    }
    assert_eq!(state(), before);
    assert_eq!(used_bytes(&house), quota);
    assert_eq!(number(&house, SYSTEM_BYTES), (KINDS.len() * SMALL) as i64);
}

#[test]
fn they_survive_a_restart() {
    let house = house();
    house.put("/._a", varied(5000));
    house.put("/.DS_Store", "");
    let authorization = house.authorization();
    let house = TestHouse::on_folder(house.close(), &[]);
    let get = |path: &str| house.wire().ask("GET", path, &[("Authorization", &authorization)], "");
    assert!(get("/dav/._a").body == varied(5000));
    assert_eq!((get("/dav/.DS_Store").status, get("/dav/.DS_Store").body.len()), (200, 0));
}

#[test]
fn each_client_sees_those_of_its_own_system_and_no_others() {
    let house = house_with(&["/folder/", "/folder/._folder/", "/folder/a.txt"]);
    for kind in KINDS {
        assert_eq!(house.put(&format!("/folder/{kind}"), "x").status, 201, "{kind}");
    }
    // Kept like any other file, but of such a name.
    house.put("/folder/._big", varied(SMALL + 1));
    let apple = ["._.", "._a.txt", "._big", ".DS_Store"];
    let windows = ["desktop.ini", "THUMBS.DB"];
    let office = [".~lock.report.odt%23", "~%24report.docx"];
    let clients: [((&str, &str), Vec<&str>); 4] = [
        (FINDER, [&apple[..], &office].concat()),
        (WINDOWS, [&windows[..], &office].concat()),
        (DAVFS, office.to_vec()),
        (("User-Agent", "rclone/v1.75.0"), Vec::new()),
    ];
    for (client, systems) in clients {
        let mut names = [&systems[..], &["._folder/", "a.txt"]].concat();
        names.sort_unstable();
        let mut listed = listed(&house, client);
        listed.sort_unstable();
        assert_eq!(listed, names, "{client:?}");
    }
    for kind in KINDS {
        let path = format!("/folder/{kind}");
        assert_eq!(house.get(&path).text(), "x", "{kind}");
        assert_eq!(house.propfind(&path, "0", "").status, 207, "{kind}");
    }
}

#[test]
fn a_folder_of_nothing_but_hidden_files_is_listed_as_empty_and_can_be_deleted() {
    let house = house_with(&["/folder/"]);
    // More than one page of a listing.
    for number in 0..510 {
        let (status, path) = (house.put(&format!("/folder/._{number}"), "").status, number);
        assert_eq!(status, 201, "{path}");
    }
    assert_eq!(house.list("/folder/"), Vec::<String>::new());
    assert_eq!(listed(&house, FINDER).len(), 510);
    house.put("/folder/zebra", "x");
    assert_eq!(house.list("/folder/"), ["zebra"]);
    house.delete("/folder/zebra");
    assert_eq!(house.delete("/folder").status, 204);
    assert_eq!(house.propfind("/folder/._1", "0", "").status, 404);
}

#[test]
fn a_longer_file_is_kept_like_any_other_whatever_it_is_called() {
    let house = house();
    for (count, blobs) in [(SMALL - 1, 0), (SMALL, 0), (SMALL + 1, 1)] {
        for (path, headers, body) in [
            (format!("/._declared-{count}"), &[][..], varied(count)),
            (format!("/._chunked-{count}"), &[CHUNKED][..], chunked(varied(count), 10_000)),
        ] {
            let before = number(&house, BLOBS);
            assert_eq!(house.ask("PUT", &path, headers, body).status, 201, "{path}");
            assert!(house.get(&path).body == varied(count), "{path}");
            assert_eq!(number(&house, BLOBS) - before, blobs, "{path}");
        }
    }
    assert_eq!(used_bytes(&house), 2 * (SMALL as u64 + 1));
    assert_eq!(number(&house, SYSTEM_FILES), 4);
}

#[test]
fn what_outgrows_the_database_must_fit_the_quota() {
    let house = house_with(&["/a"]);
    house.put("/._a", "old");
    house.set_quota("ann", Some(70_000));
    let before = snapshot(&house);
    let long = varied(70_000);
    for path in ["/._a", "/._b"] {
        assert_refused(&house.put(path, &long), 507);
        assert_refused(&house.ask("PUT", path, &[CHUNKED], chunked(&long, 30_000)), 507);
    }
    assert_eq!(snapshot(&house), before);
    assert_eq!(house.get("/._a").text(), "old");
    house.set_quota("ann", Some(71_000));
    assert_eq!(house.ask("PUT", "/._a", &[CHUNKED], chunked(&long, 30_000)).status, 204);
    assert_eq!(used_bytes(&house), 70_002);
}

#[test]
fn the_largest_size_of_a_file_holds_for_them_too() {
    let house = TestHouse::with_settings(&[("files.file_bytes_max", "10")]).with_user("ann");
    assert_refused(&house.put("/._a", "eleven byte"), 413);
    assert_refused(&house.ask("PUT", "/._a", &[CHUNKED], chunked("eleven byte", 4)), 413);
    assert_eq!(house.put("/._a", "ten bytes!").status, 201);
}

#[test]
fn one_that_grows_becomes_an_ordinary_file_and_keeps_its_versions_from_then_on() {
    let house = house();
    house.put("/._a", "small");
    assert_eq!(house.put("/._a", varied(SMALL + 1)).status, 204);
    assert_eq!((number(&house, SYSTEM_FILES), number(&house, SYSTEM_BYTES)), (0, 0));
    assert_eq!(used_bytes(&house), SMALL as u64 + 1);
    assert_eq!(house.put("/._a", "small again").status, 204);
    assert_eq!(house.get("/._a").text(), "small again");
    assert_eq!(used_bytes(&house), SMALL as u64 + 12, "both versions are kept");
    assert_eq!(number(&house, BLOBS), 2);
    assert_eq!(house.delete("/._a").status, 204);
    assert_eq!(number(&house, IN_TRASH), 1, "and so it is when it is deleted");
}

#[test]
fn an_upload_that_breaks_off_leaves_the_old_content() {
    let house = house();
    house.put("/._a", "old");
    let tag = property(&house, "/._a", "getetag");
    for (framing, part) in [
        ("Content-Length: 60000", varied(30_000)),
        ("Content-Length: 200000", varied(100_000)),
        ("Transfer-Encoding: chunked", b"5\r\nabcde\r\n3\r\na".into()),
    ] {
        for path in ["/._a", "/._new"] {
            let mut wire = house.wire();
            wire.send(head_of_put(&house, path, framing));
            wire.send(&part);
            wire.hang_up();
        }
    }
    assert_eq!(house.get("/._a").text(), "old");
    assert_eq!(property(&house, "/._a", "getetag"), tag);
    assert_eq!(house.get("/._new").status, 404);
}

#[test]
fn one_that_an_ordinary_file_replaces_while_it_comes_becomes_a_version_of_that() {
    let house = house_with(&["/big"]);
    let mut wire = house.wire();
    wire.send(head_of_put(&house, "/._a", "Content-Length: 5"));
    wire.send("sm");
    // Let it be admitted before the name is taken by something that has versions.
    let mut other = house.wire();
    other.send(head_of_put(&house, "/other", "Content-Length: 100000"));
    other.send(varied(50_000));
    await_upload(&house);
    assert_eq!(house.relocate("MOVE", "/big", "/._a").status, 201);
    wire.send("all");
    assert_eq!(wire.answer().status, 204);
    assert_eq!(house.get("/._a").text(), "small");
    assert_eq!(number(&house, SYSTEM_FILES), 0);
    other.send(varied(50_000));
    assert_eq!(other.answer().status, 201);
}

#[test]
fn conditions_locks_and_ranges_hold_for_them_as_for_all() {
    let house = house();
    let created = house.ask("PUT", "/._a", &[("If-None-Match", "*")], "0123456789");
    assert_eq!(created.status, 201);
    assert_refused(&house.ask("PUT", "/._a", &[("If-None-Match", "*")], "x"), 412);
    assert_refused(&house.ask("PUT", "/._a", &[("If-Match", "\"other\"")], "x"), 412);
    assert_eq!(house.ask("PUT", "/._a", &[("If-Match", etag(&created))], "abcdefghij").status, 204);
    let part = house.ask("GET", "/._a", &[("Range", "bytes=2-4")], "");
    assert_eq!((part.status, part.text()), (206, "cde".to_owned()));
    assert_eq!(house.ask("GET", "/._a", &[("Range", "bytes=10-")], "").status, 416);
    let head = house.ask("HEAD", "/._a", &[], "");
    assert_eq!((head.header("content-length"), etag(&head)), (Some("10"), etag(&part)));

    let token = lock(&house, "/._a", "0");
    for answer in [house.put("/._a", "x"), house.delete("/._a"), house.relocate("MOVE", "/._a", "/._b")] {
        assert_refused(&answer, 423);
    }
    assert_eq!(house.ask("PUT", "/._a", &[("If", &holding(&token))], "x").status, 204);
    assert_eq!(house.ask("DELETE", "/._a", &[("If", &holding(&token))], "").status, 204);
    assert_eq!(number(&house, "SELECT COUNT(*) FROM locks"), 0);
}

#[test]
fn a_lock_on_a_free_name_makes_an_empty_one() {
    let house = house_with(&["/folder/"]);
    let before = (snapshot(&house), number(&house, REVISIONS));
    let locked = ask_for_lock(&house, "/folder/._a", "0", "exclusive");
    assert_eq!(locked.status, 201);
    assert_eq!(house.get("/folder/._a").body.len(), 0);
    assert_eq!(number(&house, SYSTEM_FILES), 1);
    let token = token_of(&locked);
    assert_refused(&house.put("/folder/._a", "x"), 423);
    assert_eq!(house.ask("PUT", "/folder/._a", &[("If", &holding(&token))], "content").status, 204);
    assert_eq!(house.get("/folder/._a").text(), "content");
    assert_eq!((snapshot(&house), number(&house, REVISIONS)), before);
}

fn patch(house: &TestHouse, path: &str) -> Answer {
    let body = "<D:propertyupdate xmlns:D='DAV:'><D:set><D:prop><x xmlns='urn:x'>1</x></D:prop></D:set></D:propertyupdate>";
    house.ask("PROPPATCH", path, &[], body)
}

#[test]
fn properties_are_attached_to_them_and_copied_with_them() {
    let house = house_with(&["/folder/"]);
    house.put("/folder/._a", "content");
    let before = snapshot(&house);
    assert_eq!(patch(&house, "/folder/._a").status, 207);
    assert_eq!(house.relocate("COPY", "/folder/._a", "/folder/._b").status, 201);
    assert_eq!(snapshot(&house), before, "no event");
    assert_eq!(house.relocate("COPY", "/folder/._a", "/folder/b").status, 201);
    for path in ["/folder/._a", "/folder/._b", "/folder/b"] {
        let answer = house.propfind(path, "0", &asking("<x xmlns='urn:x'/>"));
        assert_eq!(answer.texts("x"), ["1"], "{path}");
        assert_eq!(house.get(path).text(), "content", "{path}");
    }
    assert_eq!(house.delete("/folder/._a").status, 204);
}

#[test]
fn deleting_one_is_final() {
    let house = house_with(&["/folder/"]);
    house.put("/folder/.DS_Store", "content");
    patch(&house, "/folder/.DS_Store");
    let before = snapshot(&house);
    assert_eq!(house.delete("/folder/.DS_Store").status, 204);
    assert_refused(&house.get("/folder/.DS_Store"), 404);
    assert_refused(&house.delete("/folder/.DS_Store"), 404);
    let left = [IN_TRASH, SYSTEM_FILES, SYSTEM_BYTES, "SELECT COUNT(*) FROM properties"];
    assert_eq!(left.map(|sql| number(&house, sql)), [0; 4]);
    assert_eq!(snapshot(&house), before, "no event");
}

#[test]
fn a_folder_takes_them_along_wherever_it_goes() {
    let house = house_with(&["/folder/", "/folder/inner/", "/folder/a"]);
    for path in ["/folder/.DS_Store", "/folder/inner/._x", "/folder/inner/desktop.ini"] {
        house.put(path, path);
    }
    house.put("/folder/._empty", "");
    let bytes = number(&house, SYSTEM_BYTES);
    assert_eq!(house.relocate("COPY", "/folder", "/copy").status, 201);
    assert_eq!(number(&house, SYSTEM_BYTES), 2 * bytes);
    assert_eq!(house.relocate("MOVE", "/folder", "/moved").status, 201);
    for folder in ["/copy", "/moved"] {
        for path in ["/.DS_Store", "/inner/._x", "/inner/desktop.ini"] {
            assert_eq!(house.get(&format!("{folder}{path}")).text(), format!("/folder{path}"), "{folder}");
        }
        assert_eq!(house.get(&format!("{folder}/._empty")).status, 200);
        assert_eq!(house.put(&format!("{folder}/._empty"), "no longer").status, 204);
        assert_eq!(house.get(&format!("{folder}/._empty")).text(), "no longer");
    }
    assert_eq!(used_bytes(&house), 18, "of two ordinary files");
    assert_eq!(house.delete("/moved").status, 204);
    assert_eq!(number(&house, IN_TRASH), 1);
}

#[test]
fn one_that_gets_an_ordinary_name_becomes_an_ordinary_file() {
    let house = house_with(&["/folder/"]);
    house.put("/folder/~$draft", "a draft");
    house.put("/folder/~$empty", "");
    let tag = property(&house, "/folder/", "getetag");
    assert_eq!(house.relocate("COPY", "/folder/~$draft", "/folder/copied").status, 201);
    assert_eq!(house.relocate("MOVE", "/folder/~$draft", "/folder/moved").status, 201);
    assert_eq!(house.relocate("MOVE", "/folder/~$empty", "/folder/empty").status, 201);
    assert_eq!(house.list("/folder"), ["copied", "empty", "moved"]);
    assert_ne!(property(&house, "/folder/", "getetag"), tag);
    for path in ["/folder/copied", "/folder/moved"] {
        assert_eq!(house.get(path).text(), "a draft", "{path}");
    }
    assert_eq!(house.get("/folder/empty").body.len(), 0);
    assert_eq!((used_bytes(&house), number(&house, BLOBS)), (14, 2));
    assert_eq!((number(&house, SYSTEM_FILES), number(&house, SYSTEM_BYTES)), (0, 0));
    // From here on it has versions, and a trash.
    house.put("/folder/moved", "a better draft");
    assert_eq!(used_bytes(&house), 28);
    house.delete("/folder/moved");
    assert_eq!(number(&house, IN_TRASH), 1);
}

#[test]
fn one_that_gets_an_ordinary_name_must_fit_the_quota() {
    let house = house_with(&["/old"]);
    house.put("/._a", varied(1000));
    house.set_quota("ann", Some(1003));
    let before = snapshot(&house);
    for method in ["MOVE", "COPY"] {
        for to in ["/new", "/old"] {
            assert_refused(&house.relocate(method, "/._a", to), 507);
        }
    }
    assert_eq!(snapshot(&house), before);
    assert!(house.get("/._a").body == varied(1000));
    assert_eq!(house.get("/old").text(), "/old");
    house.set_quota("ann", Some(1004));
    assert_eq!(house.relocate("MOVE", "/._a", "/old").status, 204);
    assert!(house.get("/old").body == varied(1000));
}

#[test]
fn one_that_is_replaced_while_it_becomes_ordinary_arrives_whole() {
    let house = house();
    let contents: Vec<_> = (0..8).map(|round| vec![b'0' + round; 3000]).collect();
    house.put("/._a", &contents[0]);
    let moved = std::thread::scope(|scope| {
        scope.spawn(|| contents.iter().for_each(|content| drop(house.put("/._a", content))));
        house.relocate("MOVE", "/._a", "/b").status
    });
    // Whoever never stops replacing it may keep the move from coming to its end.
    let kept = house.get(if moved == 201 { "/b" } else { "/._a" }).body;
    assert!(matches!(moved, 201 | 503), "{moved}");
    assert!(contents.contains(&kept));
}

#[test]
fn an_ordinary_file_that_gets_such_a_name_is_only_hidden() {
    let house = house_with(&["/notes", "/.DS_Store"]);
    house.put("/notes", "second");
    assert_eq!(house.relocate("MOVE", "/notes", "/.DS_Store").status, 204);
    assert_eq!(house.list("/"), Vec::<String>::new());
    assert_eq!(house.get("/.DS_Store").text(), "second");
    assert_eq!((used_bytes(&house), number(&house, BLOBS)), (12, 2));
    assert_eq!(number(&house, SYSTEM_FILES), 0);
    house.put("/.DS_Store", "third");
    assert_eq!(number(&house, BLOBS), 3, "its versions are kept");
    house.delete("/.DS_Store");
    assert_eq!(number(&house, IN_TRASH), 1, "and it goes into the trash");
}

#[test]
fn they_have_a_limit_of_their_own() {
    let house = house_with(&["/a"]);
    house.put("/._a", "old");
    super::alter(&house, "UPDATE spaces SET system_bytes = 1073741824 - 2");
    let refused = house.put("/._b", "new");
    assert_refused(&refused, 507);
    assert!(refused.text().contains("quota-not-exceeded"), "{}", seen(&refused));
    assert_refused(&house.relocate("COPY", "/._a", "/._b"), 507);
    assert_eq!(house.put("/._b", "").status, 201);
    assert_eq!(house.get("/._a").text(), "old");
    fill(&house, &["/b"]);
    super::alter(&house, "UPDATE spaces SET system_bytes = 3");
}

#[test]
fn what_they_are_served_as_is_not_guessed_from_the_name_of_something_else() {
    let house = house();
    house.put("/._photo.jpg", "\0\u{5}\u{16}\u{7}");
    assert_eq!(house.get("/._photo.jpg").header("content-type"), Some("application/octet-stream"));
}
