//! The `If` header (RFC 4918 §10.4), with what litmus asks of it.

use super::{assert_refused, etag, holding, house, house_with, lock, snapshot};
use crate::support::{Answer, TestHouse};

fn put_if(house: &TestHouse, path: &str, condition: &str) -> Answer {
    house.ask("PUT", path, &[("If", condition)], "x")
}

#[test]
fn the_conditions_of_litmus_are_judged_as_it_expects() {
    let house = house_with(&["/a"]);
    let token = lock(&house, "/a", "0");
    for (condition, status) in [
        ("(<T> [E])", 204),
        ("(<T> [\"wrong\"])", 412),
        ("(<T>) (Not <DAV:no-lock>)", 204),
        ("(<T> [E]) (Not <DAV:no-lock> [E])", 204),
        ("(<T> [\"wrong\"]) (Not <DAV:no-lock> [\"wrong\"])", 412),
        ("(<Tx>) (Not <DAV:no-lock>)", 423),
        ("(<DAV:no-lock>)", 412),
        ("(<DAV:no-lock>) (<T>)", 204),
        ("(Not <T>)", 412),
        ("(Not <DAV:no-lock>)", 423),
        ("([E])", 423),
        ("(Not [\"wrong\"] <T>)", 204),
        ("(not <DAV:no-lock> <T>)", 204),
    ] {
        let tag = etag(&house.get("/a")).to_owned();
        let condition = condition.replace("<T", &format!("<{token}")).replace("[E]", &format!("[{tag}]"));
        let answer = put_if(&house, "/a", &condition);
        assert_eq!(answer.status, status, "{condition}");
    }
}

#[test]
fn a_stale_token_is_told_from_a_missing_one() {
    let house = house_with(&["/a"]);
    let token = lock(&house, "/a", "0");
    assert_refused(&house.put("/a", "x"), 423);
    house.ask("UNLOCK", "/a", &[("Lock-Token", &format!("<{token}>"))], "");
    assert_refused(&put_if(&house, "/a", &holding(&token)), 412);
    assert_refused(&put_if(&house, "/a", "(<DAV:no-lock>)"), 412);
    assert_eq!(house.get("/a").text(), "/a");
    assert_eq!(put_if(&house, "/a", "(Not <DAV:no-lock>)").status, 204);
}

#[test]
fn a_condition_can_speak_of_another_resource() {
    let house = house_with(&["/a", "/b%20c", "/folder/"]);
    let tag = etag(&house.get("/b%20c")).to_owned();
    let host = house.url().trim_end_matches("/dav/").to_owned();
    for (tagged, status) in [
        (format!("</dav/b%20c> ([{tag}])"), 204),
        (format!("<{host}/dav/b%20c> ([{tag}])"), 204),
        (format!("<{host}/dav/%62%20c> ([{tag}])"), 204),
        ("</dav/b%20c> ([\"wrong\"])".to_owned(), 412),
        (format!("</dav/missing> ([{tag}])"), 412),
        ("</dav/missing> (Not [\"x\"])".to_owned(), 204),
        (format!("<http://other.example/dav/b%20c> ([{tag}])"), 412),
        (format!("</dav/a> ([\"wrong\"]) </dav/b%20c> ([{tag}])"), 204),
        (format!("</dav/a> ([\"wrong\"]) ([\"also wrong\"]) </dav/folder> ([{tag}])"), 412),
    ] {
        assert_eq!(put_if(&house, "/a", &tagged).status, status, "{tagged}");
    }
}

#[test]
fn several_lines_are_one_header() {
    let house = house_with(&["/a"]);
    let token = lock(&house, "/a", "0");
    let headers = [("If", "([\"wrong\"])"), ("If", &holding(&token))];
    assert_eq!(house.ask("PUT", "/a", &headers, "x").status, 204);
}

#[test]
fn tags_marked_weak_are_the_same_tags() {
    let house = house_with(&["/a"]);
    let tag = etag(&house.get("/a")).to_owned();
    assert_eq!(put_if(&house, "/a", &format!("([W/{tag}])")).status, 204);
}

#[test]
fn two_locks_are_opened_together() {
    let house = house_with(&["/a", "/b"]);
    let (a, b) = (lock(&house, "/a", "0"), lock(&house, "/b", "0"));
    let onto =
        |condition: &str| house.ask("MOVE", "/a", &[("Destination", "/dav/b"), ("If", condition)], "").status;
    assert_eq!(onto(&format!("</dav/a> (<{a}>)")), 423);
    assert_eq!(onto(&format!("</dav/b> (<{b}>)")), 423);
    assert_eq!(onto(&format!("</dav/a> (<{a}>) </dav/b> (<{b}>)")), 204);
    assert_eq!(house.get("/b").text(), "/a");
}

#[test]
fn every_method_that_changes_something_is_held_to_its_conditions() {
    let house = house_with(&["/a", "/folder/"]);
    let before = snapshot(&house);
    let patch = "<D:propertyupdate xmlns:D='DAV:'><D:set><D:prop><x xmlns='urn:x'>1</x></D:prop></D:set></D:propertyupdate>";
    for (method, path, body) in [
        ("PUT", "/a", "x"),
        ("PUT", "/new", "x"),
        ("DELETE", "/a", ""),
        ("DELETE", "/folder", ""),
        ("MKCOL", "/new", ""),
        ("MOVE", "/a", ""),
        ("COPY", "/folder", ""),
        ("PROPPATCH", "/a", patch),
        ("LOCK", "/a", &super::lockinfo("exclusive")),
        ("LOCK", "/new", &super::lockinfo("exclusive")),
    ] {
        for condition in [("If", "([\"wrong\"])"), ("If-Match", "\"wrong\"")] {
            let headers = [condition, ("Depth", "infinity"), ("Destination", "/dav/target")];
            assert_refused(&house.ask(method, path, &headers, body), 412);
        }
    }
    assert_eq!(snapshot(&house), before);
}

#[test]
fn what_is_no_condition_is_refused() {
    let house = house();
    for condition in ["", "(", "()", "x", "(<a)", "(Not)", "([x])", "</dav/a>", "(<a>) x"] {
        assert_refused(&put_if(&house, "/a", condition), 400);
    }
    assert_refused(&put_if(&house, "/a", &"([\"x\"])".repeat(2000)), 413);
    assert_eq!(house.list("/"), Vec::<String>::new());
}
