//! Killed at each step of the end of an account, or of a project.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::json;
use tokio::runtime::Runtime;

use super::in_order;
use super::line::Line;
use super::state::content;
use crate::support::{Api, Program, Wire, database, ground, labelled, wait_until};

#[test]
fn an_account_whose_end_was_interrupted_is_there_or_goes_as_a_whole() {
    for (step, is_of_job) in [
        ("account.doomed", false),
        ("account.ended", false),
        ("account.batch", true),
        ("account.forgotten", true),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        furnish(folder.path());
        let count = |sql: &str| Runtime::new().unwrap().block_on(database::number(&data, sql));
        let delete = ["user", "delete", "bob", "--yes"];
        if is_of_job {
            assert!(admin(folder.path(), &delete, &[]).status.success());
            // The job is due as soon as the server has started, or before it says so.
            if let Ok(program) = Program::try_serve(folder.path(), &[(failpoint::STEP, step)]) {
                assert!(program.ended(), "{step} was not reached");
            }
        } else {
            let killed = admin(folder.path(), &delete, &[(failpoint::STEP, step)]);
            assert_eq!(killed.status.code(), None, "{step} was not reached: {killed:?}");
            let doomed = count("SELECT COUNT(*) FROM users WHERE doomed_ms IS NOT NULL");
            let receipts = count("SELECT COUNT(*) FROM receipts");
            match step {
                "account.doomed" => {
                    assert_eq!((doomed, receipts), (0, 0));
                    assert!(admin(folder.path(), &delete, &[]).status.success());
                }
                _ => assert_eq!((doomed, receipts), (1, 1)),
            }
        }
        in_order(folder.path());
        let program = Program::serve(folder.path());
        wait_until("the account is purged", || count("SELECT COUNT(*) FROM users WHERE name = 'bob'") == 0);
        assert_eq!(
            count("SELECT COUNT(*) FROM receipts WHERE done_ms IS NOT NULL AND files = 3"),
            1,
            "{step}"
        );
        assert_eq!(count("SELECT COUNT(*) FROM spaces"), 1);
        assert_eq!(count("SELECT COUNT(*) FROM nodes WHERE parent_id IS NOT NULL"), 1, "others keep theirs");
        in_order(folder.path());
        program.kill();
    }
}

#[test]
fn a_project_whose_purge_was_interrupted_is_there_or_goes_as_a_whole() {
    for step in ["project.condemned", "project.batch"] {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        let count = |sql: &str| Runtime::new().unwrap().block_on(database::number(&data, sql));
        let program = Program::serve(folder.path());
        let password = program.account_password();
        let line = Line { address: program.address, credentials: program.credentials() };
        let api = Api::log_in(program.address, "larder", &password);
        let made = api.post("/projects", &json!({"name": "Film"})).json();
        let project = format!("/projects/{}", made["id"].as_str().unwrap());
        for (seed, path) in (1..).zip(["/Projects/Film/one", "/Projects/Film/two", "/kept"]) {
            assert_eq!(line.ask("PUT", path, &[], &content(seed)).unwrap().status, 201, "{path}");
        }
        program.kill();

        let program = Program::serve_with(folder.path(), &[(failpoint::STEP, step)]);
        let api = Api::log_in(program.address, "larder", &password);
        let _waits = api.begin("POST", &format!("{project}/purge"), &json!({"raw_objects": true}));
        assert!(program.ended(), "{step} was not reached");
        in_order(folder.path());
        let condemned = count("SELECT COUNT(*) FROM spaces WHERE condemned_ms IS NOT NULL");
        assert_eq!(condemned, i64::from(step == "project.batch"));

        let program = Program::serve(folder.path());
        if condemned == 0 {
            let api = Api::log_in(program.address, "larder", &password);
            assert_eq!(api.post(&format!("{project}/purge"), &json!({"raw_objects": true})).status, 204);
        }
        wait_until("the project is purged", || count("SELECT COUNT(*) FROM projects") == 0);
        assert_eq!(
            count("SELECT COUNT(*) FROM nodes WHERE parent_id IS NOT NULL"),
            1,
            "what is elsewhere stays"
        );
        in_order(folder.path());
        program.kill();
    }
}

/// A house in which bob has some files, and somebody else one.
fn furnish(folder: &Path) {
    let program = Program::serve(folder);
    let first = Line { address: program.address, credentials: program.credentials() };
    assert_eq!(first.ask("PUT", "/kept", &[], &content(1)).unwrap().status, 201);
    assert!(admin(folder, &["user", "create", "bob"], &[]).status.success());
    let made = admin(folder, &["app-password", "create", "bob", "laptop"], &[]);
    let said = String::from_utf8(made.stdout).unwrap();
    let password = labelled(&said, "Password").unwrap_or_else(|| panic!("{said}"));
    let bob = Line { address: program.address, credentials: Wire::basic("bob", password) };
    for folder in ["/d", "/d/e"] {
        assert_eq!(bob.ask("MKCOL", folder, &[], b"").unwrap().status, 201);
    }
    for (seed, path) in (2..).zip(["/d/e/one", "/d/two", "/three"]) {
        assert_eq!(bob.ask("PUT", path, &[], &content(seed)).unwrap().status, 201);
    }
    assert_eq!(bob.ask("PUT", "/three", &[], &content(9)).unwrap().status, 204);
    assert_eq!(bob.ask("DELETE", "/d/two", &[], b"").unwrap().status, 204);
    program.kill();
}

fn admin(folder: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_larder"));
    ground::prepare(&mut command, folder);
    command.arg("admin").args(arguments).arg("--data").arg(folder.join("data"));
    command.envs(environment.iter().copied()).current_dir(folder).output().unwrap()
}
