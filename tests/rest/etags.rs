//! ETags: whoever has something already is told so as long as nothing of it has changed, and whoever changes it has to have
//! read its latest version.

use serde_json::{Value, json};

use crate::support::{Api, TestHouse};

fn id(made: &Value) -> &str {
    made["id"].as_str().unwrap_or_else(|| panic!("{made}"))
}

/// Something that somebody has read.
struct Known<'a> {
    api: &'a Api,
    path: String,
    tag: String,
}

impl<'a> Known<'a> {
    #[track_caller]
    fn read(api: &'a Api, path: &str) -> Self {
        let answer = api.get(path);
        assert_eq!(answer.status, 200, "{path}: {answer:?}");
        let tag = answer.header("etag").unwrap().to_owned();
        let known = Self { api, path: path.to_owned(), tag };
        known.is_as_it_was();
        known
    }

    #[track_caller]
    fn is_as_it_was(&self) {
        let answer = self.api.ask("GET", &self.path, &[("If-None-Match", &self.tag)], "");
        assert_eq!((answer.status, answer.header("etag")), (304, Some(self.tag.as_str())), "{}", self.path);
    }

    /// Asserts that it is sent again, and gives what a field is now.
    #[track_caller]
    fn now_shows(&mut self, field: &str) -> Value {
        let answer = self.api.ask("GET", &self.path, &[("If-None-Match", &self.tag)], "");
        assert_eq!(answer.status, 200, "{} has changed in {field}", self.path);
        self.tag = answer.header("etag").unwrap().to_owned();
        self.is_as_it_was();
        answer.json().pointer(field).unwrap_or_else(|| panic!("no {field}: {answer:?}")).clone()
    }

    /// Changes it from what was read.
    fn patch(&self, sent: &Value) -> u16 {
        let headers = [("If-Match", self.tag.as_str()), ("Content-Type", "application/json")];
        self.api.ask("PATCH", &self.path, &headers, sent.to_string()).status
    }
}

fn upload(api: &Api, folder: &Value, name: &str, content: &str) -> Value {
    let folder = folder.as_str().unwrap();
    let answer = api.ask("POST", &format!("/files?folder={folder}&name={name}"), &[], content);
    assert_eq!(answer.status, 201, "{answer:?}");
    answer.json()
}

#[test]
fn a_project_is_sent_again_when_what_is_in_it_or_what_one_is_there_has_changed() {
    let house = TestHouse::new().with_user("bob").with_user("ann");
    let (ann, bob) = (house.api("ann"), house.api("bob"));
    let made = ann.post("/projects", &json!({"name": "Film"})).json();
    let path = format!("/projects/{}", id(&made));
    let mut anns = Known::read(&ann, &path);
    upload(&ann, &made["root_folder_id"], "scene", "four");
    let known_before = anns.tag.clone();
    assert_eq!(anns.now_shows("/used_bytes"), 4);
    // What is in it is no change of the project itself, so whoever read it before may still change it, once.
    let before = Known { api: &ann, path: path.clone(), tag: known_before };
    assert_eq!(before.patch(&json!({"description": "a film"})), 200);
    assert_eq!(before.patch(&json!({"description": "another"})), 412);
    assert_eq!(anns.patch(&json!({"description": "another"})), 412);
    assert_eq!(anns.now_shows("/description"), "a film");

    let member = format!("{path}/members/bob");
    assert_eq!(ann.put(&member, &json!({"role": "viewer"})).status, 201);
    assert_eq!(anns.now_shows("/members"), 2);
    let mut bobs = Known::read(&bob, &path);
    assert_ne!(bobs.tag, anns.tag, "they are shown other roles");
    assert_eq!(ann.put(&member, &json!({"role": "staff"})).status, 200);
    assert_eq!(bobs.now_shows("/role"), "staff");
}

