//! `larder admin versions …`: the contents a file had, and taking one back.

use std::process::ExitCode;

use clap::Subcommand;
use domain::{Caller, Conditions, Moment, NodePath, Timestamp, UserName};
use services::versions::{self, Version};
use services::{Backends, users};

use crate::commands::{readable, say};
use crate::config::sizes;

#[derive(Subcommand)]
pub enum Versions {
    /// List the contents that are kept of a file
    #[command(after_help = "\
Example:
  larder admin versions list ann /Reports/q3.pdf")]
    List {
        /// Whose drive it is in
        #[arg(value_parser = UserName::parse)]
        user: UserName,
        /// Its path
        #[arg(value_parser = readable::parse_path)]
        path: NodePath,
    },
    /// Give a file back the content it had at a moment, as its newest version
    #[command(after_help = "\
The moment is one of those that `larder admin versions list` shows, or any other: 2026-11-20T14:00 and
2026-11-20 (its end) in UTC, yesterday, 30m, 1h, 3d or 2w.

Example:
  larder admin versions restore ann /Reports/q3.pdf yesterday")]
    Restore {
        /// Whose drive it is in
        #[arg(value_parser = UserName::parse)]
        user: UserName,
        /// Its path
        #[arg(value_parser = readable::parse_path)]
        path: NodePath,
        /// When it had the content
        moment: String,
    },
}

pub async fn run(command: Versions, backends: &Backends) -> anyhow::Result<ExitCode> {
    let now = Timestamp::now();
    match command {
        Versions::List { user, path } => {
            let caller: Caller = users::caller(now, backends, &user).await?;
            say(listed(&versions::list(&caller, backends, &path).await?))
        }
        Versions::Restore { user, path, moment } => {
            let caller = users::caller(now, backends, &user).await?;
            let moment = Moment::parse(&moment, now)?;
            let any = Conditions::default();
            let restored =
                versions::restore(&caller, backends, &path, versions::Earlier::At(moment), &any).await?;
            let (size, at) = (sizes::readable(restored.size_bytes()), readable::time(moment.at()));
            say(format_args!("{path} of {user} has the content it had on {at} again, {size}."))
        }
    }
}

fn listed(versions: &[Version]) -> String {
    let heading = ["FROM (UTC)", "UNTIL", "SIZE", "BY", "SHA-256"].map(str::to_owned);
    let rows = versions.iter().rev().map(|version| {
        [
            version.from.moment(),
            version.until.map_or_else(|| "now".to_owned(), Timestamp::moment),
            sizes::readable(version.size_bytes),
            version.by.to_string(),
            version.sha256.hex(),
        ]
    });
    readable::table(&std::iter::once(heading).chain(rows).collect::<Vec<_>>())
}
