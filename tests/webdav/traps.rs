//! The traps of dav-server 0.11.0 that docs/decisions names: what the library does by itself, and must not do here.

use std::fs::{self, OpenOptions};
use std::io::Read;

use super::{assert_refused, begin, head_of_put, house, house_with, seen, snapshot, used_bytes, varied};
use crate::support::ground;

#[test]
fn moving_a_folder_onto_the_one_around_it_does_not_delete_it() {
    let house = house_with(&["/a/", "/a/b/", "/a/b/c", "/a/file"]);
    let before = snapshot(&house);
    for method in ["MOVE", "COPY"] {
        for (from, to) in
            [("/a/b", "/a"), ("/a/b/", "/a/"), ("/a/b/c", "/a"), ("/a/file", "/a"), ("/a/b", "/")]
        {
            let answer = house.relocate(method, from, to);
            assert!(matches!(answer.status, 403 | 409), "{method} {from} to {to}: {}", seen(&answer));
            assert_refused(&answer, answer.status);
            assert_eq!(snapshot(&house), before, "{method} {from} to {to}");
        }
    }
    assert_eq!(house.get("/a/b/c").text(), "/a/b/c");
}

#[test]
fn an_overwrite_that_is_cut_leaves_the_old_file_whole() {
    let house = house();
    let old = varied(1410);
    house.put("/a", &old);
    let mut wire = house.wire();
    wire.send(head_of_put(&house, "/a", "Content-Length: 1410"));
    wire.send("ten bytes!");
    wire.hang_up();
    drop(wire);
    let mut wire = house.wire();
    wire.send(head_of_put(&house, "/a", "Transfer-Encoding: chunked\r\nX-Expected-Entity-Length: 1410"));
    wire.send("a\r\nten bytes!\r\n0\r\n\r\n");
    assert_refused(&wire.answer(), 400);
    assert!(house.get("/a").body == old);
    assert_eq!(used_bytes(&house), 1410);
}

#[test]
fn a_file_that_is_damaged_on_the_disk_never_comes_as_zeros() {
    let house = house();
    let content: Vec<_> = varied(12_000_000).into_iter().map(|byte| byte | 1).collect();
    house.put("/a", &content);
    let [stored] = <[_; 1]>::try_from(ground::contents(house.folder())).unwrap();
    let cut_to = |bytes: u64| OpenOptions::new().write(true).open(&stored).unwrap().set_len(bytes).unwrap();

    // While it is being sent: the head is on its way, so the connection can only break off.
    let mut reader = begin(&house, "GET", "/a");
    let mut received = vec![0; 100];
    reader.read_exact(&mut received).unwrap();
    cut_to(1000);
    // A reset is as good an end as any.
    let _ = reader.read_to_end(&mut received);
    assert!(received.len() < content.len(), "{} bytes came", received.len());
    assert!(!received.contains(&0), "zeros came instead of the file");

    for (range, bytes) in [("bytes=0-", 0), ("bytes=500-", 500)] {
        cut_to(bytes);
        let answer = house.ask("GET", "/a", &[("Range", range)], "");
        assert_refused(&answer, 500);
    }
    assert_eq!(house.put("/b", "x").status, 201, "the server lives on");
    // The house asserts in the end that nothing is missing.
    fs::write(&stored, &content).unwrap();
}

#[test]
fn a_small_request_cannot_ask_for_a_file_many_times() {
    let house = house();
    let content = varied(1_000_000);
    house.put("/a", &content);
    let many = format!("bytes=0-{}", ",0-".repeat(500));
    for range in ["bytes=0-,0-,0-", &many] {
        let answer = house.ask("GET", "/a", &[("Range", range)], "");
        assert_eq!((answer.status, answer.body.len()), (200, 1_000_000));
        assert!(!answer.header("content-type").unwrap().contains("multipart"));
        assert!(answer.body == content);
    }
    let lines = [("Range", "bytes=0-1"), ("Range", "bytes=2-3")];
    assert_eq!(house.ask("GET", "/a", &lines, "").status, 200);
}

#[test]
fn a_header_for_test_programs_opens_no_listing_of_everything() {
    let house = house_with(&["/a/", "/a/b"]);
    for header in ["X-Litmus", "X-Litmus-Second"] {
        let answer = house.ask("PROPFIND", "/", &[("Depth", "infinity"), (header, "props: 1")], "");
        assert_refused(&answer, 403);
        assert!(answer.text().contains("<D:propfind-finite-depth/>"), "{}", seen(&answer));
    }
}

#[test]
fn a_destination_on_another_server_makes_nothing_here() {
    let house = house_with(&["/a"]);
    for method in ["COPY", "MOVE"] {
        let headers = [("Destination", "http://other.example/dav/zz.txt")];
        assert_refused(&house.ask(method, "/a", &headers, ""), 502);
    }
    assert_eq!(house.list("/"), ["a"]);
}

#[test]
fn a_path_that_only_begins_like_the_drive_is_not_on_it() {
    let house = house_with(&["/a", "/x/", "/x/a"]);
    let authorization = house.authorization();
    for path in ["/davx", "/davx/a", "/dav%2Fa", "/dava"] {
        let answer = house.wire().ask("GET", path, &[("Authorization", &authorization)], "");
        assert_eq!(answer.status, 404, "{path}");
    }
    assert_refused(&house.ask("MOVE", "/a", &[("Destination", "/davx/b")], ""), 502);
    assert_eq!(house.list("/"), ["a", "x"]);
}
