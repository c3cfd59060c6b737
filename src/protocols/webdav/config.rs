//! The settings of this door.

use std::net::SocketAddr;

use serde::{Deserialize, Deserializer, de};

/// The section `[webdav]` of the settings.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WebdavConfig {
    /// An address of its own, where the drive is at `/`; none while the drive is only at `/dav/`.
    #[serde(deserialize_with = "address_or_empty")]
    pub listen: Option<SocketAddr>,
}

fn address_or_empty<'de, D: Deserializer<'de>>(value: D) -> Result<Option<SocketAddr>, D::Error> {
    let text = String::deserialize(value)?;
    match text.as_str() {
        "" => Ok(None),
        _ => text.parse().map(Some).map_err(|_| de::Error::custom("expected an address like 127.0.0.1:8081")),
    }
}
