//! `cargo xtask test`: every test of the workspace, by nextest where it is installed.

use anyhow::Result;

use crate::{clients, workspace};

#[derive(clap::Args)]
pub struct Arguments {
    /// Passed on to the test runner: a name to filter by, --no-capture, …
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "ARGUMENTS")]
    passed_on: Vec<String>,
}

pub fn run(arguments: &Arguments) -> Result<()> {
    clients::announce_missing()?;
    let runner: &[&str] = match clients::find("cargo-nextest") {
        Some(_) => &["nextest", "run", "--workspace"],
        None => &["test", "--workspace", "--all-targets"],
    };
    let mut command = workspace::cargo(runner.iter().copied());
    command.args(&arguments.passed_on);
    workspace::run(command)
}

/// The whole suite, as CI runs it.
pub fn run_all() -> Result<()> {
    run(&Arguments { passed_on: Vec::new() })
}
