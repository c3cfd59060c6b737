//! The settings of this room.

use domain::{Durability, Secret};
use serde::{Deserialize, Deserializer, de};

/// The section `[metadata]` of the settings.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MetadataConfig {
    /// The address of a PostgreSQL database; none for SQLite in the data folder.
    #[serde(deserialize_with = "address")]
    pub url: Option<Secret>,
    /// Connections to PostgreSQL that this server uses at most.
    pub connections: u32,
    /// Connections that read SQLite side by side.
    pub readers: u32,
    /// Seconds to wait for another process that holds the database.
    pub busy_seconds: u64,
    /// What a commit survives; a setting of the whole house.
    #[serde(skip)]
    pub durability: Durability,
}

fn address<'de, D: Deserializer<'de>>(value: D) -> Result<Option<Secret>, D::Error> {
    let text = String::deserialize(value)?;
    match text.split_once("://") {
        None if text.is_empty() => Ok(None),
        Some(("postgres" | "postgresql", _)) => Ok(Some(Secret::new(text))),
        _ => Err(de::Error::custom("the address of a database begins with postgres://")),
    }
}
