//! The port of every store of blobs.

use std::path::Path;

use bytes::Bytes;
use domain::{BlobId, Durability, Result, StoreKind};

use crate::config::S3Config;
use crate::disk::{Disk, DiskReader, DiskWriter};
use crate::listing::{Listing, StoredBlob};
use crate::s3::{PresignRequest, Probed, S3, S3Reader, S3Writer, Unfinished};

/// A store of blobs.
///
/// Every call may end in [`OutOfSpace`](domain::Error::OutOfSpace) when the store is full and in
/// [`Unavailable`](domain::Error::Unavailable) when it does not answer.
pub enum Store {
    /// A folder on a local disk.
    Disk(Disk),
    /// A bucket that speaks S3.
    S3(S3),
}

/// The way of new bytes into a store. Dropped before [`finish`](Self::finish), it takes back what was
/// written, a moment later and without holding up the caller.
pub enum BlobWriter {
    /// Into a file.
    Disk(DiskWriter),
    /// Into a bucket.
    S3(Box<S3Writer>),
}

/// The way of bytes out of a store, from any offset on, reading ahead of what is asked for.
pub enum BlobReader {
    /// From a file.
    Disk(DiskReader),
    /// From a bucket.
    S3(Box<S3Reader>),
}

/// What is known of a blob before its first byte. None of it has to be.
#[derive(Debug, Clone, Default)]
pub struct BlobFacts {
    /// The path of its file, as it stands in a store that keeps such a thing.
    pub original_path: Option<String>,
    /// What kind of file it is.
    pub media_type: Option<String>,
    /// How many bytes will come, if the client has said so; another number never becomes a blob.
    pub size_bytes: Option<u64>,
}

impl Store {
    /// Opens the store of a folder of back-ups, and prepares it if it is new: the folder `blobs` in it, whatever the
    /// settings say of the house's own. Waits for the disk.
    ///
    /// # Errors
    /// See [`Store`].
    pub fn open_archive(folder: &Path) -> Result<Self> {
        Disk::open(folder.join(crate::FOLDER), Durability::default()).map(Self::Disk)
    }

    /// Which one it is.
    pub fn kind(&self) -> StoreKind {
        match self {
            Self::Disk(_) => StoreKind::Disk,
            Self::S3(_) => StoreKind::S3,
        }
    }

    /// Whether it keeps the paths of files with their bytes.
    pub fn keeps_paths(&self) -> bool {
        match self {
            Self::Disk(_) => false,
            Self::S3(s3) => s3.keeps_paths(),
        }
    }

    /// Opens the bucket of the settings, whatever they say of where new blobs go.
    pub async fn open_bucket(config: &S3Config) -> Self {
        Self::S3(S3::open(config).await)
    }

    /// Looks over what others have set up and may have to see to: a bucket.
    pub async fn probe(&self) -> Option<Probed> {
        match self {
            Self::Disk(_) => None,
            Self::S3(s3) => Some(s3.probe().await),
        }
    }

    /// Begins a new blob, under an id that never was another's.
    ///
    /// # Errors
    /// See [`Store`].
    pub async fn create(&self, id: BlobId, facts: BlobFacts) -> Result<BlobWriter> {
        match self {
            Self::Disk(disk) => disk.create(id).await.map(BlobWriter::Disk),
            Self::S3(s3) => Ok(BlobWriter::S3(Box::new(s3.create(id, facts)))),
        }
    }

    /// Opens a blob that is known to be there, with the size in bytes it is known to have. Whether that is so shows here
    /// or with the first bytes.
    ///
    /// # Errors
    /// [`Internal`](domain::Error::Internal) when it is missing or has another size; see also [`Store`].
    pub async fn read(&self, id: BlobId, size_bytes: u64) -> Result<BlobReader> {
        match self {
            Self::Disk(disk) => disk.read(id, size_bytes).await.map(BlobReader::Disk),
            Self::S3(s3) => Ok(BlobReader::S3(Box::new(s3.read(id, size_bytes)))),
        }
    }

    /// Removes a blob; nothing happens if it is not there. Readers on a disk that have it open read on.
    ///
    /// # Errors
    /// See [`Store`].
    pub async fn remove(&self, id: BlobId) -> Result<()> {
        match self {
            Self::Disk(disk) => disk.remove(id).await,
            Self::S3(s3) => s3.remove(id).await,
        }
    }

    /// Removes whatever an upload that was given up has left of a blob, complete or not.
    ///
    /// # Errors
    /// See [`Store`].
    pub async fn discard(&self, id: BlobId) -> Result<()> {
        match self {
            Self::Disk(disk) => disk.remove(id).await,
            Self::S3(s3) => s3.discard(id).await,
        }
    }

    /// The blobs that follow an id, in the order of their ids, at most `count_max` and perhaps fewer: whether there
    /// are more, [`Listing::next`] says. What is added or removed between two listings may be in neither.
    ///
    /// # Errors
    /// See [`Store`].
    pub async fn list(&self, after: Option<BlobId>, count_max: usize) -> Result<Listing> {
        match self {
            Self::Disk(disk) => disk.list(after, count_max).await,
            Self::S3(s3) => s3.list(after, count_max).await,
        }
    }

