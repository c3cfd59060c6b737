//! Where the bytes of an upload go while they come: into a registered blob, or into memory as long as they may
//! become a system file. Where the quota has a limit, room for them is set aside first.

use std::sync::Arc;

use blobs::{BlobFacts, BlobWriter};
use bytes::Bytes;
use domain::{BlobId, Error, Result, SpaceId, SystemFile, Timestamp};
use metadata::blobs::Place;
use metadata::reservations::{self, Demand};
use uuid::Uuid;

use crate::Backends;
use crate::steps::{Passage, discard};

/// How much room an upload of unknown length sets aside at once: this much at first, and then each time as much as it has
/// already. So a small one holds little, and a large one seldom asks.
const STEP_BYTES_MIN: u64 = 1 << 20;

/// The most it sets aside at once: what a large one holds in vain is little beside it.
const STEP_BYTES_MAX: u64 = 64 << 20;

/// Takes bytes. Dropping it before [`finish`](Self::finish) takes them back.
pub(super) struct Intake {
    backends: Arc<Backends>,
    now: Timestamp,
    allowance: Allowance,
    /// What the store is told beforehand.
    facts: BlobFacts,
    /// What came so far, until it is too much for a system file.
    memory: Option<Vec<u8>>,
    /// Registered when there is something to set aside, or with the first byte: an empty file needs none.
    blob: Option<BlobId>,
    writer: Option<BlobWriter>,
    under_way: Option<Passage>,
    stored_bytes: u64,
    reserved_bytes: u64,
}

/// For which bytes room is set aside.
#[derive(Default)]
pub(super) struct Allowance {
    /// The space, if it has a limit.
    pub space: Option<SpaceId>,
    /// So many need none.
    pub free_bytes: u64,
}

/// What was taken.
pub(super) enum Taken {
    /// The bytes of a system file.
    Memory(Vec<u8>),
    /// What is in the store; none for no bytes.
    Stored(Option<Stored>),
}

/// A blob that is registered and not live yet, with the room that was set aside for it.
pub(super) struct Stored {
    pub blob: BlobId,
    pub reserved_bytes: u64,
    /// Kept until it is shown or given up: a store may say of bytes that came in parts that they are from when the first
    /// part was begun, so their age does not keep the sweep from them.
    _under_way: Option<Passage>,
}

impl Intake {
    /// With `in_memory` the bytes stay out of the store until they are too many for a system file.
    pub(super) fn new(
        backends: &Arc<Backends>,
        now: Timestamp,
        in_memory: bool,
        allowance: Allowance,
        facts: BlobFacts,
    ) -> Self {
        Self {
            backends: Arc::clone(backends),
            now,
            allowance,
            facts,
            memory: in_memory.then(Vec::new),
            blob: None,
            writer: None,
            under_way: None,
            stored_bytes: 0,
            reserved_bytes: 0,
        }
    }

    /// Sets room aside for so many bytes in all, if any has to be.
    ///
    /// # Errors
    /// [`QuotaExceeded`](domain::Error::QuotaExceeded) when there is not as much.
    pub(super) async fn expect(&mut self, bytes: u64) -> Result<()> {
        match self.allowance.space {
            Some(space) if self.memory.is_none() && bytes > self.allowance.free_bytes => {
                self.set_aside(Demand { space, needed_bytes: bytes, wanted_bytes: bytes }).await
            }
            _ => Ok(()),
        }
    }

