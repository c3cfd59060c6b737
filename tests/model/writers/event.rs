//! What happens, as its writer sees it: asked at one moment, answered at another, and done somewhere in between.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use domain::{Quota, Timestamp};

use super::deed::Deed;
use crate::model::drive::{Drive, Glance, Seen};
use crate::model::node::Node;
use crate::model::operation::{Ending, Operation, Text};
use crate::model::tree::{Names, Outcome, Refused, Tree};
use crate::model::upload::Opened;

/// Something that was done at one moment between two others.
pub struct Event {
    /// Its own.
    pub number: u64,
    pub writer: usize,
    /// Ticks of a clock that all writers share.
    pub began: u64,
    pub ended: u64,
    pub now: Timestamp,
    pub action: Action,
    pub answer: Answer,
}

#[derive(Debug)]
pub enum Action {
    /// Anything but an upload, which is two things: others may do something between its beginning and its end.
    Do(Operation),
    Begin {
        upload: u64,
        path: Names,
        text: Text,
        ending: Ending,
    },
    End {
        upload: u64,
        text: Text,
    },
    Look(Names),
    List,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    Done(Outcome),
    Begun(Result<(), Refused>),
    /// The number and the quota of the space, and what was at the path.
    Seen(i64, Quota, Option<Glimpse>),
    Listed(BTreeMap<String, Glimpse>),
}

/// What a look or a line of a listing tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Glimpse {
    /// None for a folder.
    text: Option<Text>,
    is_system: bool,
    created_at: Timestamp,
    modified_at: Timestamp,
}

/// Where things happen: the plain tree, and the uploads under way.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct State {
    pub tree: Tree,
    uploads: BTreeMap<u64, Opened>,
}

/// Does things on the drive and notes what it sees.
pub struct Writer {
    name: usize,
    drive: Drive,
    clock: Arc<AtomicU64>,
    pub events: Vec<Event>,
}

/// More than any event makes nodes.
const NODES_MAX: u64 = 1_000_000;

impl State {
    pub fn new(tree: Tree) -> Self {
        Self { tree, uploads: BTreeMap::new() }
    }

    /// Lets something happen now, and says what is answered.
    pub fn happen(&mut self, event: &Event) -> Answer {
        // What it makes has the same numbers in whatever order things happen.
        self.tree.number_from(event.number * NODES_MAX);
        let answer = match &event.action {
            Action::Do(operation) => Answer::Done(self.tree.apply(operation, event.now)),
            Action::Begin { upload, path, text, ending } => {
                let opened = self.tree.begin_upload(path, *text, *ending);
                Answer::Begun(opened.map(|opened| drop(self.uploads.insert(*upload, opened))))
            }
            Action::End { upload, text } => match self.uploads.remove(upload) {
                Some(opened) => Answer::Done(self.tree.end_upload(&opened, *text, event.now)),
                None => unreachable!("an upload ends that never began"),
            },
            Action::Look(path) => {
                let seq = i64::try_from(self.tree.changes).unwrap();
                let quota = self.tree.quota();
                Answer::Seen(seq, quota, self.tree.find(path).map(Glimpse::expected))
            }
            Action::List => {
                let members = self.tree.root.members().unwrap().iter();
                Answer::Listed(members.map(|(name, node)| (name.clone(), Glimpse::expected(node))).collect())
            }
        };
        self.tree.number_from(0);
        answer
    }
}

impl Glimpse {
    fn expected(node: &Node) -> Self {
        let (is_system, created_at, modified_at) = (node.is_system(), node.created_at, node.modified_at);
        Self { text: node.text(), is_system, created_at, modified_at }
    }

    fn of(seen: &Seen) -> Self {
        let text = (!seen.node.is_folder()).then(|| Text::of_bytes(&seen.bytes));
        let node = &seen.node;
        let (is_system, created_at, modified_at) = (node.is_system(), node.created_at, node.modified_at);
        Self { text, is_system, created_at, modified_at }
    }
}

impl Writer {
    pub fn new(name: usize, drive: Drive, clock: Arc<AtomicU64>) -> Self {
        Self { name, drive, clock, events: Vec::new() }
    }

    pub async fn perform(&mut self, number: u64, now: Timestamp, deed: Deed) {
        self.drive.set_clock(now);
        let began = self.tick();
        match deed {
            Deed::Do(Operation::Upload { path, text, ending }) => {
                let begun = self.drive.begin_upload(&path, text, ending).await;
                let (upload, answer) = match begun {
                    Ok(upload) => (Some(upload), Ok(())),
                    Err(refused) => (None, Err(refused)),
                };
                let action = Action::Begin { upload: number, path, text, ending };
                self.note(number * 2, now, began, action, Answer::Begun(answer));
                let Some(upload) = upload else { return };
                let began = self.tick();
                let outcome = upload.finish().await.map(Drive::placed).map_err(Refused::from);
                let action = Action::End { upload: number, text };
                self.note(number * 2 + 1, now, began, action, Answer::Done(outcome));
            }
            Deed::Do(operation) => {
                let outcome = self.drive.perform(&operation, now).await;
                self.note(number * 2, now, began, Action::Do(operation), Answer::Done(outcome));
            }
            Deed::Look(path) => {
                let Glance { seq, quota, seen } = self.drive.glance(&path).await;
                let answer = Answer::Seen(seq, quota, seen.as_ref().map(Glimpse::of));
                self.note(number * 2, now, began, Action::Look(path), answer);
            }
            Deed::List => {
                let members = self.drive.list_top().await;
                let members = members.iter().map(|(name, seen)| (name.clone(), Glimpse::of(seen)));
                let answer = Answer::Listed(members.collect());
                self.note(number * 2, now, began, Action::List, answer);
            }
        }
    }

    fn note(&mut self, number: u64, now: Timestamp, began: u64, action: Action, answer: Answer) {
        let ended = self.tick();
        self.events.push(Event { number, writer: self.name, began, ended, now, action, answer });
    }

    fn tick(&self) -> u64 {
        self.clock.fetch_add(1, Ordering::SeqCst)
    }
}
