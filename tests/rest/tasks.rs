//! Tasks of projects, as clients of the API see them.

use domain::{NodeName, NodePath, Timestamp, Tree, UserName};
use serde_json::{Value, json};

use crate::support::{Api, TestHouse};

/// Ann's project with bob as staff and dan as a viewer; eve is elsewhere.
fn team() -> (TestHouse, String) {
    let house = TestHouse::new().with_user("bob").with_user("dan").with_user("eve").with_user("ann");
    let ann = house.api("ann");
    let id = ann.post("/projects", &json!({"name": "Alps"})).json()["id"].as_str().unwrap().to_owned();
    for (name, role) in [("bob", "staff"), ("dan", "viewer")] {
        assert_eq!(ann.put(&format!("/projects/{id}/members/{name}"), &json!({"role": role})).status, 201);
    }
    (house, id)
}

fn made(api: &Api, project: &str, task: &Value) -> Value {
    let answer = api.post(&format!("/projects/{project}/tasks"), task);
    assert_eq!(answer.status, 201, "{answer:?}");
    answer.json()
}

fn at(task: &Value) -> String {
    format!("/tasks/{}", task["id"].as_str().unwrap())
}

fn titles(api: &Api, path: &str) -> Vec<String> {
    let list = api.get(path);
    assert_eq!(list.status, 200, "{path}: {list:?}");
    let title = |entry: &Value| entry["title"].as_str().unwrap().to_owned();
    list.json()["entries"].as_array().unwrap().iter().map(title).collect()
}

/// A file in a project, by its identity.
fn file(house: &TestHouse, project: &str, name: &str) -> String {
    let backends = house.backends();
    house.run(async {
        let ann = UserName::parse("ann").unwrap();
        let caller = services::users::caller(Timestamp::now(), backends, &ann).await.unwrap();
        let id = domain::ProjectId(project.parse().unwrap());
        let tree: Tree = services::projects::get(&caller, backends, id).await.unwrap().tree;
        let path = NodePath::new(vec![NodeName::parse(name).unwrap()], 1024).unwrap().within_tree(tree);
        services::files::create_folder(
            &caller,
            backends,
            &services::files::Target::new(path.clone(), domain::OnConflict::Fail),
            &domain::Conditions::default(),
        )
        .await
        .unwrap();
        let found = services::files::look(&caller, backends, &path).await.unwrap();
        found.node().unwrap().uuid.to_string()
    })
}

#[test]
fn a_task_is_made_seen_changed_and_deleted() {
    let (house, project) = team();
    let bob = house.api("bob");
    let hut = file(&house, &project, "Huts");
    let dan = bob.get(&format!("/projects/{project}/members/dan")).json()["user_id"].clone();
    let task = json!({"title": "Book a hut", "text": "By phone.", "priority": "high",
        "due_at": "2027-01-02T03:04:05+01:00", "assignee_id": dan, "file_ids": [hut]});
    let answer = bob.post(&format!("/projects/{project}/tasks"), &task);
    let task = answer.json();
    assert_eq!((answer.status, answer.header("location")), (201, Some(&*format!("/api/v1{}", at(&task)))));
    assert_eq!((&task["status"], &task["due_at"]), (&json!("open"), &json!("2027-01-02T02:04:05.000Z")));
    assert_eq!((&task["assignee"]["user_name"], &task["files"][0]["name"]), (&json!("dan"), &json!("Huts")));
    let changed = bob.patch(&at(&task), &json!({"status": "done", "due_at": null, "assignee_id": null}));
    assert_eq!((changed.status, &changed.json()["text"]), (200, &json!("By phone.")));
    assert_eq!((&changed.json()["due_at"], &changed.json()["assignee"]), (&Value::Null, &Value::Null));
    let stale = [("If-Match", answer.header("etag").unwrap())];
    assert_eq!(bob.ask("DELETE", &at(&task), &stale, "").status, 412);
    let without = bob.delete(&format!("{}/files/{hut}", at(&task)));
    assert_eq!((without.status, &without.json()["files"]), (200, &json!([])));
    let with = bob.put(&format!("{}/files/{hut}", at(&task)), &Value::Null);
    assert_eq!((with.status, &with.json()["files"][0]["id"]), (200, &json!(hut)));
    assert_eq!(bob.delete(&at(&task)).status, 204);
    assert_eq!(bob.get(&at(&task)).status, 404);
}

