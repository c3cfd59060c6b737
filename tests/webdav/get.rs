//! GET and HEAD: whole files, parts of them, and nothing where nothing has changed.

use std::io::Read;

use super::{A_MINUTE_PASSES, alter, assert_refused, begin, etag, house, house_with, property, seen, varied};
use crate::support::{Answer, TestHouse};

const NOVEMBER_1994: &str = "Sun, 06 Nov 1994 08:49:37 GMT";

/// A house with `/a`: 1000 bytes of November 1994, which came a while ago.
fn house_with_old_file() -> TestHouse {
    let house = house();
    assert_eq!(house.ask("PUT", "/a", &[("X-OC-Mtime", "784111777")], varied(1000)).status, 201);
    alter(&house, A_MINUTE_PASSES);
    house
}

fn get(house: &TestHouse, headers: &[(&str, &str)]) -> Answer {
    house.ask("GET", "/a", headers, "")
}

#[test]
fn a_part_of_a_file_is_sent_with_its_place() {
    let house = house_with_old_file();
    let content = varied(1000);
    for (range, from, to) in [
        ("bytes=0-9", 0, 10),
        ("bytes=500-500", 500, 501),
        ("bytes=990-", 990, 1000),
        ("bytes=990-5000", 990, 1000),
        ("bytes=-5", 995, 1000),
        ("bytes=0-999", 0, 1000),
    ] {
        let answer = get(&house, &[("Range", range)]);
        assert_eq!(answer.status, 206, "{range}");
        assert_eq!(
            answer.header("content-range"),
            Some(&*format!("bytes {from}-{}/1000", to - 1)),
            "{range}"
        );
        assert_eq!(answer.header("content-length"), Some(&*(to - from).to_string()), "{range}");
        assert!(answer.body == content[from..to], "{range}");
        assert_eq!(etag(&answer), property(&house, "/a", "getetag"));
    }
}

#[test]
fn a_part_beyond_the_end_is_refused_with_the_size() {
    let house = house_with_old_file();
    for range in ["bytes=1000-", "bytes=1000-1001", "bytes=99999999999-"] {
        let answer = get(&house, &[("Range", range)]);
        assert_eq!(answer.status, 416, "{range}: {}", seen(&answer));
        assert_eq!(answer.header("content-range"), Some("bytes */1000"), "{range}");
        assert!(answer.body.len() < 4096);
    }
}

#[test]
fn what_is_no_part_gets_the_whole() {
    let house = house_with_old_file();
    let content = varied(1000);
    for range in ["bytes=0-1,5-6", "bytes=0-,0-,0-", "lines=0-1", "bytes=", "bytes=x-y", "nonsense"] {
        let answer = get(&house, &[("Range", range)]);
        assert_eq!(answer.status, 200, "{range}: {:?}", answer.headers);
        assert_eq!(answer.header("content-length"), Some("1000"), "{range}");
        assert!(answer.body == content, "{range}");
    }
}

#[test]
fn a_download_goes_on_only_while_the_file_is_the_same() {
    let house = house_with_old_file();
    let tag = property(&house, "/a", "getetag");
    for (known, status) in [
        (tag.as_str(), 206),
        (NOVEMBER_1994, 206),
        ("\"other\"", 200),
        ("Sun, 06 Nov 1994 08:49:36 GMT", 200),
        ("nonsense", 200),
    ] {
        let answer = get(&house, &[("Range", "bytes=998-"), ("If-Range", known)]);
        let bytes = if status == 206 { 2 } else { 1000 };
        assert_eq!((answer.status, answer.body.len()), (status, bytes), "{known}");
    }
}

#[test]
fn what_a_client_has_is_not_sent_again() {
    let house = house_with_old_file();
    let tag = property(&house, "/a", "getetag");
    let weak = format!("W/{tag}");
    let among = format!("\"x\", {weak}, \"y\"");
    for (name, value) in [
        ("If-None-Match", tag.as_str()),
        ("If-None-Match", &weak),
        ("If-None-Match", &among),
        ("If-None-Match", "*"),
        ("If-Modified-Since", NOVEMBER_1994),
    ] {
        for method in ["GET", "HEAD"] {
            let answer = house.ask(method, "/a", &[(name, value)], "");
            assert_eq!((answer.status, answer.body.len()), (304, 0), "{method} {name}: {value}");
            assert_eq!(etag(&answer), tag, "{method} {name}: {value}");
        }
    }
    let changed = [("If-None-Match", "\"x\""), ("If-Modified-Since", "Sun, 06 Nov 1994 08:49:36 GMT")];
    for header in changed {
        assert_eq!(get(&house, &[header]).status, 200, "{header:?}");
    }
    // RFC 9110 §13.1.3: the date does not count beside a tag.
    let both = [("If-None-Match", "\"x\""), ("If-Modified-Since", NOVEMBER_1994)];
    assert_eq!(get(&house, &both).status, 200);
}

