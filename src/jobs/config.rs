//! The section `[jobs]` of the settings.

use std::num::NonZeroU64;

use serde::Deserialize;

/// How this server works on what is to be done.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JobsConfig {
    /// How many jobs run at once; with 0 this server leaves them to others.
    pub workers: usize,
    /// How often to look for jobs that other processes have asked for, in seconds.
    pub poll_seconds: NonZeroU64,
}
