//! Quotas: exact to the byte, whoever else uploads, copies, deletes or breaks off at the same time.

use std::thread;

use domain::Timestamp;
use metadata::spaces::{Counter, Drift};
use services::quotas;

use super::{
    alter, assert_refused, await_upload, chunked, head_of_put, house, number, property, seen, used_bytes,
    varied,
};
use crate::support::{Answer, TestHouse, Wire, wait_until};

const RESERVED: &str = "SELECT SUM(reserved_bytes) FROM spaces";
const KIB: usize = 1024;

fn house_with_quota(quota_bytes: u64) -> TestHouse {
    TestHouse::new().with_user_and_quota("ann", Some(quota_bytes))
}

/// What is set aside, used and left.
fn account(house: &TestHouse) -> (i64, u64, u64) {
    let available = property(house, "/", "quota-available-bytes").parse().unwrap();
    (number(house, RESERVED), used_bytes(house), available)
}

fn await_reserved(house: &TestHouse, is_enough: impl Fn(i64) -> bool) {
    wait_until("so much is set aside", || is_enough(number(house, RESERVED)));
}

/// An upload of this declared length, of which the server has read the head alone.
fn begun(house: &TestHouse, path: &str, length: usize) -> Wire {
    let before = number(house, RESERVED);
    let mut wire = house.wire();
    wire.send(head_of_put(house, path, &format!("Content-Length: {length}")));
    await_reserved(house, |bytes| bytes == before + length as i64);
    wire
}

fn put_in_chunks(house: &TestHouse, path: &str, body: &[u8]) -> Answer {
    house.ask("PUT", path, &[("Transfer-Encoding", "chunked")], chunked(body, 16 * KIB))
}

#[test]
fn a_declared_length_is_set_aside_before_the_first_byte_and_no_second_upload_gets_into_it() {
    let house = house_with_quota(15);
    let mut first = begun(&house, "/a", 10);
    assert_eq!(account(&house), (10, 0, 5));
    let mut second = house.wire();
    second.send(head_of_put(&house, "/b", "Content-Length: 6"));
    let refused = second.answer();
    assert_refused(&refused, 507);
    assert!(refused.text().contains("room for 5"), "{}", seen(&refused));
    assert_refused(&put_in_chunks(&house, "/b", b"six by"), 507);
    assert_eq!(house.put("/c", "fives").status, 201);
    assert_eq!(account(&house), (10, 5, 0));
    first.send("ten bytes!");
    assert_eq!(first.answer().status, 201);
    assert_eq!(account(&house), (0, 15, 0));
}

#[test]
fn a_copy_does_not_get_into_what_an_upload_has_set_aside() {
    let house = house_with_quota(20);
    assert_eq!(house.put("/a", "six by").status, 201);
    let mut upload = begun(&house, "/b", 10);
    assert_refused(&house.relocate("COPY", "/a", "/copy"), 507);
    // A system file that gets an ordinary name takes room as well.
    assert_eq!(house.put("/.DS_Store", "six by").status, 201);
    assert_refused(&house.relocate("MOVE", "/.DS_Store", "/ordinary"), 507);
    assert_eq!(account(&house), (10, 6, 4));
    upload.hang_up();
    assert_eq!(upload.answer().status, 400);
    await_reserved(&house, |bytes| bytes == 0);
    assert_eq!(house.relocate("COPY", "/a", "/copy").status, 201);
    assert_eq!(house.relocate("MOVE", "/.DS_Store", "/ordinary").status, 201);
    assert_eq!(account(&house), (0, 18, 2));
}

#[test]
fn of_many_uploads_at_once_exactly_as_many_as_fit_are_taken() {
    let house = house_with_quota(350 * KIB as u64);
    let body = varied(100 * KIB);
    let put = |path: &str| house.put(path, &body).status;
    let statuses = at_once(10, |number| put(&format!("/{number}")));
    assert_eq!(statuses.iter().filter(|status| **status == 201).count(), 3, "{statuses:?}");
    assert!(statuses.iter().all(|status| matches!(status, 201 | 507)), "{statuses:?}");
    assert_eq!(account(&house), (0, 300 * KIB as u64, 50 * KIB as u64));
}

