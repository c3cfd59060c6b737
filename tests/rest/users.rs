//! Accounts as admins see and change them, and what their owners take along when they go.

use serde_json::{Value, json};

use crate::support::{Api, TestHouse};

const LIST: &str = "/admin/users";

/// A house with an admin, `root`, and the API for them.
fn administered() -> (TestHouse, Api) {
    let house = TestHouse::new().with_user("root");
    house.promote("root");
    let admin = house.api("root");
    (house, admin)
}

fn id(api: &Api) -> String {
    api.tokens["user_id"].as_str().unwrap().to_owned()
}

fn path(api: &Api, verb: &str) -> String {
    format!("{LIST}/{}{verb}", id(api))
}

fn names(answer: &Value) -> Vec<&str> {
    answer["entries"].as_array().unwrap().iter().map(|user| user["name"].as_str().unwrap()).collect()
}

#[test]
fn an_admin_makes_an_account_and_finds_it() {
    let (house, admin) = administered();
    let sent = json!({"name": "Bob", "display_name": "Robert", "email": "Bob@example.org", "quota_bytes": 5, "password": Api::PASSWORD});
    let made = admin.post(LIST, &sent);
    assert_eq!(made.status, 201, "{made:?}");
    let bob = made.json();
    let path = format!("{LIST}/{}", bob["id"].as_str().unwrap());
    assert_eq!(made.header("location"), Some(format!("/api/v1{path}").as_str()));
    assert_eq!(
        (&bob["name"], &bob["email"], &bob["state"]),
        (&json!("bob"), &json!("bob@example.org"), &json!("active"))
    );
    let seen = admin.get(&path);
    assert_eq!((seen.json(), seen.header("etag")), (bob, made.header("etag")));
    for (question, found) in [
        ("", vec!["bob", "root"]),
        ("?order=-name", vec!["root", "bob"]),
        ("?q=ROBERT", vec!["bob"]),
        ("?role=admin", vec!["root"]),
        ("?state=suspended", vec![]),
        ("?order=created_at&limit=1", vec!["root"]),
    ] {
        assert_eq!(names(&admin.get(&format!("{LIST}{question}")).json()), found, "{question}");
    }
    assert_eq!(admin.get(&format!("{LIST}?total=true&limit=1")).json()["total"], 2);
    let clash = admin.post(LIST, &sent);
    assert_eq!((clash.status, clash.code().as_str()), (409, "exists"));
    let by_address = json!({"login": "bob@example.org", "password": Api::PASSWORD});
    assert_eq!(house.anonymous_api().post("/auth/log-in", &by_address).status, 200);
}

#[test]
fn what_makes_no_sense_is_refused_before_anything_happens() {
    let (_house, admin) = administered();
    for (question, status) in [
        ("?order=size", 400),
        ("?limit=0", 400),
        ("?limit=501", 400),
        ("?state=gone", 400),
        ("?cursor=zz", 400),
        ("?organization_id=1", 400),
        ("/none", 404),
        ("/00000000-0000-0000-0000-000000000000", 404),
    ] {
        assert_eq!(admin.get(&format!("{LIST}{question}")).status, status, "{question}");
    }
    for sent in [
        json!({"name": "a b"}),
        json!({"name": "bob", "email": "nowhere"}),
        json!({"name": "bob", "password": "short"}),
        json!({"name": "bob", "role": "owner"}),
        json!({"name": "bob", "quota_bytes": -1}),
        json!({"name": "bob", "quota_bytes": u64::MAX}),
        json!({"name": "bob", "display_name": "a\nb"}),
        json!({"name": "bob", "shoe_size": 42}),
    ] {
        assert_eq!(admin.post(LIST, &sent).status, 400, "{sent}");
    }
    assert_eq!(names(&admin.get(LIST).json()), ["root"]);
}

