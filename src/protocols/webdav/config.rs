//! The settings of this door.

use std::net::SocketAddr;

use serde::Deserialize;

/// The section `[webdav]` of the settings.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WebdavConfig {
    /// An address of its own, where the drive is at `/`; none while the drive is only at `/dav/`.
    #[serde(deserialize_with = "gate::address_or_none")]
    pub listen: Option<SocketAddr>,
}
