//! Files of a project, for each of those who may or may not have to do with them.

use serde_json::{Value, json};

use super::{id, make_folder, names, put};
use crate::support::{Api, TestHouse};

/// What somebody may do with the files of a project.
#[derive(Clone, Copy, PartialEq)]
enum May {
    Nothing,
    Read,
    Write,
}

/// Ann's organization and her project in it: bob is staff there, vic views it, dan administers the organization alone,
/// mia is a member of that and of nothing else, root an admin of the server, and eve is nothing.
fn people() -> (TestHouse, Value, Vec<(Api, May)>) {
    let mut house = TestHouse::new();
    for name in ["root", "bob", "vic", "dan", "mia", "eve", "ann"] {
        house = house.with_user(name);
    }
    house.promote("root");
    let [ann, root] = ["ann", "root"].map(|name| house.api(name));
    let organization = id(&ann.post("/organizations", &json!({"name": "Bakers"})).json());
    let project = ann.post("/projects", &json!({"name": "Ovens", "organization_id": organization})).json();
    let mut all = vec![(ann.clone(), May::Write), (root.clone(), May::Write)];
    for (name, in_organization, in_project, may) in [
        ("bob", Some("member"), Some("staff"), May::Write),
        ("vic", Some("viewer"), Some("viewer"), May::Read),
        ("dan", Some("admin"), None, May::Write),
        ("mia", Some("member"), None, May::Nothing),
        ("eve", None, None, May::Nothing),
    ] {
        let api = house.api(name);
        let user = api.tokens["user_id"].as_str().unwrap().to_owned();
        for (noun, of, role) in
            [("organizations", &organization, in_organization), ("projects", &id(&project), in_project)]
        {
            if let Some(role) = role {
                let answer = root.put(&format!("/{noun}/{of}/members/{user}"), &json!({"role": role}));
                assert!(matches!(answer.status, 200 | 201), "{answer:?}");
            }
        }
        all.push((api, may));
    }
    (house, project, all)
}

fn status(may: May, needs: May, done: u16) -> u16 {
    match (may, needs) {
        (May::Nothing, _) => 404,
        (May::Read, May::Write) => 403,
        _ => done,
    }
}

#[test]
fn files_of_a_project_are_there_for_its_members_and_those_above_as_far_as_their_role_goes() {
    let (house, project, people) = people();
    let (root, ann) = (project["root_folder_id"].as_str().unwrap(), &people[0].0);
    let file = id(&put(ann, root, "plan", "fail", "first").json());
    assert_eq!(ann.ask("PUT", &format!("/files/{file}/content"), &[], "second").status, 200);
    let folder = make_folder(ann, root, "f");
    let versions = ann.get(&format!("/files/{file}/versions")).json();
    let first = versions["entries"][1]["id"].clone();
    let gone = put(ann, root, "gone", "fail", "1").json();
    assert_eq!(ann.delete(&format!("/files/{}", id(&gone))).status, 204);
    let project_id = id(&project);
    for (number, (api, may)) in people.iter().enumerate() {
        let reads = [
            format!("/files/{file}"),
            format!("/files/{file}/content"),
            format!("/files/{file}/versions"),
            format!("/files/{file}/versions/{first}/content"),
            format!("/folders/{root}"),
            format!("/folders/{root}/children"),
            format!("/trash?project={project_id}"),
            format!("/search?q=plan&project={project_id}"),
        ];
        for path in reads {
            let answer = api.get(&path);
            assert_eq!(answer.status, status(*may, May::Read, 200), "{number} GET {path}: {answer:?}");
        }
        let name = format!("n{number}");
        let (at, back) = (format!("/files/{file}"), format!("plan-{number}"));
        for (method, path, sent, done) in [
            ("POST", format!("/files?folder={root}&name={name}&on_conflict=fail"), json!("x"), 201),
            ("POST", "/folders".to_owned(), json!({"parent": root, "name": format!("d{number}")}), 201),
            // To where it is.
            ("PATCH", at.clone(), json!({"folder": root}), 200),
            ("PATCH", at.clone(), json!({"name": name}), 200),
            ("PATCH", at.clone(), json!({"folder": folder}), 200),
            ("PATCH", at.clone(), json!({"folder": root, "name": back}), 200),
            ("POST", format!("{at}/copy"), json!({"folder": folder}), 201),
            ("PUT", format!("{at}/content"), json!(number), 200),
            ("POST", format!("{at}/versions/{first}/restore"), Value::Null, 200),
            ("DELETE", at.clone(), Value::Null, 204),
        ] {
            let answer = api.send(method, &path, &sent);
            assert_eq!(answer.status, status(*may, May::Write, done), "{number} {method} {path}: {answer:?}");
        }
        if *may == May::Write {
            assert_eq!(api.post(&format!("/trash/{file}/restore"), &json!({})).status, 200);
        } else {
            let path = format!("/trash/{}", id(&gone));
            assert_eq!(api.post(&format!("{path}/restore"), &json!({})).status, status(*may, May::Write, 0));
            assert_eq!(api.delete(&path).status, status(*may, May::Write, 0));
        }
    }
    let made = names(ann, &format!("/folders/{root}/children?kind=file"));
    assert_eq!(made, ["n0", "n1", "n2", "n4", "plan-4"], "and nobody else has left anything");
    assert_eq!(house.anonymous_api().get(&format!("/files/{file}")).status, 401);
}

#[test]
fn whoever_may_read_takes_a_copy_home_and_whoever_may_not_write_brings_none() {
    let (_house, project, people) = people();
    let (root, ann) = (project["root_folder_id"].as_str().unwrap(), &people[0].0);
    let file = id(&put(ann, root, "plan", "fail", "a plan").json());
    for (number, (api, may)) in people.iter().enumerate() {
        let taken = api.post(&format!("/files/{file}/copy"), &json!({"folder": "home"}));
        assert_eq!(taken.status, status(*may, May::Read, 201), "{number}: {taken:?}");
        if *may == May::Read {
            assert_eq!(api.get(&format!("/files/{}/content", id(&taken.json()))).text(), "a plan");
        }
        let own = id(&put(api, "home", "own", "fail", "own").json());
        let moved = api.patch(&format!("/files/{own}"), &json!({"folder": root}));
        assert_eq!(moved.status, status(*may, May::Write, 200), "{number}: {moved:?}");
        let away = api.patch(&format!("/files/{file}"), &json!({"folder": "home"}));
        assert_eq!(away.status, status(*may, May::Write, 200), "{number}: {away:?}");
        if away.status == 200 {
            assert_eq!(away.json()["project"], Value::Null);
            assert_eq!(api.patch(&format!("/files/{file}"), &json!({"folder": root})).status, 200);
        } else {
            assert_eq!(api.get(&format!("/files/{own}")).json()["project"], Value::Null);
        }
    }
}
