//! The memory that all uploads of the process share for what has come in and is not in the store yet.
//!
//! A lease is for a whole part. It is taken before the part is begun, in the order in which it is asked for, and ends
//! when the part is in the store. So nobody waits who holds a part that is not full: what is held is either being sent,
//! which ends by itself, or being filled by a client. Whoever fills slowly while others wait has to give way
//! ([`Lease::is_overdue`]), and whoever stands still is cut by the gate. So every lease ends, and everybody's turn comes.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use domain::{Error, Result};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout};

/// What is counted.
const UNIT_BYTES: u64 = 64 * 1024;

/// The shared memory.
pub(super) struct Budget {
    free: Arc<Semaphore>,
    units: u32,
    waiting: Arc<AtomicUsize>,
    /// How long a part may be filled while others wait.
    fill_max: Duration,
    /// How long somebody waits before it is too long for any client.
    wait_max: Duration,
}

/// Some of it.
pub(super) struct Lease {
    _permit: OwnedSemaphorePermit,
    since: Instant,
    fill_max: Duration,
    waiting: Arc<AtomicUsize>,
}

impl Budget {
    pub(super) fn new(bytes: u64, fill_max: Duration, wait_max: Duration) -> Self {
        let units =
            u32::try_from(bytes / UNIT_BYTES).unwrap_or(u32::MAX).clamp(1, Semaphore::MAX_PERMITS as u32);
        let free = Arc::new(Semaphore::new(units as usize));
        Self { free, units, waiting: Arc::default(), fill_max, wait_max }
    }

    /// The most that one lease can be for, in bytes.
    pub(super) fn bytes(&self) -> u64 {
        u64::from(self.units) * UNIT_BYTES
    }

    /// Room for a part, now or not at all. Whoever waits comes first.
    pub(super) fn try_take(&self, bytes: u64) -> Option<Lease> {
        let permit = Arc::clone(&self.free).try_acquire_many_owned(self.units_of(bytes)).ok()?;
        Some(self.lease(permit))
    }

    /// Room for a part, once there is some.
    ///
    /// # Errors
    /// [`Unavailable`](Error::Unavailable) when that takes too long.
    pub(super) async fn take(&self, bytes: u64) -> Result<Lease> {
        if let Some(lease) = self.try_take(bytes) {
            return Ok(lease);
        }
        let waiting = Waiting::begin(&self.waiting);
        let permit = Arc::clone(&self.free).acquire_many_owned(self.units_of(bytes));
        let permit = timeout(self.wait_max, permit).await.map_err(|_| self.too_long())?;
        drop(waiting);
        Ok(self.lease(permit.map_err(Error::internal)?))
    }

    fn units_of(&self, bytes: u64) -> u32 {
        u32::try_from(bytes.div_ceil(UNIT_BYTES)).unwrap_or(u32::MAX).clamp(1, self.units)
    }

    fn lease(&self, permit: OwnedSemaphorePermit) -> Lease {
        let waiting = Arc::clone(&self.waiting);
        Lease { _permit: permit, since: Instant::now(), fill_max: self.fill_max, waiting }
    }

    fn too_long(&self) -> Error {
        let waited = self.wait_max.as_secs();
        let log = format!(
            "an upload waited {waited} s for memory; s3.upload_memory_bytes is too little for as many"
        );
        Error::unavailable("The server is receiving too many files at once; try again in a moment.", log)
    }
}

impl Lease {
    /// Whether others wait, and the part that this is for should have been full by now.
    pub(super) fn is_overdue(&self) -> bool {
        self.waiting.load(Ordering::Relaxed) > 0 && self.since.elapsed() > self.fill_max
    }
}

/// Somebody who waits, until it is dropped.
struct Waiting<'a>(&'a AtomicUsize);

impl<'a> Waiting<'a> {
    fn begin(count: &'a AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(count)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn budget(bytes: u64) -> Budget {
        Budget::new(bytes, Duration::from_millis(10), Duration::from_millis(50))
    }

    #[tokio::test]
    async fn a_lease_is_overdue_only_while_others_wait() {
        let budget = budget(10 * UNIT_BYTES);
        let lease = budget.take(8 * UNIT_BYTES).await.unwrap();
        tokio::time::sleep(Duration::from_millis(20)).await;
        assert!(!lease.is_overdue());
        let waiter = async {
            assert!(matches!(budget.take(3 * UNIT_BYTES).await, Err(Error::Unavailable(_))));
        };
        let looker = async {
            tokio::task::yield_now().await;
            assert!(lease.is_overdue());
        };
        tokio::join!(waiter, looker);
        assert!(!lease.is_overdue());
        drop(lease);
        assert!(budget.try_take(10 * UNIT_BYTES).is_some());
    }

    #[tokio::test]
    async fn more_than_there_is_means_all_of_it() {
        let budget = budget(10 * UNIT_BYTES);
        let lease = budget.take(1 << 40).await.unwrap();
        assert!(budget.try_take(1).is_none());
        drop(lease);
        assert!(budget.try_take(1).is_some());
    }
}
