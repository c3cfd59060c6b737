//! A file on its way to become a blob.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::PathBuf;

use domain::{Durability, Error, Result};

use super::{erase, fault, folder_of, sync_folder};

/// A file that is removed on drop unless it is kept. It travels into each blocking task and back, so
/// wherever it is lost on the way (an error, a client that hung up, a runtime that ends), it is removed.
///
/// Everything here, drop included, waits for the disk.
pub(super) struct Draft {
    file: File,
    content: PathBuf,
    durability: Durability,
    settled: bool,
}

impl Draft {
    /// Creates the file with its folder.
    pub(super) fn create(content: PathBuf, durability: Durability) -> Result<Self> {
        let folder = folder_of(&content);
        // The folder is what two creators of one id would meet at.
        DirBuilder::new().mode(0o700).create(folder).map_err(|error| match error.kind() {
            ErrorKind::AlreadyExists => Error::internal(format!("{} exists already", content.display())),
            _ => fault("creating", folder)(error),
        })?;
        match OpenOptions::new().write(true).create_new(true).mode(0o600).open(&content) {
            Ok(file) => Ok(Self { file, content, durability, settled: false }),
            Err(error) => {
                let error = fault("creating", &content)(error);
                // The first error is what happened; that clearing away failed too is for the log.
                if let Err(second) = erase(&content) {
                    tracing::warn!(content = %content.display(), error = %second, "a folder was left behind");
                }
                Err(error)
            }
        }
    }

    /// Adds bytes at the end.
    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.file.write_all(bytes).map_err(fault("writing", &self.content))
    }

    /// Makes the bytes, and the way to them from the root, survive a loss of power, if they are to.
    pub(super) fn sync(&self) -> Result<()> {
        if !self.durability.waits_for_disk() {
            return Ok(());
        }
        self.file
            .sync_all()
            // Its own folder, and the one that holds the folders of all blobs.
            .and_then(|()| self.content.ancestors().skip(1).take(2).try_for_each(sync_folder))
            .map_err(fault("syncing", &self.content))
    }

    /// Leaves the file where it is.
    pub(super) fn keep(mut self) {
        self.settled = true;
    }

    /// Removes the file, for somebody who wants to know whether that works.
    pub(super) fn discard(mut self) -> Result<()> {
        self.settled = true;
        erase(&self.content).map_err(fault("removing", &self.content))
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if !self.settled
            && let Err(error) = erase(&self.content)
        {
            tracing::warn!(content = %self.content.display(), %error, "an unfinished blob was left behind");
        }
    }
}
