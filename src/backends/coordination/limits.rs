//! How often something may be done: buckets that fill at an even rate, by the generic cell rate algorithm.
//!
//! Of a bucket one moment is kept: when it will be full again. Each request moves it on by the time that one takes to come
//! back; a bucket that would be full later than its whole size allows has nothing left.

use std::collections::{BTreeSet, HashMap};
use std::hash::{BuildHasher, RandomState};
use std::num::NonZeroU32;
use std::time::Duration;

use domain::Timestamp;
use parking_lot::Mutex;

/// How many buckets a process keeps, at about 100 bytes each. Past that, the one that is full first gives way: it matters
/// least.
const BUCKETS_MAX: usize = 65_536;

/// Longer than this nobody waits, so what lies further ahead was written by a clock that has gone back since.
pub const PATIENCE_MAX: Duration = Duration::from_secs(60);

/// How a bucket fills, and how much is in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// How much comes back in a minute.
    pub per_minute: NonZeroU32,
    /// How much is in it when it is full.
    pub burst: NonZeroU32,
}

/// One bucket that a request takes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bucket {
    /// Whose it is, and for what.
    pub key: String,
    /// How it fills.
    pub rate: Rate,
}

/// How a request stands with a bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Level {
    /// How many more there may be at once.
    pub remaining: u32,
    /// How long until there may be one more than that; zero when it is full.
    pub more_after: Duration,
    /// How long the request has to wait for its turn.
    pub wait: Duration,
}

impl Rate {
    /// The time one request takes to come back, in microseconds.
    fn interval(self) -> i64 {
        60_000_000 / i64::from(self.per_minute.get())
    }

    /// The time the whole bucket takes to fill, in microseconds.
    fn size(self) -> i64 {
        self.interval().saturating_mul(i64::from(self.burst.get()))
    }

    /// How long an empty bucket takes to fill.
    pub fn window(self) -> Duration {
        Duration::from_micros(self.size().unsigned_abs())
    }

    /// From how far ahead of now, in microseconds, the bucket will be full; and whether the request is among what was taken.
    pub(crate) fn level(self, ahead: i64, taken: bool) -> Level {
        let (interval, size) = (self.interval(), self.size());
        let span = |micros: i64| Duration::from_micros(u64::try_from(micros).unwrap_or(0));
        let with_this = if taken { ahead } else { ahead.saturating_add(interval) };
        let remaining = (size - ahead).max(0) / interval.max(1);
        let more_after = if ahead == 0 { 0 } else { (remaining + 1) * interval + ahead - size };
        Level {
            remaining: u32::try_from(remaining).unwrap_or(u32::MAX),
            more_after: span(more_after),
            wait: span(with_this - size),
        }
    }

    /// From when on the bucket is full, in microseconds, given what is kept of it.
    fn full_at(self, kept: Option<i64>, now: i64) -> i64 {
        let furthest = now.saturating_add(self.size()).saturating_add(micros(PATIENCE_MAX));
        kept.filter(|kept| *kept > now && *kept <= furthest).unwrap_or(now)
    }

    pub(crate) fn script_arguments(self) -> [i64; 2] {
        [self.interval(), self.size()]
    }
}

/// The buckets of one process.
#[derive(Default)]
pub struct Buckets {
    /// Keys are kept as a hash nobody outside can steer to a collision.
    hasher: RandomState,
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    /// When each is full, in microseconds since 1970.
    full_at: HashMap<u64, i64>,
    by_moment: BTreeSet<(i64, u64)>,
}

impl Buckets {
    /// Takes one out of each of these buckets, or out of none if that would mean to wait for longer than `patience`.
    pub(crate) fn take(&self, buckets: &[Bucket], now: Timestamp, patience: Duration) -> Vec<Level> {
        let now = now.millis().saturating_mul(1000);
        let mut inner = self.inner.lock();
        inner.sweep(now);
        let ahead: Vec<(u64, i64)> = buckets
            .iter()
            .map(|Bucket { key, rate }| {
                let key = self.hasher.hash_one(key);
                (key, rate.full_at(inner.full_at.get(&key).copied(), now) - now)
            })
            .collect();
        let fits = |(Bucket { rate, .. }, (_, ahead)): (&Bucket, &(u64, i64))| {
            rate.level(*ahead, false).wait <= patience.min(PATIENCE_MAX)
        };
        let taken = buckets.iter().zip(&ahead).all(fits);
        let levels = buckets.iter().zip(ahead).map(|(Bucket { rate, .. }, (key, ahead))| {
            let ahead = if taken { ahead + rate.interval() } else { ahead };
            if taken {
                inner.keep(key, now + ahead);
            }
            rate.level(ahead, taken)
        });
        levels.collect()
    }
}

impl Inner {
    fn keep(&mut self, key: u64, full_at: i64) {
        match self.full_at.insert(key, full_at) {
            Some(before) => {
                self.by_moment.remove(&(before, key));
            }
            None if self.full_at.len() > BUCKETS_MAX => self.drop_first(),
            None => {}
        }
        self.by_moment.insert((full_at, key));
    }

    /// Forgets what is full; each is looked at once, when it goes.
    fn sweep(&mut self, now: i64) {
        while self.by_moment.first().is_some_and(|(full_at, _)| *full_at <= now) {
            self.drop_first();
        }
    }

    fn drop_first(&mut self) {
        if let Some((_, key)) = self.by_moment.pop_first() {
            self.full_at.remove(&key);
        }
    }
}

fn micros(span: Duration) -> i64 {
    i64::try_from(span.as_micros()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_of_addresses_takes_no_more_memory_than_there_is_for_it() {
        let buckets = Buckets::default();
        let rate = Rate { per_minute: NonZeroU32::MIN, burst: NonZeroU32::MIN };
        let flood = i64::try_from(BUCKETS_MAX).unwrap() + 10;
        for number in 0..flood {
            let bucket = Bucket { key: number.to_string(), rate };
            let levels = buckets.take(&[bucket], Timestamp::from_millis(number / 4), Duration::ZERO);
            assert_eq!(levels[0].wait, Duration::ZERO);
        }
        let inner = buckets.inner.lock();
        assert_eq!((inner.full_at.len(), inner.by_moment.len()), (BUCKETS_MAX, BUCKETS_MAX));
    }

    #[test]
    fn a_bucket_that_is_full_again_takes_no_memory() {
        let buckets = Buckets::default();
        let rate = Rate { per_minute: 60.try_into().unwrap(), burst: 10.try_into().unwrap() };
        let take = |key: &str, millis| {
            let bucket = Bucket { key: key.to_owned(), rate };
            buckets.take(&[bucket], Timestamp::from_millis(millis), Duration::ZERO)[0]
        };
        take("ann", 0);
        take("ann", 1);
        take("bob", 10_000);
        let inner = buckets.inner.lock();
        assert_eq!((inner.full_at.len(), inner.by_moment.len()), (1, 1));
    }
}
