//! The processes that serve one house side by side.

use std::fmt;
use std::time::Duration;

use uuid::Uuid;

use crate::Timestamp;

/// Identifies a server from its start to its end; the next start is another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ServerId(pub Uuid);

impl fmt::Display for ServerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A process that serves, or did until a short while ago.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    /// Which one.
    pub id: ServerId,
    /// What its operator calls it.
    pub name: String,
    /// The version of the program.
    pub version: String,
    /// Since when it serves.
    pub started_at: Timestamp,
    /// When it last gave a sign of life.
    pub seen_at: Timestamp,
    /// Whether that is so long ago that it counts as gone.
    pub is_gone: bool,
}

impl Server {
    /// How often a server gives a sign of life.
    pub const BEAT: Duration = Duration::from_secs(10);

    /// A server that gave none for this long is gone: what it was receiving is given up.
    pub const GONE_AFTER: Duration = Duration::from_secs(60);
}
