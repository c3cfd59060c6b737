//! `/.History`: the drive as it was, in a mount.

mod random;
mod retention;
mod rewind;
mod versions;

use super::{asking, assert_refused, etag, house, house_with, lock, number, property, seen, used_bytes};
use crate::support::TestHouse;

/// Lets everything that has happened be older, so that `1h` is the moment before this.
fn an_hour_passes(house: &TestHouse) {
    super::alter(
        house,
        "UPDATE revisions SET at_ms = at_ms - 3600000; UPDATE blobs SET created_ms = created_ms - 3600000",
    );
}

fn days_pass(house: &TestHouse) {
    super::alter(
        house,
        "UPDATE revisions SET at_ms = at_ms - 17280000000; UPDATE blobs SET created_ms = created_ms - 17280000000",
    );
}

/// The text of a file, as far as there is one.
fn text(house: &TestHouse, path: &str) -> Option<String> {
    let answer = house.get(path);
    (answer.status == 200).then(|| answer.text())
}

#[test]
fn a_drive_is_shown_as_it_was_through_renames_moves_overwrites_and_deletes() {
    let house = house_with(&["/a/", "/a/b/", "/a/b/file", "/a/other", "/top"]);
    an_hour_passes(&house);
    house.put("/a/b/file", "second");
    house.relocate("MOVE", "/a/b", "/c");
    an_hour_passes(&house);
    house.relocate("MOVE", "/a", "/z");
    house.delete("/top");
    house.relocate("COPY", "/c", "/z/copy");
    an_hour_passes(&house);
    house.delete("/z");
    house.put("/top", "anew");

    assert_eq!(house.list("/.History/3h"), ["a", "top"]);
    assert_eq!(house.list("/.History/3h/a"), ["b", "other"]);
    assert_eq!(text(&house, "/.History/3h/a/b/file").unwrap(), "/a/b/file");
    assert_eq!(house.list("/.History/2h"), ["a", "c", "top"]);
    assert_eq!(house.list("/.History/2h/a"), ["other"]);
    assert_eq!(text(&house, "/.History/2h/c/file").unwrap(), "second");
    assert_eq!(house.list("/.History/1h"), ["c", "z"]);
    assert_eq!(house.list("/.History/1h/z"), ["copy", "other"]);
    assert_eq!(text(&house, "/.History/1h/z/copy/file").unwrap(), "second");
    assert_eq!(text(&house, "/.History/2h/top").unwrap(), "/top");
    assert_eq!(house.list("/.History/0m"), ["c", "top"]);
    assert_eq!(text(&house, "/.History/0m/top").unwrap(), "anew");
    for gone in ["/.History/3h/c", "/.History/1h/top", "/.History/1h/a/other", "/.History/1h/z/other/x"] {
        assert_refused(&house.get(gone), 404);
        assert_refused(&house.propfind(gone, "1", ""), 404);
    }
}

#[test]
fn a_moment_is_written_as_it_comes_to_mind() {
    let house = house_with(&["/file"]);
    super::alter(&house, "UPDATE revisions SET at_ms = 1700000000000");
    // 2023-11-14 22:13:20 UTC
    house.put("/file", "now");
    for moment in [
        "2023-11-14T22:14",
        "2023-11-14T22.14",
        "2023-11-14%2022.14",
        "2023-11-14T22:13:20",
        "2023-11-14T22:13:20.000Z",
        "2023-11-14T23:14+01:00",
        "2023-11-14T23.14%2B01.00",
        "2023-11-14",
        "2024-02-29",
        "yesterday",
        "1w",
        "3d",
        "30m",
    ] {
        assert_eq!(text(&house, &format!("/.History/{moment}/file")).as_deref(), Some("/file"), "{moment}");
    }
    // What Windows makes of a colon.
    let windows = house.ask("GET", "/.History/2023-11-14T22%EF%80%BA14/file", &[super::MINI_REDIR], "");
    assert_eq!(windows.text(), "/file");
    for (moment, says) in [
        ("2023-11-14T22:13", "reach back"),
        ("1970-01-01", "reach back"),
        ("9999w", "reach back"),
        ("2999-01-01", "not come"),
        ("now", "yesterday"),
        ("2023-02-30", "yesterday"),
        (".DS_Store", "yesterday"),
    ] {
        for path in [format!("/.History/{moment}"), format!("/.History/{moment}/file")] {
            let refused = house.propfind(&path, "0", "");
            assert_refused(&refused, 404);
            assert!(refused.first("message").unwrap().contains(says), "{}", seen(&refused));
            assert_refused(&house.get(&format!("{path}/")), 404);
        }
    }
}

