//! `larder backup`: saves everything into a folder, beside a running server.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use clap::Args;
use domain::Timestamp;

use crate::commands::progress::Bar;
use crate::commands::{readable, say};
use crate::config::{Config, sizes};
use crate::house::{self, BackupRequest};

const EXPLAINED: &str = "\
It works beside a running server, which goes on serving. The first back-up copies everything, later ones what is new.
One that is broken off is no back-up yet; the next one goes on where it ended. The exit code is 1 if anything could not be
saved: the rest is, and the lines before say what was not.

Examples:
  larder backup /mnt/backup/larder --data /srv/larder
  larder restore /mnt/backup/larder --list";

/// Save everything into a folder, beside a running server; later runs copy what is new
#[derive(Args)]
#[command(after_help = EXPLAINED)]
pub struct Backup {
    /// The folder for back-ups, best on another disk; it is made if the folder it is in is there
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,
    /// How many snapshots to keep; older ones are removed, with what only they need
    #[arg(long, value_name = "NUMBER", default_value = "7")]
    keep: NonZeroUsize,
    /// Also read everything that earlier back-ups have saved, and replace what is damaged
    #[arg(long)]
    verify: bool,
}

pub async fn run(command: Backup, config: &Config) -> anyhow::Result<ExitCode> {
    let begun = Instant::now();
    let bar = Bar::new("not saved");
    let request = BackupRequest { folder: &command.folder, keep: command.keep.get(), verify: command.verify };
    let saved = house::back_up(config, Timestamp::now(), request, &|progress| bar.show(progress)).await;
    bar.end();
    let saved = saved?;
    let manifest = &saved.manifest;
    say(format_args!(
        "New: {} in {}. In all: {} of {} in {}, for {}.\nSnapshot: {}, after {}.",
        sizes::readable(saved.new_bytes),
        readable::count(saved.new_blobs, "content"),
        readable::count(manifest.files, "file"),
        readable::count(manifest.users, "user"),
        readable::count(manifest.blobs, "content"),
        sizes::readable(manifest.bytes),
        saved.snapshot.display(),
        readable::took(begun.elapsed()),
    ))?;
    if saved.removed_snapshots > 0 || saved.removed_blobs > 0 {
        say(format_args!(
            "Removed: {}, and {} that only older ones needed.",
            readable::count(saved.removed_snapshots as u64, "older snapshot"),
            readable::count(saved.removed_blobs, "content"),
        ))?;
    }
    if saved.lost > 0 {
        anyhow::bail!(
            "{} could not be saved: see the lines above, and `larder doctor`. Everything else is saved.",
            readable::count(saved.lost, "content")
        );
    }
    Ok(ExitCode::SUCCESS)
}
