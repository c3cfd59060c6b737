//! Work that is done later, again until it succeeds, and on schedule.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use crate::Timestamp;

/// What a job does, by the name that rows, commands and metrics know it by, such as `expire-locks`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct JobKind(Cow<'static, str>);

impl JobKind {
    /// The kind with this name. The code names its own; rows may hold those of another version of Larder.
    pub const fn named(name: &'static str) -> Self {
        Self(Cow::Borrowed(name))
    }

    /// Its name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<String> for JobKind {
    fn from(name: String) -> Self {
        Self(Cow::Owned(name))
    }
}

impl fmt::Display for JobKind {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// The number of a job, which no later one gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct JobId(pub i64);

impl fmt::Display for JobId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(out)
    }
}

/// How a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobState {
    /// It waits for its time, or for somebody who is free.
    Waiting,
    /// Somebody is at it.
    Running,
    /// It was given up, and waits for an operator.
    Dead,
}

impl JobState {
    /// As commands write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Dead => "dead",
        }
    }
}

/// A job as operators see it. One that succeeded is gone, unless it is on a schedule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// Its number.
    pub id: JobId,
    /// What it does.
    pub kind: JobKind,
    /// What it does it to; empty for a job on a schedule. Of one kind with one key there is one at a time, dead ones apart.
    pub key: String,
    /// How it stands.
    pub state: JobState,
    /// Since when it is known.
    pub created_at: Timestamp,
    /// From when on it may run.
    pub due_at: Timestamp,
    /// When it last ended, well or not.
    pub ended_at: Option<Timestamp>,
    /// How often it was begun since it last ended well.
    pub attempts: u32,
    /// What went wrong the last time, if something did.
    pub error: Option<String>,
}

/// How the queue stands as a whole.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct QueueHealth {
    /// Jobs that wait, for their time or for somebody who is free.
    pub waiting: u64,
    /// Jobs that were given up.
    pub dead: u64,
    /// Since when the oldest of those that could run waits; none when none could.
    pub due_since: Option<Timestamp>,
}

/// How often a job is begun before it is given up: with [`back_off`] that is some 15 hours, so that what broke in the
/// evening can be mended in the morning.
pub const ATTEMPTS_MAX: u32 = 10;

/// A job that could have run for longer than this is worth a warning.
pub const OVERDUE_AFTER: Duration = Duration::from_secs(10 * 60);

/// How long a job waits after so many attempts that failed: 10 seconds, three times as long each time, 6 hours at most.
pub fn back_off(attempts: u32) -> Duration {
    const MOST: Duration = Duration::from_secs(6 * 3600);
    let factor = 3_u32.saturating_pow(attempts.saturating_sub(1));
    Duration::from_secs(10).saturating_mul(factor).min(MOST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_up_to_six_hours() {
        let seconds: Vec<u64> = (0..12).map(|attempts| back_off(attempts).as_secs()).collect();
        assert_eq!(seconds, [10, 10, 30, 90, 270, 810, 2430, 7290, 21_600, 21_600, 21_600, 21_600]);
        assert_eq!(back_off(u32::MAX), Duration::from_secs(21_600));
        let in_all: u64 = (1..ATTEMPTS_MAX).map(|attempts| back_off(attempts).as_secs()).sum();
        assert_eq!(in_all / 3600, 15);
    }
}
