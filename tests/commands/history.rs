//! `larder admin versions` and `larder admin restore`, beside a running server.

use super::{Machine, Outcome};
use crate::support::{Server, Wire};

fn ask(server: &Server, method: &str, path: &str, body: &str) -> String {
    let credentials = Wire::basic("larder", server.labelled("Password").unwrap());
    let headers = [("Authorization", credentials.as_str())];
    let answer = Wire::open(server.socket()).ask(method, &format!("/dav{path}"), &headers, body);
    assert!(matches!(answer.status, 200..300), "{answer:?}");
    answer.text()
}

/// The moments at which the contents of a file came, newest first.
fn moments(listed: &str) -> Vec<String> {
    let first_cell = |line: &str| line.split("  ").next().unwrap().to_owned();
    listed.lines().skip(1).map(first_cell).collect()
}

#[test]
fn a_version_is_found_and_taken_back() {
    let machine = Machine::new();
    let server = machine.serve(&[]);
    ask(&server, "PUT", "/my%20file", "first");
    ask(&server, "PUT", "/my%20file", "second one");
    let versions =
        |arguments: &[&str]| -> Outcome { machine.run(&[&["admin", "versions"], arguments].concat()) };
    let listed = versions(&["list", "larder", "/my file"]).succeeded();
    let came = moments(&listed);
    assert_eq!(came.len(), 2, "{listed}");
    assert!(listed.contains("now") && listed.contains("10 B") && listed.contains("larder"), "{listed}");
    let said = versions(&["restore", "larder", "my file", &came[1]]).succeeded();
    assert!(said.contains("/my file of larder has the content") && said.contains("5 B"), "{said}");
    assert_eq!(ask(&server, "GET", "/my%20file", ""), "first");

    assert!(versions(&["list", "larder", "/no file"]).failed_with(1).contains("nothing at this path"));
    assert!(versions(&["list", "nobody", "/my file"]).failed_with(1).contains("nobody"));
    assert!(versions(&["list", "larder", "/a/../b"]).failed_with(2).contains("`..`"));
    assert!(versions(&["restore", "larder", "/my file", "soon"]).failed_with(1).contains("yesterday"));
    assert!(versions(&["restore", "larder", "/my file", "9000w"]).failed_with(1).contains("reach back"));
}

#[test]
fn a_drive_is_brought_back_after_a_look_at_what_that_would_do() {
    let machine = Machine::new();
    let server = machine.serve(&[]);
    ask(&server, "MKCOL", "/folder", "");
    ask(&server, "PUT", "/folder/file", "good");
    ask(&server, "PUT", "/same", "same");
    let listed = machine.run(&["admin", "versions", "list", "larder", "/same"]).succeeded();
    let good = moments(&listed).remove(0);
    ask(&server, "PUT", "/folder/file", "encrypted by somebody");
    ask(&server, "PUT", "/ransom%20note", "pay");
    let restore = |arguments: &[&str]| {
        machine.run(&[&["admin", "restore", "larder", "--to", &good], arguments].concat()).succeeded()
    };
    let told = restore(&["--dry-run"]);
    assert!(told.contains("would be as on") && told.contains("- /ransom note"), "{told}");
    assert!(
        told.contains("2 into the trash, 1 brought back (2 files and folders, 4 B), 1 unchanged"),
        "{told}"
    );
    assert_eq!(ask(&server, "GET", "/folder/file", ""), "encrypted by somebody");
    let done = restore(&[]);
    assert_eq!(done.replace(" as on", " would be as on"), told);
    assert_eq!(ask(&server, "GET", "/folder/file", ""), "good");
    assert!(restore(&["/folder"]).contains("0 into the trash, 0 brought back"), "nothing is left to be done");
}