/// Nobody knows of such an upload how much more comes, so several that begin together may all be refused although
/// one of them would have fit. Whoever then comes alone finds all the room there is.
#[test]
fn of_many_uploads_of_unknown_length_no_more_are_taken_than_fit_and_the_others_fit_one_by_one() {
    let house = house_with_quota(350 * KIB as u64);
    let body = varied(100 * KIB);
    let statuses = at_once(10, |number| put_in_chunks(&house, &format!("/{number}"), &body).status);
    let mut taken = statuses.iter().filter(|status| **status == 201).count();
    assert!(taken <= 3 && statuses.iter().all(|status| matches!(status, 201 | 507)), "{statuses:?}");
    assert_eq!(account(&house), (0, (taken * 100 * KIB) as u64, ((350 - taken * 100) * KIB) as u64));
    while taken < 3 {
        taken += 1;
        assert_eq!(put_in_chunks(&house, &format!("/again-{taken}"), &body).status, 201);
    }
    assert_refused(&put_in_chunks(&house, "/fourth", &body), 507);
    assert_eq!(put_in_chunks(&house, "/last", &body[..50 * KIB]).status, 201);
    assert_eq!(account(&house), (0, 350 * KIB as u64, 0));
}

/// Does the same with the numbers from 0 on at the same time.
fn at_once<T: Send>(count: usize, work: impl Fn(usize) -> T + Sync) -> Vec<T> {
    thread::scope(|scope| {
        let work = &work;
        let working: Vec<_> = (0..count).map(|number| scope.spawn(move || work(number))).collect();
        working.into_iter().map(|worker| worker.join().unwrap()).collect()
    })
}

#[test]
fn an_upload_of_unknown_length_sets_aside_what_has_come_and_asks_seldom() {
    let house = house_with_quota(64 << 20);
    let body = varied(20 << 20);
    let sent = chunked(&body, 64 * KIB);
    let mut wire = house.wire();
    wire.send(head_of_put(&house, "/large", "Transfer-Encoding: chunked"));
    wire.send(&sent[..sent.len() / 2]);
    await_reserved(&house, |bytes| bytes >= 9 << 20);
    assert!(number(&house, RESERVED) <= 32 << 20);
    wire.send(&sent[sent.len() / 2..]);
    assert_eq!(wire.answer().status, 201);
    assert_eq!(account(&house), (0, 20 << 20, 44 << 20));
    let (answer, statements) = house.statements(|| put_in_chunks(&house, "/other", &body));
    assert_eq!(answer.status, 201);
    // Six times it asks for more: 1, 1, 2, 4, 8 MiB, and what is left then in part.
    assert!(statements < 40, "{statements} statements");
}

#[test]
fn what_outgrows_the_room_that_is_left_is_refused_in_the_middle_and_gives_all_of_it_back() {
    let house = house_with_quota(100_000);
    for length in [100_001, 3_000_000] {
        let body = varied(length);
        for _ in 0..3 {
            assert_refused(&put_in_chunks(&house, "/a", &body), 507);
            // At once: whoever is refused can try again with something smaller.
            assert_eq!(account(&house), (0, 0, 100_000));
        }
    }
    assert_eq!(put_in_chunks(&house, "/a", &varied(100_000)).status, 201);
    assert_eq!(account(&house), (0, 100_000, 0));
}

#[test]
fn uploads_that_break_off_give_back_what_they_had_set_aside() {
    let house = house_with_quota(1_000_000);
    assert_eq!(house.put("/old", "old").status, 201);
    for path in ["/old", "/new"] {
        for part in [0, 1, 300_000] {
            let mut wire = begun(&house, path, 600_000);
            wire.send(varied(part));
            drop(wire);
            await_reserved(&house, |bytes| bytes == 0);
        }
        let mut wire = house.wire();
        wire.send(head_of_put(&house, path, "Transfer-Encoding: chunked"));
        let half = chunked(varied(300_000), 64 * KIB);
        wire.send(&half[..half.len() - 5]);
        await_upload(&house);
        drop(wire);
        await_reserved(&house, |bytes| bytes == 0);
        // Other bytes than announced.
        let checksum = ("OC-Checksum", "MD5:00000000000000000000000000000000");
        assert_eq!(house.ask("PUT", path, &[checksum], varied(600_000)).status, 400);
        assert_eq!(number(&house, RESERVED), 0);
    }
    assert_eq!(account(&house), (0, 3, 999_997));
    assert_eq!(house.get("/old").text(), "old");
}

