//! The data folder: made for its owner alone, held by one server, found again by commands.

use std::fs::{DirBuilder, File, TryLockError};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

use domain::{Error, Result};

/// The file in the data folder that a running server holds.
const LOCK: &str = "serve.lock";

/// The folder in the data folder in which a database lies as long as what belongs to it is still being restored.
pub const RESTORING: &str = "restoring";

/// Makes the folder, where there is none, for its owner alone.
///
/// # Errors
/// [`Unavailable`](Error::Unavailable) when it cannot be made.
pub fn create(folder: &Path) -> Result<()> {
    let missing =
        folder.ancestors().take_while(|above| !above.as_os_str().is_empty() && !above.exists()).count();
    let made = DirBuilder::new().recursive(true).mode(0o700).create(folder);
    made.and_then(|()| sync_above(folder, missing.max(1))).map_err(unusable(folder))
}

/// Makes the folder with an empty database, where there is none. Only the server's own user may look inside, whatever
/// the mode of a folder that was there before.
///
/// # Errors
/// [`Unavailable`](Error::Unavailable) when the folder cannot be made or used.
pub fn make(folder: &Path) -> Result<()> {
    create(folder)?;
    // An empty house in its place would take everything that is there already for garbage.
    if folder.join(RESTORING).join(metadata::FILE).exists() {
        let text = format!(
            "A back-up was being restored into {} and that has not come to its end; run `larder restore` again.",
            folder.display()
        );
        return Err(Error::Unavailable(text.into()));
    }
    // SQLite would make it readable for everybody, and gives its log and index the mode of the database.
    match File::options().write(true).create_new(true).mode(0o600).open(folder.join(metadata::FILE)) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(unusable(folder)(error)),
        _ => Ok(()),
    }
}

fn unusable(folder: &Path) -> impl Fn(io::Error) -> Error {
    move |error| {
        let text = format!(
            "The data folder {} cannot be made or written to; name another one with --data.",
            folder.display()
        );
        Error::unavailable(text, error)
    }
}

/// Refuses a folder without data.
///
/// # Errors
/// [`NotFound`](Error::NotFound) with a sentence that says how to go on.
pub fn require_data(folder: &Path) -> Result<()> {
    if has_data(folder) {
        return Ok(());
    }
    let text = format!(
        "There is no Larder data in {}; `larder serve` makes some, or name another folder with --data.",
        folder.display()
    );
    Err(Error::NotFound(text.into()))
}

/// Syncs so many folders above this one: a folder is only there after a loss of power if the one above it was synced.
/// What this user may not read, somebody else has made and set up.
fn sync_above(folder: &Path, count: usize) -> io::Result<()> {
    for above in folder.canonicalize()?.ancestors().skip(1).take(count) {
        match File::open(above).and_then(|above| above.sync_all()) {
            Err(error) if error.kind() != ErrorKind::PermissionDenied => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

/// Whether a house was ever built on this folder.
pub fn has_data(folder: &Path) -> bool {
    // What cannot be looked at may well be there.
    folder.join(metadata::FILE).try_exists().unwrap_or(true)
}

/// Whether nobody but its owner may look inside.
///
/// # Errors
/// Whatever the system says.
pub fn is_private(folder: &Path) -> io::Result<bool> {
    Ok(folder.metadata()?.permissions().mode() & 0o077 == 0)
}

/// Whether a server runs on this folder.
pub fn is_served(folder: &Path) -> bool {
    let lock = File::open(folder.join(LOCK)).map(|file| file.try_lock_shared());
    matches!(lock, Ok(Err(TryLockError::WouldBlock)))
}

/// Holds the data folder for one server: another one that starts would clear away, as unfinished, what this one
/// is just writing.
///
/// # Errors
/// [`Unavailable`](Error::Unavailable) when another server holds it.
pub fn lock(folder: &Path) -> Result<File> {
    let path = folder.join(LOCK);
    let unusable = |error: io::Error| {
        Error::unavailable(format!("The file {} cannot be locked.", path.display()), error)
    };
    let file = File::options().create(true).write(true).truncate(false).open(&path).map_err(unusable)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::Error(error)) => Err(unusable(error)),
        Err(TryLockError::WouldBlock) => {
            let text = format!(
                "Another Larder serves the data folder {}; stop that one, or name another folder with --data.",
                folder.display()
            );
            Err(Error::Unavailable(text.into()))
        }
    }
}
