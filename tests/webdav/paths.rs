//! Paths that hide something, that are too long, or that lie elsewhere; and the drive on an address of its own.

use super::{assert_refused, etag, fill, holding, house, house_with, lockinfo, snapshot, token_of};
use crate::support::{Answer, TestHouse};

/// Asks for the path by every method.
fn by_every_method(house: &TestHouse, path: &str) -> Vec<(&'static str, Answer)> {
    let methods = "GET PUT DELETE MKCOL PROPFIND PROPPATCH LOCK UNLOCK COPY MOVE".split(' ');
    let ask = |method: &'static str| {
        let body = if method == "LOCK" { lockinfo("exclusive") } else { String::new() };
        let headers = [("Depth", "0"), ("Destination", "/dav/target"), ("Lock-Token", "<x>")];
        let headers = if method == "MOVE" { &headers[1..] } else { &headers[..] };
        (method, house.ask(method, path, headers, body))
    };
    methods.map(ask).collect()
}

#[test]
fn a_path_that_hides_something_is_refused_by_every_method() {
    let house = house_with(&["/a/", "/a/b"]);
    let before = snapshot(&house);
    for path in [
        "/../a",
        "/a/..",
        "/a/../a/b",
        "/a/./b",
        "/%2e%2e/a",
        "/a/%2E/b",
        "/a/.%2e/b",
        "/a%2Fb",
        "/a%2fb",
        "/%2F",
        "/a%00",
        "/%00",
        "/%ff",
        "/%C3",
        "/%C0%AF",
        "/%ED%A0%80",
        "/a%",
        "/a%2",
        "/a%zz",
        "/a%+1",
    ] {
        for (method, answer) in by_every_method(&house, path) {
            assert_eq!(answer.status, 400, "{method} {path}");
            assert_refused(&answer, 400);
        }
    }
    assert_eq!(snapshot(&house), before);
}

#[test]
fn nothing_outside_the_data_of_the_drive_can_be_read() {
    let house = house();
    for path in [
        "/../larder.toml",
        "/../../../../../etc/passwd",
        "/..%2f..%2fetc/passwd",
        "/....//etc/passwd",
        "//etc/passwd",
    ] {
        let answer = house.get(path);
        assert!(matches!(answer.status, 400 | 404), "{path}: {}", answer.status);
    }
}

#[test]
fn a_name_that_is_too_long_is_refused_and_never_cut() {
    let house = house();
    let longest = format!("/{}", "n".repeat(255));
    assert_eq!(house.put(&longest, "x").status, 201);
    assert_eq!(house.list("/"), [&longest[1..]]);
    // 255 bytes in the form the house keeps, and 382 in Finder's.
    let composed = format!("/{}a", "u%CC%88".repeat(127));
    assert_eq!(house.put(&composed, "x").status, 201);
    let before = snapshot(&house);
    for path in
        [format!("{longest}n"), format!("/{}", "%C3%BC".repeat(128)), format!("/{}", "n".repeat(5000))]
    {
        for (_, answer) in by_every_method(&house, &path) {
            assert_refused(&answer, 414);
        }
    }
    assert_eq!(snapshot(&house), before);
}

#[test]
fn a_path_that_is_too_long_is_refused() {
    let house = house();
    let mut path = String::new();
    for _ in 0..5 {
        path.push_str(&format!("/{}", "p".repeat(199)));
        assert_eq!(house.mkcol(&path).status, 201, "{}", path.len());
    }
    // 1000 characters so far, and 1024 are the limit.
    assert_eq!(house.put(&format!("{path}/{}", "n".repeat(23)), "x").status, 201);
    // Nothing can be made at a longer path. It can be walked, since a move may put something there.
    let longer = format!("{path}/{}", "n".repeat(24));
    assert_refused(&house.put(&longer, "x"), 414);
    assert_refused(&house.mkcol(&longer), 414);
    assert_refused(&house.relocate("MOVE", "/", &longer), 403);
    assert_refused(&house.relocate("COPY", &format!("{path}/{}", "n".repeat(23)), &longer), 414);
    assert_refused(&house.get(&longer), 404);
    assert_refused(&house.get(&"/deep".repeat(3000)), 414);
}

