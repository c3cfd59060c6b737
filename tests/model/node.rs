//! A file or folder, as it should be: what it is now, and what it was.

use std::collections::BTreeMap;

use domain::{PropertyName, Timestamp};

use super::operation::Text;
use super::tree::Names;

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
    /// What happened to it, the oldest first; nothing happens to a system file.
    pub revisions: Vec<Revision>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Kind {
    Folder(BTreeMap<String, Node>),
    File(Content),
    /// Kept beside the quota, and nobody hears of it.
    System(Text),
}

/// A content that is kept in the store. Copies share it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Content {
    /// Its own number, or none for no bytes.
    pub blob: u64,
    pub text: Text,
    /// When the bytes began to come.
    pub stored_at: Timestamp,
}

/// What a node holds from one change on.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Revision {
    pub from: u64,
    /// The change with which it ended, if it did.
    pub to: Option<u64>,
    pub at: Timestamp,
    pub content: Option<Content>,
    /// Whether it was in the trash.
    pub trashed: bool,
}

/// As long as nothing has come after an empty file for this long, it is a placeholder for what will come.
const PLACEHOLDER_MILLIS: i64 = 10 * 60 * 1000;

impl Node {
    pub fn is_folder(&self) -> bool {
        matches!(self.kind, Kind::Folder(_))
    }

    pub fn is_system(&self) -> bool {
        matches!(self.kind, Kind::System(_))
    }

    pub fn members(&self) -> Option<&BTreeMap<String, Self>> {
        match &self.kind {
            Kind::Folder(members) => Some(members),
            Kind::File(_) | Kind::System(_) => None,
        }
    }

    pub fn members_mut(&mut self) -> &mut BTreeMap<String, Self> {
        match &mut self.kind {
            Kind::Folder(members) => members,
            Kind::File(_) | Kind::System(_) => panic!("a file has no members"),
        }
    }

    /// It and everything below it, with their paths.
    pub fn collect<'a>(&'a self, path: Names, into: &mut BTreeMap<Names, &'a Self>) {
        for (name, member) in self.members().into_iter().flatten() {
            member.collect([path.as_slice(), std::slice::from_ref(name)].concat(), into);
        }
        into.insert(path, self);
    }

    /// The content of a file.
    pub fn text(&self) -> Option<Text> {
        match self.kind {
            Kind::File(content) => Some(content.text),
            Kind::System(text) => Some(text),
            Kind::Folder(_) => None,
        }
    }

    fn content(&self) -> Option<Content> {
        match self.kind {
            Kind::File(content) => Some(content).filter(|content| content.blob > 0),
            Kind::System(_) | Kind::Folder(_) => None,
        }
    }

    /// What the contents at and below it add up to.
    pub fn weight(&self, deep: bool) -> u64 {
        match &self.kind {
            Kind::System(_) => 0,
            Kind::File(content) => content.text.bytes_count(),
            Kind::Folder(members) if deep => members.values().map(|member| member.weight(true)).sum(),
            Kind::Folder(_) => 0,
        }
    }

    /// Every content that it and what is below it hold and held, each once for a node.
    pub fn kept(&self) -> Vec<Content> {
        let mut kept: Vec<Content> = self.kept_here().collect();
        kept.sort();
        kept.dedup();
        kept.extend(self.members().into_iter().flatten().flat_map(|(_, member)| member.kept()));
        kept
    }

    /// The contents of its own revisions.
    pub fn kept_here(&self) -> impl Iterator<Item = Content> {
        self.revisions.iter().filter_map(|revision| revision.content)
    }

    /// Whether it is an empty file that waits for its content.
    pub fn is_placeholder(&self, now: Timestamp) -> bool {
        let is_empty = matches!(self.kind, Kind::File(content) if content.blob == 0);
        let had_content = self.revisions.iter().any(|revision| revision.content.is_some());
        let began = self.revisions.first().map(|revision| revision.at);
        let is_new = began.is_some_and(|at| now.millis() - at.millis() < PLACEHOLDER_MILLIS);
        is_empty && !had_content && is_new
    }

    /// Notes that it is in the trash from this change on.
    pub fn revise_trashed(&mut self, change: u64, now: Timestamp) {
        self.revise(change, now, false);
        self.revisions.last_mut().into_iter().for_each(|revision| revision.trashed = true);
    }

    /// Notes what it is from this change on. What happens to the content or the moments of a placeholder
    /// belongs to how it came to be.
    pub fn revise(&mut self, change: u64, now: Timestamp, amends: bool) {
        if self.is_system() {
            return;
        }
        let revision = Revision { from: change, to: None, at: now, content: self.content(), trashed: false };
        match self.revisions.last_mut() {
            Some(last) if amends => *last = revision,
            last => {
                last.into_iter().for_each(|last| last.to = Some(change));
                self.revisions.push(revision);
            }
        }
    }
}

impl Content {
    /// Without bytes there is nothing to be stored.
    pub fn new(blob: u64, text: Text, stored_at: Timestamp) -> Self {
        match text.bytes_count() {
            0 => Self { blob: 0, text, stored_at: Timestamp::from_millis(0) },
            _ => Self { blob, text, stored_at },
        }
    }
}
