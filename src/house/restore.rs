//! Restoring a back-up into an empty data folder.

use std::fs::{self, DirBuilder, File};
use std::io::ErrorKind;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use blobs::{Blobs, Store};
use domain::{Error, Result, Timestamp};
use metadata::snapshots::Snapshot;
use metadata::{Metadata, MetadataConfig, moves, renewal, schema};

use super::archive::{Archive, DATABASE, Manifest, fault, no_room, sync};
use super::backup::{Progress, Tally, carry_all};
use super::folder;
use super::previous::refuse_log;
use crate::config::Config;

/// What a restore did.
pub struct Restored {
    /// The snapshot.
    pub name: String,
    /// What it says of itself.
    pub manifest: Manifest,
    /// Contents that were copied; the others were there from an earlier run.
    pub new_blobs: u64,
    /// What those add up to in bytes.
    pub new_bytes: u64,
    /// Contents that were missing or damaged.
    pub lost: u64,
}

/// The snapshots of a folder of back-ups, oldest first, each with what it says of itself or why that cannot be read.
///
/// # Errors
/// [`NotFound`](Error::NotFound) when there is no back-up, [`Unavailable`](Error::Unavailable) when the folder cannot
/// be read.
pub fn list_back_ups(folder: &Path) -> Result<Vec<(String, Result<Manifest>)>> {
    let archive = Archive::open_to_read(folder)?;
    let manifest = |name: String| {
        let manifest = Manifest::read(&archive.snapshot(&name));
        (name, manifest)
    };
    Ok(archive.snapshots()?.into_iter().map(manifest).collect())
}

/// Puts a snapshot into a data folder that has no data: first what it refers to, the database last. A run that was
/// broken off is begun again and finds what it had copied.
///
/// # Errors
/// [`Exists`](Error::Exists) when there is data, [`NotFound`](Error::NotFound) when there is no such snapshot,
/// [`Unsupported`](Error::Unsupported) when it is of a newer Larder, [`OutOfSpace`](Error::OutOfSpace),
/// [`Unavailable`](Error::Unavailable) when it is damaged or a folder cannot be used.
pub async fn restore(
    config: &Config,
    now: Timestamp,
    source: &Path,
    wanted: Option<&str>,
    watch: &(dyn Fn(Progress) + Sync),
) -> Result<Restored> {
    let archive = Archive::open_to_read(source)?;
    let name = choose(&archive, wanted)?;
    let from = archive.snapshot(&name);
    let manifest = Manifest::read(&from)?;
    let data_folder = &config.data_folder;
    refuse_data(config)?;
    let target = Target::open(config).await?;
    manifest.verify(&from, DATABASE)?;
    let snapshot = Snapshot::open(&from.join(DATABASE)).await?;
    schema::refuse_newer(&snapshot).await?;
    folder::create(data_folder)?;
    let lock = folder::lock(data_folder)?;
    // A server may have come and gone while the snapshot was read.
    if has_data(config) {
        return Err(there_is_data(data_folder));
    }
    refuse_log(data_folder)?;
    let tally =
        fill(config, now, &archive, &snapshot, &from, &target, watch).await.map_err(|error| match error {
            Error::OutOfSpace(_) => no_room(&data_folder.display().to_string()),
            error => error,
        })?;
    snapshot.close().await?;
    drop(lock);
    let Tally { new_blobs, new_bytes, lost } = tally;
    Ok(Restored { name, manifest, new_blobs, new_bytes, lost })
}

async fn fill(
    config: &Config,
    now: Timestamp,
    archive: &Archive,
    snapshot: &Snapshot,
    from: &Path,
    target: &Target,
    watch: &(dyn Fn(Progress) + Sync),
) -> Result<Tally> {
    let data_folder = &config.data_folder;
    let unfinished = data_folder.join(folder::RESTORING);
    copy_database(&from.join(DATABASE), &unfinished)?;
    // The data folder says that it is not whole before anything else is in it.
    sync(data_folder)?;
    let metadata = Metadata::open(&in_a_file(config), &unfinished).await?;
    if let Target::Other(_) = target {
        // It is never used before it is up to date, as a file is by the server that starts on it.
        schema::migrate_unkept(&metadata).await?;
    }
    renewal::begin_anew(&metadata, now).await?;
    let stores = Blobs::open(&config.blobs, data_folder).await?;
    let on_disk;
    let blobs = match renewal::bring_together(&metadata, stores.receiving().kind()).await? {
        kind if kind == stores.receiving().kind() => stores.receiving(),
        // A version that knows of no other store than the disk.
        _ => {
            on_disk = Store::open_archive(data_folder)?;
            &on_disk
        }
    };
    // Where only the database was lost, the store may have what is newer than the snapshot.
    if !blobs.list(None, 1).await?.blobs.is_empty() {
        renewal::hold_unknown(&metadata, now).await?;
    }
    watch(Progress::Begun(snapshot.totals().await?.bytes));
    let mut lost = Vec::new();
    let tally = carry_all(|_| Ok(&archive.blobs), blobs, snapshot, false, watch, |id| lost.push(id)).await?;
    renewal::mark_damaged(&metadata, &lost, now).await?;
    failpoint::reach("restore.carried");
    match target {
        Target::Folder => show_file(metadata, &unfinished, data_folder).await?,
        Target::Other(other) => show_other(metadata, other, now, &unfinished, data_folder).await?,
    }
    Ok(tally)
}

