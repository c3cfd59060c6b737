//! XML that means harm, or nothing at all.

use super::{TEN_GIB, assert_refused, chunked, house_with, seen, snapshot};
use crate::support::TestHouse;

const METHODS: [&str; 3] = ["PROPFIND", "PROPPATCH", "LOCK"];

fn send(house: &TestHouse, method: &str, body: impl AsRef<[u8]>) -> crate::support::Answer {
    house.ask(method, "/a", &[("Depth", "0")], body)
}

#[test]
fn xml_that_cannot_be_read_is_refused_and_changes_nothing() {
    let house = house_with(&["/a"]);
    let before = snapshot(&house);
    for body in [
        "plain text",
        "<",
        "<D:propfind xmlns:D='DAV:'>",
        "<D:propfind xmlns:D='DAV:'></D:other>",
        "<D:propfind xmlns:D='DAV:'/><D:propfind xmlns:D='DAV:'/>",
        "<D:propfind><D:allprop/></D:propfind>",
        "<propfind xmlns='DAV:'><prop><x:y/></prop></propfind>",
        "<D:propfind xmlns:D='DAV:'><D:prop><bar:foo xmlns:bar=''/></D:prop></D:propfind>",
        "<D:propfind xmlns:D='DAV:'><D:prop>&nbsp;</D:prop></D:propfind>",
        "<D:propfind xmlns:D='DAV:'><D:prop>\u{1}</D:prop></D:propfind>",
        "<html xmlns='http://www.w3.org/1999/xhtml'/>",
        "{\"propfind\": \"allprop\"}",
    ] {
        for method in METHODS {
            assert_refused(&send(&house, method, body), 400);
        }
    }
    for body in [&b"<a>\xff</a>"[..], b"\xff\xfe<\0a\0/\0>\0", b"\0\0\0\0"] {
        for method in METHODS {
            assert_refused(&send(&house, method, body), 400);
        }
    }
    assert_eq!(snapshot(&house), before);
}

#[test]
fn a_question_that_asks_for_two_things_or_for_none_is_refused() {
    let house = house_with(&["/a"]);
    for inside in ["", "<D:prop/><D:allprop/>", "<D:allprop/><D:propname/>", "<D:other/>", "<prop/>"] {
        let body = format!("<D:propfind xmlns:D='DAV:'>{inside}</D:propfind>");
        assert_refused(&send(&house, "PROPFIND", body), 400);
    }
    for inside in ["", "<D:set/>", "<D:set><D:prop/></D:set>"] {
        let body = format!("<D:propertyupdate xmlns:D='DAV:'>{inside}</D:propertyupdate>");
        assert_refused(&send(&house, "PROPPATCH", body), 400);
    }
    for inside in ["", "<D:lockscope><D:exclusive/></D:lockscope>", "<D:locktype><D:write/></D:locktype>"] {
        let body = format!("<D:lockinfo xmlns:D='DAV:'>{inside}</D:lockinfo>");
        assert_refused(&send(&house, "LOCK", body), 400);
    }
    assert_refused(&send(&house, "PROPPATCH", ""), 400);
}

#[test]
fn a_document_type_is_refused_before_it_does_anything() {
    let house = house_with(&["/a"]);
    let laughs: String =
        (1..10).map(|n| format!("<!ENTITY l{n} \"{}\">", format!("&l{};", n - 1).repeat(10))).collect();
    for (declared, used) in [
        (format!("[<!ENTITY l0 \"lol\">{laughs}]"), "&l9;"),
        ("[<!ENTITY f SYSTEM \"file:///etc/passwd\">]".to_owned(), "&f;"),
        ("[<!ENTITY % p SYSTEM \"http://127.0.0.1:1/x.dtd\"> %p;]".to_owned(), ""),
        ("SYSTEM \"http://127.0.0.1:1/x.dtd\"".to_owned(), ""),
        (String::new(), ""),
    ] {
        let body = format!(
            "<!DOCTYPE D:propfind {declared}><D:propfind xmlns:D='DAV:'><D:prop><D:x>{used}</D:x></D:prop></D:propfind>"
        );
        for method in METHODS {
            let answer = send(&house, method, &body);
            assert_refused(&answer, 400);
            assert!(!answer.text().contains("root:"), "{}", seen(&answer));
        }
    }
}

#[test]
fn bombs_of_depth_and_number_are_refused() {
    let house = house_with(&["/a"]);
    let deep = |depth: usize| {
        let (open, close) = ("<D:x>".repeat(depth), "</D:x>".repeat(depth));
        format!("<D:propfind xmlns:D='DAV:'><D:prop>{open}{close}</D:prop></D:propfind>")
    };
    assert_eq!(send(&house, "PROPFIND", deep(30)).status, 207);
    let many: String = (0..50_000).map(|number| format!("<D:p{number}/>")).collect();
    let attributes: String = (0..50_000).map(|number| format!(" a{number}=''")).collect();
    for body in [
        deep(31),
        deep(50_000),
        "<a>".repeat(300_000),
        format!("<D:propfind xmlns:D='DAV:'><D:prop>{many}</D:prop></D:propfind>"),
        format!("<D:propfind xmlns:D='DAV:'{attributes}/>"),
    ] {
        for method in METHODS {
            let answer = send(&house, method, &body);
            assert!(matches!(answer.status, 400 | 413), "{}", seen(&answer));
            assert_refused(&answer, answer.status);
        }
    }
    assert_eq!(send(&house, "PROPFIND", "").status, 207, "the server lives on");
}

#[test]
fn xml_over_a_mebibyte_is_refused_before_it_is_read() {
    let house = house_with(&["/a"]);
    let authorization = house.authorization();
    for method in METHODS {
        let mut wire = house.wire();
        wire.send(format!(
            "{method} /dav/a HTTP/1.1\r\nHost: larder\r\nAuthorization: {authorization}\r\nDepth: 0\r\n\
             Content-Length: {TEN_GIB}\r\n\r\n"
        ));
        assert_refused(&wire.answer(), 413);

        let body = format!("<a>{}</a>", " ".repeat(1024 * 1024));
        let headers = [("Depth", "0"), ("Transfer-Encoding", "chunked")];
        assert_refused(&house.ask(method, "/a", &headers, chunked(&body, 60_000)), 413);
    }
    assert_eq!(house.get("/a").text(), "/a");
}

#[test]
fn a_body_that_breaks_off_changes_nothing() {
    let house = house_with(&["/a"]);
    let before = snapshot(&house);
    let authorization = house.authorization();
    for method in METHODS {
        let mut wire = house.wire();
        wire.send(format!(
            "{method} /dav/a HTTP/1.1\r\nHost: larder\r\nAuthorization: {authorization}\r\nDepth: 0\r\n\
             Content-Length: 500\r\n\r\n<D:propertyupdate xmlns:D='DAV:'><D:set>"
        ));
        wire.hang_up();
    }
    assert_eq!(snapshot(&house), before);
    assert_eq!(house.propfind("/a", "0", "").status, 207);
}
