//! The same done to many.

use serde_json::{Value, json};

use super::{id, make_folder, names, upload};
use crate::support::TestHouse;

#[test]
fn each_of_many_has_an_outcome_of_its_own() {
    let house = TestHouse::new().with_user("ann");
    let ann = house.api("ann");
    let folder = make_folder(&ann, "home", "f");
    let (a, b) = (id(&upload(&ann, "a", "1")), id(&upload(&ann, "b", "2")));
    let unknown = "0192f5e0-0000-7000-8000-000000000000";
    let run = |operation: &str, ids: &[&str], folder: Option<&str>| {
        let mut sent = json!({"operation": operation, "ids": ids});
        if let Some(folder) = folder {
            sent["folder"] = json!(folder);
        }
        let answer = ann.post("/batch", &sent);
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json()["outcomes"].as_array().unwrap().clone()
    };
    let statuses = |outcomes: &[Value]| {
        outcomes.iter().map(|outcome| outcome["status"].as_u64().unwrap()).collect::<Vec<_>>()
    };
    let moved = run("move", &[&a, unknown, &b], Some(&folder));
    assert_eq!((statuses(&moved), &moved[1]["code"]), (vec![200, 404, 200], &json!("not_found")));
    assert_eq!(names(&ann, &format!("/folders/{folder}/children")), ["a", "b"]);
    let copied = run("copy", &[&a], Some("home"));
    assert_eq!(ann.get(&format!("/files/{}", copied[0]["copy"].as_str().unwrap())).json()["name"], "a");
    assert_eq!(statuses(&run("remove", &[&a, &a], None)), [200, 404]);
    assert_eq!(statuses(&run("restore", &[&a, &b], None)), [200, 404]);
    assert_eq!(statuses(&run("purge", &[&a, &b], None)), [200, 200]);
    assert_eq!(names(&ann, &format!("/folders/{folder}/children")), [""; 0]);
    assert_eq!(ann.post("/batch", &json!({"operation": "remove", "ids": []})).status, 400);
    assert_eq!(ann.post("/batch", &json!({"operation": "remove", "ids": vec![unknown; 1001]})).status, 400);
    assert_eq!(ann.post("/batch", &json!({"operation": "move", "ids": [unknown]})).status, 400);
}
