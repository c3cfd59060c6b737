//! The settings of this room.

use domain::Durability;
use serde::Deserialize;

/// The section `[metadata]` of the settings.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MetadataConfig {
    /// Connections that read side by side.
    pub readers: u32,
    /// Seconds to wait for another process that holds the database.
    pub busy_seconds: u64,
    /// What a commit survives; a setting of the whole house.
    #[serde(skip)]
    pub durability: Durability,
}
