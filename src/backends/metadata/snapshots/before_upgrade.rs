//! The snapshots that an upgrade leaves behind, in the data folder.

use std::fs::{self, DirBuilder, File};
use std::io::{self, ErrorKind};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use domain::{Error, Result, Timestamp};

use super::{parse_stamp, stamp, write};
use crate::Metadata;

/// The folder of snapshots in the data folder.
pub const FOLDER: &str = "snapshots";

/// How long one is kept: whoever notices within a week that an upgrade was a mistake can go back.
pub(crate) const KEPT_FOR: Duration = Duration::from_secs(7 * 24 * 3600);

/// The database as it was before an upgrade.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BeforeUpgrade {
    /// Where it lies.
    pub file: PathBuf,
    /// The first step of the upgrade.
    pub step: String,
    /// When it was written, in whole seconds.
    pub taken_at: Timestamp,
}

impl BeforeUpgrade {
    /// Reads the name of a file; nothing if it is none of these.
    fn read(file: PathBuf) -> Option<Self> {
        let name = file.file_name()?.to_str()?.strip_prefix("before-")?.strip_suffix(".db")?;
        let (step, taken_at) = name.split_once('-')?;
        let (step, taken_at) = (step.to_owned(), parse_stamp(taken_at)?);
        Some(Self { file, step, taken_at })
    }

    /// The name under which blobs are held for it.
    pub(crate) fn hold(&self) -> String {
        format!("the database before {} of {}", self.step, stamp(self.taken_at))
    }

    fn kept_until(&self) -> Timestamp {
        self.taken_at.after(KEPT_FOR)
    }

    /// Until when blobs are held for it: it is removed once a day, and must not lose one before.
    pub(crate) fn held_until(&self) -> Timestamp {
        self.kept_until().after(Duration::from_secs(24 * 3600))
    }
}

/// Writes the snapshot that precedes an upgrade: whole and synced, or not at all.
///
/// # Errors
/// [`OutOfSpace`](Error::OutOfSpace) or [`Unavailable`](Error::Unavailable) with a sentence that names the folder.
pub(crate) async fn write_before(metadata: &Metadata, step: &str, now: Timestamp) -> Result<BeforeUpgrade> {
    let folder = metadata.data_folder.join(FOLDER);
    let unusable = |error: io::Error| match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Error::out_of_space(error),
        _ => Error::unavailable(format!("The folder {} cannot be written to.", folder.display()), error),
    };
    let written = async {
        DirBuilder::new().recursive(true).mode(0o700).create(&folder).map_err(unusable)?;
        let file = folder.join(format!("before-{step}-{}.db", stamp(now)));
        let unfinished = file.with_extension("part");
        remove_unfinished(&folder).map_err(unusable)?;
        write(metadata, &unfinished).await?;
        fs::rename(&unfinished, &file).map_err(unusable)?;
        sync(&folder).and_then(|()| sync(&metadata.data_folder)).map_err(unusable)?;
        BeforeUpgrade::read(file).ok_or_else(|| Error::internal("the name of a snapshot cannot be read back"))
    };
    written.await.map_err(|error| refused(&error, &folder))
}

/// Removes what processes have left that died while they wrote a snapshot.
fn remove_unfinished(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "part") {
            fs::remove_file(path)?;
        }
    }
    Ok(())
}

fn refused(error: &Error, folder: &Path) -> Error {
    let why = match error {
        Error::OutOfSpace(_) => "there is no room for it; make some and start again",
        _ => "it cannot be written; see that this user may write there",
    };
    Error::unavailable(
        format!(
            "The database has to be upgraded, and before that a copy of it goes into {}, but {why}. Nothing was changed.",
            folder.display()
        ),
        error,
    )
}

/// The latest snapshot from before an upgrade, if there is one.
///
/// # Errors
/// [`Unavailable`](Error::Unavailable) when the folder cannot be read.
pub fn latest(data_folder: &Path) -> Result<Option<BeforeUpgrade>> {
    Ok(all(data_folder)?.into_iter().max_by(|one, other| one.taken_at.cmp(&other.taken_at)))
}

/// Removes the snapshots whose week is over, and says how many those were.
///
/// # Errors
/// [`Unavailable`](Error::Unavailable) when the folder cannot be read or written to.
pub fn remove_old(metadata: &Metadata, now: Timestamp) -> Result<usize> {
    let old: Vec<_> =
        all(&metadata.data_folder)?.into_iter().filter(|kept| kept.kept_until() < now).collect();
    for kept in &old {
        fs::remove_file(&kept.file).map_err(|error| unreadable(&kept.file, error))?;
    }
    Ok(old.len())
}

fn all(data_folder: &Path) -> Result<Vec<BeforeUpgrade>> {
    let folder = data_folder.join(FOLDER);
    let entries = match fs::read_dir(&folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(|error| unreadable(&folder, error))?,
    };
    let files = entries.map(|entry| entry.map(|entry| entry.path()));
    let files = files.collect::<io::Result<Vec<_>>>().map_err(|error| unreadable(&folder, error))?;
    Ok(files.into_iter().filter_map(BeforeUpgrade::read).collect())
}

fn unreadable(path: &Path, error: io::Error) -> Error {
    Error::unavailable(format!("The snapshots in {} cannot be looked at or removed.", path.display()), error)
}

fn sync(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}
