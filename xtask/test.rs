//! `cargo xtask test`: every test of the workspace, by nextest where it is installed.

use anyhow::Result;

use crate::{clients, workspace};

#[derive(clap::Args)]
pub struct Arguments {
    /// Also run the long forms of the crash and model tests: hours on two cores
    #[arg(long)]
    full: bool,
    /// Passed on to the test runner: a name to filter by, --no-capture, …
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "ARGUMENTS")]
    passed_on: Vec<String>,
}

/// How long the long forms are, where the environment does not say.
const LONG_FORMS: [(&str, &str); 3] =
    [("LARDER_CRASH_KILLS", "200"), ("LARDER_MODEL_STEPS", "100000"), ("LARDER_LOAD_SECONDS", "600")];

pub fn run(arguments: &Arguments) -> Result<()> {
    clients::announce_missing()?;
    let runner: &[&str] = match clients::find("cargo-nextest") {
        // Its profile of this name lets no test run into a limit of time.
        Some(_) if arguments.full => &["nextest", "run", "--workspace", "--profile", "full"],
        Some(_) => &["nextest", "run", "--workspace"],
        None => &["test", "--workspace", "--all-targets"],
    };
    let mut command = workspace::cargo(runner.iter().copied());
    if arguments.full {
        let unset = LONG_FORMS.into_iter().filter(|(name, _)| std::env::var_os(name).is_none());
        command.envs(unset);
    }
    command.args(&arguments.passed_on);
    workspace::run(command)
}

/// The whole suite, as CI runs it.
pub fn run_all() -> Result<()> {
    run(&Arguments { full: false, passed_on: Vec::new() })
}
