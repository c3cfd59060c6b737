//! What a client may demand or announce with a PUT.

use super::{TEN_GIB, assert_refused, etag, head_of_put, house, house_with, property, seen, snapshot};

const NOVEMBER_1994: &str = "Sun, 06 Nov 1994 08:49:37 GMT";

#[test]
fn a_file_that_must_be_new_never_replaces_one() {
    let house = house_with(&["/old"]);
    let must_be_new = [("If-None-Match", "*")];
    assert_refused(&house.ask("PUT", "/old", &must_be_new, "x"), 412);
    assert_eq!(house.get("/old").text(), "/old");
    assert_eq!(house.ask("PUT", "/new", &must_be_new, "x").status, 201);
}

#[test]
fn a_file_that_must_be_the_known_version_is_replaced_only_then() {
    let house = house();
    let known = etag(&house.put("/a", "one")).to_owned();
    let put = |name: &str, value: &str, body: &str| house.ask("PUT", "/a", &[(name, value)], body);
    assert_eq!(put("If-Match", &known, "two").status, 204);
    for (name, value) in [
        ("If-Match", known.as_str()),
        ("If-Match", "\"other\", \"another\""),
        ("If-Match", "nonsense"),
        ("If-None-Match", "*"),
        ("If-Unmodified-Since", NOVEMBER_1994),
    ] {
        assert_refused(&put(name, value, "three"), 412);
    }
    assert_eq!(house.get("/a").text(), "two");
    let now = etag(&house.get("/a")).to_owned();
    assert_refused(&put("If-None-Match", &format!("\"x\", {now}"), "three"), 412);
    assert_eq!(put("If-Match", &format!("\"other\", {now}"), "three").status, 204);
    assert_eq!(put("If-None-Match", &now, "four").status, 204);
    assert_eq!(put("If-Match", "*", "five").status, 204);
}

#[test]
fn a_file_that_must_be_there_is_not_created() {
    let house = house();
    for (name, value) in [("If-Match", "*"), ("If-Match", "\"x\"")] {
        assert_refused(&house.ask("PUT", "/a", &[(name, value)], "x"), 412);
    }
    assert_eq!(house.list("/"), Vec::<String>::new());
}

#[test]
fn a_part_of_a_file_is_never_taken_for_the_whole() {
    let house = house_with(&["/old"]);
    let before = snapshot(&house);
    for range in ["bytes 0-2/10", "bytes 4-6/*", "nonsense"] {
        for path in ["/old", "/new"] {
            assert_refused(&house.ask("PUT", path, &[("Content-Range", range)], "abc"), 400);
        }
    }
    assert_eq!(snapshot(&house), before);
}

#[test]
fn rclone_gives_a_file_the_time_it_has_at_home() {
    let house = house();
    let put = house.ask("PUT", "/a", &[("X-OC-Mtime", "784111777.5")], "x");
    assert_eq!((put.status, put.header("x-oc-mtime")), (201, Some("accepted")));
    assert_eq!(put.header("last-modified"), Some(NOVEMBER_1994));
    assert_eq!(property(&house, "/a", "getlastmodified"), NOVEMBER_1994);
    assert_eq!(house.get("/a").header("last-modified"), Some(NOVEMBER_1994));
    let again = house.ask("PUT", "/a", &[("X-OC-Mtime", "784111778")], "x");
    assert_eq!((again.status, etag(&again)), (204, etag(&put)), "the same content, only touched");
    assert_eq!(property(&house, "/a", "getlastmodified"), "Sun, 06 Nov 1994 08:49:38 GMT");
}

#[test]
fn a_time_nobody_understands_is_not_said_to_be_accepted() {
    let house = house();
    for time in ["yesterday", "99999999999999999999", ""] {
        let put = house.ask("PUT", "/a", &[("X-OC-Mtime", time)], "x");
        assert!(matches!(put.status, 201 | 204 | 400), "{}", seen(&put));
        assert_eq!(put.header("x-oc-mtime"), None, "{time}");
    }
}

#[test]
fn a_time_beyond_every_calendar_does_no_harm() {
    let house = house();
    for time in ["9000000000000", "-9000000000000", "253402300800"] {
        house.ask("PUT", "/a", &[("X-OC-Mtime", time)], "x");
        assert_eq!(house.get("/a").text(), "x", "{time}");
        assert!(property(&house, "/a", "getlastmodified").ends_with(" GMT"), "{time}");
    }
}

#[test]
fn whoever_waits_for_100_continue_gets_it_or_the_refusal_at_once() {
    let house = house_with(&["/old", "/folder/"]);
    let refused = [
        ("/missing/a", 409, ""),
        ("/folder", 405, ""),
        ("/old", 412, "If-None-Match: *\r\n"),
        ("/old", 412, "If-Match: \"x\"\r\n"),
        ("/a%2Fb", 400, ""),
        ("/old", 400, "Content-Range: bytes 0-1/2\r\n"),
    ];
    for (path, status, headers) in refused {
        let mut wire = house.wire();
        let announced = format!("{headers}Expect: 100-continue\r\nContent-Length: {TEN_GIB}");
        wire.send(head_of_put(&house, path, &announced));
        assert_refused(&wire.answer(), status);
        assert!(wire.is_closed(), "{path}");
    }
    let mut wire = house.wire();
    wire.send(head_of_put(&house, "/new", "Expect: 100-continue\r\nContent-Length: 3"));
    assert_eq!(wire.answer().status, 100);
    wire.send("abc");
    assert_eq!(wire.answer().status, 201);
    assert_eq!(house.get("/new").text(), "abc");
}

#[test]
fn a_stranger_who_uploads_is_turned_away_before_the_body() {
    let house = house();
    let mut wire = house.wire();
    wire.send(format!("PUT /dav/a HTTP/1.1\r\nHost: larder\r\nContent-Length: {TEN_GIB}\r\n\r\n"));
    assert_refused(&wire.answer(), 401);
}

#[test]
fn after_a_small_refused_upload_the_connection_goes_on() {
    let house = house();
    let authorization = house.authorization();
    let headers = [("Authorization", authorization.as_str())];
    let mut wire = house.wire();
    assert_refused(&wire.ask("PUT", "/dav/missing/a", &headers, [b'x'; 100_000]), 409);
    assert_eq!(wire.ask("PUT", "/dav/a", &headers, "x").status, 201);
}
