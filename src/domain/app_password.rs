//! Named passwords for protocol clients, each revocable by itself.

use uuid::Uuid;

use crate::{Timestamp, UserId, Version};

/// The identity of an app password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct AppPasswordId(pub Uuid);

/// A password for WebDAV and other protocol clients. The secret itself is shown once and never kept.
#[derive(Debug, Clone)]
pub struct AppPassword {
    /// Which one.
    pub id: AppPasswordId,
    /// Whose.
    pub user: UserId,
    /// What its owner calls it.
    pub name: String,
    /// Whether it opens files only to be read.
    pub read_only: bool,
    /// How often it was changed.
    pub version: Version,
    /// Since when.
    pub created_at: Timestamp,
    /// When it last opened the door, to within a few minutes.
    pub last_used_at: Option<Timestamp>,
    /// From when on it opens nothing.
    pub expires_at: Option<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
}

impl AppPassword {
    /// Whether it opens the door at this moment.
    pub fn is_active(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && self.expires_at.is_none_or(|end| now < end)
    }
}
