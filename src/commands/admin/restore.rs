//! `larder admin restore …`: a drive, a folder or a file as it was.

use std::process::ExitCode;

use clap::Args;
use domain::{Moment, NodePath, Timestamp, UserName};
use services::history::{self, Rewound};
use services::{Backends, users};

use crate::commands::{readable, say};
use crate::config::sizes;

#[derive(Args)]
#[command(after_help = "\
What has changed since goes into the trash, and what was there comes back as a copy that counts against the
quota like any other. What is as it was stays. All of it happens, or nothing.

The moment is 2026-11-20T14:00 or 2026-11-20 (its end) in UTC, yesterday, 30m, 1h, 3d or 2w.

Examples:
  larder admin restore ann --to yesterday --dry-run
  larder admin restore ann /Reports --to 2026-11-20T14:00")]
pub struct Restore {
    /// Whose drive it is
    #[arg(value_parser = UserName::parse)]
    user: UserName,
    /// The folder or file to bring back [default: the whole drive]
    #[arg(value_parser = readable::parse_path)]
    path: Option<NodePath>,
    /// The moment it is to be as at
    #[arg(long, value_name = "MOMENT")]
    to: String,
    /// Say what would be done, and do nothing
    #[arg(long)]
    dry_run: bool,
}

pub async fn run(command: Restore, backends: &Backends) -> anyhow::Result<ExitCode> {
    let Restore { user, path, to, dry_run } = command;
    let now = Timestamp::now();
    let caller = users::caller(now, backends, &user).await?;
    let moment = Moment::parse(&to, now)?;
    let path = path.unwrap_or_else(NodePath::root);
    let rewound = history::rewind(&caller, backends, &path, moment, !dry_run).await?;
    let (at, would) = (readable::time(moment.at()), if dry_run { " would be" } else { "" });
    let summary = summary(&rewound);
    say(format_args!("{path} of {user}{would} as on {at}:\n{summary}"))
}

fn summary(Rewound { removed, restored, unchanged, nodes, bytes }: &Rewound) -> String {
    let lines = |mark: &'static str, paths: &[NodePath]| {
        paths.iter().map(move |path| format!("  {mark} {path}\n")).collect::<String>()
    };
    format!(
        "{}{}{} into the trash, {} brought back ({nodes} files and folders, {}), {unchanged} unchanged",
        lines("-", removed),
        lines("+", restored),
        removed.len(),
        restored.len(),
        sizes::readable(*bytes),
    )
}
