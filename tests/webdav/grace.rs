//! A lock that has expired while its holder slept, as Finder's does when a laptop is closed: what it writes on waking
//! must not be lost, and nobody else may be kept waiting.

use super::{alter, asking, assert_refused, holding, house_with, lock, lockinfo, number};
use crate::support::{Answer, TestHouse};

/// Lets every lock, granted for 3600 s, have ended a minute ago.
fn sleep(house: &TestHouse) {
    alter(house, "UPDATE locks SET expires_ms = expires_ms - 3660000");
}

fn put(house: &TestHouse, path: &str, token: &str) -> Answer {
    house.ask("PUT", path, &[("If", &holding(token))], "written on waking")
}

fn unlock(house: &TestHouse, path: &str, token: &str) -> Answer {
    house.ask("UNLOCK", path, &[("Lock-Token", &format!("<{token}>"))], "")
}

#[test]
fn whoever_wakes_up_in_time_saves_the_file_and_unlocks_it() {
    let house = house_with(&["/a"]);
    let token = lock(&house, "/a", "0");
    sleep(&house);
    assert_eq!(put(&house, "/a", &token).status, 204);
    assert_eq!(put(&house, "/a", &token).status, 204, "and again: it is their own change");
    assert_eq!(house.get("/a").text(), "written on waking");
    assert_eq!(unlock(&house, "/a", &token).status, 204);
    assert_refused(&unlock(&house, "/a", &token), 409);
    assert_refused(&put(&house, "/a", &token), 412);
}

#[test]
fn a_refresh_on_waking_brings_the_lock_back() {
    let house = house_with(&["/a"]);
    let token = lock(&house, "/a", "0");
    sleep(&house);
    let answer = house.ask("LOCK", "/a", &[("If", &holding(&token)), ("Timeout", "Second-600")], "");
    assert_eq!((answer.status, answer.first("timeout").as_deref()), (200, Some("Second-600")));
    assert!(answer.text().contains(&token));
    assert_refused(&house.put("/a", "x"), 423);
}

#[test]
fn an_expired_lock_keeps_nobody_out_and_is_not_shown() {
    let house = house_with(&["/a", "/folder/", "/folder/x"]);
    lock(&house, "/a", "0");
    lock(&house, "/folder", "infinity");
    sleep(&house);
    assert_eq!(house.propfind("/a", "0", &asking("<D:lockdiscovery/>")).texts("activelock").len(), 0);
    assert_eq!(house.put("/a", "x").status, 204);
    assert_eq!(house.relocate("MOVE", "/folder/x", "/folder/y").status, 201);
    assert_eq!(house.delete("/folder").status, 204);
}

#[test]
fn a_file_that_changed_meanwhile_is_not_overwritten_by_an_expired_lock() {
    let house = house_with(&["/a", "/b", "/c", "/d"]);
    let [a, b, c, d] = ["/a", "/b", "/c", "/d"].map(|path| lock(&house, path, "0"));
    sleep(&house);
    assert_eq!(house.put("/a", "written by another").status, 204);
    assert_refused(&put(&house, "/a", &a), 412);
    assert_eq!(house.get("/a").text(), "written by another");
    assert_refused(&unlock(&house, "/a", &a), 409);
    // Replaced, moved away, or deleted and made anew.
    assert_eq!(house.relocate("COPY", "/a", "/b").status, 204);
    assert_refused(&put(&house, "/b", &b), 412);
    assert_eq!(house.relocate("MOVE", "/c", "/moved").status, 201);
    assert_refused(&put(&house, "/moved", &c), 412);
    assert_eq!((house.delete("/d").status, house.put("/d", "new").status), (204, 201));
    assert_refused(&put(&house, "/d", &d), 412);
    assert_eq!(number(&house, "SELECT COUNT(*) FROM locks"), 0, "none of them is kept");
}

#[test]
fn whoever_locks_it_next_ends_the_old_lock_for_good() {
    let house = house_with(&["/a"]);
    let old = lock(&house, "/a", "0");
    sleep(&house);
    let new = lock(&house, "/a", "0");
    assert_refused(&put(&house, "/a", &old), 412);
    assert_eq!(unlock(&house, "/a", &new).status, 204);
    assert_refused(&put(&house, "/a", &old), 412);
    assert_eq!(house.get("/a").text(), "/a");
}

#[test]
fn an_expired_lock_on_a_folder_says_nothing_of_its_files() {
    let house = house_with(&["/folder/", "/folder/a"]);
    let token = lock(&house, "/folder", "infinity");
    sleep(&house);
    assert_refused(&put(&house, "/folder/a", &token), 412);
}

#[test]
fn a_refresh_does_not_bring_a_lock_back_over_one_below_it() {
    let house = house_with(&["/folder/", "/folder/a"]);
    let token = lock(&house, "/folder", "infinity");
    sleep(&house);
    lock(&house, "/folder/a", "0");
    assert_refused(&house.ask("LOCK", "/folder", &[("If", &holding(&token))], ""), 423);
}

#[test]
fn the_token_of_somebody_else_or_of_an_hour_ago_is_worth_nothing() {
    let house = house_with(&["/a"]);
    let token = lock(&house, "/a", "0");
    alter(&house, "UPDATE locks SET expires_ms = expires_ms - 7201000");
    assert_refused(&put(&house, "/a", &token), 412);
    assert_refused(&unlock(&house, "/a", &token), 409);
    let token = lock(&house, "/a", "0");
    sleep(&house);
    alter(&house, "UPDATE locks SET user_id = NEW_UUID()");
    assert_refused(&put(&house, "/a", &token), 412);
}

#[test]
fn a_list_that_wants_the_lock_gone_holds_once_it_has_expired() {
    let house = house_with(&["/a"]);
    let token = lock(&house, "/a", "0");
    let unless_locked = format!("(Not <{token}>)");
    let put = || house.ask("PUT", "/a", &[("If", &unless_locked)], "x");
    assert_refused(&put(), 412);
    sleep(&house);
    assert_eq!(put().status, 204);
}

#[test]
fn waking_up_after_a_restart_of_the_server_is_no_different() {
    let house = house_with(&["/a"]);
    let token = lock(&house, "/a", "0");
    sleep(&house);
    let authorization = house.authorization();
    let house = TestHouse::on_folder(house.close(), &[]);
    let headers = [("Authorization", authorization.as_str()), ("If", &holding(&token))];
    assert_eq!(house.wire().ask("PUT", "/dav/a", &headers, "x").status, 204);
    let headers = [("Authorization", authorization.as_str()), ("Depth", "0")];
    assert_eq!(house.wire().ask("LOCK", "/dav/a", &headers, lockinfo("exclusive")).status, 200);
}
