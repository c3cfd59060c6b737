//! `larder migrate`: brings the database to the newest version.

use std::process::ExitCode;

use crate::commands::say;
use crate::config::Config;
use crate::house;

pub const EXPLAINED: &str = "\
`larder serve` does this too, at its start. A database that a newer Larder has used is left as it is.

Example:
  larder migrate --data /srv/larder";

pub async fn run(config: &Config) -> anyhow::Result<ExitCode> {
    let steps = house::migrate(config).await?;
    if steps.is_empty() {
        return say("Nothing to do: the database is at the newest version.");
    }
    say(format_args!("The database took these steps and is at the newest version:\n  {}", steps.join("\n  ")))
}
