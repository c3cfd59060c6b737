//! When a file was made and changed: as clients say, kept, and shown the same everywhere.

use super::{
    A_MINUTE_PASSES, alter, asking, etag, holding, house, house_with, lock, number, property, seen, snapshot,
};
use crate::support::{Answer, TestHouse};

const REVISIONS: &str = "SELECT COUNT(*) FROM revisions";
const NOVEMBER_1994: &str = "Sun, 06 Nov 1994 08:49:37 GMT";
const NOVEMBER_1994_ISO: &str = "1994-11-06T08:49:37Z";

fn patch(house: &TestHouse, path: &str, headers: &[(&str, &str)], elements: &str) -> Answer {
    let body = format!(
        "<D:propertyupdate xmlns:D='DAV:' xmlns:Z='urn:schemas-microsoft-com:'>\
         <D:set><D:prop>{elements}</D:prop></D:set></D:propertyupdate>"
    );
    house.ask("PROPPATCH", path, headers, body)
}

#[track_caller]
fn set(house: &TestHouse, path: &str, elements: &str) {
    let answer = patch(house, path, &[], elements);
    assert_eq!(
        (answer.status, answer.texts("status")),
        (207, vec!["HTTP/1.1 200 OK".into()]),
        "{}",
        seen(&answer)
    );
}

fn times(house: &TestHouse, path: &str) -> [String; 2] {
    ["creationdate", "getlastmodified"].map(|local| property(house, path, local))
}

#[test]
fn a_time_that_is_set_is_shown_at_once_and_the_content_stays() {
    let house = house_with(&["/folder/", "/other"]);
    let put = house.put("/a", "ten bytes!");
    for path in ["/a", "/folder/", "/"] {
        let [created, modified] = times(&house, path);
        for name in ["Z:Win32CreationTime", "D:creationdate"] {
            set(&house, path, &format!("<{name}>{NOVEMBER_1994_ISO}</{name}>"));
            assert_eq!(times(&house, path), [NOVEMBER_1994_ISO, &modified], "{name} of {path}");
            set(&house, path, &format!("<{name}>{created}</{name}>"));
        }
        for name in ["Z:Win32LastModifiedTime", "D:lastmodified"] {
            set(&house, path, &format!("<{name}>{NOVEMBER_1994}</{name}>"));
            assert_eq!(times(&house, path), [&created, NOVEMBER_1994], "{name} of {path}");
            set(&house, path, &format!("<{name}>{modified}</{name}>"));
        }
        assert_eq!(times(&house, path), [created, modified]);
    }
    set(&house, "/a", "<D:lastmodified>784111777</D:lastmodified>");
    for method in ["GET", "HEAD"] {
        let answer = house.ask(method, "/a", &[], "");
        assert_eq!(answer.header("last-modified"), Some(NOVEMBER_1994), "{method}");
        assert_eq!((etag(&answer), answer.header("content-length")), (etag(&put), Some("10")));
    }
    assert_eq!(house.get("/a").text(), "ten bytes!");
    assert_eq!(property(&house, "/a", "getetag"), etag(&put));
}

#[test]
fn dates_are_understood_as_clients_write_them() {
    let house = house_with(&["/a"]);
    for date in [
        "Sun, 6 Nov 1994 08:49:37 GMT",
        "6 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 09:49:37 +0100",
        "Sunday, 06-Nov-94 08:49:37 GMT",
        "\n 1994-11-06T09:49:37+01:00 ",
        "<![CDATA[1994-11-06T08:49:37.999Z]]>",
    ] {
        for (name, at) in [("Z:Win32CreationTime", 0), ("D:creationdate", 0), ("Z:Win32LastModifiedTime", 1)]
        {
            set(&house, "/a", &format!("<{name}>{date}</{name}>"));
            let expected = [NOVEMBER_1994_ISO, NOVEMBER_1994][at];
            assert_eq!(times(&house, "/a")[at], expected, "{name}: {date}");
            set(&house, "/a", &format!("<{name}>{NOVEMBER_1994}</{name}>"));
        }
    }
    set(&house, "/a", "<D:lastmodified>1</D:lastmodified><D:lastmodified>784111777.25</D:lastmodified>");
    assert_eq!(times(&house, "/a")[1], NOVEMBER_1994, "the last one counts");
}

