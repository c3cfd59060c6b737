//! What an upload is announced to be is what it is, or nothing is stored.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use super::{
    assert_refused, await_upload, chunked, head_of_put, house, house_with, snapshot, used_bytes, varied,
};
use crate::support::{Answer, TestHouse};

/// What "abc" adds up to, by FIPS 180-4, RFC 1321 and RFC 1950.
const ABC: [(&str, &str); 4] = [
    ("SHA256", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    ("SHA1", "a9993e364706816aba3e25717850c26c9cd0d89d"),
    ("MD5", "900150983cd24fb0d6963f7d28e17f72"),
    ("ADLER32", "024d0127"),
];
const ABC_BASE64: &str = "sha-256=:ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=:";

fn put(house: &TestHouse, path: &str, name: &str, value: &str, body: &str) -> Answer {
    house.ask("PUT", path, &[(name, value)], body)
}

#[test]
fn bytes_that_fit_their_checksum_are_stored() {
    let house = house();
    for (number, (algorithm, digest)) in ABC.iter().enumerate() {
        let path = format!("/{number}");
        for (value, status) in [
            (format!("{algorithm}:{digest}"), 201),
            (format!("{}:{}", algorithm.to_lowercase(), digest.to_uppercase()), 204),
        ] {
            assert_eq!(put(&house, &path, "OC-Checksum", &value, "abc").status, status, "{value}");
        }
        assert_eq!(house.get(&path).text(), "abc");
    }
    // The desktop clients leave out the zeros in front.
    assert_eq!(put(&house, "/short", "OC-Checksum", "Adler32:24d0127", "abc").status, 201);
    for name in ["Repr-Digest", "Content-Digest"] {
        let value = format!("sha-512=:YWJj:, {ABC_BASE64}");
        assert_eq!(put(&house, &format!("/{name}"), name, &value, "abc").status, 201, "{name}");
    }
}

#[test]
fn other_bytes_are_refused_and_the_old_content_stays() {
    let house = house_with(&["/old"]);
    let before = snapshot(&house);
    let mut announced: Vec<_> =
        ABC.iter().map(|(algorithm, digest)| ("OC-Checksum", format!("{algorithm}:{digest}"))).collect();
    announced.extend(["Repr-Digest", "Content-Digest"].map(|name| (name, ABC_BASE64.to_owned())));
    for (name, value) in &announced {
        for path in ["/old", "/new"] {
            for body in ["abd", "ab", ""] {
                assert_refused(&put(&house, path, name, value, body), 400);
            }
        }
    }
    let large = varied(300_000);
    for (name, value) in &announced {
        let headers = [("Transfer-Encoding", "chunked"), (name, value)];
        assert_refused(&house.ask("PUT", "/old", &headers, chunked(&large, 70_000)), 400);
    }
    assert_eq!(snapshot(&house), before);
    assert_eq!((house.get("/old").text().as_str(), used_bytes(&house)), ("/old", 4));
}

#[test]
fn a_large_file_is_verified_while_it_streams() {
    let house = house();
    let content = varied(1_000_000);
    assert_eq!(house.put("/a", &content).status, 201);
    let wish = house.ask("HEAD", "/a", &[("Want-Repr-Digest", "sha-256=1")], "");
    let digest = wish.header("repr-digest").unwrap().to_owned();
    let headers = [("Transfer-Encoding", "chunked"), ("Repr-Digest", digest.as_str())];
    assert_eq!(house.ask("PUT", "/b", &headers, chunked(&content, 70_000)).status, 201);
    let mut other = content.clone();
    other[999_999] ^= 1;
    assert_refused(&house.ask("PUT", "/b", &headers, chunked(&other, 70_000)), 400);
    assert!(house.get("/b").body == content);
}

#[test]
fn what_cannot_be_verified_is_refused_before_it_is_sent() {
    let house = house_with(&["/old"]);
    let short = format!("sha-256=:{}:", BASE64_STANDARD.encode("short"));
    for announced in [
        "OC-Checksum: CRC32:00000000",
        "OC-Checksum: SHA1",
        "OC-Checksum: SHA1:xyz",
        "OC-Checksum: MD5:a9993e364706816aba3e25717850c26c9cd0d89d",
        "OC-Checksum: ADLER32:1\r\nOC-Checksum: ADLER32:1",
        "OC-Checksum:",
        "Repr-Digest: sha-256=abc",
        "Content-Digest: sha-256=:a",
        &format!("Repr-Digest: {short}"),
    ] {
        for path in ["/old", "/new"] {
            let mut wire = house.wire();
            wire.send(head_of_put(&house, path, &format!("Content-Length: 1000\r\n{announced}")));
            assert_refused(&wire.answer(), 400);
        }
    }
    assert_eq!(house.list("/"), ["old"]);
    assert_eq!(house.get("/old").text(), "/old");
}

#[test]
fn digests_of_other_kinds_are_passed_over() {
    let house = house();
    for value in ["sha-512=:YWJj:", "md5=:YWJj:, unixsum=:YWJj:"] {
        assert!(matches!(put(&house, "/a", "Repr-Digest", value, "anything").status, 201 | 204), "{value}");
    }
}

#[test]
fn an_upload_with_a_checksum_that_breaks_off_leaves_nothing() {
    let house = house_with(&["/old"]);
    let mut wire = house.wire();
    wire.send(head_of_put(&house, "/old", "Content-Length: 3\r\nOC-Checksum: ADLER32:024d0127"));
    wire.send("ab");
    await_upload(&house);
    wire.hang_up();
    assert_eq!(wire.answer().status, 400);
    assert_eq!(house.get("/old").text(), "/old");
}
