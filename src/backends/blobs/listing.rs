//! What lies in a store, as far as that can be known without reading it.

use domain::{BlobId, Timestamp};

/// One blob in a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoredBlob {
    /// Which one.
    pub id: BlobId,
    /// How many bytes of it there are.
    pub size_bytes: u64,
    /// When something was last written to it, by the clock of the store.
    pub modified_at: Timestamp,
}

/// Some of what lies in a store.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listing {
    /// Blobs, in the order of their ids.
    pub blobs: Vec<StoredBlob>,
    /// Where the next listing goes on; nothing when this was the last one.
    pub next: Option<BlobId>,
    /// What lies there and is no blob of the house. Each is in one of the listings from the first to the last.
    pub strangers: Strangers,
}

/// Things of somebody else in a store, which the house never touches.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Strangers {
    /// How many there are.
    pub count: u64,
    /// The keys of the first few.
    pub examples: Vec<String>,
}

impl Strangers {
    /// So many examples are enough to see whose they are.
    const EXAMPLES_MAX: usize = 5;

    /// Counts one.
    pub(crate) fn note(&mut self, key: impl FnOnce() -> String) {
        self.count += 1;
        if self.examples.len() < Self::EXAMPLES_MAX {
            self.examples.push(key());
        }
    }

    /// Adds those of another listing.
    pub fn add(&mut self, more: Self) {
        self.count += more.count;
        self.examples.extend(more.examples);
        self.examples.truncate(Self::EXAMPLES_MAX);
    }
}
