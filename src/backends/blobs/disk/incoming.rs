//! A file that gets its name when it is whole: on the way from one store into another.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use bytes::Bytes;
use domain::{BlobId, Result};

use super::{blocking, fault, folder_of, sync_folder};

/// The folder beside that of all blobs in which copies are collected.
const FOLDER: &str = "incoming";

/// A file beside the blobs. Dropped before its end it is removed; a process that dies leaves it for
/// [`clear`](Self::clear).
pub struct Incoming {
    file: File,
    part: PathBuf,
    content: PathBuf,
}

impl Incoming {
    /// Waits for the disk.
    pub(super) fn create(root: &Path, id: BlobId, content: PathBuf) -> Result<Self> {
        let folder = root.join(FOLDER);
        let part = folder.join(id.to_string());
        let made = DirBuilder::new().recursive(true).mode(0o700).create(&folder);
        let file =
            made.and_then(|()| OpenOptions::new().write(true).create_new(true).mode(0o600).open(&part));
        Ok(Self { file: file.map_err(fault("creating", &part))?, part, content })
    }

    pub(super) fn clear(root: &Path) -> Result<()> {
        let folder = root.join(FOLDER);
        match fs::remove_dir_all(&folder) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(fault("removing", &folder)(error)),
            _ => Ok(()),
        }
    }

    pub(crate) async fn write(mut self, part: Bytes) -> Result<Self> {
        blocking(move || {
            self.file.write_all(&part).map_err(fault("writing", &self.content))?;
            Ok(self)
        })
        .await
    }

    pub(crate) async fn finish(self) -> Result<()> {
        blocking(move || self.settle().map_err(fault("syncing", &self.content))).await
    }

    fn settle(&self) -> io::Result<()> {
        self.file.sync_all()?;
        match DirBuilder::new().mode(0o700).create(folder_of(&self.content)) {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(error),
            _ => {}
        }
        fs::rename(&self.part, &self.content)?;
        // Its own folder, and the one that holds the folders of all blobs.
        self.content.ancestors().skip(1).take(2).try_for_each(sync_folder)
    }
}

impl Drop for Incoming {
    fn drop(&mut self) {
        // Under its name of before there is nothing any more when it is whole.
        let _ = fs::remove_file(&self.part);
    }
}
