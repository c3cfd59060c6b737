//! The record of who did what, as each sees it.

use serde_json::Value;

use crate::support::{Api, TestHouse};

fn house() -> TestHouse {
    TestHouse::with_settings(&[("audit.accesses", "true")]).with_user("ben").with_user("ann")
}

/// What the record says, the newest first, once the last second of it is written.
fn told(house: &TestHouse, api: &Api, path: &str) -> Vec<(String, String)> {
    house.run(services::audit::write_accesses(house.backends())).unwrap();
    let answer = api.get(path);
    assert_eq!(answer.status, 200, "{answer:?}");
    let text = |entry: &Value, field: &str| entry[field].as_str().unwrap_or_default().to_owned();
    let entries = answer.json()["entries"].as_array().unwrap().clone();
    entries.iter().map(|entry| (text(entry, "action"), text(entry, "subject_name"))).collect()
}

#[test]
fn people_see_what_they_did_by_every_door_and_nobody_elses() {
    let house = house();
    let (ann, ben) = (house.api("ann"), house.api("ben"));
    assert_eq!(house.put("/a.txt", "one").status, 201);
    assert_eq!(house.get("/a.txt").status, 200);
    assert_eq!(house.relocate("MOVE", "/a.txt", "/b.txt").status, 201);
    let pairs = told(&house, &ann, "/me/audit");
    let pairs: Vec<(&str, &str)> =
        pairs.iter().map(|(action, name)| (action.as_str(), name.as_str())).collect();
    for pair in [
        ("file.write", "/a.txt"),
        ("file.read", "/a.txt"),
        ("node.move", "/a.txt"),
        ("account.log_in", "ann"),
    ] {
        assert!(pairs.contains(&pair), "{pair:?} is missing: {pairs:?}");
    }
    let moved = ann.get("/me/audit?action=node.move&total=true").json();
    let entry = &moved["entries"][0];
    assert_eq!(
        (&moved["total"], &entry["detail"], &entry["door"]),
        (&1.into(), &"/b.txt".into(), &"webdav".into())
    );
    assert_eq!((&entry["user_name"], &entry["address"]), (&"ann".into(), &"127.0.0.1".into()));
    assert!(told(&house, &ben, "/me/audit").iter().all(|(action, _)| action == "account.log_in"));
}

#[test]
fn the_record_comes_in_pages_and_takes_no_words_it_does_not_know() {
    let house = house();
    let ann = house.api("ann");
    for number in 0..5 {
        assert_eq!(house.mkcol(&format!("/{number}")).status, 201);
    }
    let first = ann.get("/me/audit?action=folder.create&limit=3").json();
    let next = first["next"].as_str().unwrap();
    let second = ann.get(&format!("/me/audit?action=folder.create&limit=3&cursor={next}")).json();
    let names = |page: &Value| -> Vec<String> {
        let entries = page["entries"].as_array().unwrap().iter();
        entries.map(|entry| entry["subject_name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(
        (names(&first), names(&second)),
        (["/4", "/3", "/2"].map(str::to_owned).to_vec(), ["/1", "/0"].map(str::to_owned).to_vec())
    );
    assert_eq!(second["next"], Value::Null);
    assert_eq!(names(&ann.get("/me/audit?action=folder.create&until=2020-01-01T00:00:00Z").json()), [""; 0]);
    for wrong in
        ["action=x", "door=x", "outcome=x", "since=x", "user=x", "limit=0", "cursor=zz", "subject=%00"]
    {
        assert_eq!(ann.get(&format!("/me/audit?{wrong}")).status, 400, "{wrong}");
    }
}

#[test]
fn only_admins_of_the_server_see_everything_and_refusals_are_part_of_it() {
    let house = house();
    let ann = house.api("ann");
    let refused = ann.get("/admin/audit");
    assert_eq!((refused.status, refused.code().as_str()), (403, "needs_admin"));
    let nowhere = "00000000-0000-0000-0000-000000000000";
    for noun in ["organizations", "projects"] {
        assert_eq!(ann.get(&format!("/{noun}/{nowhere}/audit")).status, 404);
    }
    let drive = house.anonymous_api().with_authorization(&house.authorization());
    assert_eq!(drive.get("/me/audit").code(), "needs_session");
    assert_eq!(house.anonymous_api().get("/me/audit").status, 401);

    let refusals = told(&house, &ann, "/me/audit?outcome=refused");
    let expected = ["GET /api/v1/me/audit", "GET /api/v1/admin/audit"]
        .map(|asked| ("request.refuse".to_owned(), asked.to_owned()));
    assert_eq!(refusals, expected);
    house.promote("ann");
    let all = told(&house, &house.api("ann"), "/admin/audit");
    assert!(all.contains(&("user.create".to_owned(), String::new())), "{all:?}");
}

#[test]
fn a_wrong_password_is_written_down_for_the_account_it_was_tried_on() {
    let house = house();
    let ann = house.api("ann");
    let log_in = serde_json::json!({"login": "ann", "password": "a guess"});
    assert_eq!(house.anonymous_api().post("/auth/log-in", &log_in).status, 401);
    let nobody = serde_json::json!({"login": "my secret", "password": "a guess"});
    assert_eq!(house.anonymous_api().post("/auth/log-in", &nobody).status, 401);
    assert_eq!(told(&house, &ann, "/me/audit?action=account.log_in_refused").len(), 1);
    house.promote("ann");
    let all = house.api("ann").get("/admin/audit");
    let text = all.text();
    assert!(text.matches("account.log_in_refused").count() == 2 && !text.contains("secret"), "{text}");
}

#[test]
fn behind_a_trusted_proxy_the_address_is_the_clients() {
    let settings = [("audit.accesses", "true"), ("server.trusted_proxies", "127.0.0.1")];
    let house = TestHouse::with_settings(&settings).with_user("ann");
    let client = [("X-Forwarded-For", "198.51.100.1, ::ffff:203.0.113.7")];
    assert_eq!(house.ask("PUT", "/a", &client, "one").status, 201);
    let listed = house.api("ann").get("/me/audit?action=file.write").json();
    assert_eq!(listed["entries"][0]["address"], "203.0.113.7");
}
