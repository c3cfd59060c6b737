//! Placeholders: empty files that a client makes a moment before it sends the content.
//!
//! Finder and Windows put nothing first and lock it, davfs2 and Office lock a free name. What they make in
//! several requests is one creation: one version, and nothing in the trash if they think better of it.

use std::time::Duration;

use crate::{Node, NodeKind, Timestamp, UserId};

/// For how long an empty file may be the beginning of something. Finder sends the content within seconds and
/// davfs2 ten seconds after the file is closed; whoever writes later has looked at an empty file.
pub const PLACEHOLDER_AGE_MAX: Duration = Duration::from_secs(600);

/// How an empty file came to be, as its history tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Beginning {
    /// Who made it.
    pub by: UserId,
    /// When that was, or when they last went on with it. The node's own times are what a client says: Windows
    /// dates a file back before it sends the content.
    pub at: Timestamp,
    /// Whether it ever had any content.
    pub had_content: bool,
    /// Whether placeholders before it were withdrawn from its name.
    pub had_predecessor: bool,
}

impl Node {
    /// Whether it is worth asking for its [`Beginning`]: only empty files can be placeholders.
    pub fn may_be_placeholder(&self) -> bool {
        self.kind == NodeKind::File(None)
    }

    /// Whether it is a placeholder of this user's.
    pub fn is_placeholder_of(&self, user: UserId, beginning: Beginning, now: Timestamp) -> bool {
        let is_new = beginning.at.until(now) < PLACEHOLDER_AGE_MAX;
        self.may_be_placeholder() && is_new && beginning.by == user && !beginning.had_content
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::{NodeId, NodeName, Seq, SpaceId};

    const MADE_AT: Timestamp = Timestamp::from_millis(1_000_000);

    fn made(kind: NodeKind) -> Node {
        Node {
            id: NodeId(2),
            uuid: Uuid::nil(),
            space: SpaceId(Uuid::nil()),
            parent: Some(NodeId(1)),
            name: NodeName::parse("new").unwrap(),
            kind,
            tree_seq: Seq(1),
            created_at: MADE_AT,
            modified_at: MADE_AT,
        }
    }

    #[test]
    fn an_empty_file_is_a_placeholder_for_ten_minutes() {
        let (ann, bob) = (UserId(Uuid::from_u128(1)), UserId(Uuid::from_u128(2)));
        let file = made(NodeKind::File(None));
        let beginning = Beginning { by: ann, at: MADE_AT, had_content: false, had_predecessor: false };
        let soon = MADE_AT.after(PLACEHOLDER_AGE_MAX - Duration::from_millis(1));
        let late = MADE_AT.after(PLACEHOLDER_AGE_MAX);
        assert!(
            file.is_placeholder_of(ann, beginning, MADE_AT) && file.is_placeholder_of(ann, beginning, soon)
        );
        assert!(!file.is_placeholder_of(ann, beginning, late), "somebody has seen that it is empty by now");
        assert!(!file.is_placeholder_of(bob, beginning, soon), "it is not his");
        assert!(!file.is_placeholder_of(ann, Beginning { had_content: true, ..beginning }, soon));
        assert!(!made(NodeKind::Folder).is_placeholder_of(ann, beginning, soon));
        let dated_back = Node { created_at: Timestamp::from_millis(0), ..made(NodeKind::File(None)) };
        assert!(dated_back.is_placeholder_of(ann, Beginning { at: soon, ..beginning }, late));
    }
}
