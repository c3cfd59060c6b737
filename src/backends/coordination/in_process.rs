//! Shared state in the memory of the one process.

use std::collections::{BTreeSet, HashMap};
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::time::Duration;

use domain::Timestamp;
use parking_lot::Mutex;
use tokio::sync::Notify;

use crate::Failures;
use crate::device::Devices;
use crate::limits::Buckets;
use crate::upload::Uploads;

/// How many keys are counted at once, at about 100 bytes each. Past that, the window that would end
/// first gives way.
const KEYS_MAX: usize = 65_536;

/// State of one process.
#[derive(Default)]
pub struct InProcess {
    /// Keys are kept as a hash nobody outside can steer to a collision, so that their length costs nothing.
    hasher: RandomState,
    attempts: Mutex<Attempts>,
    jobs_wanted: Notify,
    pub(crate) buckets: Buckets,
    pub(crate) devices: Devices,
    pub(crate) uploads: Arc<Uploads>,
}

/// Windows of failed attempts, by key and by when they end.
#[derive(Default)]
struct Attempts {
    windows: HashMap<u64, Window>,
    ends: BTreeSet<(Timestamp, u64)>,
}

struct Window {
    count: u32,
    end: Timestamp,
    length: Duration,
}

impl InProcess {
    pub(crate) fn failures(&self, key: &str, now: Timestamp) -> Failures {
        match self.attempts.lock().windows.get(&self.hasher.hash_one(key)) {
            Some(window) if window.lasts(now) => {
                Failures { count: window.count, retry_after: Some(now.until(window.end)) }
            }
            _ => Failures::default(),
        }
    }

    pub(crate) fn record_failure(&self, key: &str, now: Timestamp, length: Duration) -> u32 {
        let key = self.hasher.hash_one(key);
        let mut attempts = self.attempts.lock();
        attempts.sweep(now);
        if let Some(window) = attempts.windows.get_mut(&key).filter(|window| window.lasts(now)) {
            window.count = window.count.saturating_add(1);
            return window.count;
        }
        attempts.end(key);
        if attempts.windows.len() >= KEYS_MAX {
            attempts.drop_first();
        }
        let end = now.after(length);
        attempts.windows.insert(key, Window { count: 1, end, length });
        attempts.ends.insert((end, key));
        1
    }

    pub(crate) fn wake_jobs(&self) {
        // Kept for the worker if it is not waiting just now.
        self.jobs_wanted.notify_one();
    }

    pub(crate) async fn jobs_wanted(&self) {
        self.jobs_wanted.notified().await;
    }

    pub(crate) fn forget(&self, key: &str) {
        let key = self.hasher.hash_one(key);
        self.attempts.lock().end(key);
    }
}

impl Window {
    /// One that began later than now began before the clock was set back: nobody is kept out for as long as that.
    fn lasts(&self, now: Timestamp) -> bool {
        now < self.end && now.until(self.end) <= self.length
    }
}

impl Attempts {
    fn end(&mut self, key: u64) {
        if let Some(window) = self.windows.remove(&key) {
            self.ends.remove(&(window.end, key));
        }
    }

    /// Drops the windows that have ended; each is looked at once, when it goes.
    fn sweep(&mut self, now: Timestamp) {
        while self.ends.first().is_some_and(|(end, _)| *end <= now) {
            self.drop_first();
        }
    }

    fn drop_first(&mut self) {
        if let Some((_, key)) = self.ends.pop_first() {
            self.windows.remove(&key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    #[test]
    fn a_flood_of_keys_pushes_out_the_oldest_and_memory_stays_bounded() {
        let state = InProcess::default();
        let flood = i64::try_from(KEYS_MAX).unwrap() + 10;
        for number in 0..flood {
            state.record_failure(&format!("key {number}"), Timestamp::from_millis(number / 4), MINUTE);
        }
        let now = Timestamp::from_millis(flood / 4);
        assert_eq!(state.attempts.lock().windows.len(), KEYS_MAX);
        assert_eq!(state.attempts.lock().ends.len(), KEYS_MAX);
        assert_eq!(state.failures("key 0", now).count, 0);
        assert_eq!(state.failures(&format!("key {}", flood - 1), now).count, 1);
    }

    #[test]
    fn a_clock_that_is_set_back_keeps_nobody_out() {
        let state = InProcess::default();
        let (day, now) = (Timestamp::from_millis(86_400_000), Timestamp::from_millis(0));
        state.record_failure("key", day, MINUTE);
        assert_eq!(state.failures("key", day).count, 1);
        assert_eq!(state.failures("key", now).count, 0);
        assert_eq!(state.record_failure("key", now, MINUTE), 1);
        assert_eq!(state.failures("key", now).retry_after, Some(MINUTE));
        assert_eq!(state.attempts.lock().ends.len(), 1);
    }

    #[test]
    fn what_has_ended_or_was_forgotten_takes_no_memory() {
        let state = InProcess::default();
        state.record_failure("ended", Timestamp::from_millis(0), MINUTE);
        state.record_failure("forgotten", Timestamp::from_millis(1), MINUTE);
        state.forget("forgotten");
        state.record_failure("new", Timestamp::from_millis(60_000), MINUTE);
        assert_eq!(state.attempts.lock().windows.len(), 1);
        assert_eq!(state.attempts.lock().ends.len(), 1);
    }
}
