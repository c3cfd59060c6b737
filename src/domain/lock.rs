//! Write locks (RFC 4918 §6 and §7).

use std::fmt;
use std::time::Duration;

use uuid::Uuid;

use crate::{NodeId, SpaceId, Timestamp, UserId};

/// The longest a lock is granted for without a refresh. Finder asks for 600 s and Windows for 3600 s;
/// a client that died must not keep others out for longer than an afternoon.
pub const TIMEOUT_MAX: Duration = Duration::from_secs(4 * 3600);

/// How long after its end a lock's token is still good for its holder, on a resource that nobody has changed or
/// locked since. Finder may lose the refresh of a lock to a laptop's sleep, and what it writes when the file is
/// closed would be refused without a word to the person: its kernel drops errors of a close.
pub const GRACE: Duration = Duration::from_secs(3600);

/// The token of a lock, on the wire `urn:uuid:…` (RFC 4918 §6.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct LockToken(pub Uuid);

impl LockToken {
    /// Reads a token as a client sends it; nothing if it cannot be one of ours.
    pub fn parse(sent: &str) -> Option<Self> {
        let uuid = sent.strip_prefix("urn:uuid:").or_else(|| sent.strip_prefix("opaquelocktoken:"))?;
        Uuid::try_parse(uuid).ok().map(Self)
    }
}

impl fmt::Display for LockToken {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "urn:uuid:{}", self.0)
    }
}

/// Who else may hold a lock on the same resource (RFC 4918 §6.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LockScope {
    /// Nobody.
    Exclusive,
    /// Others with a shared lock.
    Shared,
}

/// How far down a lock reaches (RFC 4918 §9.10.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LockDepth {
    /// The resource itself, and of a folder its list of members.
    Zero,
    /// Everything below it too.
    Infinity,
}

/// A write lock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lock {
    /// Its token.
    pub token: LockToken,
    /// The space of the node.
    pub space: SpaceId,
    /// The node it was put on.
    pub node: NodeId,
    /// Who put it there.
    pub user: UserId,
    /// Exclusive or shared.
    pub scope: LockScope,
    /// How far it reaches.
    pub depth: LockDepth,
    /// The `DAV:owner` element as the client sent it, as well-formed XML by itself; empty if it sent none.
    pub owner_xml: String,
    /// What was granted.
    pub timeout: Duration,
    /// From when on it keeps nobody out.
    pub expires_at: Timestamp,
}

impl Lock {
    /// Whether its time is over, so that only its holder may still refer to it, for as long as [`GRACE`] lasts.
    pub fn has_lapsed(&self, now: Timestamp) -> bool {
        self.expires_at <= now
    }

    /// Whether a new lock of this scope could not stand beside this one on the same resource.
    pub fn excludes(&self, scope: LockScope) -> bool {
        self.scope == LockScope::Exclusive || scope == LockScope::Exclusive
    }
}
