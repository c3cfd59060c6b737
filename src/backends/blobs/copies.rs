//! Copying blobs from one store into another: for back-ups, and back.

use bytes::Bytes;
use domain::{BlobId, Error, Result, Sha256};
use sha2::Digest;

use crate::disk::Incoming;
use crate::{BlobFacts, BlobReader, BlobWriter, Store};

/// Enough that handing it on costs little.
const PART_BYTES: usize = 128 * 1024;

/// How a copy ended, or a look at bytes that are there already.
#[derive(Debug, Clone)]
pub enum Copied {
    /// The bytes are those that were expected.
    Whole,
    /// What is wrong with them at their source; nothing was taken over.
    Damaged(Error),
}

impl Store {
    /// Reads a blob to its end and compares it with what it is known to be.
    pub async fn verify(&self, id: BlobId, size_bytes: u64, sha256: Sha256) -> Copied {
        let read = async {
            let mut reader = self.read(id, size_bytes).await?;
            let mut digest = sha2::Sha256::new();
            while let Some(part) = next(&mut reader).await? {
                digest.update(&part);
            }
            compared(id, digest, sha256)
        };
        read.await.map_or_else(Copied::Damaged, |()| Copied::Whole)
    }

    /// Takes a blob over from another store. It has its name here once all its bytes have been compared with what they
    /// are known to be, and synced; what was here under that name is replaced.
    ///
    /// # Errors
    /// What is wrong with this store, or with the source as a whole, see [`Store`]; what is wrong with the blob at the source
    /// is [`Copied::Damaged`].
    pub async fn copy_from(
        &self,
        source: &Self,
        id: BlobId,
        size_bytes: u64,
        sha256: Sha256,
    ) -> Result<Copied> {
        let mut reader = match source.read(id, size_bytes).await {
            Ok(reader) => reader,
            Err(error) => return source.blame(error).await,
        };
        let mut landing = Landing::begin(self, id, size_bytes).await?;
        let mut digest = sha2::Sha256::new();
        let damage = loop {
            match next(&mut reader).await {
                Ok(Some(part)) => {
                    digest.update(&part);
                    landing = landing.write(part).await?;
                }
                Ok(None) => break compared(id, digest, sha256).err(),
                Err(error) => break Some(error),
            }
        };
        match damage {
            Some(damage) => source.blame(damage).await,
            None => landing.finish().await.map(|()| Copied::Whole),
        }
    }

    /// Takes an error for damage of the one blob, unless this store does not answer as a whole: a bucket may be out of
    /// reach for a while, and then nothing in it is lost.
    async fn blame(&self, error: Error) -> Result<Copied> {
        if let (Self::S3(bucket), Error::Unavailable(_)) = (self, &error) {
            bucket.check().await?;
        }
        Ok(Copied::Damaged(error))
    }

    /// Removes what copies that were broken off have left; while none is under way.
    ///
    /// # Errors
    /// See [`Store`].
    pub async fn clear_incoming(&self) -> Result<()> {
        match self {
            Self::Disk(disk) => disk.clear_incoming().await,
            // A bucket shows nothing of what was not ended.
            Self::S3(_) => Ok(()),
        }
    }
}

/// Where a copy goes until it is whole. Dropped before its end, nothing of it is left.
enum Landing<'a> {
    Disk(Incoming),
    S3(&'a Store, BlobId, BlobWriter),
}

impl<'a> Landing<'a> {
    async fn begin(store: &'a Store, id: BlobId, size_bytes: u64) -> Result<Self> {
        match store {
            Store::Disk(disk) => disk.take_in(id).await.map(Self::Disk),
            Store::S3(_) => {
                let facts = BlobFacts { size_bytes: Some(size_bytes), ..BlobFacts::default() };
                Ok(Self::S3(store, id, store.create(id, facts).await?))
            }
        }
    }

    async fn write(self, part: Bytes) -> Result<Self> {
        match self {
            Self::Disk(incoming) => incoming.write(part).await.map(Self::Disk),
            Self::S3(store, id, mut writer) => writer.write(part).await.map(|()| Self::S3(store, id, writer)),
        }
    }

    async fn finish(self) -> Result<()> {
        match self {
            Self::Disk(incoming) => incoming.finish().await,
            Self::S3(store, id, writer) => {
                // Should the answer be lost, what was there before must not be taken for what was written.
                store.remove(id).await?;
                writer.finish().await
            }
        }
    }
}

async fn next(reader: &mut BlobReader) -> Result<Option<Bytes>> {
    let part = reader.read(PART_BYTES).await?;
    Ok((!part.is_empty()).then_some(part))
}

fn compared(id: BlobId, digest: sha2::Sha256, sha256: Sha256) -> Result<()> {
    if <[u8; 32]>::from(digest.finalize()) == sha256.0 {
        return Ok(());
    }
    Err(Error::internal(format!("{} holds other bytes than were stored in it", id.key())))
}
