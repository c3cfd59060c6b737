//! `larder admin metadata …`: where names, people and everything about them are kept.

use std::process::ExitCode;
use std::time::Instant;

use clap::Subcommand;
use domain::{Secret, Timestamp};

use crate::commands::progress::Rows;
use crate::commands::{readable, say};
use crate::config::Config;
use crate::house;

#[derive(Subcommand)]
pub enum Metadata {
    /// Move the database from SQLite in the data folder to PostgreSQL, beside a running server
    #[command(after_help = "\
The other database has to be there and be empty: createdb -E UTF8 -T template0 larder. While this runs people can read and
change nothing: every change is answered with 503. All rows are copied in one transaction, read back and compared by their
SHA-256. If it is broken off, the house is as it was: run it again.

Afterwards the old database refuses every change, so that none is lost. Set metadata.url to the new one and start Larder
again. The files stay where they are.

The address shows in the list of processes: leave the password out of it, and put it into PGPASSWORD or ~/.pgpass.

Examples:
  larder admin metadata move --to postgres://larder@db.example.org/larder --data /srv/larder
  larder admin metadata move --to postgres://larder@10.0.0.5:5432/larder")]
    Move {
        /// The address of an empty PostgreSQL database
        #[arg(long, value_name = "ADDRESS", value_parser = address)]
        to: Secret,
    },
}

/// What is wrong with an address is said without repeating it: there may be a password in it.
fn address(text: &str) -> Result<Secret, &'static str> {
    match text.split_once("://") {
        Some(("postgres" | "postgresql", _)) => Ok(Secret::new(text)),
        _ => Err("the address of a database begins with postgres://"),
    }
}

pub async fn run(command: Metadata, config: &Config) -> anyhow::Result<ExitCode> {
    let Metadata::Move { to } = command;
    let begun = Instant::now();
    let rows = Rows::new();
    let moved = house::move_metadata(config, Timestamp::now(), to, &|step| rows.show(step)).await;
    let count = rows.end();
    let moved = moved?;
    let (from, to) = moved.places;
    if moved.was_ended {
        say(format_args!("An earlier run had moved everything to {to}; its last step is done now."))?;
    } else {
        say(format_args!(
            "Moved: {} from {from} to {to}, compared, in {}.",
            readable::count(count, "row"),
            readable::took(begun.elapsed()),
        ))?;
    }
    say(
        "Next: set metadata.url to the new database, with its password, and start every server again. Until then people \
         can read and change nothing. The old database is kept and refuses every change; once all is well, it may be \
         moved away.",
    )
}