#[test]
fn the_history_lists_moments_that_are_at_hand() {
    let house = house_with(&["/file"]);
    assert_eq!(house.list("/.History"), [""; 0], "nothing was there an hour ago");
    let days_pass = |days: &str| {
        // Leaked: the tests' statements are constants.
        let sql = format!(
            "UPDATE revisions SET at_ms = at_ms - {days} * CAST(86400000 AS BIGINT) WHERE to_seq IS NULL OR to_seq > 1"
        );
        super::alter(&house, sql.leak());
    };
    for days in ["0", "2", "2", "40", "40"] {
        days_pass(days);
        house.put("/file", days);
        an_hour_passes(&house);
    }
    // None of the changes is of today, whatever the hour is.
    days_pass("1");
    let listed = house.list("/.History/");
    assert_eq!(listed.iter().filter(|name| name.len() == 10).count(), 5, "{listed:?}");
    for name in ["1h", "1w", "yesterday"] {
        assert!(listed.iter().any(|listed| listed == name), "{listed:?}");
    }
    assert!(listed.is_sorted());
    let answer = house.propfind("/.History/", "1", &asking("<D:getetag/><D:resourcetype/>"));
    let tags = answer.texts("getetag");
    for (name, tag) in listed.iter().zip(&tags[1..]) {
        assert_eq!(property(&house, &format!("/.History/{name}/"), "getetag"), *tag, "{name}");
        assert_eq!(house.list(&format!("/.History/{name}/")).len(), usize::from(name != "x"), "{name}");
    }
}

#[test]
fn a_file_of_the_past_is_read_like_any_other() {
    let house = house_with(&[]);
    let put = house.ask("PUT", "/file", &[("X-OC-Mtime", "1000000000")], "0123456789");
    let tag = etag(&put).to_owned();
    an_hour_passes(&house);
    house.put("/file", "else");
    let path = "/.History/1h/file";
    let got = house.get(path);
    assert_eq!((got.text().as_str(), etag(&got)), ("0123456789", tag.as_str()));
    assert_eq!(got.header("last-modified"), Some("Sun, 09 Sep 2001 01:46:40 GMT"));
    let range = house.ask("GET", path, &[("Range", "bytes=2-4")], "");
    assert_eq!((range.status, range.text().as_str()), (206, "234"));
    assert_eq!(house.ask("GET", path, &[("If-None-Match", &tag)], "").status, 304);
    let head = house.ask("HEAD", path, &[], "");
    assert_eq!((head.status, head.header("content-length")), (200, Some("10")));
    assert_eq!(property(&house, path, "getcontentlength"), "10");
    assert_eq!(property(&house, path, "getetag"), tag);
    assert_eq!(house.get("/.History/1h/").status, 200);
    assert_eq!(house.get("/.History").status, 200);
}

