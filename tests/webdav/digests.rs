//! `Repr-Digest`: the digest of the whole file, for whoever asks (RFC 9530).

use super::{etag, house, house_with};
use crate::support::TestHouse;

const WANT: &str = "Want-Repr-Digest";
const ABC: &str = "sha-256=:ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=:";
const NOTHING: &str = "sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:";

fn digest(house: &TestHouse, method: &str, headers: &[(&str, &str)]) -> (u16, Option<String>) {
    let answer = house.ask(method, "/a", headers, "");
    (answer.status, answer.header("repr-digest").map(str::to_owned))
}

#[test]
fn whoever_asks_is_told_the_digest_of_the_whole_file() {
    let house = house();
    let wish = (WANT, "sha-512=3, sha-256=10, unixsum=0");
    let put = house.ask("PUT", "/a", &[wish], "abc");
    assert_eq!((put.status, put.header("repr-digest")), (201, Some(ABC)));
    for method in ["GET", "HEAD"] {
        assert_eq!(digest(&house, method, &[wish]), (200, Some(ABC.to_owned())), "{method}");
        let part = digest(&house, method, &[wish, ("Range", "bytes=1-1")]);
        assert_eq!(part, (206, Some(ABC.to_owned())), "{method}");
    }
    let replaced = house.ask("PUT", "/a", &[wish], "");
    assert_eq!((replaced.status, replaced.header("repr-digest")), (204, Some(NOTHING)));
    assert_eq!(digest(&house, "GET", &[wish]), (200, Some(NOTHING.to_owned())));
}

#[test]
fn whoever_does_not_ask_is_not_told() {
    let house = house();
    for wish in
        ["", "sha-256=0", "sha-256=1, sha-256=0", "sha-256=11", "sha-512=10", "sha-256", "(((", "sha-256=5,"]
    {
        assert_eq!(house.ask("PUT", "/a", &[(WANT, wish)], "abc").header("repr-digest"), None, "{wish}");
        assert_eq!(digest(&house, "GET", &[(WANT, wish)]), (200, None), "{wish}");
    }
    assert_eq!(digest(&house, "GET", &[]), (200, None));
    assert_eq!(house.put("/a", "abc").header("repr-digest"), None);
}

#[test]
fn an_answer_without_the_file_has_no_digest_of_it() {
    let house = house_with(&["/a", "/folder/"]);
    let tag = etag(&house.get("/a")).to_owned();
    let wish = (WANT, "sha-256=1");
    for (method, headers, status) in [
        ("GET", [wish, ("If-None-Match", &tag)], 304),
        ("GET", [wish, ("If-Match", "\"other\"")], 412),
        ("GET", [wish, ("Range", "bytes=100-")], 416),
        ("PUT", [wish, ("If-Match", "\"other\"")], 412),
    ] {
        assert_eq!(digest(&house, method, &headers), (status, None));
    }
    assert_eq!(house.ask("GET", "/folder", &[wish], "").header("repr-digest"), None);
}
