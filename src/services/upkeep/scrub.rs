//! Reading what is stored, a share each day, to see whether it still is what it was.

use std::time::Duration;

use blobs::BlobReader;
use domain::{Result, Sha256, Timestamp};
use metadata::scrubs::{self, Amount, Unread};
use sha2::{Digest, Sha256 as Hasher};
use tokio::time::{Instant, sleep_until};

use super::comparison::shown_by;
use crate::Backends;

/// What is read in one step where there is no rate to keep.
const STEP_BYTES: u64 = 32 << 20;
const READ_BYTES_MAX: usize = 128 * 1024;

/// A blob costs more than its bytes: opening it, and a row to write.
const BLOB_BYTES: u64 = 4096;

/// What was read within this long counts for the share of the day, so that a restart does not begin it anew, and the
/// share of yesterday does not count even if it took some hours.
const DAY: Duration = Duration::from_secs(12 * 3600);

/// A scrub later than this was noted by a clock that was wrong.
const FUTURE: Duration = Duration::from_secs(24 * 3600);

/// Reads live blobs, the longest unread first and one at a time, and notes what came of it. It can be left after any
/// step; only a blob half read is begun anew.
pub struct Scrub {
    now: Timestamp,
    /// How much is still to be read.
    left_bytes: u64,
    /// How much may be read in a second.
    rate_bytes: Option<u64>,
    open: Option<Open>,
    read_bytes: u64,
    total_bytes: u64,
    damaged: u64,
}

/// A blob that is being read.
struct Open {
    blob: Unread,
    reader: BlobReader,
    hasher: Hasher,
    /// It could not be read the first time.
    is_second: bool,
}

impl Scrub {
    /// The share of a day: of everything stored, as much as it takes to have read all of it within the days of the
    /// settings. Nothing if those are 0.
    ///
    /// # Errors
    /// Whatever the database says.
    pub async fn share(backends: &Backends, now: Timestamp) -> Result<Self> {
        let (config, db) = (&backends.scrub, &backends.metadata);
        let live = scrubs::live(db).await?;
        let left_bytes = match config.days {
            0 => 0,
            days => {
                let read = scrubs::read_between(db, now.before(DAY), now).await?;
                cost_bytes(live).div_ceil(u64::from(days)).saturating_sub(cost_bytes(read))
            }
        };
        let rate_bytes = Some(config.read_bytes_per_second).filter(|rate| *rate > 0);
        Ok(Self::of(now, left_bytes, live, rate_bytes))
    }

    /// Everything, as fast as it can be read.
    ///
    /// # Errors
    /// Whatever the database says.
    pub async fn everything(backends: &Backends, now: Timestamp) -> Result<Self> {
        Ok(Self::of(now, u64::MAX, scrubs::live(&backends.metadata).await?, None))
    }

    fn of(now: Timestamp, left_bytes: u64, live: Amount, rate_bytes: Option<u64>) -> Self {
        let total_bytes = left_bytes.min(live.bytes);
        Self { now, left_bytes, rate_bytes, open: None, read_bytes: 0, total_bytes, damaged: 0 }
    }

    /// How much was read so far, in bytes.
    pub fn read_bytes(&self) -> u64 {
        self.read_bytes
    }

    /// About how much there is to be read in all, in bytes.
    pub fn total_bytes(&self) -> u64 {
        self.total_bytes
    }

    /// How many blobs were found damaged or missing so far.
    pub fn damaged(&self) -> u64 {
        self.damaged
    }

    /// Reads on, for about a second where there is a rate to keep, and says whether there is more.
    ///
    /// # Errors
    /// Whatever the database says; [`Unavailable`](domain::Error::Unavailable) when the store as a whole does not answer.
    pub async fn step(&mut self, backends: &Backends) -> Result<bool> {
        let begun = Instant::now();
        let step_bytes = self.rate_bytes.unwrap_or(STEP_BYTES);
        let mut cost_bytes = 0;
        while cost_bytes < step_bytes {
            let open = match self.open.take() {
                Some(open) => open,
                None => match self.next(backends).await? {
                    Some(blob) => {
                        cost_bytes += BLOB_BYTES;
                        match self.open(backends, blob).await? {
                            Some(open) => open,
                            None => continue,
                        }
                    }
                    None => return Ok(false),
                },
            };
            cost_bytes += self.read_on(backends, open).await?;
        }
        if let Some(rate_bytes) = self.rate_bytes {
            sleep_until(begun + Duration::from_secs_f64(cost_bytes as f64 / rate_bytes as f64)).await;
        }
        Ok(true)
    }