/// Where the database goes.
enum Target {
    /// Into the data folder, as a file.
    Folder,
    /// Into one that the settings name.
    Other(Box<Metadata>),
}

impl Target {
    async fn open(config: &Config) -> Result<Self> {
        if config.metadata.url.is_none() {
            return Ok(Self::Folder);
        }
        let other = Metadata::open(&config.metadata, &config.data_folder).await?;
        moves::prepare(&other).await?;
        Ok(Self::Other(Box::new(other)))
    }
}

/// The settings of a database that is a file, whatever the house's own is.
pub(super) fn in_a_file(config: &Config) -> MetadataConfig {
    MetadataConfig { url: None, ..config.metadata.clone() }
}

async fn show_file(metadata: Metadata, unfinished: &Path, data_folder: &Path) -> Result<()> {
    metadata.close().await?;
    // Closed, the database is one file without a log.
    refuse_log(unfinished)?;
    let restored = unfinished.join(metadata::FILE);
    File::open(&restored).and_then(|file| file.sync_all()).map_err(fault(unfinished))?;
    fs::rename(&restored, data_folder.join(metadata::FILE)).map_err(fault(data_folder))?;
    failpoint::reach("restore.shown");
    fs::remove_dir_all(unfinished).map_err(fault(unfinished))?;
    sync(data_folder)
}

async fn show_other(
    metadata: Metadata,
    other: &Metadata,
    now: Timestamp,
    unfinished: &Path,
    data_folder: &Path,
) -> Result<()> {
    let arrived = moves::bring(&metadata, other, now).await?;
    metadata.close().await?;
    // Until it is confirmed, this can be run again; from then on a server can be started.
    fs::remove_dir_all(unfinished).map_err(fault(unfinished))?;
    failpoint::reach("restore.arrived");
    arrived.confirm(other).await?;
    failpoint::reach("restore.shown");
    folder::make(data_folder)?;
    other.close().await?;
    sync(data_folder)
}

/// Copies a database into an emptied folder of its own, and syncs it.
pub(super) fn copy_database(from: &Path, folder: &Path) -> Result<PathBuf> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(fault(folder)(error)),
        _ => {}
    }
    DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(fault(folder))?;
    let copy = folder.join(metadata::FILE);
    let copied = File::options().write(true).create_new(true).mode(0o600).open(&copy);
    let copied = copied.and_then(|mut to| {
        std::io::copy(&mut File::open(from)?, &mut to)?;
        to.sync_all()
    });
    copied.map_err(fault(folder))?;
    sync(folder)?;
    Ok(copy)
}

/// The snapshot that was asked for, by its name or how that begins; the latest one otherwise.
pub(super) fn choose(archive: &Archive, wanted: Option<&str>) -> Result<String> {
    let names = archive.snapshots()?;
    let begins = wanted.unwrap_or_default();
    let last = names.into_iter().rev().find(|name| name.starts_with(begins));
    last.ok_or_else(|| {
        let folder = archive.folder().display();
        let text = match wanted {
            Some(wanted) => {
                format!("There is no snapshot {wanted} in {folder}; --list shows which there are.")
            }
            None => format!("No back-up in {folder} has come to its end; there is nothing to restore."),
        };
        Error::NotFound(text.into())
    })
}

fn refuse_data(config: &Config) -> Result<()> {
    let data_folder = &config.data_folder;
    if folder::is_served(data_folder) {
        let text = format!(
            "A server runs on {}. Restore into an empty folder with --data, or stop it and move that one away.",
            data_folder.display()
        );
        return Err(Error::Exists(text.into()));
    }
    if has_data(config) { Err(there_is_data(data_folder)) } else { Ok(()) }
}

/// Where the database is another one, the empty file in its place is no data.
fn has_data(config: &Config) -> bool {
    let file = || config.data_folder.join(metadata::FILE).metadata();
    folder::has_data(&config.data_folder)
        && (config.metadata.url.is_none() || !file().is_ok_and(|file| file.len() == 0))
}

fn there_is_data(data_folder: &Path) -> Error {
    let shown = data_folder.display();
    let text = format!(
        "There is Larder data in {shown} already, and nothing was changed. Restore into an empty folder with \
         --data, or move this one away first: mv {shown} {shown}.old"
    );
    Error::Exists(text.into())
}
