//! `cargo xtask bench`: the release build under load, each measurement printed as a table.

mod bucket;
mod durability;
mod folders;
mod listing;
mod memory;
mod noise;
mod size;
mod table;
mod transfer;
mod tree;

use std::fs::File;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};

use crate::server::Server;
use crate::workspace;

/// The binary is built by then; what remains is a migration of an empty database and one password hash.
const START_TIME_MAX: Duration = Duration::from_secs(60);

#[derive(clap::Args)]
pub struct Arguments {
    #[command(subcommand)]
    bench: Bench,
}

#[derive(clap::Subcommand)]
enum Bench {
    /// Peak resident memory while many clients upload and download large files
    Memory(memory::Arguments),
    /// COPY, MOVE and DELETE of a large folder beside a small one
    Folders(folders::Arguments),
    /// PROPFIND Depth 1 of a large folder: first byte, total, memory
    Listing(listing::Arguments),
    /// PUT and GET of one large file beside a plain copy of it
    Transfer(transfer::Arguments),
    /// Over an S3 store: memory, and PUT and GET of one large file beside the same client without Larder
    Bucket(bucket::Arguments),
    /// PUT of one large and of many small files, at both levels of durability in turn
    Durability(durability::Arguments),
}

/// A started server and the temporary folder that holds its data and whatever a benchmark adds; both end with it.
pub struct Bed {
    pub server: Server,
    pub folder: tempfile::TempDir,
}

pub fn run(arguments: &Arguments) -> Result<()> {
    workspace::run(workspace::cargo(["build", "--release"]))?;
    match &arguments.bench {
        Bench::Memory(arguments) => on_bed(|bed| memory::run(bed, arguments)),
        Bench::Folders(arguments) => on_bed(|bed| folders::run(bed, arguments)),
        Bench::Listing(arguments) => on_bed(|bed| listing::run(bed, arguments)),
        Bench::Transfer(arguments) => on_bed(|bed| transfer::run(bed, arguments)),
        Bench::Durability(arguments) => on_bed(|bed| durability::run(bed, arguments)),
        Bench::Bucket(arguments) => bucket::run(arguments),
    }
}

fn on_bed(bench: impl FnOnce(&Bed) -> Result<()>) -> Result<()> {
    let bed = Bed::start(&[])?;
    bench(&bed)?;
    bed.server.stop()
}

impl Bed {
    fn start(environment: &[(&str, &str)]) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("larder-bench-").tempdir()?;
        let log = folder.path().join("server.log");
        let mut command = workspace::cargo(["run", "--release", "--quiet", "--", "serve"]);
        // A line a request on the terminal would be measured too.
        command.stderr(File::create(&log)?).envs(environment.iter().copied());
        let server =
            Server::start(command, &folder.path().join("data"), START_TIME_MAX).with_context(|| {
                format!("the log says:\n{}", std::fs::read_to_string(&log).unwrap_or_default())
            })?;
        Ok(Self { server, folder })
    }

    /// Refuses early where the disk would fill up half way.
    pub fn require_space(&self, needed_bytes: u64) -> Result<()> {
        let folder = self.folder.path();
        let output = Command::new("df").args(["--output=avail", "-B1"]).arg(folder).output().context("df")?;
        let text = String::from_utf8_lossy(&output.stdout);
        let free_bytes: u64 = text.lines().last().unwrap_or_default().trim().parse().context("df")?;
        anyhow::ensure!(
            needed_bytes < free_bytes,
            "this needs {} in {} and {} are free there: give a smaller --size, or set TMPDIR to a larger disk",
            size::shown(needed_bytes),
            folder.parent().unwrap_or(Path::new("/")).display(),
            size::shown(free_bytes),
        );
        Ok(())
    }
}
