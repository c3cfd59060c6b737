//! Floor 1: immutable bytes, each under a key of its own, written once and read many times.
//!
//! A store knows nothing but keys and bytes. Which blobs there should be, and how large they are, is for
//! the database to say; whatever lies here without a live row there is garbage.

mod config;
mod copies;
mod disk;
mod listing;

#[cfg(test)]
mod contract;

use std::path::Path;

use bytes::Bytes;
use domain::{BlobId, Durability, Result};

pub use config::{BlobsConfig, Store};
pub use copies::Copied;
pub use disk::{Disk, DiskReader, DiskWriter};
pub use listing::{Listing, StoredBlob, Strangers};

/// A store of blobs.
///
/// Every call may end in [`OutOfSpace`](domain::Error::OutOfSpace) when the store is full and in
/// [`Unavailable`](domain::Error::Unavailable) when it does not answer.
pub enum Blobs {
    /// A folder on a local disk.
    Disk(Disk),
}

/// The way of new bytes into a store. Dropped before [`finish`](Self::finish), it takes back what was
/// written, a moment later and without holding up the caller.
pub enum BlobWriter {
    /// Into a file.
    Disk(DiskWriter),
}

/// The way of bytes out of a store, from any offset on, reading ahead of what is asked for.
pub enum BlobReader {
    /// From a file.
    Disk(DiskReader),
}

impl Blobs {
    /// Opens the store the settings name, and prepares it if it is new. Waits for the disk: call it at
    /// start, not in a request.
    ///
    /// # Errors
    /// See [`Blobs`].
    pub fn open(config: &BlobsConfig, data_folder: &Path) -> Result<Self> {
        match config.store {
            Store::Disk => Disk::open(data_folder.join("blobs"), config.durability).map(Self::Disk),
        }
    }

    /// Opens the store of a folder of back-ups, and prepares it if it is new: the folder `blobs` in it, whatever the
    /// settings say of the house's own. Waits for the disk.
    ///
    /// # Errors
    /// See [`Blobs`].
    pub fn open_archive(folder: &Path) -> Result<Self> {
        Disk::open(folder.join("blobs"), Durability::default()).map(Self::Disk)
    }

    /// Begins a new blob.
    ///
    /// # Errors
    /// [`Internal`](domain::Error::Internal) when there is one with this id; see also [`Blobs`].
    pub async fn create(&self, id: BlobId) -> Result<BlobWriter> {
        match self {
            Self::Disk(disk) => disk.create(id).await.map(BlobWriter::Disk),
        }
    }

    /// Opens a blob that is known to be there, with the size in bytes it is known to have.
    ///
    /// # Errors
    /// [`Internal`](domain::Error::Internal) when it is missing or has another size; see also [`Blobs`].
    pub async fn read(&self, id: BlobId, size_bytes: u64) -> Result<BlobReader> {
        match self {
            Self::Disk(disk) => disk.read(id, size_bytes).await.map(BlobReader::Disk),
        }
    }

    /// Removes a blob; nothing happens if it is not there. Readers that have it open read on.
    ///
    /// # Errors
    /// See [`Blobs`].
    pub async fn remove(&self, id: BlobId) -> Result<()> {
        match self {
            Self::Disk(disk) => disk.remove(id).await,
        }
    }

    /// The blobs that follow an id, in the order of their ids, at most `count_max` and perhaps fewer: whether there
    /// are more, [`Listing::next`] says. What is added or removed between two listings may be in neither.
    ///
    /// # Errors
    /// See [`Blobs`].
    pub async fn list(&self, after: Option<BlobId>, count_max: usize) -> Result<Listing> {
        match self {
            Self::Disk(disk) => disk.list(after, count_max).await,
        }
    }

    /// One blob, if anything of it is there, complete or not.
    ///
    /// # Errors
    /// See [`Blobs`].
    pub async fn find(&self, id: BlobId) -> Result<Option<StoredBlob>> {
        match self {
            Self::Disk(disk) => disk.find(id).await,
        }
    }

    /// Writes, syncs, reads and removes a small blob, to see whether the store works.
    ///
    /// # Errors
    /// See [`Blobs`].
    pub async fn check(&self) -> Result<()> {
        match self {
            Self::Disk(disk) => disk.check().await,
        }
    }

    /// How many bytes may still be stored; none where there is no such limit.
    ///
    /// # Errors
    /// See [`Blobs`].
    pub async fn free_bytes(&self) -> Result<Option<u64>> {
        match self {
            Self::Disk(disk) => disk.free_bytes().await.map(Some),
        }
    }
}

impl BlobWriter {
    /// Takes the next bytes. They are collected to batches, and one batch is on its way to the store
    /// while the next is collected, so an error may belong to bytes of an earlier call.
    ///
    /// # Errors
    /// See [`Blobs`]. After one nothing is left in the store and the writer is of no more use.
    pub async fn write(&mut self, frame: Bytes) -> Result<()> {
        match self {
            Self::Disk(writer) => writer.write(frame).await,
        }
    }

    /// Completes the blob. When this returns, it survives what the [settings](BlobsConfig) say; until then nothing counts.
    ///
    /// # Errors
    /// See [`Blobs`]. After one nothing is left in the store.
    pub async fn finish(self) -> Result<()> {
        match self {
            Self::Disk(writer) => writer.finish().await,
        }
    }

    /// Takes back what was written, and returns once that is done.
    pub async fn abort(self) {
        match self {
            Self::Disk(writer) => writer.abort().await,
        }
    }
}

impl BlobReader {
    /// The next bytes: at least one and at most `bytes_max`, which must not be 0; none only at the end.
    ///
    /// # Errors
    /// [`Internal`](domain::Error::Internal) when bytes that should be there are not; see also [`Blobs`].
    pub async fn read(&mut self, bytes_max: usize) -> Result<Bytes> {
        match self {
            Self::Disk(reader) => reader.read(bytes_max).await,
        }
    }

    /// Goes to an offset in bytes from the start; beyond the end means the end.
    pub fn seek(&mut self, offset: u64) {
        match self {
            Self::Disk(reader) => reader.seek(offset),
        }
    }
}