#[test]
fn rclone_sets_a_time_in_seconds_and_reads_it_as_every_client_does() {
    let house = house_with(&["/a"]);
    let body = "<?xml version=\"1.0\" encoding=\"utf-8\"?><D:propertyupdate xmlns:D=\"DAV:\"><D:set><D:prop>\
                <lastmodified xmlns=\"DAV:\">784111777</lastmodified></D:prop></D:set></D:propertyupdate>";
    assert_eq!(house.ask("PROPPATCH", "/a", &[], body).texts("status"), ["HTTP/1.1 200 OK"]);
    let asked = house.propfind("/a", "0", &asking("<D:lastmodified/><D:getlastmodified/>"));
    assert_eq!(
        (asked.texts("getlastmodified"), asked.texts("lastmodified")),
        (vec![NOVEMBER_1994.into()], vec![String::new()])
    );
    assert_eq!(asked.texts("status"), ["HTTP/1.1 200 OK", "HTTP/1.1 404 Not Found"]);
}

#[test]
fn every_answer_is_dated() {
    let house = house_with(&["/a"]);
    for (method, path, headers, status) in [
        ("GET", "/a", vec![], 200),
        ("HEAD", "/a", vec![], 200),
        ("GET", "/a", vec![("If-None-Match", "*")], 304),
        ("PUT", "/a", vec![], 204),
        ("PROPFIND", "/", vec![("Depth", "1")], 207),
        ("OPTIONS", "/", vec![], 200),
        ("GET", "/missing", vec![], 404),
    ] {
        let answer = house.ask(method, path, &headers, "");
        assert_eq!(answer.status, status, "{method}");
        assert!(
            answer.header("date").is_some_and(|date| date.ends_with(" GMT")),
            "{method} {}",
            seen(&answer)
        );
    }
}

#[test]
fn any_year_of_four_digits_can_be_said() {
    let house = house_with(&["/a"]);
    for (date, iso) in [
        ("Mon, 01 Jan 0001 00:00:00 GMT", "0001-01-01T00:00:00Z"),
        ("Mon, 01 Jan 1601 00:00:00 GMT", "1601-01-01T00:00:00Z"),
        ("Wed, 31 Dec 1969 23:59:59 GMT", "1969-12-31T23:59:59Z"),
        ("Fri, 31 Dec 9999 23:59:59 GMT", "9999-12-31T23:59:59Z"),
    ] {
        set(&house, "/a", &format!("<Z:Win32CreationTime>{date}</Z:Win32CreationTime>"));
        set(&house, "/a", &format!("<Z:Win32LastModifiedTime>{date}</Z:Win32LastModifiedTime>"));
        assert_eq!(times(&house, "/a"), [iso, date]);
        for method in ["GET", "HEAD"] {
            assert_eq!(house.ask(method, "/a", &[], "").header("last-modified"), Some(date), "{method}");
        }
        let changed = [("If-Unmodified-Since", "Mon, 01 Jan 0001 00:00:00 GMT")];
        let status = if date.contains(" 0001 ") { 204 } else { 412 };
        assert_eq!(house.ask("PUT", "/a", &changed, "/a").status, status, "{date}");
    }
}

