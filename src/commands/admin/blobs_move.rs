//! `larder admin blobs …`: where the bytes of files are kept.

use std::process::ExitCode;
use std::time::Instant;

use clap::Subcommand;

use crate::commands::progress::Bar;
use crate::commands::{readable, say};
use crate::config::{Config, sizes};
use crate::house::{self, Destination};

#[derive(Subcommand)]
pub enum Blobs {
    /// Move the contents of files between disk and S3, beside running servers
    #[command(after_help = "\
Each content is copied, compared with its SHA-256, and only then read from its new place; nobody notices. What is broken
off goes on with the next run. The bytes in the old place are removed by the sweep once nobody can be reading them any
more (blobs.orphan_grace_hours). The exit code is 1 if anything could not be read: the lines before say what, and it stays
where it is.

Before: name the bucket in [s3] and start every server again, so that all can read both places. To send new files there
at once, set blobs.store as well. A disk is that of one machine: several servers share none.

Examples:
  larder admin blobs move --to s3://bucket/prefix
  larder admin blobs move --to s3://bucket --limit 20MiB
  larder admin blobs move --to disk")]
    Move {
        /// Where to: s3://BUCKET/PREFIX as the settings name it, or disk
        #[arg(long, value_name = "PLACE", value_parser = place)]
        to: Destination,
        /// How much to copy each second at most, such as 20MiB
        #[arg(long, value_name = "SIZE", value_parser = sizes::parse)]
        limit: Option<u64>,
    },
}

fn place(text: &str) -> Result<Destination, &'static str> {
    if text == "disk" {
        return Ok(Destination::Disk);
    }
    let place = text.strip_prefix("s3://").filter(|place| !place.is_empty() && !place.starts_with('/'));
    let place = place.ok_or("write s3://bucket/prefix, or disk")?;
    let (bucket, prefix) = place.split_once('/').unwrap_or((place, ""));
    Ok(Destination::Bucket(bucket.to_owned(), prefix.trim_matches('/').to_owned()))
}

pub async fn run(command: Blobs, config: &Config) -> anyhow::Result<ExitCode> {
    let Blobs::Move { to, limit } = command;
    let begun = Instant::now();
    let bar = Bar::new("not moved");
    let moved = house::move_blobs(config, &to, limit, &|progress| bar.show(progress)).await;
    bar.end();
    let moved = moved?;
    say(format_args!(
        "Moved: {} in {}, compared, in {}.",
        sizes::readable(moved.bytes),
        readable::count(moved.blobs, "content"),
        readable::took(begun.elapsed()),
    ))?;
    if moved.blobs > 0 {
        say(format_args!(
            "The bytes in the old place stay for at least {}, for whoever is reading them; then the sweep removes them.",
            readable::span(moved.kept_for)
        ))?;
    }
    if moved.still_receives {
        say(
            "New files still go to the old place: set blobs.store, start every server again, and run this once more.",
        )?;
    } else if moved.left > 0 {
        say(format_args!(
            "Left: {} that came meanwhile; run this once more.",
            readable::count(moved.left, "content")
        ))?;
    }
    if moved.lost > 0 {
        anyhow::bail!(
            "{} could not be moved: see the lines above, and `larder doctor --deep`. Everything else is moved.",
            readable::count(moved.lost, "content")
        );
    }
    Ok(ExitCode::SUCCESS)
}