    /// One blob, if anything of it is there, complete or not.
    ///
    /// # Errors
    /// See [`Store`].
    pub async fn find(&self, id: BlobId) -> Result<Option<StoredBlob>> {
        match self {
            Self::Disk(disk) => disk.find(id).await,
            Self::S3(s3) => s3.find(id).await,
        }
    }

    /// The uploads in parts that were begun and not ended, which are no blobs yet and take room all the same. None where
    /// there is no such thing, or the store cannot list them.
    ///
    /// # Errors
    /// See [`Store`].
    pub async fn unfinished(&self) -> Result<Option<Vec<Unfinished>>> {
        match self {
            Self::Disk(_) => Ok(None),
            Self::S3(s3) => s3.unfinished().await,
        }
    }

    /// Ends one of them; nothing happens if it is not there any more.
    ///
    /// # Errors
    /// See [`Store`].
    pub async fn end_unfinished(&self, unfinished: &Unfinished) -> Result<()> {
        match self {
            Self::Disk(_) => Ok(()),
            Self::S3(s3) => s3.end_unfinished(unfinished).await,
        }
    }

    /// Writes anew which path the file of a blob has, where the store keeps that with the bytes; says whether it does.
    ///
    /// # Errors
    /// [`Internal`](domain::Error::Internal) when the blob is missing; see also [`Store`].
    pub async fn relabel(&self, id: BlobId, original_path: &str) -> Result<bool> {
        match self {
            Self::Disk(_) => Ok(false),
            Self::S3(s3) => s3.relabel(id, original_path).await.map(|()| true),
        }
    }

    /// An address at which anybody may read a blob for a while, where the store can be asked by others. It is made
    /// without asking the store.
    ///
    /// # Errors
    /// See [`Store`].
    pub async fn presign(&self, id: BlobId, request: &PresignRequest) -> Result<Option<String>> {
        match self {
            Self::Disk(_) => Ok(None),
            Self::S3(s3) => s3.presign(id, request).await.map(Some),
        }
    }

    /// Writes, reads and removes a small blob, to see whether the store works.
    ///
    /// # Errors
    /// See [`Store`].
    pub async fn check(&self) -> Result<()> {
        match self {
            Self::Disk(disk) => disk.check().await,
            Self::S3(s3) => s3.check().await,
        }
    }

    /// How many bytes may still be stored; none where there is no such limit.
    ///
    /// # Errors
    /// See [`Store`].
    pub async fn free_bytes(&self) -> Result<Option<u64>> {
        match self {
            Self::Disk(disk) => disk.free_bytes().await.map(Some),
            Self::S3(_) => Ok(None),
        }
    }
}

impl BlobWriter {
    /// Takes the next bytes. They are collected to batches, and some are on their way to the store while the next is
    /// collected, so an error may belong to bytes of an earlier call.
    ///
    /// # Errors
    /// See [`Store`]. After one nothing is left in the store and the writer is of no more use.
    pub async fn write(&mut self, frame: Bytes) -> Result<()> {
        match self {
            Self::Disk(writer) => writer.write(frame).await,
            Self::S3(writer) => writer.write(frame).await,
        }
    }

    /// Completes the blob. When this returns, it survives what the [settings](crate::BlobsConfig) say, or what its bucket
    /// promises; until then nothing counts.
    ///
    /// # Errors
    /// See [`Store`]. After one nothing is left in the store.
    pub async fn finish(self) -> Result<()> {
        match self {
            Self::Disk(writer) => writer.finish().await,
            Self::S3(writer) => writer.finish().await,
        }
    }

    /// Takes back what was written, and returns once that is done.
    pub async fn abort(self) {
        match self {
            Self::Disk(writer) => writer.abort().await,
            Self::S3(writer) => writer.abort().await,
        }
    }
}

impl BlobReader {
    /// The next bytes: at least one and at most `bytes_max`, which must not be 0; none only at the end.
    ///
    /// # Errors
    /// [`Internal`](domain::Error::Internal) when bytes that should be there are not; see also [`Store`].
    pub async fn read(&mut self, bytes_max: usize) -> Result<Bytes> {
        match self {
            Self::Disk(reader) => reader.read(bytes_max).await,
            Self::S3(reader) => reader.read(bytes_max).await,
        }
    }

    /// Goes to an offset in bytes from the start; beyond the end means the end.
    pub fn seek(&mut self, offset: u64) {
        match self {
            Self::Disk(reader) => reader.seek(offset),
            Self::S3(reader) => reader.seek(offset),
        }
    }

    /// Says that nothing from this offset on will be asked for, so that nothing of it is fetched. Whoever goes on all the
    /// same gets it.
    pub fn expect_until(&mut self, offset: u64) {
        match self {
            Self::Disk(_) => {}
            Self::S3(reader) => reader.expect_until(offset),
        }
    }
}
