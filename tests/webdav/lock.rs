//! LOCK and UNLOCK: taking, refreshing, ending, and how long a lock lasts.

use super::{
    alter, ask_for_lock, asking, assert_refused, holding, house, house_with, lock, lockinfo, seen, token_of,
};
use crate::support::{Answer, TestHouse};

fn refresh(house: &TestHouse, path: &str, token: &str, timeout: &str) -> Answer {
    house.ask("LOCK", path, &[("If", &holding(token)), ("Timeout", timeout)], "")
}

fn unlock(house: &TestHouse, path: &str, sent: &str) -> Answer {
    house.ask("UNLOCK", path, &[("Lock-Token", sent)], "")
}

/// The seconds an answer grants.
fn granted(answer: &Answer) -> u64 {
    answer.first("timeout").unwrap().strip_prefix("Second-").unwrap().parse().unwrap()
}

#[test]
fn a_lock_is_described_in_the_answer() {
    let house = house_with(&["/a%26b", "/folder/"]);
    for (path, href, depth) in [("/a%26b", "/dav/a%26b", "0"), ("/folder", "/dav/folder/", "infinity")] {
        let answer = ask_for_lock(&house, path, depth, "exclusive");
        assert_eq!(answer.status, 200);
        let token = token_of(&answer);
        assert!(token.starts_with("urn:uuid:"), "{token}");
        let text = answer.text();
        for part in [
            "<D:prop xmlns:D=\"DAV:\"><D:lockdiscovery><D:activelock>",
            "<D:lockscope><D:exclusive/></D:lockscope>",
            "<D:locktype><D:write/></D:locktype>",
            &format!("<D:depth>{depth}</D:depth>"),
            "<D:href>http://ann.example/</D:href>",
            "<D:timeout>Second-3600</D:timeout>",
            &format!("<D:locktoken><D:href>{token}</D:href></D:locktoken>"),
            &format!("<D:lockroot><D:href>{href}</D:href></D:lockroot>"),
        ] {
            assert!(text.contains(part), "{part} in {text}");
        }
    }
}

#[test]
fn an_exclusive_lock_is_the_only_one_and_shared_ones_share() {
    let house = house_with(&["/a", "/b"]);
    lock(&house, "/a", "0");
    for scope in ["exclusive", "shared"] {
        let answer = ask_for_lock(&house, "/a", "0", scope);
        assert_refused(&answer, 423);
        assert!(answer.text().contains("<D:no-conflicting-lock"), "{}", seen(&answer));
    }
    let first = token_of(&ask_for_lock(&house, "/b", "0", "shared"));
    let second = token_of(&ask_for_lock(&house, "/b", "0", "shared"));
    assert_ne!(first, second);
    assert_refused(&ask_for_lock(&house, "/b", "0", "exclusive"), 423);
    for token in [first, second] {
        assert_eq!(unlock(&house, "/b", &format!("<{token}>")).status, 204);
    }
    lock(&house, "/b", "0");
}

#[test]
fn a_lock_lasts_as_long_as_was_asked_within_reason() {
    let house = house_with(&["/a"]);
    for (asked, least, most) in [
        (Some("Second-180"), 180, 180),
        (Some("Second-3600"), 3600, 3600),
        (Some("Infinite, Second-4100000000"), 3600, 86_400),
        (Some("Second-4100000000"), 3600, 86_400),
        (Some("nonsense"), 180, 86_400),
        (None, 180, 86_400),
    ] {
        let mut headers = vec![("Depth", "0")];
        headers.extend(asked.map(|timeout| ("Timeout", timeout)));
        let answer = house.ask("LOCK", "/a", &headers, lockinfo("exclusive"));
        let token = token_of(&answer);
        assert!((least..=most).contains(&granted(&answer)), "{asked:?}: {}", granted(&answer));
        assert_eq!(unlock(&house, "/a", &format!("<{token}>")).status, 204);
    }
}

