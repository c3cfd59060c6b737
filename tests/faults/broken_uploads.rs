//! Uploads that break off, stand still, or are longer or shorter than they say.

use super::{head, sent, varied_bytes, wait_for_uploads};
use crate::support::TestHouse;

const OLD: &str = "the old content";

/// A house with one file in it.
fn furnished(settings: &[(&str, &str)]) -> TestHouse {
    let house = TestHouse::with_settings(settings).with_user("ann");
    assert_eq!(house.put("/old.txt", OLD).status, 201);
    house
}

/// Nothing has come of the uploads to `/old.txt` and `/new.txt`.
#[track_caller]
fn unchanged(house: &TestHouse) {
    wait_for_uploads(house, 0);
    assert_eq!(house.get("/old.txt").text(), OLD);
    assert_eq!(house.list("/"), ["old.txt"]);
}

fn announced(house: &TestHouse, path: &str, length: usize) -> String {
    head(house, "PUT", path, &[("Content-Length", &length.to_string())])
}

fn chunked(house: &TestHouse, path: &str) -> String {
    head(house, "PUT", path, &[("Transfer-Encoding", "chunked")])
}

#[test]
fn an_upload_whose_connection_breaks_leaves_no_trace() {
    let house = furnished(&[]);
    // The larger one has been written to the disk in part when the connection breaks.
    for length in [10, 1_000_000] {
        for path in ["/old.txt", "/new.txt"] {
            let half = varied_bytes(1, length / 2);
            let mut wire = sent(&house, announced(&house, path, length));
            wire.send(&half);
            wait_for_uploads(&house, 1);
            drop(wire);
            unchanged(&house);

            let mut wire = sent(&house, chunked(&house, path));
            wire.send([format!("{length:x}\r\n").as_bytes(), &half].concat());
            wait_for_uploads(&house, 1);
            drop(wire);
            unchanged(&house);
        }
    }
}

#[test]
fn while_an_upload_runs_the_old_content_is_read() {
    let house = furnished(&[]);
    let mut wire = sent(&house, announced(&house, "/old.txt", 6));
    wire.send("new");
    wait_for_uploads(&house, 1);
    assert_eq!(house.get("/old.txt").text(), OLD);
    wire.send("est");
    assert_eq!(wire.answer().status, 204);
    assert_eq!(house.get("/old.txt").text(), "newest");
}

#[test]
fn a_body_shorter_than_announced_is_refused() {
    let house = furnished(&[]);
    for path in ["/old.txt", "/new.txt"] {
        for sent_bytes in ["", "12345"] {
            let mut wire = sent(&house, announced(&house, path, 10) + sent_bytes);
            wire.hang_up();
            let answer = wire.answer();
            assert_eq!(answer.status, 400, "{answer:?}");
            assert!(answer.text().contains("nothing was changed"), "{answer:?}");
            unchanged(&house);
        }
    }
}

#[test]
fn what_comes_after_the_announced_length_is_not_part_of_the_file() {
    let house = furnished(&[]);
    let mut wire = sent(&house, announced(&house, "/old.txt", 5) + "12345678\r\n\r\n");
    assert_eq!(wire.answer().status, 204);
    assert_eq!(wire.answer().status, 400);
    assert!(wire.is_closed());
    assert_eq!(house.get("/old.txt").text(), "12345");
}

#[test]
fn a_chunked_body_without_its_last_chunk_is_refused() {
    let house = furnished(&[]);
    for path in ["/old.txt", "/new.txt"] {
        for body in ["", "5\r\n12345\r\n", "5\r\n12345\r\n0\r\n"] {
            let mut wire = sent(&house, chunked(&house, path) + body);
            wire.hang_up();
            let answer = wire.answer();
            assert_eq!(answer.status, 400, "{body:?}: {answer:?}");
            unchanged(&house);
        }
    }
}

#[test]
fn a_chunk_without_a_length_is_refused() {
    let house = furnished(&[]);
    for path in ["/old.txt", "/new.txt"] {
        let mut wire = sent(&house, chunked(&house, path) + "5\r\n12345\r\nfive\r\n12345\r\n0\r\n\r\n");
        let answer = wire.answer();
        assert_eq!(answer.status, 400, "{answer:?}");
        unchanged(&house);
    }
}

/// Finder sends no Content-Length and says in a header of its own how much will come.
#[test]
fn a_chunked_body_of_another_length_than_finder_says_is_refused() {
    let house = furnished(&[]);
    for expected in ["4", "6"] {
        let headers = [("Transfer-Encoding", "chunked"), ("X-Expected-Entity-Length", expected)];
        let answer = house.ask("PUT", "/old.txt", &headers, "5\r\n12345\r\n0\r\n\r\n");
        assert_eq!(answer.status, 400, "{answer:?}");
        unchanged(&house);
    }
    let headers = [("Transfer-Encoding", "chunked"), ("X-Expected-Entity-Length", "5")];
    assert_eq!(house.ask("PUT", "/old.txt", &headers, "5\r\n12345\r\n0\r\n\r\n").status, 204);
}

#[test]
fn an_upload_that_stands_still_is_given_up() {
    let house = furnished(&[("server.body_idle_seconds", "1")]);
    for path in ["/old.txt", "/new.txt"] {
        let mut wire = sent(&house, announced(&house, path, 10) + "12345");
        let answer = wire.answer();
        assert!((400..500).contains(&answer.status), "{answer:?}");
        assert!(answer.text().contains("nothing was changed"), "{answer:?}");
        unchanged(&house);
    }
}