#[test]
fn a_quota_that_is_lowered_takes_nothing_from_whoever_has_begun_and_blocks_only_what_needs_room() {
    let house = house_with_quota(100);
    assert_eq!(house.put("/a", "content").status, 201);
    let mut upload = begun(&house, "/b", 10);
    house.set_quota("ann", Some(1));
    assert_eq!(account(&house), (10, 7, 0));
    upload.send("ten bytes!");
    assert_eq!(upload.answer().status, 201);
    assert_eq!(account(&house), (0, 17, 0));
    assert_refused(&house.put("/c", "x"), 507);
    assert_refused(&put_in_chunks(&house, "/c", b"x"), 507);
    assert_refused(&house.relocate("COPY", "/a", "/c"), 507);
    assert_eq!(house.mkcol("/folder").status, 201);
    assert_eq!(house.put("/empty", "").status, 201);
    assert_eq!(house.relocate("COPY", "/empty", "/folder/empty").status, 201);
    assert_eq!(house.relocate("MOVE", "/a", "/folder/a").status, 201);
    assert_eq!(house.put("/b", "").status, 204);
    assert_eq!(house.delete("/folder").status, 204);
    assert_eq!(account(&house), (0, 17, 0));
}

#[test]
fn a_quota_that_is_set_or_lifted_during_an_upload_is_kept_to_the_byte() {
    let house = house();
    for (quota_bytes, status, used) in [(9, 507, 0), (10, 201, 10)] {
        let mut upload = house.wire();
        upload.send(head_of_put(&house, "/a", "Content-Length: 10"));
        upload.send("ten");
        await_upload(&house);
        assert_eq!(number(&house, RESERVED), 0);
        house.set_quota("ann", Some(quota_bytes));
        upload.send(" bytes!");
        assert_eq!(upload.answer().status, status);
        assert_eq!(account(&house), (0, used, quota_bytes - used));
        house.set_quota("ann", None);
    }
    house.set_quota("ann", Some(20));
    let mut upload = begun(&house, "/b", 10);
    house.set_quota("ann", None);
    assert_eq!(house.put("/large", varied(1000)).status, 201);
    upload.send("ten bytes!");
    assert_eq!(upload.answer().status, 201);
    assert_eq!((number(&house, RESERVED), used_bytes(&house)), (0, 1020));
}

#[test]
fn the_content_a_file_has_already_needs_no_room_if_its_digest_says_so_before() {
    let house = house_with_quota(10);
    const SAME: (&str, &str) =
        ("OC-Checksum", "SHA256:7e4ed0ba0b9ce56ec57ea1ef9b7c21f2e1b2fbd3e3f2fd0ba2f1a6d1a5d2b5a1");
    let etag = house.put("/a", "seven b").header("etag").unwrap().to_owned();
    let digest = house.ask("HEAD", "/a", &[("Want-Repr-Digest", "sha-256=1")], "");
    let digest = ("Repr-Digest", digest.header("repr-digest").unwrap());
    let again = house.ask("PUT", "/a", &[digest], "seven b");
    assert_eq!((again.status, again.header("etag")), (204, Some(etag.as_str())));
    let headers = [digest, ("Transfer-Encoding", "chunked")];
    assert_eq!(house.ask("PUT", "/a", &headers, chunked("seven b", 2)).status, 204);
    assert_eq!(account(&house), (0, 7, 3));
    // Without a digest nobody can know before the bytes are there, nor when it is that of something else.
    assert_refused(&house.put("/a", "seven b"), 507);
    assert_refused(&house.ask("PUT", "/a", &[SAME], "seven b"), 507);
    assert_refused(&house.ask("PUT", "/b", &[digest], "seven b"), 507);
    // Nor is it believed.
    assert_refused(&house.ask("PUT", "/a", &[digest], "seven c"), 400);
    assert_refused(&house.ask("PUT", "/a", &headers, chunked("eight by", 2)), 507);
    assert_eq!(account(&house), (0, 7, 3));
    assert_eq!(house.get("/a").text(), "seven b");
}

