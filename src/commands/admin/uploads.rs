//! `larder admin uploads …`: what is coming in.

use std::process::ExitCode;
use std::time::Duration;

use clap::Subcommand;
use domain::Timestamp;
use services::Backends;
use services::uploads::{self, UploadState};

use crate::commands::{readable, say};
use crate::config::sizes;

#[derive(Subcommand)]
pub enum Uploads {
    /// List the uploads that run on any server: who, what, since when and how far
    #[command(after_help = "\
What has come is told every few seconds. REQUEST stands in each line of the log about the upload.

Example:
  larder admin uploads list")]
    List,
}

pub async fn run(command: Uploads, backends: &Backends) -> anyhow::Result<ExitCode> {
    match command {
        Uploads::List => {
            let running = uploads::list(backends).await?;
            let none = || "Nothing is being uploaded.".to_owned();
            say(if running.is_empty() { none() } else { table(&running, Timestamp::now()) })
        }
    }
}

fn table(running: &[UploadState], now: Timestamp) -> String {
    let heading = ["USER", "PATH", "SINCE", "RECEIVED", "OF", "SERVER", "REQUEST"].map(str::to_owned);
    let rows = running.iter().map(|upload| {
        [
            upload.user.to_string(),
            readable::harmless(&upload.path),
            readable::took(Duration::from_secs(upload.started_at.until(now).as_secs())),
            sizes::readable(upload.received_bytes),
            upload.declared_bytes.map_or_else(|| "unknown".to_owned(), sizes::readable),
            readable::harmless(&upload.server),
            upload.request.to_string(),
        ]
    });
    readable::table(&std::iter::once(heading).chain(rows).collect::<Vec<_>>())
}
