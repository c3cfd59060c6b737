//! Immutable bytes.

use std::fmt;

use uuid::Uuid;

use crate::{ETag, Error, Result, Timestamp};

/// The identity of a blob; its key in every store is `files/{id}/content`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BlobId(pub Uuid);

impl BlobId {
    /// The key under which every blob store keeps the bytes.
    pub fn key(self) -> String {
        format!("files/{}/content", self.0)
    }
}

impl fmt::Display for BlobId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(out)
    }
}

/// The SHA-256 of all bytes of a blob, computed while they stream.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Sha256(pub [u8; 32]);

impl Sha256 {
    /// The digest of no bytes at all.
    pub const EMPTY: Self = Self([
        0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f, 0xb9, 0x24, 0x27,
        0xae, 0x41, 0xe4, 0x64, 0x9b, 0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55,
    ]);

    /// In lower-case hexadecimal.
    pub fn hex(&self) -> String {
        hex::encode(self.0)
    }

    /// The strong ETag of these bytes (RFC 9110 §8.8.3): it changes when the content does and only then.
    pub fn etag(&self) -> ETag {
        // 128 bits of SHA-256 keep collisions out of reach and the header short.
        ETag::strong(&hex::encode(&self.0[..16]))
    }
}

impl fmt::Debug for Sha256 {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Sha256({})", self.hex())
    }
}

/// Where the bytes of a blob lie.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum StoreKind {
    /// In a folder of the machine's own disk.
    #[default]
    Disk,
    /// In a bucket that speaks S3.
    S3,
}

impl StoreKind {
    /// The word for it, in settings and in the database.
    pub fn word(self) -> &'static str {
        match self {
            Self::Disk => "disk",
            Self::S3 => "s3",
        }
    }

    /// What a word stands for.
    ///
    /// # Errors
    /// [`Internal`](Error::Internal) for a word of a version that is yet to come.
    pub fn parse(word: &str) -> Result<Self> {
        match word {
            "disk" => Ok(Self::Disk),
            "s3" => Ok(Self::S3),
            _ => Err(Error::internal(format!("there is no store of blobs called {word:?}"))),
        }
    }
}

/// What is known of bytes once they have been read to the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    /// Length in bytes.
    pub size_bytes: u64,
    /// Their digest.
    pub sha256: Sha256,
    /// The media type their first bytes show, if they show one.
    pub media_type: Option<String>,
}

/// A blob whose bytes are all in the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blob {
    /// Which one.
    pub id: BlobId,
    /// What its bytes are.
    pub content: Content,
    /// When it was registered.
    pub created_at: Timestamp,
    /// Where its bytes lie.
    pub store: StoreKind,
}
