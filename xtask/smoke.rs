//! `cargo xtask smoke`: the README's first command, one file up and down, and a clean stop.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Result, ensure};

use crate::server::Server;
use crate::workspace;

/// Includes a release build of everything from cold: ten minutes were measured on two cores.
const START_TIME_MAX: Duration = Duration::from_secs(25 * 60);

const FILE_BYTES: usize = 3 * 1024 * 1024 + 17;

pub fn run() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let sent = folder.path().join("sent");
    let received = folder.path().join("received");
    std::fs::write(&sent, (0..FILE_BYTES).map(|n| (n * n / 7) as u8).collect::<Vec<_>>())?;

    println!("$ cargo run --release -- serve");
    let command = workspace::cargo(["run", "--release", "--", "serve"]);
    let server = Server::start(command, &folder.path().join("data"), START_TIME_MAX)?;
    let url = format!("{}smoke%20test.bin", server.address);
    curl(&server, &["--upload-file", text(&sent), &url])?;
    curl(&server, &["--output", text(&received), &url])?;
    ensure!(std::fs::read(&sent)? == std::fs::read(&received)?, "the file came back with other bytes");
    server.stop()?;
    println!("smoke: {FILE_BYTES} bytes went up and came back, SIGTERM ended with exit code 0");
    Ok(())
}

fn curl(server: &Server, arguments: &[&str]) -> Result<()> {
    let mut command = Command::new("curl");
    command.args(["--silent", "--show-error", "--fail", "--max-time", "60"]);
    command.args(["--user", &format!("{}:{}", server.user, server.password)]).args(arguments);
    workspace::run(command)
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap_or_default()
}
