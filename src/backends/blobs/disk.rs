//! Blobs as files: each lies at its key below one root folder.
//!
//! Everything that waits for the disk runs on the runtime's blocking threads, in pieces large enough that
//! handing them over costs little.

mod draft;
mod incoming;
mod list;
mod reader;
mod writer;

#[cfg(test)]
mod tests;

use std::fs::{self, DirBuilder, File};
use std::io::{self, ErrorKind};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use domain::{BlobId, Durability, Error, Result};
use tokio::task::{JoinError, spawn_blocking};
use uuid::Uuid;

use crate::listing::{Listing, StoredBlob};
use draft::Draft;
pub use incoming::Incoming;
pub use reader::DiskReader;
pub use writer::DiskWriter;

/// The folder of all blobs in the root.
const FILES: &str = "files";

/// A folder on a local disk.
pub struct Disk {
    root: PathBuf,
    durability: Durability,
}

impl Disk {
    /// Opens a root folder, and makes it if it is not there.
    pub(crate) fn open(root: PathBuf, durability: Durability) -> Result<Self> {
        // Nobody but the house itself may look into people's files.
        let mut folder = DirBuilder::new();
        folder.recursive(true).mode(0o700);
        let files = root.join(FILES);
        folder
            .create(&files)
            // A folder is only there after a loss of power if the one above it was synced too.
            .and_then(|()| files.ancestors().take(3).try_for_each(sync_folder))
            .map_err(fault("opening", &root))?;
        Ok(Self { root, durability })
    }

    pub(crate) async fn create(&self, id: BlobId) -> Result<DiskWriter> {
        let (content, durability) = (self.content(id), self.durability);
        Ok(DiskWriter::new(blocking(move || Draft::create(content, durability)).await?))
    }

    pub(crate) async fn read(&self, id: BlobId, size_bytes: u64) -> Result<DiskReader> {
        let content = self.content(id);
        let first = DiskReader::first_buffer(size_bytes);
        blocking(move || DiskReader::open(&content, size_bytes, first)).await
    }

    pub(crate) async fn remove(&self, id: BlobId) -> Result<()> {
        let content = self.content(id);
        // Not synced: a file that a loss of power brings back is garbage like any other.
        blocking(move || {
            erase(&content).map_err(fault("removing", &content))?;
            // What was not found may lie on a disk that is not mounted just now.
            mounted(&content)
        })
        .await
    }

    pub(crate) async fn list(&self, after: Option<BlobId>, count_max: usize) -> Result<Listing> {
        let root = self.root.clone();
        blocking(move || list::list(&root, after, count_max)).await
    }

    pub(crate) async fn find(&self, id: BlobId) -> Result<Option<StoredBlob>> {
        let root = self.root.clone();
        blocking(move || list::find(&root, id)).await
    }

    pub(crate) async fn check(&self) -> Result<()> {
        let (content, durability) = (self.content(BlobId(Uuid::new_v4())), self.durability);
        // One task, so that whoever gives up waiting for it does not leave the probe behind.
        blocking(move || {
            let probe = content.as_os_str().as_encoded_bytes();
            let mut draft = Draft::create(content.clone(), durability)?;
            draft.write(probe)?;
            draft.sync()?;
            let kept = failpoint::suffer("blobs.read").and_then(|()| fs::read(&content));
            let kept = kept.map_err(fault("reading", &content))?;
            draft.discard()?;
            match kept == probe {
                true => Ok(()),
                false => Err(Error::internal(format!("{} came back changed", content.display()))),
            }
        })
        .await
    }

    pub(crate) async fn free_bytes(&self) -> Result<u64> {
        let root = self.root.clone();
        blocking(move || fs4::available_space(&root).map_err(fault("measuring", &root))).await
    }

    pub(crate) async fn take_in(&self, id: BlobId) -> Result<Incoming> {
        let (root, content) = (self.root.clone(), self.content(id));
        blocking(move || Incoming::create(&root, id, content)).await
    }

    pub(crate) async fn clear_incoming(&self) -> Result<()> {
        let root = self.root.clone();
        blocking(move || Incoming::clear(&root)).await
    }

    fn content(&self, id: BlobId) -> PathBuf {
        self.root.join(id.key())
    }
}

/// Does what waits for the disk where waiting holds up nobody. Once begun, it is done to the end even if
/// the caller goes away.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    joined(spawn_blocking(work).await)
}

fn joined<T>(outcome: Result<Result<T>, JoinError>) -> Result<T> {
    outcome.unwrap_or_else(|error| Err(Error::internal(error)))
}

/// What the disk says, in the domain's words. Beside a full disk it is a folder that is gone, a permission
/// that is missing, a device that fails: the operator can mend each while the house runs.
fn fault(doing: &'static str, path: &Path) -> impl Fn(io::Error) -> Error {
    move |error| {
        let log = format!("{doing} {}: {error}", path.display());
        match error.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Error::out_of_space(log),
            // Not the disk is full, but the file is larger than its file system allows: 4 GiB on FAT.
            ErrorKind::FileTooLarge => {
                Error::TooLarge("The server's disk cannot hold a file this large.".into())
            }
            _ => Error::unavailable("The file store does not answer; try again shortly.", log),
        }
    }
}

/// Whether the folder that holds all blobs is there.
fn mounted(content: &Path) -> Result<()> {
    let files = folder_of(folder_of(content));
    files.metadata().map(drop).map_err(fault("opening", files))
}

/// The folder that holds nothing but this one blob.
fn folder_of(content: &Path) -> &Path {
    content.parent().unwrap_or(content)
}

/// Removes a blob with its folder, as far as they are there.
fn erase(content: &Path) -> io::Result<()> {
    let gone = |outcome: io::Result<()>| match outcome {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        outcome => outcome,
    };
    gone(fs::remove_file(content))?;
    failpoint::reach("blob.emptied");
    match gone(fs::remove_dir(folder_of(content))) {
        // Somebody put something beside the blob, and that is theirs.
        Err(error) if error.kind() == ErrorKind::DirectoryNotEmpty => Ok(()),
        outcome => outcome,
    }
}

fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}