#[test]
fn a_task_is_sent_again_when_its_files_or_its_assignee_have_changed() {
    let house = TestHouse::new().with_user("ann");
    let ann = house.api("ann");
    let project = ann.post("/projects", &json!({"name": "Film"})).json();
    let first = upload(&ann, &project["root_folder_id"], "a", "1");
    let second = upload(&ann, &project["root_folder_id"], "b", "22");
    let task = json!({"title": "Cut", "assignee_id": ann.tokens["user_id"], "file_ids": [id(&first)]});
    let made = ann.post(&format!("/projects/{}/tasks", id(&project)), &task);
    let path = format!("/tasks/{}", id(&made.json()));
    let mut known = Known::read(&ann, &path);
    assert_eq!(made.header("etag"), Some(known.tag.as_str()), "who makes it has it");
    let attached = |file: &Value| format!("{path}/files/{}", id(file));
    assert_eq!(ann.put(&attached(&second), &Value::Null).status, 200);
    assert_eq!(known.now_shows("/files").as_array().unwrap().len(), 2);
    assert_eq!(ann.patch(&format!("/files/{}", id(&first)), &json!({"name": "c"})).status, 200);
    assert!(known.now_shows("/files").to_string().contains("\"c\""));
    assert_eq!(ann.delete(&format!("/files/{}", id(&first))).status, 204);
    assert_eq!(known.now_shows("/files").as_array().unwrap().len(), 1, "one is in the trash");
    assert_eq!(ann.delete(&attached(&second)).status, 200);
    assert_eq!(known.now_shows("/files"), json!([]));
    assert_eq!(ann.patch("/me", &json!({"display_name": "Ann Lee"})).status, 200);
    assert_eq!(known.now_shows("/assignee/display_name"), "Ann Lee");
    assert_eq!(known.patch(&json!({"status": "done"})), 200);
    assert_eq!(known.patch(&json!({"status": "open"})), 412);
}

#[test]
fn accounts_organizations_and_folders_are_sent_again_when_anything_they_show_has_changed() {
    let house = TestHouse::new().with_user("bob").with_user("ann");
    house.promote("ann");
    let (ann, bob) = (house.api("ann"), house.api("bob"));
    let path = format!("/admin/users/{}", bob.tokens["user_id"].as_str().unwrap());
    let mut account = Known::read(&ann, &path);
    let mut quota = Known::read(&bob, "/me/quota");
    upload(&bob, &json!("home"), "a", "four");
    assert_eq!(account.now_shows("/used_bytes"), 4);
    assert_eq!(quota.now_shows("/used_bytes"), 4);
    assert_eq!(ann.post(&format!("{path}/suspend"), &Value::Null).status, 200);
    assert_eq!(account.now_shows("/state"), "suspended");
    assert_eq!(ann.post(&format!("{path}/resume"), &Value::Null).status, 200);

    let organization = ann.post("/organizations", &json!({"name": "Bakers"})).json();
    let path = format!("/organizations/{}", id(&organization));
    let member = format!("{path}/members/{}", bob.tokens["user_id"].as_str().unwrap());
    assert_eq!(ann.put(&member, &json!({"role": "viewer"})).status, 200);
    let (mut bobs, mut him) = (Known::read(&bob, &path), Known::read(&ann, &member));
    assert_eq!(ann.put(&member, &json!({"role": "member"})).status, 200);
    assert_eq!((bobs.now_shows("/role"), him.now_shows("/role")), (json!("member"), json!("member")));
    assert_eq!(bob.patch("/me", &json!({"display_name": "Bob Ross"})).status, 200);
    assert_eq!(him.now_shows("/display_name"), "Bob Ross");

    let folder = ann.post("/folders", &json!({"parent": "home", "name": "f"})).json();
    let mut children = Known::read(&ann, &format!("/folders/{}/children", id(&folder)));
    let file = upload(&ann, &folder["id"], "a", "1");
    assert_eq!(children.now_shows("/entries/0/size_bytes"), 1);
    let mut known = Known::read(&ann, &format!("/files/{}", id(&file)));
    assert_eq!(ann.ask("PUT", &format!("/files/{}/content", id(&file)), &[], "22").status, 200);
    assert_eq!(
        (known.now_shows("/size_bytes"), children.now_shows("/entries/0/size_bytes")),
        (json!(2), json!(2))
    );
    assert_eq!(house.relocate("MOVE", "/f/a", "/b").status, 201);
    assert_eq!(known.now_shows("/name"), "b");
    assert_eq!(children.now_shows("/entries"), json!([]));
}