#[test]
fn refreshing_keeps_the_token_and_renews_the_time() {
    let house = house_with(&["/a", "/b", "/folder/", "/folder/inner/", "/folder/inner/x"]);
    let token = lock(&house, "/a", "0");
    let answer = refresh(&house, "/a", &token, "Second-7200");
    assert_eq!((answer.status, granted(&answer)), (200, 7200));
    assert!(answer.text().contains(&format!("<D:locktoken><D:href>{token}</D:href>")));
    let deep = lock(&house, "/folder", "infinity");
    for member in ["/folder/inner/x", "/folder/inner", "/folder"] {
        let answer = refresh(&house, member, &deep, "Second-1800");
        assert_eq!((answer.status, granted(&answer)), (200, 1800), "{member}");
        assert!(answer.text().contains("<D:lockroot><D:href>/dav/folder/</D:href></D:lockroot>"), "{member}");
        assert!(answer.text().contains(&deep), "{member}");
    }
    for path in ["/b", "/folder/inner/x"] {
        assert_refused(&refresh(&house, path, &token, "Second-60"), 412);
    }
    assert_refused(&refresh(&house, "/a", "urn:uuid:00000000-0000-4000-8000-000000000000", "Second-60"), 412);
    let without = house.ask("LOCK", "/a", &[], "");
    assert!(matches!(without.status, 400 | 412), "{}", seen(&without));
}

#[test]
fn a_lock_ends_by_its_token_in_either_spelling() {
    let house = house_with(&["/a", "/b", "/folder/", "/folder/x"]);
    for spell in [|token: String| format!("<{token}>"), |token: String| token] {
        let token = lock(&house, "/a", "0");
        assert_eq!(house.put("/a", "x").status, 423);
        let answer = unlock(&house, "/a", &spell(token));
        assert_eq!((answer.status, answer.body.len()), (204, 0));
        assert_eq!(house.put("/a", "x").status, 204);
    }
    let token = lock(&house, "/a", "0");
    let wrong = [
        ("/a", "<urn:uuid:00000000-0000-4000-8000-000000000000>".to_owned()),
        ("/a", "<opaquelocktoken:nonsense>".to_owned()),
        ("/b", format!("<{token}>")),
    ];
    for (path, sent) in wrong {
        let answer = unlock(&house, path, &sent);
        assert_refused(&answer, 409);
        assert!(answer.text().contains("<D:lock-token-matches-request-uri/>"), "{}", seen(&answer));
    }
    assert_refused(&house.ask("UNLOCK", "/a", &[], ""), 400);
    assert_eq!(house.put("/a", "x").status, 423, "the lock is still there");
    let deep = lock(&house, "/folder", "infinity");
    assert_eq!(unlock(&house, "/folder/x", &format!("<{deep}>")).status, 204, "a member will do");
    assert_eq!(house.put("/folder/x", "x").status, 204);
}

#[test]
fn locking_a_free_name_makes_an_empty_file_of_it() {
    let house = house_with(&["/folder/"]);
    let answer = ask_for_lock(&house, "/folder/new", "0", "exclusive");
    assert_eq!(answer.status, 201);
    let token = token_of(&answer);
    assert_eq!(house.list("/folder"), ["new"]);
    assert_eq!(house.get("/folder/new").body.len(), 0);
    assert_refused(&house.put("/folder/new", "x"), 423);
    let put = house.ask("PUT", "/folder/new", &[("If", &holding(&token))], "content");
    assert_eq!(put.status, 204);
    unlock(&house, "/folder/new", &token);
    assert_eq!(house.get("/folder/new").text(), "content");
}

#[test]
fn davfs2_learns_that_a_name_it_wants_to_create_is_taken() {
    let house = house_with(&["/old", "/folder/"]);
    let create = |path: &str| {
        house.ask("LOCK", path, &[("Depth", "0"), ("If-None-Match", "*")], lockinfo("exclusive"))
    };
    for path in ["/old", "/folder"] {
        assert_refused(&create(path), 412);
    }
    assert_eq!(house.put("/old", "x").status, 204, "it is not locked");
    let token = token_of(&create("/new"));
    assert_eq!(house.ask("PUT", "/new", &[("If", &holding(&token))], "x").status, 204);
}

#[test]
fn a_lock_needs_a_folder_to_be_in_and_a_depth_that_exists() {
    let house = house_with(&["/a"]);
    for path in ["/missing/new", "/a/new"] {
        assert_refused(&ask_for_lock(&house, path, "0", "exclusive"), 409);
    }
    for depth in ["1", "7"] {
        assert_refused(&ask_for_lock(&house, "/a", depth, "exclusive"), 400);
    }
    assert_eq!(house.list("/"), ["a"]);
    assert_eq!(house.put("/a", "x").status, 204);
}

