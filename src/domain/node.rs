//! A file or folder in a space.

use std::time::Duration;

use uuid::Uuid;

use crate::{Blob, Content, ETag, NodeName, Seq, Sha256, SpaceId, Timestamp};

/// How far changes within seconds of each other may push the date of a file ahead of the clock.
const PUSHED_MAX: Duration = Duration::from_secs(60);

/// The number of a node: a small positive integer, unique in the house, that never changes while the
/// node is renamed and moved. Sync clients know files by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub i64);

impl NodeId {
    /// That of a folder which no row stands for; the numbers of rows begin with 1.
    pub const MADE_UP: Self = Self(0);
}

/// What a node is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NodeKind {
    /// A folder.
    Folder,
    /// A file with its current content; an empty file needs no blob.
    File(Option<Blob>),
    /// A system file: its few bytes are in the database, and it has neither blob nor history.
    System(Content),
}

/// A file or folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// Its number.
    pub id: NodeId,
    /// Its identity in links and over REST.
    pub uuid: Uuid,
    /// The space it lies in.
    pub space: SpaceId,
    /// The folder it lies in; the root of a space lies in none.
    pub parent: Option<NodeId>,
    /// Its name; empty for the root of a space.
    pub name: NodeName,
    /// File or folder.
    pub kind: NodeKind,
    /// The number of the latest change to it or to anything below it.
    pub tree_seq: Seq,
    /// When it was made, or what the client said of that.
    pub created_at: Timestamp,
    /// When its content last changed, or what the client said of that.
    pub modified_at: Timestamp,
}

/// Moments of a node that somebody sets; where there is none, it stays what it is, or what the house makes it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct NodeTimes {
    /// When it was made.
    pub created_at: Option<Timestamp>,
    /// When its content last changed.
    pub modified_at: Option<Timestamp>,
}

impl NodeTimes {
    /// Those that are others than the node has.
    pub fn other_than(self, node: &Node) -> Self {
        Self {
            created_at: self.created_at.filter(|at| *at != node.created_at),
            modified_at: self.modified_at.filter(|at| *at != node.modified_at),
        }
    }
}

impl Node {
    /// Whether it is a folder.
    pub fn is_folder(&self) -> bool {
        matches!(self.kind, NodeKind::Folder)
    }

    /// Whether it is a system file. Neither is one a longer file of such a name, nor one that was renamed to
    /// it: those are kept like any other.
    pub fn is_system(&self) -> bool {
        matches!(self.kind, NodeKind::System(_))
    }

    /// The blob with the content of an ordinary file that has any.
    pub fn blob(&self) -> Option<&Blob> {
        match &self.kind {
            NodeKind::File(blob) => blob.as_ref(),
            NodeKind::Folder | NodeKind::System(_) => None,
        }
    }

    /// The length of the content in bytes; nothing counts for a folder.
    pub fn size_bytes(&self) -> u64 {
        match &self.kind {
            NodeKind::File(Some(blob)) => blob.content.size_bytes,
            NodeKind::System(content) => content.size_bytes,
            NodeKind::File(None) | NodeKind::Folder => 0,
        }
    }

    /// The digest of a file's content; a folder has none.
    pub fn sha256(&self) -> Option<Sha256> {
        match &self.kind {
            NodeKind::File(Some(blob)) => Some(blob.content.sha256),
            NodeKind::File(None) => Some(Sha256::EMPTY),
            NodeKind::System(content) => Some(content.sha256),
            NodeKind::Folder => None,
        }
    }

    /// The moment of new content that comes now. HTTP's dates have whole seconds: a change within the second of the last
    /// one would look like none to a client that asks by date, so it counts as of the next (RFC 9110 §8.8.2.2). A date
    /// further ahead than changes can have pushed it was set by somebody, and ends with the content.
    pub fn next_moment(&self, now: Timestamp) -> Timestamp {
        let next_second = Timestamp::from_millis((self.modified_at.seconds() + 1) * 1000);
        match now.until(next_second) <= PUSHED_MAX {
            true => next_second.max(now),
            false => now,
        }
    }

    /// The entity tag of everything that is known of it: it changes with every change to it and, of a folder, to anything
    /// below.
    pub fn state_etag(&self) -> ETag {
        ETag::strong(&format!("{:x}-{:x}", self.id.0, self.tree_seq.0))
    }

    /// The entity tag: of a file it changes with the content and only then, of a folder it changes when
    /// anything below changes.
    pub fn etag(&self) -> ETag {
        match self.sha256() {
            Some(sha256) => sha256.etag(),
            None => self.state_etag(),
        }
    }
}
