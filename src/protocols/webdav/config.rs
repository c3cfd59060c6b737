//! The settings of this door.

use std::net::SocketAddr;

use serde::{Deserialize, Deserializer, de};

/// The section `[webdav]` of the settings.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WebdavConfig {
    /// An address of its own, where the drive is at `/`; none while the drive is only at `/dav/`.
    #[serde(deserialize_with = "gate::address_or_none")]
    pub listen: Option<SocketAddr>,
    /// How the `User-Agent` begins of clients that may be sent to the file store.
    #[serde(deserialize_with = "agents")]
    pub redirect_agents: Vec<String>,
}

/// An empty beginning is that of every name.
fn agents<'de, D: Deserializer<'de>>(value: D) -> Result<Vec<String>, D::Error> {
    let agents = Vec::<String>::deserialize(value)?;
    match agents.iter().any(|agent| agent.trim().is_empty()) {
        true => Err(de::Error::custom("each item is the beginning of a User-Agent, such as \"rclone/\"")),
        false => Ok(agents),
    }
}
