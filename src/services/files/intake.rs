//! Where the bytes of an upload go while they come: into a registered blob, or into memory as long as they may
//! become a system file.

use std::sync::Arc;

use blobs::BlobWriter;
use bytes::Bytes;
use domain::{BlobId, Result, SystemFile, Timestamp};
use uuid::Uuid;

use crate::Backends;
use crate::steps::discard;

/// Takes bytes. Dropping it before [`finish`](Self::finish) takes them back.
pub(super) struct Intake {
    backends: Arc<Backends>,
    now: Timestamp,
    /// What came so far, until it is too much for a system file.
    memory: Option<Vec<u8>>,
    /// Registered with the first byte that goes into it, so an empty file needs none.
    blob: Option<(BlobId, BlobWriter)>,
}

/// What was taken.
pub(super) enum Taken {
    /// The bytes of a system file.
    Memory(Vec<u8>),
    /// A blob that is registered and not live yet; none for no bytes.
    Blob(Option<BlobId>),
}

impl Intake {
    /// With `in_memory` the bytes stay out of the store until they are too many for a system file.
    pub(super) fn new(backends: &Arc<Backends>, now: Timestamp, in_memory: bool) -> Self {
        let memory = in_memory.then(Vec::new);
        Self { backends: Arc::clone(backends), now, memory, blob: None }
    }

    /// Whether this many bytes in all would be kept in memory.
    pub(super) fn keeps_in_memory(&self, bytes: u64) -> bool {
        self.memory.is_some() && bytes <= SystemFile::BYTES_MAX as u64
    }

    /// Takes the next bytes.
    ///
    /// # Errors
    /// Whatever the file store says.
    pub(super) async fn write(&mut self, bytes: Bytes) -> Result<()> {
        if let Some(mut held) = self.memory.take() {
            if held.len() + bytes.len() <= SystemFile::BYTES_MAX {
                held.extend_from_slice(&bytes);
                self.memory = Some(held);
                return Ok(());
            }
            self.store(held.into()).await?;
        }
        self.store(bytes).await
    }

    async fn store(&mut self, bytes: Bytes) -> Result<()> {
        match &mut self.blob {
            _ if bytes.is_empty() => Ok(()),
            Some((_, writer)) => writer.write(bytes).await,
            None => {
                let id = BlobId(Uuid::now_v7());
                metadata::blobs::register(&self.backends.metadata, id, self.now).await?;
                failpoint::reach("upload.registered");
                match self.backends.blobs.create(id).await {
                    Ok(writer) => self.blob.insert((id, writer)).1.write(bytes).await,
                    Err(error) => {
                        discard(&self.backends, id).await;
                        Err(error)
                    }
                }
            }
        }
    }

    /// Makes what went into the store durable.
    ///
    /// # Errors
    /// Whatever the file store says; nothing is left then.
    pub(super) async fn finish(mut self) -> Result<Taken> {
        match self.memory.take() {
            Some(held) => Ok(Taken::Memory(held)),
            None => self.settle().await.map(Taken::Blob),
        }
    }

    async fn settle(&mut self) -> Result<Option<BlobId>> {
        let Some((id, writer)) = self.blob.take() else { return Ok(None) };
        match writer.finish().await {
            Ok(()) => Ok(Some(id)),
            Err(error) => {
                discard(&self.backends, id).await;
                Err(error)
            }
        }
    }
}

/// Puts bytes that were held in memory into a blob, which is registered and not live; none for no bytes.
///
/// # Errors
/// Whatever the file store says; nothing is left then.
pub(super) async fn stored(
    backends: &Arc<Backends>,
    now: Timestamp,
    bytes: Vec<u8>,
) -> Result<Option<BlobId>> {
    let mut intake = Intake::new(backends, now, false);
    intake.store(bytes.into()).await?;
    intake.settle().await
}

impl Drop for Intake {
    fn drop(&mut self) {
        let Some((id, writer)) = self.blob.take() else { return };
        drop(writer);
        let backends = Arc::clone(&self.backends);
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move { discard(&backends, id).await });
        }
    }
}
