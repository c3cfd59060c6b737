//! Writing a file in batches, one on its way to the disk while the next is collected.

use std::mem;

use bytes::Bytes;
use domain::{Error, Result};
use tokio::runtime::Handle;
use tokio::task::{JoinHandle, spawn_blocking};

use super::draft::Draft;
use super::{blocking, joined};

/// Large enough that handing a batch to another thread (some 10 µs) is little beside writing it, and small
/// enough that two of them for each of hundreds of uploads fit into memory.
const BATCH_BYTES: usize = 256 * 1024;

/// The way of new bytes into a file.
pub struct DiskWriter {
    batch: Vec<u8>,
    state: State,
}

enum State {
    Resting(Draft),
    /// A batch is being written; its buffer comes back empty.
    Writing(JoinHandle<Result<(Draft, Vec<u8>)>>),
    /// The draft has been handed on, or was lost to an error.
    Over,
}

impl DiskWriter {
    pub(super) fn new(draft: Draft) -> Self {
        Self { batch: Vec::new(), state: State::Resting(draft) }
    }

    pub(crate) async fn write(&mut self, mut frame: Bytes) -> Result<()> {
        while !frame.is_empty() {
            // All at once: the pages of it that a small file does not touch cost nothing.
            self.batch.reserve_exact(BATCH_BYTES - self.batch.len());
            let part = frame.split_to(frame.len().min(BATCH_BYTES - self.batch.len()));
            self.batch.extend_from_slice(&part);
            if self.batch.len() == BATCH_BYTES {
                self.send().await?;
            }
        }
        Ok(())
    }

    pub(crate) async fn finish(mut self) -> Result<()> {
        let (mut draft, _) = self.landed().await?;
        let rest = mem::take(&mut self.batch);
        let draft = blocking(move || {
            draft.write(&rest)?;
            failpoint::reach("draft.complete");
            draft.sync()?;
            Ok(draft)
        })
        .await?;
        // Only here: if the caller had gone away meanwhile, nobody would know of the blob.
        draft.keep();
        Ok(())
    }

    pub(crate) async fn abort(mut self) {
        if let Ok((draft, _)) = self.landed().await {
            // What goes wrong with it is in the log.
            let _ = spawn_blocking(move || drop(draft)).await;
        }
    }

    async fn send(&mut self) -> Result<()> {
        let (mut draft, spare) = self.landed().await?;
        let mut full = mem::replace(&mut self.batch, spare);
        self.state = State::Writing(spawn_blocking(move || {
            draft.write(&full)?;
            failpoint::reach("draft.written");
            full.clear();
            Ok((draft, full))
        }));
        Ok(())
    }

    /// Waits for the batch that is being written, if there is one.
    async fn landed(&mut self) -> Result<(Draft, Vec<u8>)> {
        if let State::Writing(flight) = &mut self.state {
            let landed = joined(flight.await);
            self.state = State::Over;
            return landed;
        }
        match mem::replace(&mut self.state, State::Over) {
            State::Resting(draft) => Ok((draft, Vec::new())),
            _ => Err(Error::internal("a blob was written to after its writer had failed")),
        }
    }
}

impl Drop for DiskWriter {
    fn drop(&mut self) {
        let state = mem::replace(&mut self.state, State::Over);
        // A large file takes the disk a while to remove. Without a runtime nobody else is held up by it.
        if !matches!(state, State::Over)
            && let Ok(runtime) = Handle::try_current()
        {
            runtime.spawn_blocking(move || drop(state));
        }
    }
}
