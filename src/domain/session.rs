//! Being logged in: a session, renewed by refresh tokens until it ends.

use uuid::Uuid;

use crate::{Timestamp, UserId};

/// The identity of a session, which is also that of the family of its refresh tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SessionId(pub Uuid);

/// Somebody who is logged in somewhere.
#[derive(Debug, Clone)]
pub struct Session {
    /// Which one.
    pub id: SessionId,
    /// Whose.
    pub user: UserId,
    /// Since when.
    pub created_at: Timestamp,
    /// When it was last renewed.
    pub used_at: Timestamp,
    /// From when on it cannot be renewed any more.
    pub expires_at: Timestamp,
    /// When it was ended.
    pub revoked_at: Option<Timestamp>,
    /// Where it was begun.
    pub address: String,
    /// The program it was begun with.
    pub product: String,
}

impl Session {
    /// Whether it goes on at this moment.
    pub fn is_active(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && now < self.expires_at
    }
}