    async fn next(&mut self, backends: &Backends) -> Result<Option<Unread>> {
        if self.left_bytes == 0 {
            return Ok(None);
        }
        let next = scrubs::next(&backends.metadata, self.now, self.now.after(FUTURE)).await?;
        if let Some(blob) = next {
            self.left_bytes = self.left_bytes.saturating_sub(blob.size_bytes + BLOB_BYTES);
        }
        Ok(next)
    }

    async fn open(&mut self, backends: &Backends, blob: Unread) -> Result<Option<Open>> {
        match backends.blobs.at(blob.store)?.read(blob.id, blob.size_bytes).await {
            Ok(reader) => Ok(Some(Open { blob, reader, hasher: Hasher::new(), is_second: false })),
            Err(_) => self.open_again(backends, blob).await,
        }
    }

    /// If the store as a whole does not answer, that says nothing of this blob; and if it answers now, it may not have
    /// done so before.
    async fn open_again(&mut self, backends: &Backends, blob: Unread) -> Result<Option<Open>> {
        let store = backends.blobs.at(blob.store)?;
        store.check().await?;
        match store.read(blob.id, blob.size_bytes).await {
            Ok(reader) => Ok(Some(Open { blob, reader, hasher: Hasher::new(), is_second: true })),
            Err(error) => self.note_damage(backends, blob, &error.to_string()).await.map(|()| None),
        }
    }

    /// Reads a little of a blob and says how much; at the end it is judged.
    async fn read_on(&mut self, backends: &Backends, mut open: Open) -> Result<u64> {
        match open.reader.read(READ_BYTES_MAX).await {
            Ok(bytes) if bytes.is_empty() => self.judge(backends, open).await.map(|()| 0),
            Ok(bytes) => {
                open.hasher.update(&bytes);
                self.open = Some(open);
                self.read_bytes += bytes.len() as u64;
                Ok(bytes.len() as u64)
            }
            Err(error) if open.is_second => {
                backends.blobs.at(open.blob.store)?.check().await?;
                self.note_damage(backends, open.blob, &error.to_string()).await.map(|()| 0)
            }
            Err(_) => {
                self.open = self.open_again(backends, open.blob).await?;
                Ok(0)
            }
        }
    }

    async fn judge(&mut self, backends: &Backends, open: Open) -> Result<()> {
        let Open { blob, hasher, .. } = open;
        let sha256 = Sha256(hasher.finalize().into());
        if sha256 != blob.sha256 {
            let says = format!("the SHA-256 is {}, not {}", sha256.hex(), blob.sha256.hex());
            return self.note_damage(backends, blob, &says).await;
        }
        let is_live = scrubs::note(&backends.metadata, blob.id, self.now, true).await?;
        if is_live && blob.was_damaged {
            let files = shown_by(backends, blob.id).await?;
            tracing::info!(%files, "what was damaged reads right again");
        }
        Ok(())
    }

    async fn note_damage(&mut self, backends: &Backends, blob: Unread, says: &str) -> Result<()> {
        // What was purged meanwhile may well be gone.
        if scrubs::note(&backends.metadata, blob.id, self.now, false).await? {
            self.damaged += 1;
            let files = shown_by(backends, blob.id).await?;
            tracing::error!(
                %files, %says,
                "stored bytes are damaged or missing; put the file back from a back-up, at the same place in the store"
            );
        }
        Ok(())
    }
}

fn cost_bytes(amount: Amount) -> u64 {
    amount.bytes.saturating_add(amount.blobs.saturating_mul(BLOB_BYTES))
}
