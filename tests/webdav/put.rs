//! PUT: files come in whole or not at all.

use super::{
    TEN_GIB, assert_refused, await_upload, chunked, etag, head_of_put, house, house_with, number, property,
    seen, snapshot, used_bytes, varied,
};
use crate::support::TestHouse;

const BLOBS: &str = "SELECT COUNT(*) FROM blobs";

fn house_with_quota(quota_bytes: u64) -> TestHouse {
    TestHouse::new().with_user_and_quota("ann", Some(quota_bytes))
}

#[test]
fn a_new_file_is_created_and_an_old_one_replaced() {
    let house = house();
    let created = house.put("/a.txt", "one");
    let replaced = house.put("/a.txt", "two");
    assert_eq!((created.status, replaced.status), (201, 204));
    assert!(created.body.is_empty() && replaced.body.is_empty());
    assert!(created.header("date").is_some());
    assert_ne!(etag(&created), etag(&replaced));
    assert_eq!(house.get("/a.txt").text(), "two");
    assert_eq!(house.list("/"), ["a.txt"]);
}

#[test]
fn every_answer_names_the_same_version_of_a_file() {
    let house = house();
    let put = house.put("/a.txt", "content");
    let (tag, modified) = (etag(&put), put.header("last-modified").unwrap());
    assert!(tag.starts_with('"') && tag.ends_with('"'), "{tag}");
    for method in ["GET", "HEAD"] {
        let answer = house.ask(method, "/a.txt", &[], "");
        assert_eq!((etag(&answer), answer.header("last-modified")), (tag, Some(modified)), "{method}");
    }
    assert_eq!(property(&house, "/a.txt", "getetag"), tag);
    assert_eq!(property(&house, "/a.txt", "getlastmodified"), modified);
    assert_eq!(property(&house, "/a.txt", "getcontentlength"), "7");
}

#[test]
fn a_file_whose_length_nobody_knows_comes_in_chunks() {
    let house = house();
    let content = varied(300_001);
    let headers = [("Transfer-Encoding", "chunked")];
    assert_eq!(house.ask("PUT", "/big", &headers, chunked(&content, 70_000)).status, 201);
    assert!(house.get("/big").body == content);
    assert_eq!(house.ask("PUT", "/big", &headers, chunked("", 1)).status, 204);
    assert_eq!(house.get("/big").header("content-length"), Some("0"));
}

#[test]
fn finder_says_how_long_its_chunks_will_be_and_is_taken_at_its_word() {
    let house = house_with(&["/old"]);
    let before = snapshot(&house);
    let put = |path: &str, expected: &str, body: &str| {
        let headers = [("Transfer-Encoding", "chunked"), ("X-Expected-Entity-Length", expected)];
        house.ask("PUT", path, &headers, chunked(body, 3))
    };
    for (expected, body) in [("7", "six by"), ("5", "six by"), ("10", "")] {
        for path in ["/old", "/new"] {
            assert_refused(&put(path, expected, body), 400);
        }
    }
    assert_eq!(snapshot(&house), before);
    assert_eq!(house.get("/old").text(), "/old");
    assert_eq!(put("/old", "6", "six by").status, 204);
    assert_eq!(house.get("/old").text(), "six by");
}

#[test]
fn an_empty_file_takes_no_bytes_anywhere() {
    let house = house();
    assert_eq!(house.put("/empty", "").status, 201);
    let got = house.get("/empty");
    assert_eq!(
        (got.status, got.header("content-length"), etag(&got)),
        (200, Some("0"), etag(&house.put("/empty", "")))
    );
    assert_eq!((used_bytes(&house), number(&house, BLOBS)), (0, 0));
    assert_eq!(house.put("/empty", "no longer").status, 204);
    assert_eq!(house.get("/empty").text(), "no longer");
}

#[test]
fn a_file_goes_only_into_a_folder_that_is_there() {
    let house = house_with(&["/folder/", "/file"]);
    let before = snapshot(&house);
    for path in ["/missing/a", "/missing/b/a", "/file/a", "/folder/missing/a"] {
        assert_refused(&house.put(path, "x"), 409);
    }
    for path in ["/folder", "/folder/", "/"] {
        assert_refused(&house.put(path, "x"), 405);
    }
    assert_eq!(snapshot(&house), before);
}

#[test]
fn what_cannot_fit_the_quota_is_refused_before_it_is_sent() {
    let house = house_with_quota(1000);
    let chunked = format!("Transfer-Encoding: chunked\r\nX-Expected-Entity-Length: {TEN_GIB}");
    for announced in [format!("Content-Length: {TEN_GIB}"), chunked, "Content-Length: 1001".into()] {
        let mut wire = house.wire();
        wire.send(head_of_put(&house, "/huge", &announced));
        let answer = wire.answer();
        assert_refused(&answer, 507);
        assert!(answer.text().contains("<D:quota-not-exceeded/>"), "{}", seen(&answer));
    }
    assert_eq!(house.list("/"), Vec::<String>::new());
    assert_eq!(house.put("/fits", varied(1000)).status, 201);
}

