//! Floor 1: short-lived state that all servers of the house share; in process as long as there is one server.

mod in_process;

#[cfg(test)]
mod contract;

use std::time::Duration;

use domain::{Result, Timestamp};

pub use in_process::InProcess;

/// Where the shared state is kept.
pub enum Coordination {
    /// In the memory of the one process; gone when it ends.
    InProcess(InProcess),
}

/// What is known of failed attempts under one key.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Failures {
    /// How many there were in the window that is running.
    pub count: u32,
    /// How long until they are forgotten; none when there were none.
    pub retry_after: Option<Duration>,
}

impl Coordination {
    /// State in the memory of this process.
    pub fn in_process() -> Self {
        Self::InProcess(InProcess::default())
    }

    /// The failed attempts counted under a key, which the caller makes of an address, an account or both.
    ///
    /// # Errors
    /// [`Unavailable`](domain::Error::Unavailable) when the store does not answer; never in process.
    pub async fn failures(&self, key: &str, now: Timestamp) -> Result<Failures> {
        match self {
            Self::InProcess(state) => Ok(state.failures(key, now)),
        }
    }

    /// Counts a failed attempt and says how many there are now.
    ///
    /// The first one opens the window and no later one prolongs it: whoever keeps guessing cannot keep
    /// others who share the key out for longer than one window.
    ///
    /// # Errors
    /// As for [`failures`](Self::failures).
    pub async fn record_failure(&self, key: &str, now: Timestamp, window: Duration) -> Result<u32> {
        match self {
            Self::InProcess(state) => Ok(state.record_failure(key, now, window)),
        }
    }

    /// Forgets the failed attempts under a key, because one succeeded.
    ///
    /// # Errors
    /// As for [`failures`](Self::failures).
    pub async fn forget(&self, key: &str) -> Result<()> {
        match self {
            Self::InProcess(state) => state.forget(key),
        }
        Ok(())
    }

    /// Tells the worker that there is something to do, once what asks for it is committed. That saves the time until
    /// the worker looks by itself; nothing is lost when it does not hear of it.
    pub fn wake_jobs(&self) {
        match self {
            Self::InProcess(state) => state.wake_jobs(),
        }
    }

    /// Waits for [`wake_jobs`](Self::wake_jobs); one that came before anybody waited counts. For one worker.
    pub async fn jobs_wanted(&self) {
        match self {
            Self::InProcess(state) => state.jobs_wanted().await,
        }
    }
}
