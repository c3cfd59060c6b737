//! Taking an upgrade back: the database of before it is put in the place of the present one.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use domain::{Error, Result, Timestamp};
use metadata::snapshots::{self, BeforeUpgrade, Snapshot, stamp};
use metadata::{Metadata, renewal, schema, spaces};

use super::archive::{fault, sync};
use super::folder;
use super::restore::copy_database;
use crate::config::Config;

/// Where the database is made ready that is put back.
const RETURNING: &str = "returning";

/// What taking an upgrade back means.
pub struct Previous {
    /// The database of before.
    pub snapshot: BeforeUpgrade,
    /// The latest step it had taken.
    pub version: String,
    /// Changes to files that were made since, and would be lost.
    pub changes: u64,
}

/// Looks at what taking the latest upgrade back would mean; changes nothing.
///
/// # Errors
/// [`NotFound`](Error::NotFound) when there is no data, or no database of before an upgrade;
/// [`Unavailable`](Error::Unavailable) when a server runs.
pub async fn look_back(config: &Config) -> Result<Previous> {
    let data_folder = &config.data_folder;
    folder::require_data(data_folder)?;
    if config.metadata.url.is_some() {
        return Err(Error::Unsupported(
            "An upgrade of a PostgreSQL database is taken back with what was saved before it: restore a back-up of \
             `larder backup`, or one of pg_dump, with the version of Larder that made it."
                .into(),
        ));
    }
    if folder::is_served(data_folder) {
        let text = format!("A server runs on {}; stop it first.", data_folder.display());
        return Err(Error::Unavailable(text.into()));
    }
    let Some(kept) = snapshots::latest(data_folder)? else {
        let text = format!(
            "There is no database from before an upgrade in {}: they are kept for a week. Restore a back-up instead, \
             with the version of Larder that made it.",
            data_folder.join(snapshots::FOLDER).display()
        );
        return Err(Error::NotFound(text.into()));
    };
    let before = Snapshot::open(&kept.file).await?;
    let metadata = Metadata::open(&config.metadata, data_folder).await?;
    let changes = spaces::changes_since(&metadata, &before).await;
    let version = schema::latest_step(&before).await;
    metadata.close().await?;
    before.close().await?;
    Ok(Previous { snapshot: kept, version: version?, changes: changes? })
}

/// Puts the database of before the latest upgrade back, and gives the path under which the present one is kept. At any
/// moment one whole database has the name of the database.
///
/// # Errors
/// As for [`look_back`]; [`OutOfSpace`](Error::OutOfSpace), [`Unavailable`](Error::Unavailable) when something else uses
/// the database or a folder cannot be used. Nothing has changed then.
pub async fn go_back(config: &Config, now: Timestamp, previous: &Previous) -> Result<PathBuf> {
    let data_folder = &config.data_folder;
    let _lock = folder::lock(data_folder)?;
    let returning = data_folder.join(snapshots::FOLDER).join(RETURNING);
    let ready = copy_database(&previous.snapshot.file, &returning)?;
    let metadata = Metadata::open(&config.metadata, &returning).await?;
    renewal::begin_anew(&metadata, now).await?;
    renewal::hold_unknown(&metadata, now).await?;
    metadata.close().await?;
    refuse_log(&returning)?;
    fs::File::open(&ready).and_then(|file| file.sync_all()).map_err(fault(&returning))?;
    // Opened and closed, its log is part of it; unless somebody else has it open.
    Metadata::open(&config.metadata, data_folder).await?.close().await?;
    refuse_log(data_folder)?;
    failpoint::reach("return.ready");
    let present = data_folder.join(metadata::FILE);
    let aside = keep_aside(&present, &data_folder.join(snapshots::FOLDER), now)?;
    sync(&data_folder.join(snapshots::FOLDER))?;
    failpoint::reach("return.kept");
    fs::rename(&ready, &present).map_err(fault(data_folder))?;
    sync(data_folder)?;
    failpoint::reach("return.done");
    fs::remove_dir_all(&returning).map_err(fault(&returning))?;
    Ok(aside)
}

/// Refuses a folder with a log that its database has not taken in. A database is not whole without its log, and another
/// one that is put beside it would take it for its own.
pub(super) fn refuse_log(folder: &Path) -> Result<()> {
    let log = folder.join(format!("{}-wal", metadata::FILE));
    match fs::metadata(&log) {
        Ok(found) if found.len() > 0 => {
            let text = format!(
                "The log {} is not part of its database yet: a command still uses it, there was no room, or the \
                 database is gone. Wait for its end or make room, or move the log away, and try again. Nothing was changed.",
                log.display()
            );
            Err(Error::Unavailable(text.into()))
        }
        _ => Ok(()),
    }
}

/// Gives the database a second name, or where that cannot be done copies it. The name says the moment, or where an
/// earlier attempt has that already a later one.
fn keep_aside(present: &Path, folder: &Path, now: Timestamp) -> Result<PathBuf> {
    let mut moment = now;
    loop {
        let aside = folder.join(format!("after-{}.db", stamp(moment)));
        let kept = fs::hard_link(present, &aside).or_else(|error| match error.kind() {
            ErrorKind::AlreadyExists => Err(error),
            _ => fs::copy(present, &aside).and_then(|_| fs::File::open(&aside)?.sync_all()),
        });
        match kept {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                moment = moment.after(Duration::from_secs(1));
            }
            kept => return kept.map(|()| aside).map_err(fault(folder)),
        }
    }
}
