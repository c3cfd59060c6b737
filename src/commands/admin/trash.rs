//! `larder admin trash …`: what people have deleted.

use std::process::ExitCode;

use clap::Subcommand;
use domain::{Timestamp, UserName};
use services::{Backends, trash};

use crate::commands::{readable, say};
use crate::config::sizes;

/// Entries read at once.
const PAGE: u32 = 1_000;

#[derive(Subcommand)]
pub enum Trash {
    /// List what is in somebody's trash, with the place each goes back to
    #[command(after_help = "\
People bring things back themselves, by moving them out of /.Trash. `larder admin restore` brings back how a folder was.

Example:
  larder admin trash list ann")]
    List {
        /// Whose trash it is
        #[arg(value_parser = UserName::parse)]
        user: UserName,
    },
    /// Purge everything in somebody's trash, which nothing brings back
    #[command(after_help = "\
What is deleted while this runs stays. It works beside a running server.

Example:
  larder admin trash empty ann --yes")]
    Empty {
        /// Whose trash it is
        #[arg(value_parser = UserName::parse)]
        user: UserName,
        /// Do it, although nothing brings it back
        #[arg(long)]
        yes: bool,
    },
}

pub async fn run(command: Trash, backends: &Backends) -> anyhow::Result<ExitCode> {
    match command {
        Trash::List { user } => list(backends, &user).await,
        Trash::Empty { user, yes: false } => {
            anyhow::bail!(
                "This purges everything in the trash of {user}. Nothing was changed; add --yes to do it."
            )
        }
        Trash::Empty { user, yes: true } => {
            let entries = trash::empty(Timestamp::now(), backends, &user).await?;
            say(format_args!("The trash of {user} is empty. Entries purged: {entries}."))
        }
    }
}

async fn list(backends: &Backends, user: &UserName) -> anyhow::Result<ExitCode> {
    let mut rows = vec![["NAME", "SIZE", "DELETED", "FROM"].map(str::to_owned)];
    let mut after = None;
    loop {
        let page = trash::list(backends, user, after.as_ref(), PAGE).await?;
        after = page.last().map(|entry| entry.node.name.clone());
        for entry in &page {
            let size = match entry.node.is_folder() {
                true => "folder".to_owned(),
                false => sizes::readable(entry.node.size_bytes()),
            };
            let removal = entry.removal.as_ref();
            let deleted = readable::time_or(removal.map(|removal| removal.at), "");
            let origin = removal.map(|removal| removal.origin.to_string()).unwrap_or_default();
            rows.push([entry.node.name.to_string(), size, deleted, origin]);
        }
        if page.len() < PAGE as usize {
            return match rows.len() {
                1 => say(format_args!("There is nothing in the trash of {user}.")),
                _ => say(readable::table(&rows)),
            };
        }
    }
}
