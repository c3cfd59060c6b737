//! What a lock keeps others from, and what it does not.

use super::{
    TEN_GIB, ask_for_lock, asking, assert_refused, head_of_put, holding, house_with, lock, lockinfo,
    property, seen, snapshot, token_of,
};
use crate::support::{Answer, TestHouse};

const PATCH: &str = "<D:propertyupdate xmlns:D='DAV:'><D:set><D:prop><x xmlns='urn:x'>1</x></D:prop></D:set></D:propertyupdate>";

/// Each way of changing `/locked`, or of putting `/other` over it, by its method and status of success.
fn changes(house: &TestHouse, condition: Option<&str>) -> Vec<(&'static str, Answer)> {
    let ask = |method, path, more: &[(&'static str, &str)], body: &str| {
        let mut headers = more.to_vec();
        headers.extend(condition.map(|condition| ("If", condition)));
        house.ask(method, path, &headers, body)
    };
    vec![
        ("PUT", ask("PUT", "/locked", &[], "changed")),
        ("PROPPATCH", ask("PROPPATCH", "/locked", &[], PATCH)),
        ("LOCK", ask("LOCK", "/locked", &[("Depth", "0")], &lockinfo("exclusive"))),
        ("COPY onto it", ask("COPY", "/other", &[("Destination", "/dav/locked")], "")),
        ("MOVE onto it", ask("MOVE", "/other", &[("Destination", "/dav/locked")], "")),
        ("MOVE", ask("MOVE", "/locked", &[("Destination", "/dav/moved")], "")),
        ("DELETE", ask("DELETE", "/locked", &[], "")),
    ]
}

#[test]
fn whoever_does_not_hold_the_token_changes_nothing() {
    let house = house_with(&["/locked", "/other"]);
    lock(&house, "/locked", "0");
    let before = snapshot(&house);
    for (change, answer) in changes(&house, None) {
        assert_eq!(answer.status, 423, "{change}: {}", seen(&answer));
        assert_refused(&answer, 423);
        let names =
            answer.text().contains("lock-token-submitted") || answer.text().contains("no-conflicting-lock");
        assert!(names, "{change}: {}", seen(&answer));
    }
    assert_eq!(snapshot(&house), before);
}

#[test]
fn a_locked_file_can_be_read_and_copied() {
    let house = house_with(&["/locked"]);
    lock(&house, "/locked", "infinity");
    assert_eq!(house.get("/locked").text(), "/locked");
    assert_eq!(house.propfind("/locked", "0", "").status, 207);
    assert_eq!(house.relocate("COPY", "/locked", "/copy").status, 201);
    assert_eq!(house.put("/copy", "x").status, 204);
}

#[test]
fn whoever_holds_the_token_works_on() {
    let house = house_with(&["/locked", "/folder/"]);
    let token = lock(&house, "/locked", "0");
    let with = |method: &str, headers: &[(&str, &str)], body: &str| {
        let mut all = vec![("If", holding(&token))];
        all.extend(headers.iter().map(|(name, value)| (*name, (*value).to_owned())));
        let all: Vec<_> = all.iter().map(|(name, value)| (*name, value.as_str())).collect();
        house.ask(method, "/locked", &all, body).status
    };
    assert_eq!(with("PUT", &[], "one"), 204);
    assert_eq!(with("PUT", &[], "two"), 204);
    assert_eq!(with("PROPPATCH", &[], PATCH), 207);
    assert_eq!(with("COPY", &[("Destination", "/dav/copy")], ""), 201);
    assert_eq!(house.put("/locked", "x").status, 423, "it is still locked");
    assert_eq!(with("MOVE", &[("Destination", "/dav/folder/moved")], ""), 201);
    assert_eq!(house.get("/folder/moved").text(), "two");
}

#[test]
fn a_locked_upload_is_refused_before_it_is_sent() {
    let house = house_with(&["/locked"]);
    lock(&house, "/locked", "0");
    let mut wire = house.wire();
    wire.send(head_of_put(&house, "/locked", &format!("Content-Length: {TEN_GIB}")));
    assert_refused(&wire.answer(), 423);
    assert_eq!(house.get("/locked").text(), "/locked");
}

#[test]
fn a_token_of_somebody_elses_lock_opens_nothing() {
    let house = house_with(&["/locked", "/other"]);
    lock(&house, "/locked", "0");
    let ann = house.authorization();
    let house = house.with_user("bob");
    let token = lock(&house, "/locked", "0");
    for condition in [holding(&token), format!("(<{token}>) (Not <DAV:no-lock>)")] {
        let headers = [("Authorization", ann.as_str()), ("If", &condition)];
        let answer = house.wire().ask("PUT", "/dav/locked", &headers, "x");
        assert!(matches!(answer.status, 412 | 423), "{}", seen(&answer));
    }
    let hers = house.wire().ask("GET", "/dav/locked", &[("Authorization", &ann)], "");
    assert_eq!(hers.text(), "/locked");
    assert_eq!(house.ask("PUT", "/locked", &[("If", &holding(&token))], "Bob's").status, 204);
}

#[test]
fn a_token_of_another_file_opens_nothing() {
    let house = house_with(&["/locked", "/other"]);
    lock(&house, "/locked", "0");
    let other = lock(&house, "/other", "0");
    assert_refused(&house.ask("PUT", "/locked", &[("If", &holding(&other))], "x"), 412);
    let true_but_elsewhere = format!("</dav/other> (<{other}>)");
    assert_refused(&house.ask("PUT", "/locked", &[("If", &true_but_elsewhere)], "x"), 423);
    assert_eq!(house.get("/locked").text(), "/locked");
}

#[test]
fn either_token_of_a_shared_lock_opens_the_file() {
    let house = house_with(&["/a"]);
    let tokens = [0, 1].map(|_| token_of(&ask_for_lock(&house, "/a", "0", "shared")));
    assert_refused(&house.put("/a", "x"), 423);
    for token in tokens {
        assert_eq!(house.ask("PUT", "/a", &[("If", &holding(&token))], "x").status, 204);
    }
}

#[test]
fn a_deep_lock_covers_everything_below_it_old_and_new() {
    let house = house_with(&["/folder/", "/folder/inner/", "/folder/inner/a", "/outside"]);
    let token = lock(&house, "/folder", "infinity");
    let before = snapshot(&house);
    let refused = [
        house.put("/folder/inner/a", "x"),
        house.put("/folder/inner/new", "x"),
        house.mkcol("/folder/inner/new"),
        house.delete("/folder/inner/a"),
        house.delete("/folder"),
        house.relocate("MOVE", "/folder/inner/a", "/stolen"),
        house.relocate("MOVE", "/outside", "/folder/inner/a"),
        house.relocate("COPY", "/outside", "/folder/new"),
        house.relocate("MOVE", "/folder", "/moved"),
        house.ask("PROPPATCH", "/folder/inner", &[], PATCH),
        ask_for_lock(&house, "/folder/inner/a", "0", "exclusive"),
        ask_for_lock(&house, "/folder/inner/new", "0", "shared"),
    ];
    for answer in refused {
        assert_refused(&answer, 423);
    }
    assert_eq!(snapshot(&house), before);
    let held = holding(&token);
    let with = |method: &str, path: &str| house.ask(method, path, &[("If", &held)], "").status;
    let tagged = format!("</dav/folder> (<{token}>)");
    assert_eq!(house.ask("PUT", "/folder/inner/new", &[("If", &tagged)], "x").status, 201);
    assert_refused(&house.put("/folder/inner/new", "y"), 423);
    assert_eq!(with("PUT", "/folder/inner/new"), 204);
    assert_eq!(house.ask("MKCOL", "/folder/inner/made", &[("If", &tagged)], "").status, 201);
    assert_eq!(with("DELETE", "/folder/inner/a"), 204);
    assert_eq!(house.list("/folder/inner"), ["made", "new"]);
}

#[test]
fn a_lock_on_a_folder_alone_keeps_its_list_of_members() {
    let house = house_with(&["/folder/", "/folder/a", "/folder/inner/", "/folder/inner/b"]);
    let token = lock(&house, "/folder", "0");
    for answer in [
        house.put("/folder/new", "x"),
        house.mkcol("/folder/new"),
        house.delete("/folder/a"),
        house.relocate("MOVE", "/folder/a", "/stolen"),
        house.relocate("COPY", "/folder/a", "/folder/copy"),
        house.ask("PROPPATCH", "/folder", &[], PATCH),
        ask_for_lock(&house, "/folder/new", "0", "exclusive"),
    ] {
        assert_refused(&answer, 423);
    }
    assert_eq!(house.put("/folder/a", "x").status, 204, "the content of a member is free");
    assert_eq!(house.put("/folder/inner/new", "x").status, 201, "and so is what lies deeper");
    let tagged = format!("</dav/folder/> (<{token}>)");
    assert_eq!(house.ask("PUT", "/folder/new", &[("If", &tagged)], "x").status, 201);
    lock(&house, "/folder/a", "0");
}

#[test]
fn a_deep_lock_does_not_fit_over_another() {
    let house = house_with(&["/folder/", "/folder/inner/", "/folder/inner/a"]);
    let inner = token_of(&ask_for_lock(&house, "/folder/inner/a", "0", "shared"));
    assert_refused(&ask_for_lock(&house, "/folder", "infinity", "exclusive"), 423);
    assert_eq!(ask_for_lock(&house, "/folder", "infinity", "shared").status, 200);
    assert_eq!(
        house.propfind("/folder/inner/a", "0", &asking("<D:lockdiscovery/>")).texts("activelock").len(),
        2
    );
    assert_eq!(house.ask("PUT", "/folder/inner/a", &[("If", &holding(&inner))], "x").status, 204);
}

#[test]
fn the_lock_on_the_parent_does_not_reach_a_neighbour_or_the_top() {
    let house = house_with(&["/folder/", "/folder2/", "/a"]);
    lock(&house, "/folder", "infinity");
    assert_eq!(house.put("/folder2/new", "x").status, 201);
    assert_eq!(house.put("/new", "x").status, 201);
    assert_eq!(property(&house, "/a", "getcontentlength"), "2");
}
