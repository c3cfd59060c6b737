//! `larder restore`: makes a data folder of a back-up, or plain files.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use clap::Args;
use domain::Timestamp;

use crate::commands::progress::Bar;
use crate::commands::{readable, say};
use crate::config::{Config, sizes};
use crate::house;

const EXPLAINED: &str = "\
Into a data folder that has no data yet, named with --data; every content is compared with its SHA-256. Clients that
synchronize begin anew, and locks have ended. The exit code is 1 if anything was damaged: the rest is restored, and the
lines before say what is not.

Examples:
  larder restore /mnt/backup/larder --list
  larder restore /mnt/backup/larder --data /srv/larder
  larder restore /mnt/backup/larder --snapshot 2026-11-20 --data /srv/larder
  larder restore /mnt/backup/larder --as-files /tmp/files     plain files, without Larder";

/// Make a data folder of a back-up, or plain files
#[derive(Args)]
#[command(after_help = EXPLAINED)]
pub struct Restore {
    /// The folder that `larder backup` has written to
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,
    /// Which snapshot, by its name or how that begins [default: the latest]
    #[arg(long, value_name = "TIME", conflicts_with = "list")]
    snapshot: Option<String>,
    /// List the snapshots, and restore nothing
    #[arg(long)]
    list: bool,
    /// Write plain files into this new folder instead, a folder for each user, without trash and versions
    #[arg(long, value_name = "FOLDER", conflicts_with = "list")]
    as_files: Option<PathBuf>,
}

pub async fn run(command: Restore, config: &Config) -> anyhow::Result<ExitCode> {
    let snapshot = command.snapshot.as_deref();
    if command.list {
        list(&command.folder)
    } else if let Some(target) = command.as_files {
        as_files(&command.folder, snapshot, &target).await
    } else {
        restore(&command.folder, snapshot, config).await
    }
}

fn list(folder: &Path) -> anyhow::Result<ExitCode> {
    let heading = ["SNAPSHOT", "FILES", "SIZE", "USERS", "LARDER", "NOTE"].map(str::to_owned);
    let rows = house::list_back_ups(folder)?.into_iter().map(|(name, manifest)| match manifest {
        Ok(manifest) => {
            let note = match manifest.damaged {
                0 => String::new(),
                damaged => format!("{} could not be saved", readable::count(damaged, "content")),
            };
            let size = sizes::readable(manifest.bytes);
            [
                name,
                manifest.files.to_string(),
                size,
                manifest.users.to_string(),
                readable::harmless(&manifest.larder),
                note,
            ]
        }
        Err(error) => {
            let none = || "?".to_owned();
            [name, none(), none(), none(), none(), error.message().user().to_owned()]
        }
    });
    let rows: Vec<_> = [heading].into_iter().chain(rows).collect();
    match rows.len() {
        1 => say(format_args!("There is no whole back-up in {} yet.", folder.display())),
        _ => say(readable::table(&rows)),
    }
}

async fn restore(folder: &Path, snapshot: Option<&str>, config: &Config) -> anyhow::Result<ExitCode> {
    let begun = Instant::now();
    let bar = Bar::new("damaged");
    let now = Timestamp::now();
    let restored = house::restore(config, now, folder, snapshot, &|progress| bar.show(progress)).await;
    bar.end();
    let restored = restored?;
    let (manifest, data) = (&restored.manifest, config.data_folder.display());
    say(format_args!(
        "Restored {} of {} from the snapshot {} into {data}: {} in {}, after {}.\n\
         Everybody has to log in again. App passwords that were revoked after that snapshot open the drive again: see \
         `larder admin app-password list`.",
        readable::count(manifest.files, "file"),
        readable::count(manifest.users, "user"),
        restored.name,
        sizes::readable(restored.new_bytes),
        readable::count(restored.new_blobs, "content"),
        readable::took(begun.elapsed()),
    ))?;
    if restored.lost > 0 {
        anyhow::bail!(
            "{} could not be restored: see the lines above. Another snapshot, or another copy of the back-up, may have them.",
            readable::count(restored.lost, "content")
        );
    }
    Ok(ExitCode::SUCCESS)
}

async fn as_files(folder: &Path, snapshot: Option<&str>, target: &Path) -> anyhow::Result<ExitCode> {
    let begun = Instant::now();
    let bar = Bar::new("not written");
    let written = house::write_plain(folder, snapshot, target, &|progress| bar.show(progress)).await;
    bar.end();
    let written = written?;
    say(format_args!(
        "Wrote {}, {}, from the snapshot {} into {}, after {}.",
        readable::count(written.files, "file"),
        sizes::readable(written.bytes),
        written.name,
        target.display(),
        readable::took(begun.elapsed()),
    ))?;
    if written.lost > 0 {
        anyhow::bail!("{} could not be written: see the lines above.", readable::count(written.lost, "file"));
    }
    Ok(ExitCode::SUCCESS)
}
