//! Files over REST, as clients see them.

mod batch;
mod conflicts;
mod content;
mod projects;
mod redirects;
mod refused;
mod uploads;

use serde_json::{Value, json};

use crate::support::{Answer, Api};

/// Uploads a file to the top of the drive, and gives what the answer says of it.
#[track_caller]
fn upload(api: &Api, name: &str, content: impl AsRef<[u8]>) -> Value {
    let answer = put(api, "home", name, "rename", content);
    assert_eq!(answer.status, 201, "{answer:?}");
    answer.json()
}

fn put(api: &Api, folder: &str, name: &str, on_conflict: &str, content: impl AsRef<[u8]>) -> Answer {
    let path = format!("/files?folder={folder}&name={name}&on_conflict={on_conflict}");
    api.ask("POST", &path, &[], content)
}

#[track_caller]
fn make_folder(api: &Api, parent: &str, name: &str) -> String {
    let answer = api.post("/folders", &json!({"parent": parent, "name": name}));
    assert_eq!(answer.status, 201, "{answer:?}");
    id(&answer.json())
}

fn id(entry: &Value) -> String {
    entry["id"].as_str().unwrap().to_owned()
}

/// The names in a list.
#[track_caller]
fn names(api: &Api, path: &str) -> Vec<String> {
    let answer = api.get(path);
    assert_eq!(answer.status, 200, "{answer:?}");
    let entries = answer.json()["entries"].as_array().unwrap().clone();
    entries.iter().map(|entry| entry["name"].as_str().unwrap().to_owned()).collect()
}
