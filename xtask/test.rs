//! `cargo xtask test`: every test of the workspace, by nextest where it is installed, on both grounds.

use std::process::Command;

use anyhow::Result;
use clap::ValueEnum;

use crate::stack::Stack;
use crate::{clients, workspace};

const EXPLAINED: &str = "\
Each house of a test stands alone, on SQLite, its disk and its own memory, and then, in a second run, on PostgreSQL, S3 and
Redis. PostgreSQL and Redis are started for that run and stopped after it, from Debian's packages `postgresql` and
`redis-server`, which are installed first where that is allowed. The bucket is served by the tests themselves.

Examples:
  cargo xtask test                          everything, on both
  cargo xtask test --on alone quotas        what has quotas in its name, on SQLite and the disk
  cargo xtask test --on scaled -E 'test(/^webdav::/)'";

#[derive(clap::Args)]
#[command(after_help = EXPLAINED)]
pub struct Arguments {
    /// Also run the long forms of the crash and model tests: hours on two cores
    #[arg(long)]
    full: bool,
    /// Run on one ground only
    #[arg(long, value_name = "GROUND")]
    on: Option<Ground>,
    /// Passed on to the test runner: a name to filter by, --no-capture, …
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "ARGUMENTS")]
    passed_on: Vec<String>,
}

/// What the houses of the tests stand on.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Ground {
    /// SQLite, the disk, the memory of the process
    Alone,
    /// PostgreSQL, S3, Redis
    Scaled,
}

/// How long the long forms are, where the environment does not say.
const LONG_FORMS: [(&str, &str); 2] = [("LARDER_CRASH_KILLS", "200"), ("LARDER_MODEL_STEPS", "100000")];

/// The crates whose tests stand on something.
const ON_A_GROUND: [&str; 5] = ["larder", "metadata", "blobs", "coordination", "services"];

pub fn run(arguments: &Arguments) -> Result<()> {
    clients::announce_missing()?;
    let is_wanted = |ground| arguments.on.is_none_or(|on| on == ground);
    // Before anything runs for long: what is missing for the second run is said at once.
    let stack = is_wanted(Ground::Scaled).then(Stack::start).transpose()?;
    let alone = match is_wanted(Ground::Alone) {
        true => workspace::run(tests(arguments, &["--workspace"])),
        false => Ok(()),
    };
    if let Some(stack) = stack {
        let packages: Vec<&str> = ON_A_GROUND.iter().flat_map(|package| ["--package", package]).collect();
        let mut command = tests(arguments, &packages);
        command.envs(stack.variables());
        workspace::run(command)?;
    }
    alone
}

/// The runner, for the tests of these packages.
fn tests(arguments: &Arguments, packages: &[&str]) -> Command {
    let runner: &[&str] = match clients::find("cargo-nextest") {
        // Its profile of this name lets no test run into a limit of time.
        Some(_) if arguments.full => &["nextest", "run", "--profile", "full", "--no-tests", "pass"],
        Some(_) => &["nextest", "run", "--no-tests", "pass"],
        None => &["test", "--all-targets"],
    };
    let mut command = workspace::cargo([runner, packages].concat());
    if arguments.full {
        let unset = LONG_FORMS.into_iter().filter(|(name, _)| std::env::var_os(name).is_none());
        command.envs(unset);
    }
    command.args(&arguments.passed_on);
    command
}

/// The whole suite, as CI runs it.
pub fn run_all() -> Result<()> {
    run(&Arguments { full: false, on: None, passed_on: Vec::new() })
}