#[test]
fn what_is_no_date_is_a_conflict_and_then_nothing_changes() {
    let house = house_with(&["/a"]);
    let before = (snapshot(&house), times(&house, "/a"), number(&house, REVISIONS));
    for (name, value) in [
        ("Z:Win32CreationTime", "yesterday"),
        ("Z:Win32CreationTime", ""),
        ("Z:Win32CreationTime", "784111777"),
        ("Z:Win32LastModifiedTime", "Sun, 06 Nov 10994 08:49:37 GMT"),
        ("D:creationdate", "0000-12-31T23:59:59Z"),
        ("D:creationdate", "<D:x/>1994-11-06T08:49:37Z"),
        ("D:lastmodified", "253402300800"),
        ("D:lastmodified", "-62135596801"),
        ("D:lastmodified", "99999999999999999999"),
    ] {
        let fine = format!(
            "<x xmlns='urn:x'>1</x><Z:Win32FileAttributes>00000020</Z:Win32FileAttributes>\
             <{name}>{value}</{name}>"
        );
        let answer = patch(&house, "/a", &[], &fine);
        let statuses = ["HTTP/1.1 409 Conflict", "HTTP/1.1 424 Failed Dependency"];
        assert_eq!(
            (answer.status, answer.texts("status")),
            (207, statuses.map(String::from).to_vec()),
            "{value}"
        );
        let (conflict, rest) =
            answer.text().split_once("409").map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
        assert!(conflict.contains(&name[2..]) && rest.contains("Win32FileAttributes"), "{}", seen(&answer));
    }
    assert_eq!((snapshot(&house), times(&house, "/a"), number(&house, REVISIONS)), before);
    let left = house.propfind("/a", "0", "");
    assert!(left.texts("x").is_empty() && left.texts("Win32FileAttributes").is_empty(), "{}", seen(&left));
}

#[test]
fn what_is_shown_cannot_be_set_and_what_is_set_cannot_be_taken_away() {
    let house = house_with(&["/a"]);
    let before = times(&house, "/a");
    let set = format!(
        "<D:set><D:prop><D:getlastmodified>{NOVEMBER_1994}</D:getlastmodified>\
         <D:creationdate>never</D:creationdate><D:lastmodified>5</D:lastmodified></D:prop></D:set>"
    );
    let remove = "<D:remove><D:prop><D:creationdate/><Z:Win32LastModifiedTime/></D:prop></D:remove>\
                  <D:set><D:prop><D:lastmodified>5</D:lastmodified></D:prop></D:set>";
    for (instructions, statuses) in
        [(set.as_str(), &["403", "409", "424"][..]), (remove, &["403", "424"][..])]
    {
        let body = format!(
            "<D:propertyupdate xmlns:D='DAV:' xmlns:Z='urn:schemas-microsoft-com:'>{instructions}</D:propertyupdate>"
        );
        let answer = house.ask("PROPPATCH", "/a", &[], body);
        let found = answer.texts("status");
        assert_eq!(
            found.iter().map(|status| &status[9..12]).collect::<Vec<_>>(),
            statuses,
            "{}",
            seen(&answer)
        );
    }
    assert_eq!(times(&house, "/a"), before);
}

#[test]
fn setting_a_time_is_a_change_that_is_kept_and_setting_it_again_is_none() {
    let house = house_with(&["/folder/", "/folder/a"]);
    let (revisions, folder) = (number(&house, REVISIONS), property(&house, "/folder", "getetag"));
    let both = format!(
        "<Z:Win32CreationTime>{NOVEMBER_1994}</Z:Win32CreationTime>\
         <Z:Win32LastModifiedTime>{NOVEMBER_1994}</Z:Win32LastModifiedTime>"
    );
    set(&house, "/folder/a", &both);
    assert_eq!(number(&house, REVISIONS), revisions + 1);
    let changed = property(&house, "/folder", "getetag");
    assert_ne!(changed, folder, "sync clients look for changes by this");
    set(&house, "/folder/a", &both);
    assert_eq!((number(&house, REVISIONS), property(&house, "/folder", "getetag")), (revisions + 1, changed));
}

#[test]
fn times_go_with_the_file() {
    let house = house_with(&["/a"]);
    let both = format!(
        "<D:creationdate>{NOVEMBER_1994_ISO}</D:creationdate><D:lastmodified>784111777</D:lastmodified>"
    );
    set(&house, "/a", &both);
    house.relocate("MOVE", "/a", "/b");
    assert_eq!(times(&house, "/b"), [NOVEMBER_1994_ISO, NOVEMBER_1994]);
    house.relocate("COPY", "/b", "/c");
    let [created, modified] = times(&house, "/c");
    assert_ne!(created, NOVEMBER_1994_ISO, "a copy is new");
    assert_eq!(modified, NOVEMBER_1994);
    house.put("/b", "new content");
    let [created, modified] = times(&house, "/b");
    assert_eq!(created, NOVEMBER_1994_ISO);
    assert_ne!(modified, NOVEMBER_1994);
}

