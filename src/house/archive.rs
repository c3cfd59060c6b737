//! A folder of back-ups: what lies where in it, who may use it at one time, and which snapshots there are.
//!
//! docs/operations.md describes the layout for operators; whatever is changed here has to stay readable by both sides.

mod manifest;
mod names;

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use blobs::Store;
use domain::{Error, Result};
use metadata::snapshots::parse_stamp;

pub use manifest::Manifest;
pub use names::{Is, Line, NamesWriter, Owner, lines, rfc3339};

/// The database of a snapshot, in its folder.
pub const DATABASE: &str = "metadata.db";
/// The names of everything in it.
pub const NAMES: &str = "names.jsonl";
/// What it is and how to know that it is whole; written last.
pub const MANIFEST: &str = "manifest.json";

const SNAPSHOTS: &str = "snapshots";
const LOCK: &str = "backup.lock";
/// A snapshot that is being written.
const UNFINISHED: &str = ".unfinished";
/// Before the name of a snapshot that is being removed.
const REMOVING: &str = ".removing-";

/// A folder of back-ups that is in use.
pub struct Archive {
    /// The bytes, under the keys they have in every store.
    pub blobs: Store,
    folder: PathBuf,
    _lock: Option<File>,
}

impl Archive {
    /// Opens a folder to add a snapshot, and makes it where there is none.
    ///
    /// # Errors
    /// [`Invalid`](Error::Invalid) for a folder that cannot be one, [`Unavailable`](Error::Unavailable) when it cannot
    /// be written to or somebody else is doing so.
    pub fn open_to_write(folder: &Path, data_folder: &Path) -> Result<Self> {
        refuse_unfit(folder, data_folder)?;
        match DirBuilder::new().mode(0o700).create(folder) {
            // Only this one folder is made: where a disk is not mounted, what is above is missing.
            Err(error) if error.kind() == ErrorKind::NotFound => {
                let text = format!(
                    "There is no folder {} to back up into; is the disk mounted?",
                    shown_parent(folder)
                );
                return Err(Error::NotFound(text.into()));
            }
            Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(fault(folder)(error)),
            _ => {}
        }
        let lock = folder.join(LOCK);
        let lock = OpenOptions::new().create(true).write(true).truncate(false).mode(0o600).open(&lock);
        let lock = lock.map_err(fault(folder))?;
        held(lock.try_lock(), folder)?;
        let snapshots = folder.join(SNAPSHOTS);
        DirBuilder::new().recursive(true).mode(0o700).create(&snapshots).map_err(fault(folder))?;
        sync(folder)?;
        Self::open(folder, Some(lock))
    }

    /// Opens a folder to restore from it; a disk that cannot be written to will do.
    ///
    /// # Errors
    /// [`NotFound`](Error::NotFound) when there is no back-up in it, [`Unavailable`](Error::Unavailable) when it cannot
    /// be read or somebody is writing to it.
    pub fn open_to_read(folder: &Path) -> Result<Self> {
        if !folder.join(SNAPSHOTS).is_dir() {
            let text = format!("There is no back-up in {}: it has no folder `snapshots`.", folder.display());
            return Err(Error::NotFound(text.into()));
        }
        let lock = File::open(folder.join(LOCK)).ok();
        if let Some(lock) = &lock {
            held(lock.try_lock_shared(), folder)?;
        }
        Self::open(folder, lock)
    }

    fn open(folder: &Path, lock: Option<File>) -> Result<Self> {
        let blobs = Store::open_archive(folder)?;
        Ok(Self { blobs, folder: folder.to_owned(), _lock: lock })
    }

    /// Where it is.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The names of its snapshots, oldest first.
    ///
    /// # Errors
    /// [`Unavailable`](Error::Unavailable) when they cannot be listed.
    pub fn snapshots(&self) -> Result<Vec<String>> {
        let mut names = self.names()?;
        names.retain(|name| parse_stamp(name).is_some());
        names.sort();
        Ok(names)
    }

    /// The names of snapshots that somebody has renamed, to keep them: no run removes those.
    ///
    /// # Errors
    /// As for [`snapshots`](Self::snapshots).
    pub fn renamed(&self) -> Result<Vec<String>> {
        let mut names = self.names()?;
        names.retain(|name| {
            let is_ours = parse_stamp(name).is_some() || name == UNFINISHED || name.starts_with(REMOVING);
            !is_ours && self.snapshot(name).join(DATABASE).exists()
        });
        Ok(names)
    }

    /// Where a snapshot lies.
    pub fn snapshot(&self, name: &str) -> PathBuf {
        self.folder.join(SNAPSHOTS).join(name)
    }

    /// Whether an earlier run was broken off: then there may be blobs that no snapshot refers to.
    ///
    /// # Errors
    /// As for [`snapshots`](Self::snapshots).
    pub fn has_remains(&self) -> Result<bool> {
        Ok(self.names()?.iter().any(|name| name == UNFINISHED || name.starts_with(REMOVING)))
    }

