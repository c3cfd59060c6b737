//! The tree as it should be: owned nodes in plain memory, and every operation spelled out on them.

use std::collections::BTreeMap;

use domain::{Error, NodeTimes, PropertyChange, PropertyName, Quota, Timestamp};
use services::files::Placed;

use super::companions;
use super::operation::{Operation, Text};

/// The names from the root down.
pub type Names = Vec<String>;

/// One space of the model.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Tree {
    pub root: Node,
    /// How many operations have changed the space.
    pub changes: u64,
    /// The lengths of everything its nodes hold and ever held, in the trash too.
    pub used_bytes: u64,
    pub limit_bytes: Option<u64>,
    identities: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Node {
    /// Never given to another node, and kept through renaming and moving.
    pub identity: u64,
    /// The latest change at or below it.
    pub change: u64,
    pub kind: Kind,
    pub created_at: Timestamp,
    pub modified_at: Timestamp,
    pub properties: BTreeMap<PropertyName, String>,
    /// Kept beside the quota, and nobody hears of it.
    pub is_system: bool,
    /// Whether it ever had content, as an ordinary file.
    pub had_content: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Kind {
    Folder(BTreeMap<String, Node>),
    File(Text),
}

/// What became of an operation: whether something new came to be or took a place, where that is a question.
pub type Outcome = Result<Option<Placed>, Refused>;

/// Why nothing was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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

impl Node {
    pub fn is_folder(&self) -> bool {
        matches!(self.kind, Kind::Folder(_))
    }

    pub fn members(&self) -> Option<&BTreeMap<String, Self>> {
        match &self.kind {
            Kind::Folder(members) => Some(members),
            Kind::File(_) => None,
        }
    }

    fn members_mut(&mut self) -> &mut BTreeMap<String, Self> {
        match &mut self.kind {
            Kind::Folder(members) => members,
            Kind::File(_) => panic!("a file has no members"),
        }
    }

    /// The length of a file's content.
    pub fn size_bytes(&self) -> u64 {
        match &self.kind {
            Kind::File(text) => text.bytes_count(),
            Kind::Folder(_) => 0,
        }
    }

    /// What the contents at and below it add up to.
    fn weight(&self, deep: bool) -> u64 {
        match &self.kind {
            Kind::File(_) if self.is_system => 0,
            Kind::File(text) => text.bytes_count(),
            Kind::Folder(members) if deep => members.values().map(|member| member.weight(true)).sum(),
            Kind::Folder(_) => 0,
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
            is_system: false,
            had_content: false,
        };
        Self { root, changes: 0, used_bytes: 0, limit_bytes, identities: 0 }
    }

    pub fn find(&self, path: &[String]) -> Option<&Node> {
        path.iter().try_fold(&self.root, |node, name| node.members()?.get(name))
    }

    /// Every node with its path, the root first.
    pub fn nodes(&self) -> BTreeMap<Names, &Node> {
        fn collect<'a>(path: Names, node: &'a Node, into: &mut BTreeMap<Names, &'a Node>) {
            for (name, member) in node.members().into_iter().flatten() {
                collect([path.as_slice(), std::slice::from_ref(name)].concat(), member, into);
            }
            into.insert(path, node);
        }
        let mut nodes = BTreeMap::new();
        collect(Names::new(), &self.root, &mut nodes);
        nodes
    }

    /// Does it, or refuses and leaves everything as it was.
    pub fn apply(&mut self, operation: &Operation, now: Timestamp) -> Outcome {
        match operation {
            Operation::CreateFolder(path) => self.create_folder(path, now),
            Operation::Upload { path, text, ending } => self.upload(path, *text, *ending, now),
            Operation::Move { from, to, overwrite } => self.relocate(from, to, *overwrite),
            Operation::Copy { from, to, overwrite, deep } => self.copy(from, to, *overwrite, *deep, now),
            Operation::Remove(path) => self.remove(path),
            Operation::SetProperties(path, changes, times) => self.set_properties(path, changes, *times),
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

    fn relocate(&mut self, from: &[String], to: &[String], overwrite: bool) -> Outcome {
        apart(from, to)?;
        let source = self.find(from).ok_or(Refused::NotFound)?;
        let placed = self.may_place(to, overwrite)?;
        let (is_system, size_bytes) = (source.is_system && companions::is_system(to), source.size_bytes());
        let promoted = source.is_system && !is_system;
        if promoted {
            self.has_room(size_bytes)?;
            self.used_bytes += size_bytes;
        }
        self.changes += 1;
        let is_event = !is_system || self.find(to).is_some_and(|old| !old.is_system);
        let own = self.companion(from).filter(|own| own != to);
        let there = self.companion(to).filter(|there| there != from);
        let left = self.make_way(to, there, is_event);
        if let Some(own) = own {
            left.iter().for_each(|left| drop(self.take(left, true)));
            let companion = self.take(&own, true);
            // A name that a folder has is not free for it.
            if let Some(place) = companions::place_of(to).filter(|place| self.find(place).is_none()) {
                self.place(&place, companion, true);
            }
        }
        let node = self.take(from, is_event);
        let had_content = node.had_content || promoted && size_bytes > 0;
        self.place(to, Node { change: self.changes, is_system, had_content, ..node }, is_event);
        Ok(Some(placed))
    }

    /// Takes away what is there, with its companion; what is left of that stands in the way of another.
    fn make_way(&mut self, path: &[String], companion: Option<Names>, is_event: bool) -> Option<Names> {
        if self.find(path).is_none() {
            return companion;
        }
        let node = self.take(path, is_event);
        // Everything here happens within the ten minutes that a placeholder lasts.
        let is_placeholder = node.size_bytes() == 0 && !node.had_content;
        match companion {
            Some(companion) if node.is_folder() || !is_placeholder => {
                self.take(&companion, true);
                None
            }
            companion => companion,
        }
    }

    fn copy(
        &mut self,
        from: &[String],
        to: &[String],
        overwrite: bool,
        deep: bool,
        now: Timestamp,
    ) -> Outcome {
        apart(from, to)?;
        let source = self.find(from).ok_or(Refused::NotFound)?;
        let placed = self.may_place(to, overwrite)?;
        let is_system = source.is_system && companions::is_system(to);
        let weight = if source.is_system && !is_system { source.size_bytes() } else { source.weight(deep) };
        self.has_room(weight)?;
        let source = source.clone();
        self.changes += 1;
        self.used_bytes += weight;
        let is_event = !is_system || self.find(to).is_some_and(|old| !old.is_system);
        let there = self.companion(to).filter(|there| there != from);
        self.make_way(to, there, is_event);
        let copy = self.copied(&source, deep, now);
        let had_content = !is_system && copy.size_bytes() > 0;
        self.place(to, Node { is_system, had_content, ..copy }, is_event);
        Ok(Some(placed))
    }

    fn remove(&mut self, path: &[String]) -> Outcome {
        if path.is_empty() {
            return Err(Refused::Forbidden);
        }
        let is_event = !self.find(path).ok_or(Refused::NotFound)?.is_system;
        self.changes += 1;
        let companion = self.companion(path);
        self.make_way(path, companion, is_event);
        Ok(None)
    }

    fn set_properties(&mut self, path: &[String], changes: &[PropertyChange], times: NodeTimes) -> Outcome {
        let node = self.find(path).ok_or(Refused::NotFound)?;
        let is_event = !node.is_system;
        let created_at = times.created_at.unwrap_or(node.created_at);
        let modified_at = times.modified_at.unwrap_or(node.modified_at);
        if changes.is_empty() && (created_at, modified_at) == (node.created_at, node.modified_at) {
            return Ok(None);
        }
        self.changes += 1;
        let node = self.reached(path, is_event);
        (node.created_at, node.modified_at) = (created_at, modified_at);
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

    /// Where the companion of what is, or would be, at a path is, if it has one.
    fn companion(&self, path: &[String]) -> Option<Names> {
        let place = companions::place_of(path)?;
        self.find(&place).is_some_and(|node| !node.is_folder()).then_some(place)
    }

    pub fn has_parent(&self, path: &[String]) -> Result<(), Refused> {
        let above = path.split_last().and_then(|(_, above)| self.find(above));
        above.filter(|node| node.is_folder()).map(drop).ok_or(Refused::ParentMissing)
    }

    pub fn has_room(&self, bytes: u64) -> Result<(), Refused> {
        match self.limit_bytes {
            Some(limit) if bytes > 0 && self.used_bytes + bytes > limit => Err(Refused::QuotaExceeded),
            _ => Ok(()),
        }
    }

    fn may_place(&self, to: &[String], overwrite: bool) -> Result<Placed, Refused> {
        self.has_parent(to)?;
        match self.find(to) {
            None => Ok(Placed::Created),
            Some(_) if overwrite => Ok(Placed::Replaced),
            Some(_) => Err(Refused::Stale),
        }
    }

    pub fn quota(&self) -> Quota {
        Quota { used_bytes: self.used_bytes, limit_bytes: self.limit_bytes }
    }

    /// Numbers what comes to be from here on.
    pub fn number_from(&mut self, identity: u64) {
        self.identities = identity;
    }

    pub fn made(&mut self, kind: Kind, now: Timestamp) -> Node {
        self.identities += 1;
        Node {
            identity: self.identities,
            change: self.changes,
            kind,
            created_at: now,
            modified_at: now,
            properties: BTreeMap::new(),
            is_system: false,
            had_content: false,
        }
    }

    /// A copy keeps the moment of the content and the properties, and is new in everything else.
    fn copied(&mut self, source: &Node, deep: bool, now: Timestamp) -> Node {
        let kind = match &source.kind {
            Kind::Folder(members) if deep => Kind::Folder(
                members.iter().map(|(name, node)| (name.clone(), self.copied(node, true, now))).collect(),
            ),
            Kind::Folder(_) => Kind::Folder(BTreeMap::new()),
            Kind::File(text) => Kind::File(*text),
        };
        let (modified_at, is_system) = (source.modified_at, source.is_system);
        let (properties, had_content) = (source.properties.clone(), !is_system && source.size_bytes() > 0);
        Node { modified_at, properties, is_system, had_content, ..self.made(kind, now) }
    }

    pub fn place(&mut self, path: &[String], node: Node, is_event: bool) {
        let (name, above) = path.split_last().unwrap();
        assert!(self.reached(above, is_event).members_mut().insert(name.clone(), node).is_none());
    }

    pub fn take(&mut self, path: &[String], is_event: bool) -> Node {
        let (name, above) = path.split_last().unwrap();
        self.reached(above, is_event).members_mut().remove(name).unwrap()
    }

    /// What is at the path, which has changed with everything above it if that is an event.
    fn reached(&mut self, path: &[String], is_event: bool) -> &mut Node {
        let change = self.changes;
        let stir = |node: &mut Node| node.change = if is_event { change } else { node.change };
        stir(&mut self.root);
        path.iter().fold(&mut self.root, |node, name| {
            let node = node.members_mut().get_mut(name).unwrap();
            stir(node);
            node
        })
    }
}

fn apart(from: &[String], to: &[String]) -> Result<(), Refused> {
    match from.starts_with(to) || to.starts_with(from) {
        true => Err(Refused::Forbidden),
        false => Ok(()),
    }
}