#[test]
fn the_content_a_file_has_already_needs_no_room_at_the_end_either() {
    let house = house();
    assert_eq!(house.put("/a", "ten bytes!").status, 201);
    for (body, status) in [("ten bytes!", 204), ("ten bytes?", 507)] {
        let mut upload = house.wire();
        upload.send(head_of_put(&house, "/a", "Content-Length: 10"));
        upload.send(&body[..3]);
        await_upload(&house);
        house.set_quota("ann", Some(10));
        upload.send(&body[3..]);
        assert_eq!(upload.answer().status, status);
        assert_eq!(account(&house), (0, 10, 0));
        house.set_quota("ann", None);
    }
    assert_eq!(house.get("/a").text(), "ten bytes!");
}

#[test]
fn uploads_copies_and_deletions_at_once_leave_an_exact_account() {
    const QUOTA: u64 = 2_000_000;
    let house = house_with_quota(QUOTA);
    assert_eq!(house.put("/seed", varied(30_000)).status, 201);
    let statuses = at_once(6, |worker| {
        let mut statuses = Vec::new();
        for turn in 0..12 {
            let (own, copy) = (format!("/{worker}-{}", turn % 3), format!("/copy-{worker}-{turn}"));
            let body = varied(1 + (worker * 7919 + turn * 104_729) % 150_000);
            statuses.push(match turn % 4 {
                0 => house.put(&own, &body).status,
                1 => put_in_chunks(&house, &own, &body).status,
                2 => house.relocate("COPY", "/seed", &copy).status,
                _ => house.delete(&own).status,
            });
        }
        statuses
    });
    let statuses = statuses.concat();
    assert!(statuses.iter().all(|status| matches!(status, 201 | 204 | 404 | 507)), "{statuses:?}");
    let (reserved, used, available) = account(&house);
    assert_eq!((reserved, used + available), (0, QUOTA));
    // The house asserts in the end that what is used is what its rows add up to.
}

#[test]
fn a_limit_costs_an_upload_one_statement_more_and_none_costs_nothing() {
    let (without, with) = (house(), house_with_quota(1_000_000));
    [&without, &with].into_iter().for_each(super::statements::warm);
    for (path, body, more) in [("/a", "first", 1), ("/a", "second", 1), ("/a", "second", 2), ("/b", "", 0)] {
        let count = |house: &TestHouse| house.statements(|| house.put(path, body)).1;
        // The same content gives back what was set aside for it.
        assert_eq!(count(&with), count(&without) + more, "{path}: {body}");
    }
}

#[test]
fn a_recount_names_what_is_wrong_with_both_numbers_and_sets_it_right() {
    let house = house_with_quota(1000);
    assert_eq!(house.put("/a", "content").status, 201);
    assert_eq!(house.put("/.DS_Store", "system").status, 201);
    let recount = || house.run(quotas::recount(house.backends(), Timestamp::now())).unwrap();
    assert_eq!(recount(), []);
    alter(
        &house,
        "UPDATE spaces SET used_bytes = 9, reserved_bytes = 4, system_bytes = 1 WHERE quota_bytes = 1000",
    );
    assert_eq!(account(&house), (4, 9, 987));
    let mut found: Vec<_> = recount()
        .into_iter()
        .map(|Drift { counter, counted_bytes, stored_bytes, .. }| {
            (counter.column(), counted_bytes, stored_bytes)
        })
        .collect();
    found.sort_unstable();
    let column = Counter::column;
    let wrong = [(Counter::Reserved, 4, 0), (Counter::System, 1, 6), (Counter::Used, 9, 7)];
    assert_eq!(found, wrong.map(|(counter, counted, stored)| (column(counter), counted, stored)));
    assert_eq!(recount(), []);
    assert_eq!(account(&house), (0, 7, 993));
}

#[test]
fn a_recount_leaves_an_upload_under_way_what_it_has_set_aside() {
    let house = house_with_quota(1000);
    let mut upload = begun(&house, "/a", 10);
    assert_eq!(house.run(quotas::recount(house.backends(), Timestamp::now())).unwrap(), []);
    assert_eq!(account(&house), (10, 0, 990));
    upload.send("ten bytes!");
    assert_eq!(upload.answer().status, 201);
}
