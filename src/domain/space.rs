//! A space: one tree of files with one root and one quota.

use uuid::Uuid;

use crate::NodeId;

/// The identity of a space.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SpaceId(pub Uuid);

/// Where the tree of a space begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Tree {
    /// The space.
    pub space: SpaceId,
    /// Its root folder.
    pub root: NodeId,
}

/// The number of a change to a space. Each transaction that changes a space gets the next one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Seq(pub i64);

/// What a space may hold and holds, in bytes.
///
/// Used is the sum over its files, those in the trash too, of the current content and of every earlier
/// content that is kept. Moving, renaming and trashing change nothing; a copy counts like its original. System
/// files are not counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// What is stored now.
    pub used_bytes: u64,
    /// What uploads under way have set aside beside that.
    pub reserved_bytes: u64,
    /// The limit, if there is one.
    pub limit_bytes: Option<u64>,
}

impl Quota {
    /// What may still be added, if there is a limit.
    pub fn available_bytes(&self) -> Option<u64> {
        let taken_bytes = self.used_bytes.saturating_add(self.reserved_bytes);
        self.limit_bytes.map(|limit| limit.saturating_sub(taken_bytes))
    }

    /// Whether this many more bytes fit.
    pub fn fits(&self, more_bytes: u64) -> bool {
        self.available_bytes().is_none_or(|available| more_bytes <= available)
    }
}

/// One tree of files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Space {
    /// Which one.
    pub id: SpaceId,
    /// The folder all others lie in.
    pub root: NodeId,
    /// The number of its latest change.
    pub seq: Seq,
    /// The change up to which its history may have been forgotten.
    pub history: Seq,
    /// The change from which it counts on since it was put back from a copy. What a client knew of it before may be of
    /// a time that never was.
    pub restored: Seq,
    /// What it may hold and holds.
    pub quota: Quota,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_set_aside_is_not_available_and_nothing_is_less_than_nothing() {
        let quota = |used_bytes, reserved_bytes| Quota { used_bytes, reserved_bytes, limit_bytes: Some(10) };
        assert_eq!(quota(3, 4).available_bytes(), Some(3));
        assert!(quota(3, 4).fits(3) && !quota(3, 4).fits(4));
        for full in [quota(10, 0), quota(8, 4), quota(11, 0)] {
            assert_eq!((full.available_bytes(), full.fits(0), full.fits(1)), (Some(0), true, false));
        }
        assert_eq!(Quota { limit_bytes: None, ..quota(3, 4) }.available_bytes(), None);
    }
}
