//! Projects and who is in them, as clients of the API see it.

use domain::Timestamp;
use serde_json::{Value, json};

use crate::support::{Api, TestHouse};

fn people() -> TestHouse {
    TestHouse::new().with_user("ann").with_user("bob").with_user("eve")
}

fn made(api: &Api, name: &str) -> Value {
    let answer = api.post("/projects", &json!({"name": name}));
    assert_eq!(answer.status, 201, "{answer:?}");
    answer.json()
}

fn at(project: &Value) -> String {
    format!("/projects/{}", project["id"].as_str().unwrap())
}

fn names(api: &Api, path: &str) -> Vec<String> {
    let list = api.get(path);
    assert_eq!(list.status, 200, "{list:?}");
    let name = |entry: &Value| entry["name"].as_str().unwrap().to_owned();
    list.json()["entries"].as_array().unwrap().iter().map(name).collect()
}

#[test]
fn a_project_is_made_seen_changed_removed_restored_and_purged() {
    let house = people();
    let ann = house.api("ann");
    let answer = ann.post("/projects", &json!({"name": " Alps ", "description": "2027"}));
    let project = answer.json();
    assert_eq!((answer.status, answer.header("location")), (201, Some(&*format!("/api/v1{}", at(&project)))));
    assert_eq!(
        (&project["name"], &project["role"], &project["folder"]),
        (&json!("Alps"), &json!("admin"), &json!("Alps"))
    );
    assert_eq!((&project["organization_id"], &project["members"]), (&Value::Null, &json!(1)));
    let seen = ann.get(&at(&project));
    assert_eq!((seen.json(), seen.header("etag")), (project.clone(), answer.header("etag")));

    let renamed = ann.patch(&at(&project), &json!({"name": "Andes", "active": false}));
    assert_eq!((renamed.status, &renamed.json()["folder"]), (200, &json!("Andes")));
    let stale = [("If-Match", answer.header("etag").unwrap()), ("Content-Type", "application/json")];
    assert_eq!(ann.ask("PATCH", &at(&project), &stale, r#"{"active":true}"#).code(), "stale");

    assert_eq!(ann.delete(&at(&project)).status, 204);
    assert!(ann.get(&at(&project)).json()["removed_at"].is_string());
    assert!(names(&ann, "/projects").is_empty());
    assert_eq!(names(&ann, "/projects?state=removed"), ["Andes"]);
    assert_eq!(
        ann.post(&format!("{}/restore", at(&project)), &Value::Null).json()["removed_at"],
        Value::Null
    );

    assert_eq!(ann.post(&format!("{}/purge", at(&project)), &json!({"raw_objects": true})).status, 204);
    assert_eq!(ann.get(&at(&project)).code(), "not_found");
    house.run_due_jobs(Timestamp::now());
}

#[test]
fn whoever_is_not_in_a_project_is_told_what_they_are_told_of_nothing() {
    let house = people();
    let (ann, eve) = (house.api("ann"), house.api("eve"));
    let (there, nowhere) = (made(&ann, "Alps"), json!({"id": "00000000-0000-4000-8000-000000000000"}));
    for (method, path, body) in [
        ("GET", "", Value::Null),
        ("PATCH", "", json!({"name": "Mine"})),
        ("DELETE", "", Value::Null),
        ("POST", "/restore", Value::Null),
        ("POST", "/purge", json!({})),
        ("POST", "/leave", Value::Null),
        ("GET", "/members", Value::Null),
        ("GET", "/members/ann", Value::Null),
        ("PUT", "/members/eve", json!({"role": "admin"})),
        ("DELETE", "/members/ann", Value::Null),
        ("GET", "/tasks", Value::Null),
        ("POST", "/tasks", json!({"title": "Mine"})),
    ] {
        let answers = [&there, &nowhere].map(|project| {
            let answer = eve.send(method, &format!("{}{path}", at(project)), &body);
            (answer.status, answer.text())
        });
        assert_eq!(answers[0].0, 404, "{method} {path}: {answers:?}");
        assert_eq!(answers[0], answers[1], "{method} {path}");
    }
    assert!(names(&eve, "/projects?scope=all").is_empty());
    assert_eq!(ann.get(&at(&there)).json(), there);
}

#[test]
fn members_come_by_name_get_another_role_and_leave() {
    let house = people();
    let (ann, bob) = (house.api("ann"), house.api("bob"));
    let project = made(&ann, "Alps");
    made(&bob, "alps");
    let members = format!("{}/members", at(&project));
    let new = ann.put(&format!("{members}/bob"), &json!({"role": "editor"}));
    assert_eq!((new.status, &new.json()["role"]), (201, &json!("staff")));
    let id = new.json()["user_id"].as_str().unwrap().to_owned();
    assert_eq!(new.header("location"), Some(&*format!("/api/v1{members}/{id}")));
    let seen = bob.get(&at(&project)).json();
    assert_eq!((&seen["folder"], &seen["has_name_clash"]), (&json!("Alps (2)"), &json!(true)));
    assert_eq!((&seen["role"], &seen["members"]), (&json!("staff"), &json!(2)));

    let refused = bob.put(&format!("{members}/eve"), &json!({"role": "viewer"}));
    assert_eq!((refused.status, refused.code().as_str()), (403, "forbidden"));
    assert_eq!(ann.put(&format!("{members}/{id}"), &json!({"role": "admin"})).status, 200);
    assert_eq!(bob.put(&format!("{members}/ann"), &json!({"role": "viewer"})).code(), "creator_only");
    assert_eq!(bob.delete(&format!("{members}/ann")).code(), "creator_only");
    assert_eq!(ann.put(&format!("{members}/nobody"), &json!({"role": "viewer"})).status, 404);
    assert_eq!(ann.put(&format!("{members}/eve"), &json!({"role": "owner"})).status, 400);

    let listed = ann.get(&format!("{members}?order=-name&total=true&q=B")).json();
    assert_eq!((&listed["total"], &listed["entries"][0]["user_name"]), (&json!(1), &json!("bob")));
    assert_eq!(bob.post(&format!("{}/leave", at(&project)), &Value::Null).status, 204);
    assert_eq!(bob.get(&at(&project)).status, 404);
    assert_eq!(ann.post(&format!("{}/leave", at(&project)), &Value::Null).code(), "last_admin");
}

#[test]
fn projects_are_listed_in_pages_with_as_many_statements_for_many_as_for_one() {
    let house = people();
    let ann = house.api("ann");
    made(&ann, "Alps");
    let (_, for_one) = house.statements(|| assert_eq!(names(&ann, "/projects"), ["Alps"]));
    for name in ["Andes", "Carpathians"] {
        made(&ann, name);
    }
    let (_, for_many) = house.statements(|| assert_eq!(names(&ann, "/projects").len(), 3));
    assert_eq!(for_one, for_many);
    let first = ann.get("/projects?limit=2&order=-created&total=true").json();
    assert_eq!((first["entries"].as_array().unwrap().len(), &first["total"]), (2, &json!(3)));
    let cursor = first["next"].as_str().unwrap();
    assert_eq!(names(&ann, &format!("/projects?order=-created&cursor={cursor}")), ["Alps"]);
    assert_eq!(names(&ann, "/projects?q=an&state=active"), ["Andes", "Carpathians"]);
    for wrong in
        ["order=size", "state=gone", "scope=theirs", "limit=0", "cursor=7", "organization=7", "q=%00"]
    {
        assert_eq!(ann.get(&format!("/projects?{wrong}")).status, 400, "{wrong}");
    }
}

#[test]
fn what_is_no_project_is_refused_with_the_reason() {
    let house = people();
    let ann = house.api("ann");
    for wrong in [
        json!({}),
        json!({"name": ""}),
        json!({"name": "a\nb"}),
        json!({"name": "n".repeat(121)}),
        json!({"name": 7}),
        json!({"name": "Alps", "size": 1}),
        json!({"name": "Alps", "description": "a\u{0}"}),
        json!({"name": "Alps", "organization_id": "x"}),
    ] {
        let refused = ann.post("/projects", &wrong);
        assert_eq!((refused.status, refused.code().as_str()), (400, "invalid"), "{wrong}: {refused:?}");
    }
    let elsewhere = json!({"name": "Alps", "organization_id": "00000000-0000-4000-8000-000000000000"});
    assert_eq!(ann.post("/projects", &elsewhere).status, 404);
    assert!(names(&ann, "/projects").is_empty());
    let project = made(&ann, "Alps");
    assert_eq!(ann.patch(&at(&project), &json!({"quota_bytes": 1})).status, 403);
    house.promote("eve");
    let eve = house.api("eve");
    assert_eq!(eve.patch(&at(&project), &json!({"quota_bytes": 1})).json()["quota_bytes"], json!(1));
    assert_eq!(eve.patch(&at(&project), &json!({"quota_bytes": null})).json()["quota_bytes"], Value::Null);
}

#[test]
fn there_is_no_more_room_by_making_more_projects_where_that_is_limited() {
    let settings = [("projects.personal_max", "1"), ("organizations.creators", "admins")];
    let house = TestHouse::with_settings(&settings).with_user("ann").with_user("bob");
    let (ann, bob) = (house.api("ann"), house.api("bob"));
    let first = made(&ann, "Alps");
    let another = || ann.post("/projects", &json!({"name": "Andes"}));
    assert_eq!((another().status, another().code().as_str()), (403, "too_many_projects"));
    assert_eq!(ann.delete(&at(&first)).status, 204);
    assert_eq!(another().code(), "too_many_projects", "what is removed still takes its room");
    assert_eq!(ann.post(&format!("{}/purge", at(&first)), &json!({"raw_objects": true})).status, 204);
    assert_eq!(another().status, 201);
    made(&bob, "Alps");
    let bakers = json!({"name": "Bakers"});
    assert_eq!(ann.post("/organizations", &bakers).code(), "needs_admin");
    house.promote("ann");
    assert_eq!(house.api("ann").post("/organizations", &bakers).status, 201);
}
