//! Folders at the top of a drive, or of a project, that show what is kept elsewhere; nothing else there has their names.

use uuid::Uuid;

use crate::{Node, NodeId, NodeKind, NodeName, NodePath, Space, Timestamp};

/// A virtual folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VirtualFolder {
    /// What was removed.
    Trash,
    /// The drive as it was.
    History,
    /// The projects somebody is a member of. It is in their own drive only.
    Projects,
}

impl VirtualFolder {
    /// All of them, in the order of their names.
    pub const ALL: [Self; 3] = [Self::History, Self::Trash, Self::Projects];

    /// Its name at the top of a drive.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Trash => ".Trash",
            Self::History => ".History",
            Self::Projects => "Projects",
        }
    }

    /// The virtual folder that a path leads to or into.
    pub fn of(path: &NodePath) -> Option<Self> {
        let first = path.names().first()?;
        Self::in_tree(path.tree().is_none()).find(|folder| folder.name() == first.as_str())
    }

    /// Those at the top of a drive of somebody's own, or of another tree.
    pub fn in_tree(own: bool) -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(move |folder| own || *folder != Self::Projects)
    }

    /// The folder itself as a listing shows it, beside the top folder of its drive: it changes with every change there.
    pub fn node(self, space: &Space, top: &Node) -> Node {
        Node {
            id: NodeId::MADE_UP,
            uuid: Uuid::nil(),
            space: space.id,
            parent: Some(top.id),
            name: NodeName::stored(self.name().to_owned()),
            kind: NodeKind::Folder,
            tree_seq: space.seq,
            created_at: top.created_at,
            modified_at: top.modified_at,
        }
    }
}

/// How something came to be in the trash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Removal {
    /// The place it goes back to: the folder it was in, under the name that has today, and its own name.
    pub origin: NodePath,
    /// When it was removed.
    pub at: Timestamp,
}
