//! Which uploads this process is receiving, so that none of them is taken for one that was given up.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use domain::BlobId;

/// The blobs whose bytes are coming in, or have come and are about to be shown.
#[derive(Default, Clone)]
pub(crate) struct UnderWay(Arc<Mutex<BTreeSet<BlobId>>>);

/// One of them; dropping it says that it was shown, or that no more bytes come.
pub(crate) struct Passage {
    id: BlobId,
    all: UnderWay,
}

impl UnderWay {
    /// Bytes of this blob begin to come in.
    pub(crate) fn begin(&self, id: BlobId) -> Passage {
        self.change(|ids| ids.insert(id));
        Passage { id, all: self.clone() }
    }

    /// Whether it is one of them.
    pub(crate) fn holds(&self, id: BlobId) -> bool {
        self.change(|ids| ids.contains(&id))
    }

    fn change(&self, change: impl FnOnce(&mut BTreeSet<BlobId>) -> bool) -> bool {
        // A set of ids is whole whoever panicked.
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Drop for Passage {
    fn drop(&mut self) {
        self.all.change(|ids| ids.remove(&self.id));
    }
}
