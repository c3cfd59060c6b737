//! cadaver: a WebDAV shell, driven by what a person would type.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use super::{held, require, status, text, varied_bytes};
use crate::support::TestHouse;

#[test]
fn cadaver_puts_copies_moves_locks_and_deletes() {
    if !require("cadaver") || !require("curl") {
        return;
    }
    let house = TestHouse::new().with_user("ann");
    let home = tempfile::tempdir().unwrap();
    let (sent, received) = (home.path().join("sent.txt"), home.path().join("received.txt"));
    let content: String = varied_bytes(50_000).into_iter().map(|byte| char::from(b'a' + byte % 26)).collect();
    fs::write(&sent, &content).unwrap();
    let netrc = format!("machine 127.0.0.1\nlogin {}\npassword {}\n", house.user(), house.password());
    fs::write(home.path().join(".netrc"), netrc).unwrap();

    let typed = [
        "mkcol folder",
        &format!("put {} folder/first.txt", text(&sent)),
        "ls folder",
        "copy folder/first.txt folder/second.txt",
        "move folder/second.txt third.txt",
        "lock third.txt",
        "discover third.txt",
        "unlock third.txt",
        "propset third.txt colour green",
        "propget third.txt colour",
        &format!("get third.txt {}", text(&received)),
        "delete third.txt",
        "copy folder/ whole/",
        "rmcol folder",
        "quit",
    ];
    let printed = type_into_cadaver(&house, home.path(), &typed);

    let failed = printed.contains("failed") || printed.contains("Could not") || printed.contains("rror");
    assert!(
        !failed && printed.contains("green") && printed.contains("first.txt"),
        "cadaver printed:\n{printed}"
    );
    assert_eq!(fs::read_to_string(&received).unwrap(), content);
    assert_eq!(held(&house, "whole/first.txt"), content);
    assert_eq!(status(&house, "third.txt"), "404");
    assert_eq!(status(&house, "folder/first.txt"), "404");
}

/// Everything printed, the complaints among it; cadaver's exit code does not tell whether its commands succeeded.
fn type_into_cadaver(house: &TestHouse, home: &Path, lines: &[&str]) -> String {
    let mut command = Command::new("cadaver");
    command.arg(house.url()).env("HOME", home).current_dir(home);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut cadaver = command.spawn().unwrap();
    cadaver.stdin.take().unwrap().write_all((lines.join("\n") + "\n").as_bytes()).unwrap();
    let output = cadaver.wait_with_output().unwrap();
    String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned()
}
