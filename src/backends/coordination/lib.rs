//! Floor 1: short-lived state that all servers of the house share, in Redis, or in process as long as there is one server.
//!
//! All of it may be lost at any moment. Nothing that must hold depends on it: what somebody may do, owns or has locked is
//! in the database.

mod config;
mod device;
mod in_process;
mod limits;
mod redis;
mod upload;

#[cfg(test)]
mod contract;
#[cfg(test)]
#[path = "../../../tests/support/redis_server.rs"]
mod redis_server;
#[cfg(test)]
mod troubles;

use std::time::Duration;

use domain::{Result, Timestamp, UserId};

pub use self::redis::Redis;
pub use config::RedisConfig;
pub use device::{Device, DeviceLimits};
pub use in_process::InProcess;
pub use limits::{Bucket, Level, PATIENCE_MAX, Rate};
pub use upload::{RunningUpload, UploadState};

/// Where the shared state is kept.
#[expect(clippy::large_enum_variant, reason = "a process has one of it")]
pub enum Coordination {
    /// In the memory of the one process; gone when it ends.
    InProcess(InProcess),
    /// In Redis, where other servers find it.
    Redis(Redis),
}

/// What is known of failed attempts under one key.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Failures {
    /// How many there were in the window that is running.
    pub count: u32,
    /// How long until they are forgotten; none when there were none.
    pub retry_after: Option<Duration>,
}

/// What an operator should know of the store that servers share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreFacts {
    /// What it calls itself.
    pub product: &'static str,
    /// Its version.
    pub version: String,
    /// How long it took to answer.
    pub latency: Duration,
    /// How far its clock is ahead of this machine's, in milliseconds.
    pub clock_ahead_ms: i64,
    /// What it does when its memory is full, in its own words.
    pub eviction: String,
}

impl Coordination {
    /// State in the memory of this process.
    pub fn in_process() -> Self {
        Self::InProcess(InProcess::default())
    }

    /// State in Redis if there is an address, and else in the memory of this process. It does not wait for Redis, which
    /// may come up later. Runs inside of a Tokio runtime.
    ///
    /// # Errors
    /// [`Invalid`](domain::Error::Invalid) for what is no address.
    pub fn open(config: &RedisConfig) -> Result<Self> {
        match &config.url {
            Some(address) => Redis::open(config, address.expose()).map(Self::Redis),
            None => Ok(Self::in_process()),
        }
    }

    /// Whether other processes see this state.
    pub fn is_shared(&self) -> bool {
        matches!(self, Self::Redis(_))
    }

    /// Whether the store could not be used when it was tried last, so that uploads are refused.
    pub fn is_down(&self) -> bool {
        match self {
            Self::InProcess(_) => false,
            Self::Redis(state) => state.is_down(),
        }
    }

    /// The failed attempts counted under a key, which the caller makes of an address, an account or both. While the store
    /// does not answer each process counts by itself.
    pub async fn failures(&self, key: &str, now: Timestamp) -> Failures {
        match self {
            Self::InProcess(state) => state.failures(key, now),
            Self::Redis(state) => state.failures(key, now).await,
        }
    }

    /// Counts a failed attempt and says how many there are now.
    ///
    /// The first one opens the window and no later one prolongs it: whoever keeps guessing cannot keep
    /// others who share the key out for longer than one window.
    pub async fn record_failure(&self, key: &str, now: Timestamp, window: Duration) -> u32 {
        match self {
            Self::InProcess(state) => state.record_failure(key, now, window),
            Self::Redis(state) => state.record_failure(key, now, window).await,
        }
    }

    /// Forgets the failed attempts under a key, because one succeeded.
    pub async fn forget(&self, key: &str) {
        match self {
            Self::InProcess(state) => state.forget(key),
            Self::Redis(state) => state.forget(key).await,
        }
    }

    /// Takes one out of each of these buckets, two at most, or out of none where a request would have to wait for longer than
    /// `patience`; says how it stands with each, in their order. While the store does not answer each process counts by
    /// itself.
    pub async fn take(&self, buckets: &[Bucket], now: Timestamp, patience: Duration) -> Vec<Level> {
        match self {
            Self::InProcess(state) => state.buckets.take(buckets, now, patience),
            Self::Redis(state) => state.take(buckets, now, patience).await,
        }
    }

