//! `cargo xtask ci`: what `.ci/run` does once everything is installed.

use anyhow::Result;

use crate::{smoke, test, workspace};

pub fn run() -> Result<()> {
    workspace::run(workspace::cargo(["fmt", "--all", "--check"]))?;
    workspace::run(workspace::cargo(["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]))?;
    test::run_all()?;
    smoke::run()
}
