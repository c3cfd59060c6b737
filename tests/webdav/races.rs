//! Several at once: what was allowed when an upload began is judged again when it ends.

use super::{
    ask_for_lock, assert_refused, await_upload, fill, head_of_put, holding, house, house_with, lock, number,
    property, snapshot, used_bytes,
};
use crate::support::{Answer, TestHouse};

/// Sends half of a file of ten bytes, lets something else happen, and sends the rest.
fn put_while(house: &TestHouse, path: &str, headers: &str, happens: impl FnOnce()) -> Answer {
    let mut wire = house.wire();
    wire.send(head_of_put(house, path, &format!("{headers}Content-Length: 10")));
    wire.send("first");
    await_upload(house);
    happens();
    wire.send("later");
    wire.answer()
}

/// Asks the same four times at the same time, and gives the statuses in order.
fn four_at_once(ask: impl Fn(usize) -> Answer + Sync) -> Vec<u16> {
    let mut statuses: Vec<_> = std::thread::scope(|scope| {
        let ask = &ask;
        let asking: Vec<_> = (0..4).map(|number| scope.spawn(move || ask(number).status)).collect();
        asking.into_iter().map(|asked| asked.join().unwrap()).collect()
    });
    statuses.sort_unstable();
    statuses
}

#[test]
fn a_folder_that_is_deleted_during_an_upload_gets_no_file() {
    let house = house_with(&["/folder/"]);
    let answer = put_while(&house, "/folder/a", "", || assert_eq!(house.delete("/folder").status, 204));
    assert_refused(&answer, 409);
    assert_eq!((house.list("/"), used_bytes(&house)), (Vec::new(), 0));
}

#[test]
fn a_file_that_is_locked_during_an_upload_stays_as_it_is() {
    let house = house_with(&["/a"]);
    let answer = put_while(&house, "/a", "", || drop(lock(&house, "/a", "0")));
    assert_refused(&answer, 423);
    assert_eq!(house.get("/a").text(), "/a");
}

#[test]
fn a_lock_that_ends_during_an_upload_no_longer_lets_it_in() {
    let house = house_with(&["/a"]);
    let token = lock(&house, "/a", "0");
    let condition = format!("If: {}\r\n", holding(&token));
    let answer = put_while(&house, "/a", &condition, || {
        assert_eq!(house.ask("UNLOCK", "/a", &[("Lock-Token", &token)], "").status, 204);
        lock(&house, "/a", "0");
    });
    assert!(matches!(answer.status, 412 | 423), "{}", answer.status);
    assert_eq!(house.get("/a").text(), "/a");
}

#[test]
fn a_version_that_is_replaced_during_an_upload_is_not_replaced_again() {
    let house = house_with(&["/a"]);
    let condition = format!("If-Match: {}\r\n", property(&house, "/a", "getetag"));
    let answer = put_while(&house, "/a", &condition, || assert_eq!(house.put("/a", "another").status, 204));
    assert_refused(&answer, 412);
    assert_eq!(house.get("/a").text(), "another");
    let answer = put_while(&house, "/b", "If-None-Match: *\r\n", || {
        assert_eq!(house.put("/b", "earlier").status, 201)
    });
    assert_refused(&answer, 412);
    assert_eq!(house.get("/b").text(), "earlier");
}

#[test]
fn a_folder_that_takes_the_name_during_an_upload_keeps_it() {
    let house = house();
    let answer = put_while(&house, "/a", "", || fill(&house, &["/a/", "/a/b"]));
    assert_refused(&answer, 405);
    assert_eq!(house.list("/a"), ["b"]);
}

#[test]
fn a_file_whose_folder_moves_during_the_upload_does_not_appear_at_the_old_path() {
    let house = house_with(&["/old/"]);
    let answer =
        put_while(&house, "/old/a", "", || assert_eq!(house.relocate("MOVE", "/old", "/new").status, 201));
    assert_refused(&answer, 409);
    assert_eq!(house.list("/new"), Vec::<String>::new());
}

#[test]
fn somebody_who_is_let_out_during_an_upload_finishes_at_most_that_one() {
    let house = house();
    let answer = put_while(&house, "/a", "", || {
        house.set_active("ann", false);
    });
    assert!(matches!(answer.status, 201 | 401 | 403), "{}", answer.status);
    assert_eq!(house.put("/b", "x").status, 401);
}

#[test]
fn of_four_who_want_the_same_one_gets_it() {
    let house = house_with(&["/a", "/b", "/folder/"]);
    assert_eq!(four_at_once(|_| house.mkcol("/made")), [201, 405, 405, 405]);
    assert_eq!(four_at_once(|_| ask_for_lock(&house, "/a", "0", "exclusive")), [200, 423, 423, 423]);
    let moved = four_at_once(|number| house.relocate("MOVE", "/b", &format!("/folder/{number}")));
    assert_eq!(moved, [201, 404, 404, 404]);
    assert_eq!(house.list("/folder").len(), 1);
    assert_eq!(four_at_once(|_| house.delete("/folder")), [204, 404, 404, 404]);
    let must_be_new = [("If-None-Match", "*")];
    let created = four_at_once(|number| house.ask("PUT", "/new", &must_be_new, number.to_string()));
    assert_eq!(created, [201, 412, 412, 412]);
}

#[test]
fn two_folders_that_move_into_each_other_do_not_both_vanish() {
    let house = house_with(&["/a/", "/b/"]);
    std::thread::scope(|scope| {
        let house = &house;
        for (from, to) in [("/a", "/b/a"), ("/b", "/a/b")] {
            scope.spawn(move || house.relocate("MOVE", from, to));
        }
    });
    let shown = snapshot(&house).into_iter().map(|(href, _)| href).collect::<Vec<_>>();
    assert!(
        shown == ["/dav/", "/dav/b/", "/dav/b/", "/dav/b/a/", "/dav/b/a/"]
            || shown == ["/dav/", "/dav/a/", "/dav/a/", "/dav/a/b/", "/dav/a/b/"],
        "{shown:?}"
    );
}

#[test]
fn four_who_fill_the_last_room_do_not_overfill_it() {
    let house = TestHouse::new().with_user_and_quota("ann", Some(100));
    let statuses = four_at_once(|number| house.put(&format!("/{number}"), [b'0' + number as u8; 40]));
    assert_eq!(statuses, [201, 201, 507, 507]);
    assert_eq!((house.list("/").len(), used_bytes(&house)), (2, 80));
    assert_eq!(number(&house, "SELECT COUNT(*) FROM nodes WHERE blob_id IS NOT NULL"), 2);
}
