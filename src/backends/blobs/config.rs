//! The settings of this room.

use domain::Durability;
use serde::Deserialize;

/// The section `[blobs]` of the settings.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BlobsConfig {
    /// Where the bytes are kept.
    pub store: Store,
    /// How long bytes that nothing refers to are left where they are, in hours.
    pub orphan_grace_hours: u64,
    /// What a finished blob survives; a setting of the whole house.
    #[serde(skip)]
    pub durability: Durability,
}

/// A place for bytes, as the settings name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Store {
    /// The folder `blobs` in the data folder.
    Disk,
}
