//! The tree as it should be: owned nodes in plain memory, and every operation spelled out on them.

use std::collections::BTreeMap;

use domain::{Error, NodeTimes, PropertyChange, Quota, Timestamp};
use services::files::Placed;

use super::node::{Content, Kind, Node, Revision};
use super::operation::{Operation, Text};
use super::trash::{TRASH, Trashed};
use super::upload::Upload;

/// The names from the root down.
pub type Names = Vec<String>;

/// One space of the model.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Tree {
    pub root: Node,
    /// How many operations have changed the space.
    pub changes: u64,
    pub limit_bytes: Option<u64>,
    /// Those under way.
    pub uploads: BTreeMap<u64, Upload>,
    /// What was removed, the first one first.
    pub trash: Vec<Trashed>,
    /// What purged folders were called, and the folders they were in.
    pub ghosts: BTreeMap<u64, (String, u64)>,
    /// How many numbers nodes and contents were given.
    numbers: u64,
}

/// What became of an operation: whether something new came to be or took a place, where that is a question.
pub type Outcome = Result<Option<Placed>, Refused>;

/// Why nothing was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Refused {
    NotFound,
    ParentMissing,
    Forbidden,
    Exists,
    Stale,
    QuotaExceeded,
    Invalid,
    /// The caller went away.
    BrokenOff,
}

impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        match error {
            Error::NotFound(_) => Self::NotFound,
            Error::ParentMissing(_) => Self::ParentMissing,
            Error::Forbidden(_) => Self::Forbidden,
            Error::Exists(_) => Self::Exists,
            Error::Stale(_) => Self::Stale,
            Error::QuotaExceeded(_) => Self::QuotaExceeded,
            Error::Invalid(_) => Self::Invalid,
            surprise => panic!("the house says {surprise:?}"),
        }
    }
}

impl Tree {
    pub fn new(limit_bytes: Option<u64>) -> Self {
        let never = Timestamp::from_millis(0);
        let root = Node {
            identity: 0,
            change: 0,
            kind: Kind::Folder(BTreeMap::new()),
            created_at: never,
            modified_at: never,
            properties: BTreeMap::new(),
            revisions: vec![Revision { from: 0, to: None, at: never, content: None, trashed: false }],
        };
        Self {
            root,
            changes: 0,
            limit_bytes,
            uploads: BTreeMap::new(),
            trash: Vec::new(),
            ghosts: BTreeMap::new(),
            numbers: 0,
        }
    }

    pub fn find(&self, path: &[String]) -> Option<&Node> {
        path.iter().try_fold(&self.root, |node, name| node.members()?.get(name))
    }

    /// What is at a path, in the trash too; the trash itself looks like the top folder.
    pub fn look(&self, path: &[String]) -> Option<&Node> {
        let Some([name, path @ ..]) = path.strip_prefix(&[TRASH.to_owned()]) else {
            return self.find(path.strip_prefix(&[TRASH.to_owned()]).unwrap_or(path));
        };
        let entry = self.entries().find(|(entry, _)| entry == name).map(|(_, entry)| &entry.node);
        path.iter().try_fold(entry?, |node, name| node.members()?.get(name))
    }

    /// Every node with its path, the root first.
    pub fn nodes(&self) -> BTreeMap<Names, &Node> {
        let mut nodes = BTreeMap::new();
        self.root.collect(Names::new(), &mut nodes);
        nodes
    }

    /// Does it, or refuses and leaves everything as it was.
    pub fn apply(&mut self, operation: &Operation, now: Timestamp) -> Outcome {
        match operation {
            Operation::CreateFolder(path) => self.create_folder(path, now),
            Operation::Upload { path, text, ending } => self.upload(path, *text, *ending, now),
            Operation::Move { from, to, overwrite } => self.relocate(from, to, *overwrite, now),
            Operation::Copy { from, to, overwrite, deep } => self.copy(from, to, *overwrite, *deep, now),
            Operation::Remove(path) if is_in_trash(path) => self.purge(path),
            Operation::Remove(path) => self.remove(path, now),
            Operation::SetProperties(path, changes, times) => self.set_properties(path, changes, *times, now),
            Operation::RestoreVersion(path, _, seq) => self.restore_version(path, *seq, now),
            Operation::SetQuota(limit_bytes) => {
                self.limit_bytes = *limit_bytes;
                Ok(None)
            }
        }
    }

    fn create_folder(&mut self, path: &[String], now: Timestamp) -> Outcome {
        if self.find(path).is_some() {
            return Err(Refused::Exists);
        }
        self.has_parent(path)?;
        self.changes += 1;
        let folder = self.made(Kind::Folder(BTreeMap::new()), now);
        self.place(path, folder, true);
        Ok(Some(Placed::Created))
    }