    /// An empty folder for a snapshot that is not to be seen yet.
    ///
    /// # Errors
    /// [`Unavailable`](Error::Unavailable) when it cannot be made.
    pub fn begin(&self) -> Result<PathBuf> {
        let unfinished = self.snapshot(UNFINISHED);
        match fs::remove_dir_all(&unfinished) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(fault(&self.folder)(error)),
            _ => {}
        }
        DirBuilder::new().mode(0o700).create(&unfinished).map_err(fault(&self.folder))?;
        Ok(unfinished)
    }

    /// Shows the snapshot that was begun: from here on it is one.
    ///
    /// # Errors
    /// [`Unavailable`](Error::Unavailable) when that does not work.
    pub fn publish(&self, name: &str) -> Result<()> {
        let unfinished = self.snapshot(UNFINISHED);
        sync(&unfinished)?;
        fs::rename(&unfinished, self.snapshot(name)).map_err(fault(&self.folder))?;
        sync(&self.folder.join(SNAPSHOTS))
    }

    /// Takes a snapshot out of the list; [`remove_remains`](Self::remove_remains) removes it.
    ///
    /// # Errors
    /// [`Unavailable`](Error::Unavailable) when that does not work.
    pub fn withdraw(&self, name: &str) -> Result<()> {
        let removing = self.snapshot(&format!("{REMOVING}{name}"));
        fs::rename(self.snapshot(name), removing).map_err(fault(&self.folder))?;
        sync(&self.folder.join(SNAPSHOTS))
    }

    /// Removes what was withdrawn, once no blob is left that only this referred to.
    ///
    /// # Errors
    /// [`Unavailable`](Error::Unavailable) when that does not work.
    pub fn remove_remains(&self) -> Result<()> {
        for name in self.names()?.iter().filter(|name| name.starts_with(REMOVING)) {
            fs::remove_dir_all(self.snapshot(name)).map_err(fault(&self.folder))?;
        }
        Ok(())
    }

    fn names(&self) -> Result<Vec<String>> {
        let entries = fs::read_dir(self.folder.join(SNAPSHOTS)).map_err(fault(&self.folder))?;
        let names = entries.map(|entry| Ok(entry?.file_name().into_string().unwrap_or_default()));
        names.collect::<io::Result<_>>().map_err(fault(&self.folder))
    }
}

/// Refuses a folder that is, or lies in, a data folder, and one with a folder `blobs` of somebody else's.
fn refuse_unfit(folder: &Path, data_folder: &Path) -> Result<()> {
    let resolved = |path: &Path| fs::canonicalize(path).ok();
    let parent =
        || folder.parent().map(|parent| if parent == Path::new("") { Path::new(".") } else { parent });
    let real = resolved(folder).or_else(|| parent().and_then(resolved));
    let data = resolved(data_folder);
    if let (Some(real), Some(data)) = (real, data)
        && real.starts_with(&data)
    {
        let text = format!(
            "{} lies in the data folder {}, and would be lost with it; name a folder elsewhere, best on another disk.",
            folder.display(),
            data_folder.display()
        );
        return Err(Error::Invalid(text.into()));
    }
    let is_archive = folder.join(LOCK).exists();
    if folder.join(metadata::FILE).exists() || folder.join("blobs").exists() && !is_archive {
        let text = format!(
            "{} holds something else than back-ups; name an empty folder or one of earlier back-ups.",
            folder.display()
        );
        return Err(Error::Invalid(text.into()));
    }
    Ok(())
}

fn held(taken: Result<(), TryLockError>, folder: &Path) -> Result<()> {
    match taken {
        Ok(()) => Ok(()),
        Err(TryLockError::WouldBlock) => {
            let text = format!("Another back-up or restore is using {}; wait for its end.", folder.display());
            Err(Error::Unavailable(text.into()))
        }
        Err(TryLockError::Error(error)) => {
            let text = format!("The folder {} cannot be locked.", folder.display());
            Err(Error::unavailable(text, error))
        }
    }
}

fn shown_parent(folder: &Path) -> String {
    folder.parent().unwrap_or(folder).display().to_string()
}

/// What a file system says of a folder outside of the house.
pub(super) fn fault(folder: &Path) -> impl Fn(io::Error) -> Error {
    move |error| {
        let folder = folder.display();
        match error.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => no_room(&folder.to_string()),
            _ => Error::unavailable(
                format!("{folder} cannot be used; see that this user may read and write there."),
                error,
            ),
        }
    }
}

/// A folder outside of the house is full.
pub(super) fn no_room(folder: &str) -> Error {
    let text = format!(
        "There is no room left in {folder}. Make some and run this again: it goes on with what is missing."
    );
    Error::OutOfSpace(text.into())
}

/// Makes what was done in a folder survive a loss of power.
pub(super) fn sync(folder: &Path) -> Result<()> {
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(fault(folder))
}
