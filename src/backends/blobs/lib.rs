//! Floor 1: immutable bytes, each under a key of its own, written once and read many times.
//!
//! A store knows nothing but keys and bytes. Which blobs there should be, in which store, and how large they are, is for
//! the database to say; whatever lies in a store without a live row there is garbage.

mod config;
mod copies;
mod disk;
mod listing;
mod s3;
mod store;

#[cfg(test)]
mod contract;

use std::path::{Path, PathBuf};

use domain::{Error, Result, StoreKind};

pub use config::{BlobsConfig, Encryption, S3Config};
pub use copies::Copied;
pub use disk::{Disk, DiskReader, DiskWriter};
pub use listing::{Listing, StoredBlob, Strangers};
pub use s3::{PresignRequest, Probed, S3, S3Reader, S3Writer, Tried, Trouble, Unfinished};
pub use store::{BlobFacts, BlobReader, BlobWriter, Store};

/// The stores of the house. New blobs go into one of them; there may be another one that earlier ones lie in.
pub struct Blobs {
    receiving: Store,
    other: Option<Store>,
}

/// The folder of blobs in the data folder.
const FOLDER: &str = "blobs";

impl Blobs {
    /// Opens the store that the settings name for new blobs, and prepares it if it is new; and the other one, if it is
    /// configured: a bucket is by its name, the disk by having been used.
    ///
    /// # Errors
    /// [`Unavailable`](Error::Unavailable) when the store does not answer, [`OutOfSpace`](Error::OutOfSpace) when it is
    /// full.
    pub async fn open(config: &BlobsConfig, data_folder: &Path) -> Result<Self> {
        let folder = data_folder.join(FOLDER);
        let bucket = match &config.s3 {
            Some(s3) => Some(Store::S3(S3::open(s3).await)),
            None => None,
        };
        match (config.store, bucket) {
            (StoreKind::Disk, bucket) => Ok(Self { receiving: disk(folder, config)?, other: bucket }),
            (StoreKind::S3, Some(bucket)) => {
                let was_used = folder.is_dir();
                let disk = was_used.then(|| disk(folder, config)).transpose()?;
                Ok(Self { receiving: bucket, other: disk })
            }
            (StoreKind::S3, None) => Err(not_configured(StoreKind::S3)),
        }
    }

    /// The store new blobs go into.
    pub fn receiving(&self) -> &Store {
        &self.receiving
    }

    /// A store that blobs lie in.
    ///
    /// # Errors
    /// [`Unavailable`](Error::Unavailable) when it is not configured.
    pub fn at(&self, kind: StoreKind) -> Result<&Store> {
        self.stores().find(|store| store.kind() == kind).ok_or_else(|| not_configured(kind))
    }

    /// Whether there is one that keeps the paths of files with their bytes.
    pub fn keep_paths(&self) -> bool {
        self.stores().any(Store::keeps_paths)
    }

    /// All of them, the one for new blobs first.
    pub fn stores(&self) -> impl Iterator<Item = &Store> {
        std::iter::once(&self.receiving).chain(&self.other)
    }
}

fn disk(folder: PathBuf, config: &BlobsConfig) -> Result<Store> {
    Disk::open(folder, config.durability).map(Store::Disk)
}

fn not_configured(kind: StoreKind) -> Error {
    let log = match kind {
        StoreKind::S3 => {
            "blobs lie in an S3 bucket and none is configured: set s3.bucket and what belongs to it"
        }
        StoreKind::Disk => {
            "blobs lie on the disk and there is no folder `blobs` in data_folder: is its disk mounted?"
        }
    };
    Error::unavailable("The store of this file is not configured on this server.", log)
}
