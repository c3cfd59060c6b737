//! `cargo xtask test`: every test of the workspace, by nextest where it is installed, on both grounds.

use std::process::Command;

use anyhow::Result;
use clap::ValueEnum;

use crate::stack::Stack;
use crate::stores::Store;
use crate::{clients, workspace};

const EXPLAINED: &str = "\
Each house of a test stands alone, on SQLite, its disk and its own memory, and then, in a second run, on PostgreSQL, S3 and
Redis. PostgreSQL and Redis are started for that run and stopped after it, from Debian's packages `postgresql`,
`pgbouncer` and `redis-server`, which are installed first where that is allowed. The bucket is served by the tests themselves.

Examples:
  cargo xtask test                          everything, on both
  cargo xtask test --on alone quotas        what has quotas in its name, on SQLite and the disk
  cargo xtask test --on scaled -E 'test(/^webdav::/)'";

#[derive(clap::Args)]
#[command(after_help = EXPLAINED)]
pub struct Arguments {
    /// Also run the long forms of the crash, model and load tests, hours on two cores, and what moves bytes on SeaweedFS and
    /// Garage
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
const LONG_FORMS: [(&str, &str); 3] =
    [("LARDER_CRASH_KILLS", "200"), ("LARDER_MODEL_STEPS", "100000"), ("LARDER_LOAD_SECONDS", "600")];

pub fn run(arguments: &Arguments) -> Result<()> {
    clients::announce_missing()?;
    let is_wanted = |ground| arguments.on.is_none_or(|on| on == ground);
    // Before anything runs for long: what is missing for the second run is said at once.
    let stack = is_wanted(Ground::Scaled).then(Stack::start).transpose()?;
    let alone = match is_wanted(Ground::Alone) {
        true => workspace::run(tests(arguments, Ground::Alone)),
        false => Ok(()),
    };
    if let Some(stack) = stack {
        let mut command = tests(arguments, Ground::Scaled);
        command.envs(stack.variables());
        workspace::run(command)?;
        if arguments.full {
            on_real_stores(&stack)?;
        }
    }
    alone
}

/// What goes through the files' bytes, with the bucket on the S3 servers of other people; but for what looks into it.
const OF_BYTES: &str = "(test(a_bucket_elsewhere) or test(/^webdav::(put|get|large|traps|connections|relocate)::/)) \
    and not test(is_damaged_on_the_disk)";

fn on_real_stores(stack: &Stack) -> Result<()> {
    for start in [Store::seaweedfs, Store::garage] {
        let store = start()?;
        println!("On {}:", store.name);
        let mut command = workspace::cargo(["nextest", "run", "--workspace", "--profile", "scaled-full"]);
        command.args(["-E", OF_BYTES]).envs(stack.variables()).envs(store.variables());
        workspace::run(command)?;
    }
    Ok(())
}

/// The runner as it runs on this ground.
fn tests(arguments: &Arguments, ground: Ground) -> Command {
    let mut command = match clients::find("cargo-nextest") {
        Some(_) => {
            // What each profile is for is said in .config/nextest.toml.
            let profile = match (ground, arguments.full) {
                (Ground::Alone, false) => "default",
                (Ground::Alone, true) => "full",
                (Ground::Scaled, false) => "scaled",
                (Ground::Scaled, true) => "scaled-full",
            };
            workspace::cargo(["nextest", "run", "--workspace", "--no-tests", "pass", "--profile", profile])
        }
        None => workspace::cargo(["test", "--workspace", "--all-targets"]),
    };
    if arguments.full {
        let unset = LONG_FORMS.into_iter().filter(|(name, _)| std::env::var_os(name).is_none());
        command.envs(unset);
    }
    command.args(&arguments.passed_on);
    command
}

/// The suite as CI runs it.
pub fn run_all() -> Result<()> {
    run(&Arguments { full: false, on: None, passed_on: Vec::new() })
}
