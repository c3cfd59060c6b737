//! `larder admin servers …`: who serves this house.

use std::process::ExitCode;

use clap::Subcommand;
use domain::Server;
use services::{Backends, servers};

use crate::commands::{readable, say};
use crate::config::Config;
use crate::house;

#[derive(Subcommand)]
pub enum Servers {
    /// List the servers of this house, since when they serve and when they were last seen
    #[command(after_help = "\
Beside others, each gives a sign of life every ten seconds. One that gives none for a minute is gone; what it was
receiving is cleared away, and its line stays for an hour. server.name says what a server is called.

Example:
  larder admin servers list")]
    List,
}

pub async fn run(command: Servers, config: &Config, backends: &Backends) -> anyhow::Result<ExitCode> {
    let Servers::List = command;
    let mut listed = servers::list(backends).await?;
    // The only server of a house gives no signs of life, and holds the folder instead.
    let is_alone = !backends.metadata.is_shared();
    if is_alone && !house::is_served(config) {
        listed.clear();
    }
    say(match listed.is_empty() {
        true => "No server is running.".to_owned(),
        false => table(&listed, is_alone),
    })
}

fn table(listed: &[Server], is_alone: bool) -> String {
    let heading = ["NAME", "STATE", "SINCE", "LAST SEEN", "VERSION"].map(str::to_owned);
    let rows = listed.iter().map(|server| {
        [
            readable::harmless(&server.name),
            if server.is_gone { "gone" } else { "serves" }.to_owned(),
            readable::time(server.started_at),
            if is_alone { "now".to_owned() } else { readable::time(server.seen_at) },
            server.version.clone(),
        ]
    });
    readable::table(&std::iter::once(heading).chain(rows).collect::<Vec<_>>())
}
