//! `larder migrate`: brings the database to the newest version, or back to the one before.

use std::process::ExitCode;

use clap::Args;
use domain::Timestamp;

use crate::commands::{readable, say};
use crate::config::Config;
use crate::house;

const EXPLAINED: &str = "\
`larder serve` brings the database to the newest version too, at its start. Of SQLite, the database of before is kept in the
folder `snapshots` of the data folder for a week; back PostgreSQL up first. One that a newer Larder has used is left as it is.

With --to-previous, on SQLite, that database is put back, for the Larder it belongs to. What was changed since is lost, so it
says first how much that is, and does it with --yes. The present database is kept beside it.

Examples:
  larder migrate --data /srv/larder
  larder migrate --to-previous --data /srv/larder";

/// Bring the database to the newest version, or back to the one before
#[derive(Args)]
#[command(after_help = EXPLAINED)]
pub struct Migrate {
    /// Put the database of before the latest upgrade back
    #[arg(long)]
    to_previous: bool,
    /// With --to-previous: do it, although changes are lost
    #[arg(long, requires = "to_previous")]
    yes: bool,
}

pub async fn run(command: Migrate, config: &Config) -> anyhow::Result<ExitCode> {
    match command.to_previous {
        true => go_back(config, command.yes).await,
        false => migrate(config).await,
    }
}

async fn migrate(config: &Config) -> anyhow::Result<ExitCode> {
    let upgrade = house::migrate(config, Timestamp::now()).await?;
    if upgrade.steps.is_empty() {
        return say("Nothing to do: the database is at the newest version.");
    }
    let steps = upgrade.steps.join("\n  ");
    say(format_args!("The database took these steps and is at the newest version:\n  {steps}"))?;
    if let (Some(from), Some(snapshot)) = (upgrade.from, upgrade.snapshot) {
        let file = snapshot.file.display();
        say(format_args!(
            "The database of before, at {from}, is kept for a week in {file}; `larder migrate --to-previous` puts it back."
        ))?;
    }
    Ok(ExitCode::SUCCESS)
}

async fn go_back(config: &Config, is_sure: bool) -> anyhow::Result<ExitCode> {
    let previous = house::look_back(config).await?;
    let (taken_at, version) = (readable::time(previous.snapshot.taken_at), &previous.version);
    let lost = match previous.changes {
        0 => "No file was changed since.".to_owned(),
        1 => "1 change to files since then is lost.".to_owned(),
        changes => format!("{changes} changes to files since then are lost."),
    };
    if !is_sure {
        say(format_args!(
            "This puts back the database of {taken_at}, at {version}. {lost}\n\
             What was done with accounts and passwords since then is lost as well."
        ))?;
        anyhow::bail!("Nothing was changed; add --yes to do it.");
    }
    let aside = house::go_back(config, Timestamp::now(), &previous).await?;
    say(format_args!(
        "The database of {taken_at}, at {version}, is back. {lost}\nThe one of until now is kept as {}.\n\
         Start the Larder that belongs to it: this one would take the step {} again.",
        aside.display(),
        previous.snapshot.step,
    ))
}