#[test]
fn the_etag_of_a_folder_of_the_past_stays_and_tells_moments_apart() {
    let house = house_with(&["/folder/", "/folder/file", "/quiet/"]);
    let present = property(&house, "/folder", "getetag");
    let quiet = property(&house, "/quiet", "getetag");
    an_hour_passes(&house);
    house.put("/folder/file", "second");
    an_hour_passes(&house);
    let first = property(&house, "/.History/2h/folder", "getetag");
    let second = property(&house, "/.History/1h/folder", "getetag");
    house.put("/folder/file", "third");
    house.put("/folder/another", "");
    assert_eq!(property(&house, "/.History/1h/folder", "getetag"), second);
    assert_eq!(property(&house, "/.History/2h/folder", "getetag"), first);
    assert_ne!(first, second);
    assert_ne!(property(&house, "/folder", "getetag"), second);
    assert_eq!(property(&house, "/.History/1h/quiet", "getetag"), quiet, "nothing has changed in it");
    assert!(!present.is_empty());
}

#[test]
fn nothing_in_the_history_can_be_changed() {
    let house = house_with(&["/folder/", "/folder/file", "/mine"]);
    an_hour_passes(&house);
    let before = super::snapshot(&house);
    let destination = |to: &str| house.url().replace("/dav/", &format!("/dav{to}"));
    for path in [
        "/.History",
        "/.History/1h",
        "/.History/1h/folder",
        "/.History/1h/folder/file",
        "/.History/1h/new",
        "/.History/x",
    ] {
        for (method, body) in [
            ("PUT", "body"),
            ("DELETE", ""),
            ("PROPPATCH", "<x/>"),
            ("LOCK", "<x/>"),
            ("UNLOCK", ""),
            ("REPORT", "<x/>"),
        ] {
            assert_refused(&house.ask(method, path, &[("Content-Length-Of", "x")], body), 403);
        }
        let made = house.mkcol(path).status;
        assert_eq!(made, if path.ends_with("new") || path.ends_with('x') { 403 } else { 405 }, "{path}");
        for method in ["MOVE", "COPY"] {
            assert_refused(&house.ask(method, "/mine", &[("Destination", &destination(path))], ""), 403);
        }
        assert_refused(&house.ask("MOVE", path, &[("Destination", &destination("/out"))], ""), 403);
        assert_eq!(house.ask("OPTIONS", path, &[], "").status, 200);
    }
    assert_refused(&house.ask("COPY", "/.History", &[("Destination", &destination("/out"))], ""), 403);
    assert_refused(
        &house.ask("COPY", "/.History/1h", &[("Destination", &destination("/.History/2h"))], ""),
        403,
    );
    assert_eq!(super::snapshot(&house), before);
    assert_eq!(number(&house, "SELECT COUNT(*) FROM blobs WHERE NOT live"), 0);
}

#[test]
fn a_refused_upload_is_not_read() {
    let house = house_with(&["/file"]);
    an_hour_passes(&house);
    let mut wire = house.wire();
    wire.send(super::head_of_put(
        &house,
        "/.History/1h/file",
        "Content-Length: 1000000\r\nExpect: 100-continue",
    ));
    assert_eq!(wire.answer().status, 403);
}