#[test]
fn a_locked_file_keeps_its_times() {
    let house = house_with(&["/a"]);
    let before = times(&house, "/a");
    let token = lock(&house, "/a", "0");
    let element = "<D:lastmodified>784111777</D:lastmodified>";
    assert_eq!(patch(&house, "/a", &[], element).status, 423);
    assert_eq!(times(&house, "/a"), before);
    assert_eq!(patch(&house, "/a", &[("If", &holding(&token))], element).status, 207);
    assert_eq!(times(&house, "/a")[1], NOVEMBER_1994);
}

#[test]
fn an_upload_says_when_the_file_was_made_and_changed() {
    let house = house();
    let headers = [("X-OC-Mtime", "784111777.5"), ("X-OC-CTime", "784111777")];
    for (body, status) in [("one", 201), ("two", 204), ("two", 204)] {
        let answer = house.ask("PUT", "/a", &headers, body);
        assert_eq!(answer.status, status);
        assert_eq!(["x-oc-mtime", "x-oc-ctime"].map(|name| answer.header(name)), [Some("accepted"); 2]);
        assert_eq!(answer.header("last-modified"), Some(NOVEMBER_1994));
        assert!(answer.header("date").is_some());
        assert_eq!(times(&house, "/a"), [NOVEMBER_1994_ISO, NOVEMBER_1994]);
    }
    let answer = house.ask("PUT", "/b", &[("X-OC-Mtime", "soon"), ("X-OC-CTime", "-1")], "x");
    assert_eq!(["x-oc-mtime", "x-oc-ctime"].map(|name| answer.header(name)), [None; 2]);
    let refused = house.ask("PUT", "/a", &[headers[0], ("If-Match", "\"other\"")], "three");
    assert_eq!((refused.status, refused.header("x-oc-mtime")), (412, None));
}

#[test]
fn a_client_that_goes_by_dates_sees_every_change() {
    let house = house();
    let since = |date: &str, more: &[(&str, &str)]| {
        house.ask("GET", "/a", &[&[("If-Modified-Since", date)][..], more].concat(), "").status
    };
    house.ask("PUT", "/a", &[("X-OC-Mtime", "784111777")], "new");
    alter(&house, A_MINUTE_PASSES);
    assert_eq!(since(NOVEMBER_1994, &[]), 304);
    assert_eq!(since("Sun, 06 Nov 1994 08:49:38 GMT", &[]), 200, "that is another content's date");
    let tag = property(&house, "/a", "getetag");
    assert_eq!(since(NOVEMBER_1994, &[("If-None-Match", "\"other\"")]), 200);
    assert_eq!(since(NOVEMBER_1994, &[("If-None-Match", "no tag")]), 200);
    assert_eq!(since("Sun, 06 Nov 1994 08:49:36 GMT", &[("If-None-Match", &tag)]), 304);
    assert_eq!(since("nonsense", &[]), 200);

    // Older than what was there.
    house.ask("PUT", "/a", &[("X-OC-Mtime", "784111776")], "older");
    alter(&house, A_MINUTE_PASSES);
    assert_eq!(since(NOVEMBER_1994, &[]), 200);
    // Of the same second.
    house.ask("PUT", "/a", &[("X-OC-Mtime", "784111776.5")], "of the same second");
    assert_eq!(since("Sun, 06 Nov 1994 08:49:36 GMT", &[]), 200);
    house.put("/a", "");
    let modified = property(&house, "/a", "getlastmodified");
    alter(&house, A_MINUTE_PASSES);
    assert_eq!(since(&modified, &[]), 200, "nobody knows how old nothing is, and it costs nothing");
}