#[test]
fn a_change_holds_from_the_next_request_on_and_only_of_what_was_read() {
    let (house, admin) = administered();
    let house = house.with_user("bob");
    let bob = house.api("bob");
    let read = admin.get(&path(&bob, ""));
    let tag = read.header("etag").unwrap().to_owned();
    assert_eq!(house.put("/a.txt", "a").status, 201);

    assert_eq!(admin.post(&path(&bob, "/suspend"), &Value::Null).json()["state"], "suspended");
    let stale = admin.ask(
        "PATCH",
        &path(&bob, ""),
        &[("If-Match", &tag), ("Content-Type", "application/json")],
        json!({"quota_bytes": null}).to_string(),
    );
    assert_eq!((stale.status, stale.code().as_str()), (412, "stale"));
    assert_eq!((house.get("/a.txt").status, house.put("/b.txt", "b").status), (200, 403));
    assert_eq!(admin.post(&path(&bob, "/resume"), &Value::Null).json()["suspended_at"], Value::Null);
    assert_eq!(house.put("/b.txt", "b").status, 201);

    assert_eq!(admin.post(&path(&bob, "/deactivate"), &Value::Null).json()["state"], "deactivated");
    assert_eq!(
        (house.get("/a.txt").status, bob.get("/me/export").code().as_str()),
        (401, "account_inactive")
    );
    assert_eq!(admin.post(&path(&bob, "/activate"), &Value::Null).json()["state"], "active");
    assert_eq!(house.get("/a.txt").status, 200);

    let changed = admin
        .patch(&path(&bob, ""), &json!({"quota_bytes": 1, "display_name": "Bob", "role": "admin"}))
        .json();
    assert_eq!((&changed["quota_bytes"], &changed["role"]), (&json!(1), &json!("admin")));
    assert_eq!(bob.get(LIST).status, 200, "an admin from the next request on");
    assert_eq!(house.put("/c.txt", "c").status, 507);
}

#[test]
fn nobody_administers_themselves_and_others_nothing_at_all() {
    let (house, admin) = administered();
    let house = house.with_user("bob");
    let bob = house.api("bob");
    for (verb, sent) in
        [("", json!({"role": "user"})), ("/deactivate", Value::Null), ("/suspend", Value::Null)]
    {
        let answer = match verb {
            "" => admin.patch(&path(&admin, verb), &sent),
            verb => admin.post(&path(&admin, verb), &sent),
        };
        assert_eq!((answer.status, answer.code().as_str()), (403, "own_account"), "{verb}");
    }
    assert_eq!(admin.delete(&path(&admin, "")).code(), "own_account");
    assert_eq!(admin.post("/me/delete", &json!({"password": Api::PASSWORD})).code(), "last_server_admin");
    for answer in [
        bob.get(LIST),
        bob.get(&path(&admin, "")),
        bob.post(LIST, &json!({"name": "eve"})),
        bob.post(&path(&bob, "/activate"), &Value::Null),
        bob.delete(&path(&admin, "")),
        bob.get("/admin/receipts/00000000-0000-0000-0000-000000000000"),
    ] {
        assert_eq!((answer.status, answer.code().as_str()), (403, "needs_admin"));
    }
    assert_eq!(house.anonymous_api().get(LIST).status, 401);
}

#[test]
fn a_deleted_account_is_gone_at_once_and_empty_after_its_job() {
    let (house, admin) = administered();
    let house = house.with_user("bob");
    let bob = house.api("bob");
    assert_eq!(house.put("/a.txt", "a content").status, 201);
    let answer = admin.delete(&path(&bob, ""));
    assert_eq!(answer.status, 202, "{answer:?}");
    let receipt = answer.header("location").unwrap().strip_prefix("/api/v1").unwrap().to_owned();
    assert_eq!(admin.get(&receipt).json()["done_at"], Value::Null);
    assert_eq!((house.get("/a.txt").status, bob.get("/me/export").code().as_str()), (401, "account_gone"));
    assert_eq!(admin.get(&path(&bob, "")).status, 404);
    assert_eq!(names(&admin.get(LIST).json()), ["root"]);
    house.run_due_jobs(domain::Timestamp::now());
    let done = admin.get(&receipt).json();
    assert!(done["done_at"].is_string(), "{done}");
    assert_eq!((&done["purged_files"], &done["purged_bytes"]), (&json!(1), &json!(9)));
    assert_eq!(done["by_user_id"], json!(id(&admin)));
    assert_eq!(admin.post(LIST, &json!({"name": "bob"})).status, 201, "the name is free");
}

#[test]
fn an_export_is_an_archive_that_only_its_owner_gets() {
    let house = TestHouse::new().with_user("bob");
    let bob = house.api("bob");
    assert_eq!(house.put("/a.txt", "a content").status, 201);
    let answer = bob.get("/me/export");
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/zip")));
    assert!(answer.header("content-disposition").unwrap().starts_with("attachment"));
    assert!(answer.body.starts_with(b"PK\x03\x04"));
    let end = answer.body.windows(4).rposition(|four| four == b"PK\x05\x06").expect("the end of the archive");
    assert!(answer.body.len() - end < 100);
    assert_eq!(bob.ask("HEAD", "/me/export", &[], "").status, 405);
    let program = house.anonymous_api().with_authorization(&house.authorization());
    assert_eq!(program.get("/me/export").status, 403);
}
