//! Killed while the paths beside the objects of a bucket are written anew: the next start goes on with it.

use std::path::Path;
use std::process::Command;

use bucket::Bucket;

use super::line::Line;
use crate::support::{Program, wait_until};

#[test]
fn a_round_through_renamed_files_that_dies_is_ended_after_the_next_start() {
    let (folder, bucket) = (tempfile::tempdir().unwrap(), Bucket::start_on_thread());
    let variable = |key: &str| format!("LARDER_{}", key.replace('.', "_").to_uppercase());
    let mut variables: Vec<_> =
        bucket.settings().into_iter().map(|(key, value)| (variable(&key), value)).collect();
    variables.push((variable("jobs.poll_seconds"), "1".to_owned()));
    let variables: Vec<_> = variables.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();

    let program = Program::serve_with(folder.path(), &variables);
    let line = Line { address: program.address, credentials: program.credentials() };
    let ask = |method: &str, path: &str| line.ask(method, path, &[], path.as_bytes()).unwrap().status;
    assert_eq!(line.ask("MKCOL", "/a", &[], b"").unwrap().status, 201);
    for number in 0..5 {
        assert_eq!(ask("PUT", &format!("/a/{number}")), 201);
    }
    assert_eq!(line.relocate("MOVE", "/a", "/b", false).unwrap().status, 201);
    program.kill();

    let armed = [variables.as_slice(), &[(failpoint::STEP, "relabel.written")]].concat();
    // What was under way runs again by itself, perhaps before the server has said that it serves.
    if let Ok(program) = Program::try_serve(folder.path(), &armed) {
        write_now(folder.path(), &variables);
        assert!(program.ended(), "the step was not reached");
    }
    let _program = Program::serve_with(folder.path(), &variables);
    write_now(folder.path(), &variables);
    let expected: Vec<String> = (0..5).map(|number| format!("/b/{number}")).collect();
    wait_until("all paths are written", || {
        write_now(folder.path(), &variables);
        labels(&bucket) == expected
    });
}

/// Asks the running server to write the paths now.
fn write_now(folder: &Path, variables: &[(&str, &str)]) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_larder"));
    command.args(["admin", "jobs", "run", "original-paths", "--data"]).arg(folder.join("data"));
    crate::support::ground::prepare(&mut command, folder);
    command.envs(variables.iter().copied()).current_dir(folder).output().unwrap();
}

fn labels(bucket: &Bucket) -> Vec<String> {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mut labels = runtime.block_on(async {
        let client = bucket.client();
        let mut labels = Vec::new();
        for key in bucket.objects().into_keys().filter(|key| key.ends_with("/content")) {
            let head = client.head_object().bucket(bucket::NAME).key(key).send().await.unwrap();
            labels.extend(head.metadata.and_then(|metadata| metadata.get("original-path").cloned()));
        }
        labels
    });
    labels.sort();
    labels
}
