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
use crate::model::upload::Step;

/// Something that was done at one moment between two others.
pub struct Event {
    /// Its own.
    pub number: u64,
    /// Ticks of a clock that all writers share.
    pub began: u64,
    pub ended: u64,
    pub now: Timestamp,
    pub action: Action,
    /// What was told then, unless there is more to come before that.
    pub answer: Option<Answer>,
}

#[derive(Debug)]
pub enum Action {
    Do(Operation),
    /// Of the upload with this number.
    Step(u64, Step),
    Look(Names),
    List,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    Done(Outcome),
    /// The upload may go on.
    GoOn,
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

/// Does things on the drive and notes what it sees.
pub struct Writer {
    drive: Drive,
    clock: Arc<AtomicU64>,
    /// What it did, one after the other.
    pub events: Vec<Event>,
    /// What is done behind its back, some time after it went away from an upload.
    pub afterwards: Vec<Event>,
}

/// More than any event makes nodes.
const NODES_MAX: u64 = 1_000_000;

impl Event {
    /// Whether something that changes nothing now would change nothing at any other moment with the same answer: a
    /// quota may be set to what it is already, and later it is not that any more.
    pub fn never_changes_more(&self) -> bool {
        match &self.action {
            Action::Do(_) => matches!(self.answer, Some(Answer::Done(Err(_)))),
            // Which steps an upload needs is certain by the time of the one before.
            Action::Step(..) | Action::Look(_) | Action::List => true,
        }
    }
}

/// Lets something happen now, and says what is answered.
pub fn happen(tree: &mut Tree, event: &Event) -> Answer {
    // What it makes has the same numbers in whatever order things happen.
    tree.number_from(event.number * NODES_MAX);
    let answer = match &event.action {
        Action::Do(operation) => Answer::Done(tree.apply(operation, event.now)),
        Action::Step(upload, step) => {
            tree.step(*upload, step, event.now);
            let outcome = event.answer.as_ref().and_then(|_| tree.settle_upload(*upload));
            outcome.map_or(Answer::GoOn, Answer::Done)
        }
        Action::Look(path) => {
            let seq = i64::try_from(tree.changes).unwrap();
            Answer::Seen(seq, tree.quota(), tree.find(path).map(Glimpse::expected))
        }
        Action::List => {
            let members = tree.root.members().unwrap().iter();
            Answer::Listed(members.map(|(name, node)| (name.clone(), Glimpse::expected(node))).collect())
        }
    };
    tree.number_from(0);
    answer
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
    pub fn new(drive: Drive, clock: Arc<AtomicU64>) -> Self {
        Self { drive, clock, events: Vec::new(), afterwards: Vec::new() }
    }

    pub async fn perform(&mut self, number: u64, now: Timestamp, deed: Deed) {
        self.drive.set_clock(now);
        let began = self.tick();
        let (action, answer) = match deed {
            Deed::Do(Operation::Upload { path, text, ending }) => {
                return self.upload(number, now, (path, text, ending)).await;
            }
            Deed::Do(operation) => {
                let outcome = self.drive.perform(&operation, now).await;
                (Action::Do(operation), Answer::Done(outcome))
            }
            Deed::Look(path) => {
                let Glance { seq, quota, seen } = self.drive.glance(&path).await;
                (Action::Look(path), Answer::Seen(seq, quota, seen.as_ref().map(Glimpse::of)))
            }
            Deed::List => {
                let members = self.drive.list_top().await;
                let members = members.iter().map(|(name, seen)| (name.clone(), Glimpse::of(seen)));
                (Action::List, Answer::Listed(members.collect()))
            }
        };
        self.note(number, now, began, vec![action], answer);
    }

    /// Each call is a few steps of the upload, and is answered after the last of them.
    async fn upload(&mut self, number: u64, now: Timestamp, (path, text, ending): (Names, Text, Ending)) {
        let steps = |steps: Vec<Step>| -> Vec<Action> {
            steps.into_iter().map(|step| Action::Step(number, step)).collect()
        };
        let began = self.tick();
        let upload = self.drive.begin_upload(&path, text, ending).await;
        let answer = go_on(upload.as_ref().err());
        self.note(number, now, began, steps(vec![Step::Judge(path, text, ending), Step::SetAside]), answer);
        let Ok(mut upload) = upload else { return };

        for (piece, bytes) in text.halves().into_iter().enumerate() {
            let began = self.tick();
            let written = upload.write(bytes.into()).await.map_err(Refused::from);
            let answer = go_on(written.as_ref().err());
            let taken = vec![Step::Receive(piece), Step::Store(piece), Step::GiveBack];
            self.note(number, now, began, steps(taken), answer);
            if written.is_err() {
                return;
            }
        }

        let began = self.tick();
        if ending == Ending::BrokenOff {
            drop(upload);
            let action = Action::Step(number, Step::BreakOff);
            let answer = Some(Answer::Done(Err(Refused::BrokenOff)));
            self.afterwards.push(Event { number, began, ended: u64::MAX, now, action, answer });
            return;
        }
        let outcome = upload.finish().await.map(Drive::placed).map_err(Refused::from);
        let shown = vec![Step::ShowInMemory, Step::ShowInStore, Step::GiveBack];
        self.note(number, now, began, steps(shown), Answer::Done(outcome));
    }

    fn note(&mut self, number: u64, now: Timestamp, began: u64, actions: Vec<Action>, answer: Answer) {
        let (ended, last) = (self.tick(), actions.len() - 1);
        for (index, action) in actions.into_iter().enumerate() {
            let answer = (index == last).then(|| answer.clone());
            self.events.push(Event { number, began, ended, now, action, answer });
        }
    }

    fn tick(&self) -> u64 {
        self.clock.fetch_add(1, Ordering::SeqCst)
    }
}

fn go_on(refused: Option<&Refused>) -> Answer {
    refused.map_or(Answer::GoOn, |refused| Answer::Done(Err(*refused)))
}
