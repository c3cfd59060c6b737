//! A file that gets its name when it is whole: on the way from one store into another.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use bytes::Bytes;
use domain::Result;

use super::{blocking, fault, folder_of, sync_folder};

/// A file under another name beside the one it will have. Dropped before its end it is removed; a process that dies
/// leaves it, and the next attempt begins it anew.
pub struct Incoming {
    file: File,
    content: PathBuf,
    is_over: bool,
}

/// Where a blob is collected.
pub(super) fn part_of(content: &Path) -> PathBuf {
    content.with_extension("part")
}

impl Incoming {
    /// Waits for the disk.
    pub(super) fn create(content: PathBuf) -> Result<Self> {
        let folder = folder_of(&content);
        match DirBuilder::new().mode(0o700).create(folder) {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => {
                return Err(fault("creating", folder)(error));
            }
            _ => {}
        }
        let part = part_of(&content);
        let file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&part);
        match file {
            Ok(file) => Ok(Self { file, content, is_over: false }),
            Err(error) => {
                // Empty, unless something is here already.
                let _ = fs::remove_dir(folder);
                Err(fault("creating", &part)(error))
            }
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
        blocking(move || self.settle()).await
    }

    fn settle(mut self) -> Result<()> {
        self.file
            .sync_all()
            .and_then(|()| fs::rename(part_of(&self.content), &self.content))
            .and_then(|()| self.content.ancestors().skip(1).take(2).try_for_each(sync_folder))
            .map_err(fault("syncing", &self.content))?;
        self.is_over = true;
        Ok(())
    }
}

impl Drop for Incoming {
    fn drop(&mut self) {
        if !self.is_over {
            // What stays behind is begun anew by the next attempt, and removed with the blob.
            let _ = fs::remove_file(part_of(&self.content));
            let _ = fs::remove_dir(folder_of(&self.content));
        }
    }
}