#[test]
fn locks_can_be_discovered() {
    let house = house_with(&["/folder/", "/folder/a", "/folder/b"]);
    let deep = token_of(&ask_for_lock(&house, "/folder", "infinity", "shared"));
    let own = token_of(&ask_for_lock(&house, "/folder/a", "0", "shared"));
    let tokens = |path: &str| {
        let text = house.propfind(path, "0", &asking("<D:lockdiscovery/>")).text();
        (text.contains(&deep), text.contains(&own))
    };
    assert_eq!(tokens("/folder/a"), (true, true));
    assert_eq!(tokens("/folder/b"), (true, false));
    assert_eq!(tokens("/folder"), (true, false));
    assert_eq!(tokens("/"), (false, false));
    let listed = house.propfind("/folder", "1", &asking("<D:lockdiscovery/>"));
    assert_eq!(listed.texts("activelock").len(), 4);
    assert_eq!(listed.texts("lockroot").iter().filter(|root| *root == "/dav/folder/a").count(), 1);
    let supported = house.propfind("/folder/a", "0", &asking("<D:supportedlock/>")).text();
    assert!(supported.contains("<D:shared/>") && supported.contains("<D:exclusive/>"), "{supported}");
}

#[test]
fn an_expired_lock_is_as_if_it_had_never_been() {
    let house = house_with(&["/a", "/folder/", "/folder/x"]);
    let token = lock(&house, "/a", "0");
    lock(&house, "/folder", "infinity");
    assert_eq!((house.put("/a", "x").status, house.delete("/folder/x").status), (423, 423));
    alter(&house, "UPDATE locks SET expires_ms = 1000");
    assert_eq!((house.put("/a", "x").status, house.delete("/folder/x").status), (204, 204));
    assert_eq!(house.propfind("/a", "0", &asking("<D:lockdiscovery/>")).texts("activelock").len(), 0);
    assert_refused(&refresh(&house, "/a", &token, "Second-60"), 412);
    assert_refused(&unlock(&house, "/a", &token), 409);
    lock(&house, "/a", "0");
}

#[test]
fn locks_survive_a_restart() {
    let house = house_with(&["/a"]);
    let token = lock(&house, "/a", "0");
    let authorization = house.authorization();
    let house = TestHouse::on_folder(house.close(), &[]);
    let put = |headers: &[(&str, &str)]| {
        let mut all = vec![("Authorization", authorization.as_str())];
        all.extend(headers);
        house.wire().ask("PUT", "/dav/a", &all, "x").status
    };
    assert_eq!(put(&[]), 423);
    assert_eq!(put(&[("If", &holding(&token))]), 204);
}

#[test]
fn locks_stay_behind_when_things_move_and_end_when_they_are_deleted() {
    let house = house_with(&["/a", "/b", "/c"]);
    let token = lock(&house, "/a", "0");
    let headers = [("Destination", "/dav/moved"), ("If", &holding(&token))];
    assert_eq!(house.ask("MOVE", "/a", &headers, "").status, 201);
    assert_eq!(house.put("/moved", "x").status, 204, "the lock did not come along");
    assert_eq!(house.put("/a", "x").status, 201, "and holds nothing here");
    let token = lock(&house, "/b", "0");
    assert_eq!(house.relocate("COPY", "/b", "/copied").status, 201);
    assert_eq!(house.put("/copied", "x").status, 204, "a copy is not locked");
    assert_eq!(house.ask("DELETE", "/b", &[("If", &holding(&token))], "").status, 204);
    assert_eq!(house.put("/b", "x").status, 201);
    assert_refused(&unlock(&house, "/b", &token), 409);
}

#[test]
fn an_owner_is_shown_as_it_was_sent() {
    let house = house();
    for owner in ["<D:owner>Ann &amp; Bob</D:owner>", "<D:owner><x xmlns='urn:x' k=\"v\">𝄞</x></D:owner>", ""]
    {
        house.put("/a", "x");
        let body = lockinfo("exclusive");
        let (before, rest) = body.split_once("<D:owner>").unwrap();
        let (_, after) = rest.split_once("</D:owner>").unwrap();
        let answer = house.ask("LOCK", "/a", &[("Depth", "0")], format!("{before}{owner}{after}"));
        let token = token_of(&answer);
        let inner = owner.trim_start_matches("<D:owner>").trim_end_matches("</D:owner>").replace('\'', "\"");
        assert!(answer.text().contains(&inner), "{owner} in {}", seen(&answer));
        assert_eq!(answer.texts("owner").len(), usize::from(!owner.is_empty()));
        unlock(&house, "/a", &token);
    }
    let long = lockinfo("exclusive").replace("http://ann.example/", &"x".repeat(5000));
    assert_refused(&house.ask("LOCK", "/a", &[("Depth", "0")], long), 413);
}
