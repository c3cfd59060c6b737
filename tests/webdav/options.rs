//! OPTIONS: what the drive says of itself to anybody.

use super::{assert_refused, house_with};
use crate::support::{TestHouse, Wire};

#[test]
fn anybody_learns_on_every_path_that_this_is_webdav() {
    let house = house_with(&["/a.txt", "/folder/"]);
    let wrong = Wire::basic("ann", "wrong");
    for path in ["/dav", "/dav/", "/dav/a.txt", "/dav/folder", "/dav/folder/", "/dav/no/such/thing"] {
        for headers in [&[][..], &[("Authorization", wrong.as_str())][..]] {
            let answer = house.wire().ask("OPTIONS", path, headers, "");
            assert_eq!(answer.status, 200, "{path}");
            assert_eq!(answer.header("dav"), Some("1, 2, 3"), "{path}");
            assert_eq!(answer.header("ms-author-via"), Some("DAV"), "{path}");
            assert_eq!(answer.header("accept-ranges"), Some("bytes"), "{path}");
            assert_eq!(answer.header("content-length"), Some("0"), "{path}");
        }
    }
}

#[test]
fn every_method_of_the_drive_is_allowed_and_no_others_are_named() {
    let house = house_with(&[]);
    let answer = house.wire().ask("OPTIONS", "/dav/", &[], "");
    let mut allowed: Vec<_> = answer.header("allow").unwrap().split(", ").collect();
    allowed.sort_unstable();
    let known = "COPY DELETE GET HEAD LOCK MKCOL MOVE OPTIONS PROPFIND PROPPATCH PUT REPORT UNLOCK";
    assert_eq!(allowed.join(" "), known);
}

#[test]
fn asking_what_there_is_counts_as_no_wrong_password() {
    let house = TestHouse::with_settings(&[("login.failures_max", "2")]).with_user("ann");
    let wrong = Wire::basic("ann", "wrong");
    for _ in 0..5 {
        house.wire().ask("OPTIONS", "/dav/", &[("Authorization", &wrong)], "");
    }
    assert_eq!(house.propfind("/", "0", "").status, 207);
}

#[test]
fn a_method_that_is_not_allowed_is_refused_with_those_that_are() {
    let house = house_with(&["/a.txt", "/folder/"]);
    for (method, path) in [
        ("PATCH", "/a.txt"),
        ("POST", "/a.txt"),
        ("SEARCH", "/"),
        ("BREW", "/missing"),
        ("MKCOL", "/folder"),
        ("PUT", "/folder"),
    ] {
        let answer = house.ask(method, path, &[], "");
        assert_refused(&answer, 405);
        // RFC 9110 §15.5.6
        assert!(
            answer.header("allow").is_some_and(|methods| methods.contains("PROPFIND")),
            "{method} {path}"
        );
    }
    assert_eq!(house.get("/a.txt").text(), "/a.txt");
}