#[test]
fn what_only_begins_like_the_drive_is_not_the_drive() {
    let house = house_with(&["/a"]);
    let authorization = house.authorization();
    for path in ["/davx", "/davx/a", "/dav.txt", "/Dav/a", "/x/dav/a", "/a"] {
        for method in ["GET", "PUT", "PROPFIND", "DELETE", "OPTIONS"] {
            let answer = house.wire().ask(method, path, &[("Authorization", &authorization)], "");
            assert_eq!(answer.status, 404, "{method} {path}");
        }
    }
    assert_eq!(house.list("/"), ["a"]);
}

#[test]
fn a_plus_is_a_plus_and_a_percent_is_decoded_once() {
    let house = house();
    for (path, shown) in [("/1+1", "1%2B1"), ("/%252F", "%252F"), ("/%2520", "%2520"), ("/%25", "%25")] {
        assert_eq!(house.put(path, path).status, 201);
        assert_eq!(house.list("/"), [shown]);
        assert_eq!(house.get(&format!("/{shown}")).text(), path);
        assert_eq!(house.delete(path).status, 204);
    }
    house.put("/1+1", "x");
    assert_eq!(house.get("/1%201").status, 404);
    assert_eq!(house.get("/1+1?query=ignored").text(), "x");
}

#[test]
fn slashes_that_follow_each_other_are_one() {
    let house = house_with(&["/a/", "/a/b"]);
    for path in ["//a/b", "/a//b", "///a///b"] {
        assert_eq!(house.get(path).text(), "/a/b", "{path}");
    }
}

#[test]
fn a_whole_url_in_the_request_line_is_a_path_like_any_other() {
    let house = house_with(&["/a"]);
    let authorization = house.authorization();
    let target = format!("{}a", house.url());
    let answer = house.wire().ask("GET", &target, &[("Authorization", &authorization)], "");
    assert_eq!(answer.text(), "/a");
}

#[test]
fn on_an_address_of_its_own_the_drive_is_at_the_top() {
    let house = TestHouse::with_settings(&[("webdav.listen", "127.0.0.1:0")]).with_user("ann");
    fill(&house, &["/a", "/folder/"]);
    let authorization = house.authorization();
    let ask = |method: &str, path: &str, headers: &[(&str, &str)], body: &str| {
        let mut all = vec![("Authorization", authorization.as_str())];
        all.extend(headers);
        house.drive_wire().ask(method, path, &all, body)
    };
    let anonymous = house.drive_wire().ask("OPTIONS", "/", &[], "");
    assert_eq!((anonymous.status, anonymous.header("dav")), (200, Some("1, 2, 3")));
    assert_eq!(house.drive_wire().ask("PROPFIND", "/", &[("Depth", "0")], "").status, 401);
    let listed = ask("PROPFIND", "/", &[("Depth", "1")], "");
    assert_eq!(listed.texts("href"), ["/", "/a", "/folder/"]);
    assert_eq!(ask("PROPFIND", "/folder", &[("Depth", "0")], "").texts("href"), ["/folder/"]);

    assert_eq!(ask("GET", "/a", &[], "").text(), "/a");
    assert_eq!(ask("GET", "/dav/a", &[], "").status, 404);
    assert_eq!(ask("GET", "/", &[], "").status, 200);
    assert_eq!(ask("MOVE", "/a", &[("Destination", "/folder/b")], "").status, 201);
    assert_eq!(house.get("/folder/b").text(), "/a", "both addresses show one drive");
    let locked = ask("LOCK", "/folder/b", &[("Depth", "0")], &lockinfo("exclusive"));
    assert!(
        locked.text().contains("<D:lockroot><D:href>/folder/b</D:href></D:lockroot>"),
        "{}",
        locked.text()
    );
    assert_eq!(house.put("/folder/b", "x").status, 423);
    let token = token_of(&locked);
    assert_eq!(ask("PUT", "/folder/b", &[("If", &format!("</folder/b> (<{token}>)"))], "x").status, 204);
    assert_eq!(house.ask("PUT", "/folder/b", &[("If", &holding(&token))], "y").status, 204);
    assert_eq!(etag(&ask("HEAD", "/folder/b", &[], "")), etag(&house.get("/folder/b")));
    assert_refused(&ask("GET", "/folder/../a", &[], ""), 400);
    assert_refused(&ask("GET", "/missing", &[], ""), 404);
}