#[test]
fn what_outgrows_the_quota_while_it_comes_leaves_nothing_behind() {
    let house = house_with_quota(1000);
    assert_eq!(house.put("/a", varied(600)).status, 201);
    let answer = house.ask("PUT", "/b", &[("Transfer-Encoding", "chunked")], chunked(varied(401), 100));
    assert_refused(&answer, 507);
    assert!(answer.text().contains("<D:quota-not-exceeded/>"), "{}", seen(&answer));
    assert_eq!((house.list("/"), used_bytes(&house)), (vec!["a".to_owned()], 600));
    house.set_quota("ann", Some(1001));
    assert_eq!(house.put("/b", varied(401)).status, 201);
}

#[test]
fn a_file_over_the_largest_size_is_refused_before_it_is_sent() {
    let house = TestHouse::with_settings(&[("files.file_bytes_max", "10")]).with_user("ann");
    let mut wire = house.wire();
    wire.send(head_of_put(&house, "/huge", &format!("Content-Length: {TEN_GIB}")));
    assert_refused(&wire.answer(), 413);
    let answer = house.ask("PUT", "/b", &[("Transfer-Encoding", "chunked")], chunked("eleven byte", 4));
    assert_refused(&answer, 413);
    assert_eq!(house.put("/fits", "ten bytes!").status, 201);
    assert_eq!(house.list("/"), ["fits"]);
}

#[test]
fn the_same_content_again_is_the_same_version_and_takes_no_more_room() {
    let house = house();
    let first = house.put("/a", "the same");
    let again = house.put("/a", "the same");
    assert_eq!((again.status, etag(&again)), (204, etag(&first)));
    assert_eq!((used_bytes(&house), number(&house, BLOBS)), (8, 1));
}

#[test]
fn overwriting_keeps_the_earlier_content() {
    let house = house();
    house.put("/a", "first");
    house.put("/a", "the second");
    assert_eq!(used_bytes(&house), 15);
    let kept = "SELECT COUNT(DISTINCT r.blob_id) FROM revisions r JOIN nodes n ON n.id = r.node_id WHERE n.name = 'a'";
    assert_eq!(number(&house, kept), 2);
}

#[test]
fn an_upload_that_stops_in_the_middle_has_not_happened() {
    let house = house_with(&["/old"]);
    let before = snapshot(&house);
    for path in ["/old", "/new"] {
        for (framing, part) in [
            ("Content-Length: 2000000", varied(1_000_000)),
            ("Transfer-Encoding: chunked", b"5\r\nabcde\r\n3\r\na".into()),
        ] {
            let mut wire = house.wire();
            wire.send(head_of_put(&house, path, framing));
            wire.send(part);
            wire.hang_up();
        }
    }
    assert_eq!(snapshot(&house), before);
    assert_eq!(house.get("/old").text(), "/old");
    assert_eq!(used_bytes(&house), 4);
}

#[test]
fn headers_that_lie_about_the_length_are_caught() {
    let house = house();
    for framing in ["Content-Length: ten", "Content-Length: -1", "Content-Length: 3\r\nContent-Length: 4"] {
        let mut wire = house.wire();
        wire.send(head_of_put(&house, "/a", framing));
        assert_eq!(wire.answer().status, 400, "{framing}");
    }
    let mut wire = house.wire();
    wire.send(head_of_put(&house, "/a", "Transfer-Encoding: chunked"));
    wire.send("zz\r\nabc\r\n0\r\n\r\n");
    assert_eq!(wire.answer().status, 400);
    assert_eq!(house.list("/"), Vec::<String>::new());

    let mut wire = house.wire();
    wire.send(head_of_put(&house, "/a", "Content-Length: 3"));
    wire.send("abcdef");
    assert_eq!(wire.answer().status, 201);
    assert_eq!(house.get("/a").text(), "abc");
}

#[test]
fn old_content_is_readable_until_the_new_one_is_whole() {
    let house = house_with(&["/a"]);
    let old = property(&house, "/a", "getetag");
    let (first, second) = (varied(200_000), varied(100_000));
    let mut wire = house.wire();
    wire.send(head_of_put(&house, "/a", "Content-Length: 300000"));
    wire.send(&first);
    await_upload(&house);
    assert_eq!(house.get("/a").text(), "/a");
    assert_eq!(property(&house, "/a", "getetag"), old);
    wire.send(&second);
    assert_eq!(wire.answer().status, 204);
    assert!(house.get("/a").body == [first, second].concat());
}

#[test]
fn four_who_write_one_name_at_once_all_succeed_and_one_wins() {
    let house = house();
    let contents: Vec<_> = (1..=4).map(|writer| vec![b'0' + writer; 50_000 + usize::from(writer)]).collect();
    let mut statuses = std::thread::scope(|scope| {
        let put = |content| house.put("/a", content).status;
        let writers: Vec<_> = contents.iter().map(|content| scope.spawn(move || put(content))).collect();
        writers.into_iter().map(|writer| writer.join().unwrap()).collect::<Vec<_>>()
    });
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 204, 204, 204]);
    assert!(contents.contains(&house.get("/a").body));
    assert_eq!(house.list("/"), ["a"]);
    assert_eq!(used_bytes(&house), 200_010);
}

#[test]
fn a_file_can_be_read_by_its_path_the_moment_it_is_written() {
    let house = house();
    for round in 0..20 {
        let content = format!("round {round}");
        house.put("/a", &content);
        assert_eq!(house.get("/a").text(), content);
    }
}
