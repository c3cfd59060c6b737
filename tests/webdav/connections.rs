//! Connections: how long they stay, and how many there may be.

use super::{house, house_with};

#[test]
fn a_connection_serves_one_request_after_another() {
    let house = house_with(&["/a", "/folder/"]);
    let authorization = house.authorization();
    let headers = [("Authorization", authorization.as_str()), ("Depth", "0")];
    let mut wire = house.wire();
    for _ in 0..3 {
        for (method, path, status) in [
            ("PROPFIND", "/dav/", 207),
            ("GET", "/dav/a", 200),
            ("HEAD", "/dav/missing", 404),
            ("PUT", "/dav/folder", 405),
            ("LOCK", "/dav/a", 412),
            ("OPTIONS", "/dav/", 200),
            ("PUT", "/dav/a", 204),
            ("MKCOL", "/dav/folder", 405),
        ] {
            let answer = wire.ask(method, path, &headers, "");
            assert_eq!(answer.status, status, "{method} {path}");
            assert_eq!(answer.header("connection"), None, "{method} {path}");
        }
    }
}

#[test]
fn a_client_that_wants_the_connection_closed_is_obeyed() {
    let house = house_with(&["/a"]);
    let authorization = house.authorization();
    let headers = [("Authorization", authorization.as_str()), ("Connection", "close")];
    let mut wire = house.wire();
    assert_eq!(wire.ask("GET", "/dav/a", &headers, "").text(), "/a");
    assert!(wire.is_closed());
}

#[test]
fn finder_may_open_forty_connections_at_once() {
    let house = house();
    let authorization = house.authorization();
    let headers = [("Authorization", authorization.as_str()), ("Depth", "0")];
    let mut wires: Vec<_> = (0..40).map(|_| house.wire()).collect();
    for _ in 0..2 {
        for wire in &mut wires {
            assert_eq!(wire.ask("PROPFIND", "/dav/", &headers, "").status, 207);
        }
    }
}

#[test]
fn a_request_from_http_1_0_is_answered() {
    let house = house_with(&["/a"]);
    let mut wire = house.wire();
    wire.send(format!("GET /dav/a HTTP/1.0\r\nAuthorization: {}\r\n\r\n", house.authorization()));
    assert_eq!(wire.answer().text(), "/a");
    assert!(wire.is_closed());
}