#[test]
fn a_viewer_reads_tasks_and_a_stranger_is_told_nothing() {
    let (house, project) = team();
    let (ann, dan, eve) = (house.api("ann"), house.api("dan"), house.api("eve"));
    let task = made(&ann, &project, &json!({"title": "Book a hut"}));
    let (there, nowhere) = (at(&task), "/tasks/00000000-0000-4000-8000-000000000000".to_owned());
    let file = "00000000-0000-4000-8000-000000000001";
    for (method, path, body) in [
        ("GET", String::new(), Value::Null),
        ("PATCH", String::new(), json!({"title": "Mine"})),
        ("DELETE", String::new(), Value::Null),
        ("PUT", format!("/files/{file}"), Value::Null),
        ("DELETE", format!("/files/{file}"), Value::Null),
    ] {
        let answers = [&there, &nowhere].map(|task| {
            let answer = eve.send(method, &format!("{task}{path}"), &body);
            (answer.status, answer.text())
        });
        assert_eq!(answers[0].0, 404, "{method} {path}: {answers:?}");
        assert_eq!(answers[0], answers[1], "{method} {path}");
        let expected = if method == "GET" { 200 } else { 403 };
        assert_eq!(dan.send(method, &format!("{there}{path}"), &body).status, expected, "{method} {path}");
    }
    assert!(titles(&eve, "/tasks").is_empty());
    assert_eq!(titles(&dan, "/tasks"), ["Book a hut"]);
    assert_eq!(eve.get(&format!("/projects/{project}/tasks")).status, 404);
    assert_eq!(ann.get(&at(&task)).json(), task);
}

#[test]
fn tasks_are_filtered_ordered_searched_and_paged_with_a_constant_number_of_statements() {
    let (house, project) = team();
    let bob = house.api("bob");
    let me = bob.get(&format!("/projects/{project}/members/bob")).json()["user_id"].clone();
    made(&bob, &project, &json!({"title": "a hut", "due_at": "2027-03-01T00:00:00Z", "assignee_id": me}));
    let (_, for_one) = house.statements(|| titles(&bob, "/tasks"));
    made(
        &bob,
        &project,
        &json!({"title": "b map", "priority": "urgent", "status": "done", "assignee_id": me}),
    );
    made(&bob, &project, &json!({"title": "c rope", "due_at": "2027-01-01T00:00:00Z"}));
    let (all, for_many) = house.statements(|| titles(&bob, "/tasks"));
    assert_eq!((all, for_one), (vec!["c rope".to_owned(), "a hut".to_owned(), "b map".to_owned()], for_many));
    for (asked, found) in [
        ("assignee=me&status=open", vec!["a hut"]),
        ("assignee=none", vec!["c rope"]),
        ("due_before=2027-02-01T00:00:00Z", vec!["c rope"]),
        ("q=MAP", vec!["b map"]),
        ("priority=urgent", vec!["b map"]),
        ("order=-title", vec!["c rope", "b map", "a hut"]),
        ("order=-priority&limit=1", vec!["b map"]),
        ("order=title&project=00000000-0000-4000-8000-000000000000", vec![]),
    ] {
        match found.is_empty() {
            true => assert_eq!(bob.get(&format!("/tasks?{asked}")).status, 404, "{asked}"),
            false => assert_eq!(titles(&bob, &format!("/tasks?{asked}")), found, "{asked}"),
        }
    }
    assert_eq!(titles(&bob, &format!("/tasks?project={project}&status=done")), ["b map"]);
    let first = bob.get("/tasks?limit=2&total=true").json();
    assert_eq!((&first["total"], first["entries"].as_array().unwrap().len()), (&json!(3), 2));
    let cursor = first["next"].as_str().unwrap();
    assert_eq!(titles(&bob, &format!("/tasks?cursor={cursor}")), ["b map"]);
    assert_eq!(bob.get(&format!("/tasks?order=title&cursor={cursor}")).code(), "cursor_unknown");
    for wrong in ["status=new", "priority=1", "assignee=bob", "due_before=soon", "order=size", "q=%00"] {
        assert_eq!(bob.get(&format!("/tasks?{wrong}")).status, 400, "{wrong}");
    }
}

#[test]
fn what_is_no_task_is_refused_with_the_reason() {
    let (house, project) = team();
    let bob = house.api("bob");
    let eve = house.api("eve").tokens["user_id"].clone();
    for wrong in [
        json!({}),
        json!({"title": " "}),
        json!({"title": "a\u{7}"}),
        json!({"title": "a", "status": "new"}),
        json!({"title": "a", "due_at": "tomorrow"}),
        json!({"title": "a", "assignee_id": eve}),
        json!({"title": "a", "text": "n".repeat(50_001)}),
        json!({"title": "a", "more": 1}),
    ] {
        let code = if wrong["assignee_id"].is_null() { "invalid" } else { "nobody_there" };
        let refused = bob.post(&format!("/projects/{project}/tasks"), &wrong);
        assert_eq!((refused.status, refused.code().as_str()), (400, code), "{wrong}: {refused:?}");
    }
    let missing = json!({"title": "a", "file_ids": ["00000000-0000-4000-8000-000000000000"]});
    assert_eq!(bob.post(&format!("/projects/{project}/tasks"), &missing).status, 404);
    assert!(titles(&bob, "/tasks").is_empty());
}
