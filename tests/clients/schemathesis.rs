//! schemathesis: whatever the description of the API allows or forbids is sent, and the answers are as it says.

use std::path::Path;
use std::process::Command;

use super::{require, run, text};
use crate::support::{Api, TestHouse};

/// How many requests it makes up for each operation, beside those that examples, limits and links ask for.
const EXAMPLES: &str = "5";

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
    let house = house.with_user("root").with_user("ann");
    // They get an account password.
    let _ = (house.api("root"), house.api("ann"));
    house.promote("root");

    let settings = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients/schemathesis");
    let folder = tempfile::tempdir().unwrap();
    let api = house.url().replace("/dav/", "/api/v1");
    let mut command = Command::new("st");
    command.current_dir(folder.path()).env("PYTHONPATH", &settings).env("PYTHONDONTWRITEBYTECODE", "1");
    command.env("SCHEMATHESIS_HOOKS", "hooks").env("LARDER_API", &api);
    command.env("LARDER_LOGIN", user).env("LARDER_PASSWORD", Api::PASSWORD);
    command.args(["--config-file", text(&settings.join("schemathesis.toml"))]);
    command.args(["--no-color", "run", &format!("{api}/openapi.json"), "--checks", "all"]);
    command.args(["--seed", "1", "--generation-deterministic"]);
    command.args(["--max-examples", EXAMPLES, "--continue-on-failure", "--warnings", "off"]);
    run(&mut command);
}