#[test]
fn copying_out_of_the_past_restores() {
    let house = house_with(&["/folder/", "/folder/below/", "/folder/below/file", "/folder/x"]);
    let patch = "<D:propertyupdate xmlns:D='DAV:'><D:set><D:prop><c xmlns='urn:x'>red</c></D:prop></D:set>\
                 </D:propertyupdate>";
    house.ask("PROPPATCH", "/folder/x", &[], patch);
    an_hour_passes(&house);
    house.put("/folder/below/file", "spoilt");
    house.relocate("MOVE", "/folder/below", "/elsewhere");
    house.delete("/folder/x");
    let used = used_bytes(&house);
    let copied = house.relocate("COPY", "/.History/1h/folder", "/back");
    assert_eq!(copied.status, 201, "{}", seen(&copied));
    assert_eq!(house.list("/back"), ["below", "x"]);
    assert_eq!(text(&house, "/back/below/file").unwrap(), "/folder/below/file");
    assert_eq!(text(&house, "/back/x").unwrap(), "/folder/x");
    assert_eq!(house.propfind("/back/x", "0", "").first("c").unwrap(), "red");
    assert_eq!(used_bytes(&house) - used, ("/folder/below/file".len() + "/folder/x".len()) as u64);

    // Onto what is there, into the folder itself, and the drive as a whole.
    let copied = house.relocate("COPY", "/.History/1h/folder", "/folder");
    assert_eq!(copied.status, 204, "{}", seen(&copied));
    assert_eq!(house.list("/folder"), ["below", "x"]);
    let copied = house.relocate("COPY", "/.History/1h/", "/folder/all");
    assert_eq!(copied.status, 201, "{}", seen(&copied));
    assert_eq!(text(&house, "/folder/all/folder/below/file").unwrap(), "/folder/below/file");
    let flat = house.url() + "flat";
    let copied = house.ask("COPY", "/.History/1h/folder", &[("Destination", &flat), ("Depth", "0")], "");
    assert_eq!((copied.status, house.list("/flat").len()), (201, 0));
}

#[test]
fn copying_out_is_judged_like_any_copy() {
    let house = house_with(&["/file", "/there", "/locked/"]);
    an_hour_passes(&house);
    let to = |path: &str| house.url().replace("/dav/", &format!("/dav{path}"));
    let copy = |headers: &[(&str, &str)]| house.ask("COPY", "/.History/1h/file", headers, "");
    let token = lock(&house, "/locked", "infinity");
    assert_refused(&copy(&[("Destination", &to("/there")), ("Overwrite", "F")]), 412);
    assert_refused(&copy(&[("Destination", &to("/no/where"))]), 409);
    assert_refused(&copy(&[("Destination", &to("/locked/x"))]), 423);
    assert_eq!(copy(&[("Destination", &to("/locked/x")), ("If", &format!("(<{token}>)"))]).status, 412);
    let tagged = format!("<{}> (<{token}>)", to("/locked"));
    assert_eq!(copy(&[("Destination", &to("/locked/x")), ("If", &tagged)]).status, 201);
    assert_refused(&copy(&[("Destination", &to("/y")), ("If-Match", "\"other\"")]), 412);
    assert_refused(&copy(&[("Destination", &to("/.Trash/y"))]), 403);
    assert_refused(&copy(&[("Destination", "http://other.example/dav/y")]), 502);
    assert_refused(&house.relocate("COPY", "/.History/1h/nothing", "/y"), 404);
    assert_refused(&house.relocate("COPY", "/.History/never/file", "/y"), 404);

    let small = TestHouse::new().with_user_and_quota("ben", Some(10));
    small.put("/file", "0123456789");
    an_hour_passes(&small);
    assert_refused(&small.relocate("COPY", "/.History/1h/file", "/copy"), 507);
    assert_eq!(small.list("/"), ["file"]);
}

#[test]
fn system_files_and_beginnings_have_no_past() {
    let house = house_with(&["/file", "/.DS_Store", "/._file"]);
    house.put("/begun", "");
    house.delete("/begun");
    house.put("/grown", "");
    house.put("/grown", "content");
    an_hour_passes(&house);
    assert_eq!(house.list("/.History/1h"), ["file", "grown"]);
    assert_refused(&house.get("/.History/1h/.DS_Store"), 404);
}

#[test]
fn a_clock_that_was_wrong_for_a_while_hides_nothing() {
    let house = house_with(&["/file"]);
    an_hour_passes(&house);
    house.put("/file", "while the clock was ahead");
    super::alter(
        &house,
        "UPDATE revisions SET at_ms = at_ms + 315360000000 WHERE to_seq IS NULL AND name = 'file'",
    );
    house.put("/file", "since");
    an_hour_passes(&house);
    house.put("/file", "now");
    assert_eq!(text(&house, "/.History/1h/file").unwrap(), "since");
    assert_eq!(text(&house, "/.History/90m/file").unwrap(), "while the clock was ahead");
    house.put("/file", "while the clock was behind");
    super::alter(&house, "UPDATE revisions SET at_ms = 1000 WHERE to_seq IS NULL AND name = 'file'");
    house.put("/file", "last");
    assert_eq!(text(&house, "/.History/1h/file").unwrap(), "since");
}