#[test]
fn a_reader_who_wants_one_version_gets_no_other() {
    let house = house_with_old_file();
    let tag = property(&house, "/a", "getetag");
    for (name, value, status) in [
        ("If-Match", tag.as_str(), 200),
        ("If-Match", "*", 200),
        ("If-Match", "\"other\"", 412),
        ("If-Unmodified-Since", NOVEMBER_1994, 200),
        ("If-Unmodified-Since", "Sun, 06 Nov 1994 08:49:36 GMT", 412),
    ] {
        assert_eq!(get(&house, &[(name, value)]).status, status, "{name}: {value}");
    }
}

#[test]
fn head_says_what_get_would_say_and_the_connection_stays_in_step() {
    let house = house_with(&["/a.txt", "/folder/"]);
    let authorization = house.authorization();
    let headers = [("Authorization", authorization.as_str())];
    let mut wire = house.wire();
    for path in
        ["/dav/a.txt", "/dav/folder", "/dav/folder/", "/dav/", "/dav/missing", "/dav/%2F", "/dav/missing/x"]
    {
        let head = wire.ask("HEAD", path, &headers, "");
        let get = wire.ask("GET", path, &headers, "");
        assert_eq!(head.status, get.status, "{path}");
        for name in ["content-type", "content-length", "etag", "last-modified", "accept-ranges"] {
            assert_eq!(head.header(name), get.header(name), "{name} of {path}");
        }
    }
    let head = wire.ask("HEAD", "/dav/a.txt", &headers, "");
    assert_eq!((head.header("accept-ranges"), head.header("content-length")), (Some("bytes"), Some("6")));
}

#[test]
fn a_folder_can_be_asked_for_and_lists_nothing() {
    let house = house_with(&["/folder/", "/folder/secret.txt"]);
    for path in ["/", "/folder", "/folder/"] {
        for method in ["GET", "HEAD"] {
            let answer = house.ask(method, path, &[], "");
            assert_eq!(answer.status, 200, "{method} {path}");
            assert!(!answer.text().contains("secret"), "{path}");
        }
    }
}

#[test]
fn what_is_not_there_is_said_in_words() {
    let house = house_with(&["/a"]);
    for path in ["/missing", "/missing/", "/a/b", "/a/b/c"] {
        assert_refused(&house.get(path), 404);
        let head = house.ask("HEAD", path, &[], "");
        assert_eq!((head.status, head.body.len()), (404, 0));
    }
}

#[test]
fn a_file_is_what_its_bytes_show_and_else_what_its_name_says() {
    let house = house();
    let png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0";
    for (path, body, kind) in [
        ("/a.txt", &b"words"[..], "text/plain"),
        ("/picture.txt", png, "image/png"),
        ("/picture", png, "image/png"),
        (
            "/report.docx",
            b"PK\x03\x04",
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        ),
        ("/page.html", b"<html><script>alert(1)</script></html>", "text/html"),
        ("/unknown", b"words", "application/octet-stream"),
        ("/empty.txt", b"", "text/plain"),
    ] {
        assert_eq!(house.put(path, body).status, 201);
        for method in ["GET", "HEAD"] {
            let answer = house.ask(method, path, &[], "");
            assert_eq!(answer.header("content-type"), Some(kind), "{method} {path}");
            // Nobody's page may run as one of this server's.
            assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{method} {path}");
            assert_eq!(answer.header("content-security-policy"), Some("sandbox"), "{method} {path}");
        }
        assert_eq!(property(&house, path, "getcontenttype"), kind, "{path}");
    }
}

#[test]
fn a_reader_goes_on_reading_what_it_began_with() {
    let house = house();
    // More than the buffers of both ends of the connection hold.
    let old = varied(24_000_000);
    house.put("/replaced", &old);
    house.put("/removed", &old);
    for path in ["/replaced", "/removed"] {
        let mut reader = begin(&house, "GET", path);
        let mut answer = vec![0; 1000];
        reader.read_exact(&mut answer).unwrap();
        match path {
            "/replaced" => assert_eq!(house.put(path, "new").status, 204),
            _ => assert_eq!(house.delete(path).status, 204),
        }
        reader.read_to_end(&mut answer).unwrap();
        assert!(answer.ends_with(&old), "{path} changed under its reader");
    }
    assert_eq!(house.get("/replaced").text(), "new");
    assert_eq!(house.get("/removed").status, 404);
}

#[test]
fn a_large_file_comes_back_byte_for_byte() {
    let house = house();
    let content = varied(3_000_001);
    house.put("/big", &content);
    assert!(house.get("/big").body == content);
    for (range, from, to) in [("bytes=65535-65537", 65_535, 65_538), ("bytes=-1000000", 2_000_001, 3_000_001)]
    {
        assert!(house.ask("GET", "/big", &[("Range", range)], "").body == content[from..to], "{range}");
    }
}
