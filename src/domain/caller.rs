//! Who asks, when, and by which door: the first argument of every use case.

use std::fmt;

use uuid::Uuid;

use crate::{NodeId, Role, SpaceId, Timestamp, UserId, UserName};

/// The identity of one request; it stands in every line of the log the request caused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RequestId(pub Uuid);

impl fmt::Display for RequestId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.simple().fmt(out)
    }
}

/// How a request came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Door {
    /// WebDAV.
    WebDav,
    /// The command line on the server's machine.
    Command,
}

/// Where a caller's own files are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Home {
    /// The personal space.
    pub space: SpaceId,
    /// Its root folder.
    pub root: NodeId,
}

/// Who asks.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The user.
    pub user: UserId,
    /// The name they log in with.
    pub name: UserName,
    /// What they are.
    pub role: Role,
    /// Where their own files are.
    pub home: Home,
    /// When the request began; every row it writes carries this moment.
    pub now: Timestamp,
    /// The request.
    pub request: RequestId,
    /// The door it came by.
    pub door: Door,
}
