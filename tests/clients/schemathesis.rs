//! schemathesis: whatever the description of the API allows or forbids is sent, and the answers are as it says.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use super::{require, run, text};
use crate::support::{Api, TestHouse};

#[test]
fn an_admin_is_answered_as_the_description_says() {
    compare("root");
}

#[test]
fn a_user_is_answered_as_the_description_says() {
    compare("ann");
}

fn compare(user: &str) {
    if !require("st") {
        return;
    }
    let house = TestHouse::with_mail(&[
        ("accounts.sign_up", "open"),
        // Whether credentials are asked for is tried with wrong ones.
        ("login.failures_max", "1000000"),
    ]);
    let house = house.with_user("root").with_user("ann").with_user("bob");
    // They get an account password.
    let (root, ann) = (house.api("root"), house.api("ann"));
    house.promote("root");
    let known = furnish(if user == "root" { &root } else { &ann });

    let settings = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients/schemathesis");
    let folder = tempfile::tempdir().unwrap();
    let api = house.url().replace("/dav/", "/api/v1");
    let mut command = Command::new("st");
    command.current_dir(folder.path()).env("PYTHONPATH", &settings).env("PYTHONDONTWRITEBYTECODE", "1");
    command.env("SCHEMATHESIS_HOOKS", "hooks").env("LARDER_API", &api);
    command
        .env("LARDER_LOGIN", user)
        .env("LARDER_PASSWORD", Api::PASSWORD)
        .env("LARDER_KNOWN", known.to_string());
    command.args(["--config-file", text(&settings.join("schemathesis.toml"))]);
    command.args(["--no-color", "run", &format!("{api}/openapi.json"), "--checks", "all"]);
    command.arg("--generation-deterministic");
    command.args(["--continue-on-failure", "--warnings", "off"]);
    run(&mut command);
}

/// Makes one of everything, and says by the beginning of its path what identity it has.
fn furnish(owner: &Api) -> Value {
    let made = |path: &str, body: Value| {
        let answer = owner.post(path, &body);
        assert_eq!(answer.status, 201, "{answer:?}");
        answer.json()["id"].clone()
    };
    let folder = made("/folders", json!({"parent": "home", "name": "folder"}));
    let file = owner.ask("POST", "/files?name=file", &[], "content").json()["id"].clone();
    let version =
        owner.get(&format!("/files/{}/versions", file.as_str().unwrap())).json()["entries"][0]["id"].clone();
    let organization = made("/organizations", json!({"name": "Bakers"}));
    let project = made("/projects", json!({"name": "Alps", "organization_id": organization}));
    let task =
        made(&format!("/projects/{}/tasks", project.as_str().unwrap()), json!({"title": "Book a hut"}));
    let app_password = made("/me/app-passwords", json!({"name": "laptop"}));
    let root =
        owner.get(&format!("/projects/{}", project.as_str().unwrap())).json()["root_folder_id"].clone();
    let inside =
        owner.ask("POST", &format!("/files?name=plan&folder={}", root.as_str().unwrap()), &[], "plan");
    json!({
        "/folders/{id}": {"id": folder},
        "/files/{id}": {"id": file, "version": version},
        "/organizations/{id}": {"id": organization},
        "/projects/{id}": {"id": project, "user": "bob"},
        "/tasks/{id}": {"id": task, "file_id": inside.json()["id"]},
        "/me/app-passwords/{id}": {"id": app_password},
    })
}