    /// Takes the next bytes.
    ///
    /// # Errors
    /// [`QuotaExceeded`](domain::Error::QuotaExceeded) when there is no room for them; whatever the file store says.
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
        if bytes.is_empty() {
            return Ok(());
        }
        self.stored_bytes += bytes.len() as u64;
        self.make_room().await?;
        let id = match self.blob {
            Some(id) => id,
            None => self.register().await?,
        };
        let writer = match &mut self.writer {
            Some(writer) => writer,
            None => {
                let facts = std::mem::take(&mut self.facts);
                self.writer.insert(self.backends.blobs.receiving().create(id, facts).await?)
            }
        };
        writer.write(bytes).await
    }

    fn begin(&mut self) -> BlobId {
        let id = BlobId(Uuid::now_v7());
        self.under_way = Some(self.backends.under_way.begin(id));
        *self.blob.insert(id)
    }

    /// Where the bytes go, and the path the store is told with them.
    fn place(&self) -> Place<'_> {
        let store = self.backends.blobs.receiving();
        let original_path = self.facts.original_path.as_deref().filter(|_| store.keeps_paths());
        Place { store: store.kind(), original_path }
    }

    async fn register(&mut self) -> Result<BlobId> {
        // Known before it is registered: whoever drops this in between has it forgotten.
        let id = self.begin();
        metadata::blobs::register(&self.backends.metadata, id, self.place(), self.now).await?;
        failpoint::reach("upload.registered");
        Ok(id)
    }

    async fn make_room(&mut self) -> Result<()> {
        let needed_bytes = self.stored_bytes.saturating_sub(self.reserved_bytes);
        match self.allowance.space {
            Some(space) if needed_bytes > 0 && self.stored_bytes > self.allowance.free_bytes => {
                let step_bytes = self.reserved_bytes.clamp(STEP_BYTES_MIN, STEP_BYTES_MAX);
                let wanted_bytes = needed_bytes.max(step_bytes);
                self.set_aside(Demand { space, needed_bytes, wanted_bytes }).await
            }
            _ => Ok(()),
        }
    }

    async fn set_aside(&mut self, demand: Demand) -> Result<()> {
        if let Some(id) = self.blob {
            self.reserved_bytes += reservations::extend(&self.backends.metadata, id, demand).await?;
            return Ok(());
        }
        // As in `register`, with which it shares the transaction.
        let id = self.begin();
        let (metadata, now) = (&self.backends.metadata, self.now);
        let registered = reservations::register(metadata, id, self.place(), now, demand).await;
        if let Err(Error::QuotaExceeded(_)) = registered {
            // Refused before there was anything to be discarded.
            (self.blob, self.under_way) = (None, None);
        }
        self.reserved_bytes = registered?;
        failpoint::reach("upload.registered");
        Ok(())
    }

    /// Makes what went into the store durable.
    ///
    /// # Errors
    /// Whatever the file store says; nothing is left then.
    pub(super) async fn finish(mut self) -> Result<Taken> {
        match self.memory.take() {
            Some(held) => Ok(Taken::Memory(held)),
            None => self.settle().await.map(Taken::Stored),
        }
    }

    async fn settle(&mut self) -> Result<Option<Stored>> {
        let Some(writer) = self.writer.take() else { return Ok(None) };
        if let Err(error) = writer.finish().await {
            self.discard().await;
            return Err(error);
        }
        let (reserved_bytes, under_way) = (self.reserved_bytes, self.under_way.take());
        Ok(self.blob.take().map(|blob| Stored { blob, reserved_bytes, _under_way: under_way }))
    }

    /// Takes back what was taken, and returns once that is done: whoever is refused finds the room free again.
    pub(super) async fn discard(&mut self) {
        if let Some(writer) = self.writer.take() {
            writer.abort().await;
        }
        if let Some(id) = self.blob {
            discard(&self.backends, id).await;
            // Only now: until then, whoever drops this has it done in the background.
            self.blob = None;
        }
    }
}

/// Puts bytes that were held in memory into a blob, which is registered and not live; none for no bytes. They are few,
/// so no room is set aside for them: they fit when they are shown, or not.
///
/// # Errors
/// Whatever the file store says; nothing is left then.
pub(super) async fn stored(
    backends: &Arc<Backends>,
    now: Timestamp,
    bytes: Vec<u8>,
) -> Result<Option<Stored>> {
    let facts = BlobFacts { size_bytes: Some(bytes.len() as u64), ..BlobFacts::default() };
    let mut intake = Intake::new(backends, now, false, Allowance::default(), facts);
    match intake.store(bytes.into()).await {
        Ok(()) => intake.settle().await,
        Err(error) => {
            intake.discard().await;
            Err(error)
        }
    }
}

impl Drop for Intake {
    fn drop(&mut self) {
        drop(self.writer.take());
        let Some(id) = self.blob.take() else { return };
        let backends = Arc::clone(&self.backends);
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move { discard(&backends, id).await });
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::auth::tests::{House, NOW};
    use crate::upkeep::Sweep;

    /// Sweeps when everything is old, as a bucket says of what came in parts, and says how many uploads were given up.
    async fn sweep(house: &House) -> u64 {
        let mut sweep = Sweep::begin(Timestamp::now().after(Duration::from_secs(10 * 86_400)));
        while sweep.step(&house.backends).await.unwrap() {}
        sweep.swept().abandoned
    }

    #[tokio::test]
    async fn what_has_come_is_nobodys_garbage_until_it_is_shown_or_refused() {
        let house = House::new().await;
        let (allowance, facts) = (Allowance::default(), BlobFacts::default());
        let mut intake = Intake::new(&house.backends, NOW, false, allowance, facts);
        intake.write(Bytes::from_static(b"all of it")).await.unwrap();
        let Taken::Stored(Some(stored)) = intake.finish().await.unwrap() else { panic!("it is in memory") };
        assert_eq!(sweep(&house).await, 0);
        assert!(house.backends.blobs.receiving().find(stored.blob).await.unwrap().is_some());
        drop(stored);
        assert_eq!(sweep(&house).await, 1);
    }
}