    /// Tells the workers that there is something to do, once what asks for it is committed. That saves the time until
    /// they look by themselves; nothing is lost when they do not hear of it.
    pub fn wake_jobs(&self) {
        match self {
            Self::InProcess(state) => state.wake_jobs(),
            Self::Redis(state) => state.wake_jobs(),
        }
    }

    /// Waits for [`wake_jobs`](Self::wake_jobs), of this process or another; one that came before anybody waited counts.
    /// For one worker of a process.
    pub async fn jobs_wanted(&self) {
        match self {
            Self::InProcess(state) => state.jobs_wanted().await,
            Self::Redis(state) => state.jobs_wanted().await,
        }
    }

    /// Tells all servers that the access of somebody has changed, once that is committed. It returns when it is said, and
    /// it is no error when that could not be: servers ask again within a second all the same.
    pub async fn announce_revocation(&self) {
        match self {
            Self::InProcess(_) => {}
            Self::Redis(state) => state.announce_revocation().await,
        }
    }

    /// A number that changes with every revocation that is announced anywhere; none when not all of them are heard here.
    ///
    /// What was read of the database after this number was read holds as long as it is the same.
    pub fn revocations_heard(&self) -> Option<u64> {
        match self {
            // A command beside the server has nobody to tell.
            Self::InProcess(_) => None,
            Self::Redis(state) => state.revocations_heard(),
        }
    }

    /// Takes note that a device of a user is used, and says whether it may be: a new one beyond the limit takes the place
    /// of those that have been idle for longest, if that is long enough. While the store does not answer, it may.
    ///
    /// # Errors
    /// The devices that leave no room, the one that was idle for longest first.
    pub async fn admit_device(
        &self,
        user: UserId,
        device: Device,
        limits: DeviceLimits,
    ) -> Result<(), Vec<Device>> {
        match self {
            Self::InProcess(state) => state.devices.admit(user, device, limits),
            Self::Redis(state) => state.admit_device(user, device, limits).await,
        }
    }

    /// The devices of a user, the one that was idle for longest first.
    ///
    /// # Errors
    /// [`Unavailable`](domain::Error::Unavailable) when the store does not answer; never in process.
    pub async fn devices(&self, user: UserId) -> Result<Vec<Device>> {
        let mut devices = match self {
            Self::InProcess(state) => state.devices.list(user),
            Self::Redis(state) => state.devices(user).await?,
        };
        devices.sort_by_key(|device| device.seen_at);
        Ok(devices)
    }

    /// Forgets devices of a user, and says how many there were. One that is still used is known again with its next
    /// request.
    ///
    /// # Errors
    /// As for [`devices`](Self::devices).
    pub async fn forget_devices(&self, user: UserId, which: impl Fn(&Device) -> bool) -> Result<usize> {
        match self {
            Self::InProcess(state) => Ok(state.devices.forget(user, which)),
            Self::Redis(state) => state.forget_devices(user, which).await,
        }
    }

    /// Lets an upload begin, and operators see it.
    ///
    /// # Errors
    /// [`Unavailable`](domain::Error::Unavailable) when the store does not answer; never in process.
    pub async fn begin_upload(&self, upload: UploadState) -> Result<RunningUpload> {
        match self {
            Self::InProcess(state) => Ok(state.uploads.begin(upload)),
            Self::Redis(state) => state.begin_upload(upload).await,
        }
    }

    /// The uploads that run, the oldest first. Those of a server that died are gone after half a minute.
    ///
    /// # Errors
    /// As for [`devices`](Self::devices).
    pub async fn uploads(&self) -> Result<Vec<UploadState>> {
        match self {
            Self::InProcess(state) => Ok(state.uploads.list()),
            Self::Redis(state) => state.uploads().await,
        }
    }

    /// How the store is; none in process.
    ///
    /// # Errors
    /// As for [`devices`](Self::devices).
    pub async fn examine(&self, now: Timestamp) -> Result<Option<StoreFacts>> {
        match self {
            Self::InProcess(_) => Ok(None),
            Self::Redis(state) => state.examine(now).await.map(Some),
        }
    }

    /// Sends what waits to be sent.
    pub async fn close(&self) {
        match self {
            Self::InProcess(_) => {}
            Self::Redis(state) => state.close().await,
        }
    }
}