    fn set_properties(
        &mut self,
        path: &[String],
        changes: &[PropertyChange],
        times: NodeTimes,
        now: Timestamp,
    ) -> Outcome {
        let node = self.find(path).ok_or(Refused::NotFound)?;
        let is_event = !node.is_system();
        let created_at = times.created_at.unwrap_or(node.created_at);
        let modified_at = times.modified_at.unwrap_or(node.modified_at);
        let is_touched = (created_at, modified_at) != (node.created_at, node.modified_at);
        if changes.is_empty() && !is_touched {
            return Ok(None);
        }
        self.changes += 1;
        let change = self.changes;
        let node = self.reached(path, is_event);
        if is_touched {
            (node.created_at, node.modified_at) = (created_at, modified_at);
            let amends = node.is_placeholder(now);
            node.revise(change, now, amends);
        }
        for change in changes {
            match change {
                PropertyChange::Set(property) => {
                    node.properties.insert(property.name.clone(), property.xml.clone());
                }
                PropertyChange::Remove(name) => {
                    node.properties.remove(name);
                }
            }
        }
        Ok(None)
    }

    pub fn has_parent(&self, path: &[String]) -> Result<(), Refused> {
        let above = path.split_last().and_then(|(_, above)| self.find(above));
        above.filter(|node| node.is_folder()).map(drop).ok_or(Refused::ParentMissing)
    }

    pub fn has_room(&self, bytes: u64) -> Result<(), Refused> {
        match self.limit_bytes {
            Some(limit) if bytes > 0 && self.used_bytes() + self.reserved_bytes() + bytes > limit => {
                Err(Refused::QuotaExceeded)
            }
            _ => Ok(()),
        }
    }

    /// The lengths of everything its nodes hold and held, in the trash too.
    pub fn used_bytes(&self) -> u64 {
        self.kept().map(|content| content.text.bytes_count()).sum()
    }

    /// Every content that is kept, as often as it counts.
    pub fn kept(&self) -> impl Iterator<Item = Content> {
        let all = self.trash.iter().map(|trashed| &trashed.node).chain([&self.root]);
        all.flat_map(Node::kept)
    }

    pub fn quota(&self) -> Quota {
        Quota {
            used_bytes: self.used_bytes(),
            reserved_bytes: self.reserved_bytes(),
            limit_bytes: self.limit_bytes,
        }
    }

    /// Numbers what comes to be from here on.
    pub fn number_from(&mut self, number: u64) {
        self.numbers = number;
    }

    /// Makes a node.
    pub fn made(&mut self, kind: Kind, now: Timestamp) -> Node {
        self.numbers += 1;
        let mut node = Node {
            identity: self.numbers,
            change: self.changes,
            kind,
            created_at: now,
            modified_at: now,
            properties: BTreeMap::new(),
            revisions: Vec::new(),
        };
        node.revise(self.changes, now, false);
        node
    }

    /// Puts bytes into the store.
    pub fn stored(&mut self, text: Text, now: Timestamp) -> Content {
        self.numbers += 1;
        Content::new(self.numbers, text, now)
    }

    pub fn place(&mut self, path: &[String], node: Node, is_event: bool) {
        let (name, above) = path.split_last().unwrap();
        assert!(self.reached(above, is_event).members_mut().insert(name.clone(), node).is_none());
    }

    pub fn take(&mut self, path: &[String], is_event: bool) -> Node {
        if let [trash, name] = path
            && trash == TRASH
        {
            self.reached(&[], is_event);
            let entry = self.trash.iter().position(|trashed| trashed.entry() == Some(name));
            return self.trash.remove(entry.unwrap()).node;
        }
        let (name, above) = path.split_last().unwrap();
        self.reached(above, is_event).members_mut().remove(name).unwrap()
    }

    /// What is at the path, which has changed with everything above it if that is an event.
    pub fn reached(&mut self, path: &[String], is_event: bool) -> &mut Node {
        let change = self.changes;
        let stir = |node: &mut Node| node.change = if is_event { change } else { node.change };
        stir(&mut self.root);
        let (mut node, path) = match path {
            [trash, name, path @ ..] if trash == TRASH => {
                let entry = self.trash.iter_mut().find(|trashed| trashed.entry() == Some(name));
                (&mut entry.unwrap().node, path)
            }
            path => (&mut self.root, path),
        };
        for name in path {
            stir(node);
            node = node.members_mut().get_mut(name).unwrap();
        }
        stir(node);
        node
    }
}

pub fn is_in_trash(path: &[String]) -> bool {
    path.first().is_some_and(|name| name == TRASH)
}
