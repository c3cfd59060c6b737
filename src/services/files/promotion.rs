//! Making an ordinary file of a system file, because it gets an ordinary name: somebody wants to keep it.

use std::sync::Arc;

use domain::{BlobId, Caller, Content, Error, Node, Result, Sha256, SpaceId};
use metadata::{Tx, blobs, spaces, system_files};
use sha2::{Digest, Sha256 as Hasher};

use super::intake::{self, Stored};
use super::media_type;
use crate::Backends;
use crate::steps::discard;

/// How often a change is tried while somebody else goes on replacing the file.
const TRIES_MAX: u32 = 5;

/// Bytes go to the file store outside of the transaction, and which ones it needs only the transaction knows.
/// So it is tried without, says which, and is tried again; almost no change needs any.
pub(super) struct Promotion {
    caller: Caller,
    backends: Arc<Backends>,
    ready: Option<Ready>,
    tries: u32,
}

/// A blob that no node shows yet, with the bytes of a system file.
pub(super) struct Ready {
    content: Content,
    blob: Option<Stored>,
}

/// How a try ended.
pub(super) enum Tried<T> {
    /// It is done.
    Done(T),
    /// Nothing was changed; these bytes have to be in the store first.
    Needs(Vec<u8>),
}

/// What a transaction can do with a system file that gets an ordinary name.
pub(super) enum Shown {
    /// Its blob is live and charged.
    Blob(Option<BlobId>),
    /// Its bytes have to be in the store first.
    Needs(Vec<u8>),
}

impl Promotion {
    pub(super) fn new(caller: &Caller, backends: &Arc<Backends>) -> Self {
        Self { caller: caller.clone(), backends: Arc::clone(backends), ready: None, tries: 0 }
    }

    /// What the next try may use.
    pub(super) fn ready(&self) -> Option<&Ready> {
        self.ready.as_ref()
    }

    /// What came of a try; nothing if it is to be made again.
    ///
    /// # Errors
    /// That of the try, and whatever the file store says.
    pub(super) async fn settle<T>(&mut self, tried: Result<Tried<T>>) -> Result<Option<T>> {
        // A blob that became live is left alone.
        if let Some(Ready { blob: Some(stored), .. }) = self.ready.take() {
            discard(&self.backends, stored.blob).await;
        }
        let bytes = match tried? {
            Tried::Done(done) => return Ok(Some(done)),
            Tried::Needs(bytes) => bytes,
        };
        self.tries += 1;
        if self.tries == TRIES_MAX {
            return Err(busy());
        }
        let content = Content {
            size_bytes: bytes.len() as u64,
            sha256: Sha256(Hasher::digest(&bytes).into()),
            media_type: media_type::of_bytes(&bytes).map(str::to_owned),
        };
        let blob = intake::stored(&self.backends, self.caller.now, bytes).await?;
        failpoint::reach("promotion.stored");
        self.ready = Some(Ready { content, blob });
        Ok(None)
    }
}

impl Ready {
    /// Makes the blob live and charges the quota of a space, if it holds what the node holds now.
    ///
    /// # Errors
    /// [`QuotaExceeded`](Error::QuotaExceeded) when the file does not fit.
    pub(super) async fn show(ready: Option<&Self>, tx: &Tx, node: &Node, space: SpaceId) -> Result<Shown> {
        let fits = |ready: &&Self| node.sha256() == Some(ready.content.sha256);
        let Some(Self { content, blob }) = ready.filter(fits) else {
            return system_files::read(tx, node).await?.map(Shown::Needs).ok_or_else(busy);
        };
        spaces::charge(tx, space, content.size_bytes).await?;
        let blob = blob.as_ref().map(|stored| stored.blob);
        if let Some(id) = blob {
            blobs::enliven(tx, id, content).await?;
        }
        Ok(Shown::Blob(blob))
    }
}

fn busy() -> Error {
    Error::Unavailable("This file is being replaced again and again; try again in a moment.".into())
}