#[test]
fn the_history_is_listed_only_where_that_is_asked_for() {
    let finder = [("User-Agent", "WebDAVFS/3.0.0"), ("Depth", "1")];
    let names = |house: &TestHouse| house.ask("PROPFIND", "/", &finder, "").texts("href").join(" ");
    assert!(!names(&house()).contains(".History"));
    let listed = TestHouse::with_settings(&[("history.listed", "true")]).with_user("ann");
    assert!(names(&listed).contains("/dav/.History/"));
    assert_eq!(listed.list("/"), [""; 0], "clients that walk through everything would never come to an end");
}

#[test]
fn every_name_of_the_past_leads_to_what_it_shows() {
    let house = TestHouse::with_settings(&[("names.ascii_safe", "true")]).with_user("ann");
    for name in ["%C3%BC", "a%3Ab", "Twin", "twin"] {
        house.put(&format!("/{name}"), name);
    }
    an_hour_passes(&house);
    house.relocate("MOVE", "/%C3%BC", "/else");
    for agent in ["curl", "Microsoft-WebDAV-MiniRedir/10"] {
        let headers = [("User-Agent", agent), ("Depth", "1")];
        let listed = house.ask("PROPFIND", "/.History/1h", &headers, "");
        let hrefs = listed.texts("href");
        assert_eq!(hrefs.len(), 5, "{}", seen(&listed));
        for href in &hrefs[1..] {
            let path = href.strip_prefix("/dav").unwrap();
            assert_eq!(house.ask("GET", path, &[("User-Agent", agent)], "").status, 200, "{path}");
        }
    }
}

#[test]
fn a_look_into_the_past_costs_the_same_at_any_depth() {
    let house = house_with(&["/a/", "/a/b/", "/a/b/c/", "/a/b/c/d/", "/a/b/c/d/file"]);
    super::statements::fill_with_folders(&house, &["a", "b"], 1_200);
    an_hour_passes(&house);
    house.put("/a/b/c/d/file", "new");
    let cost = |ask: &dyn Fn() -> crate::support::Answer| {
        let (answer, statements) = house.statements(ask);
        assert!(matches!(answer.status, 200..300), "{}", seen(&answer));
        statements
    };
    let dead = asking("<D:getetag/>");
    // The credential, the moment, the walk.
    for path in ["/.History/1h", "/.History/1h/a/b/c/d"] {
        assert_eq!(cost(&|| house.propfind(path, "0", &dead)), 3, "{path}");
        assert_eq!(cost(&|| house.propfind(path, "1", &dead)), 4, "{path}");
    }
    assert_eq!(
        cost(&|| house.propfind("/.History/1h/a/b", "1", &dead)),
        3 + 3,
        "a page for each 500 members"
    );
    assert_eq!(cost(&|| house.get("/.History/1h/a/b/c/d/file")), 3);
    assert_eq!(cost(&|| house.propfind("/.History", "1", &dead)), 2 + 2);
    let small = cost(&|| house.relocate("COPY", "/.History/1h/a/b/c/d", "/one"));
    assert_eq!(cost(&|| house.relocate("COPY", "/.History/1h/a", "/two")), small);
    assert_eq!(small, 13);
}

/// A report of what has changed since a token.
fn report_body(token: &str) -> String {
    format!(
        "<D:sync-collection xmlns:D=\"DAV:\"><D:sync-token>{token}</D:sync-token>\
         <D:sync-level>infinite</D:sync-level><D:prop><D:getetag/></D:prop></D:sync-collection>"
    )
}
