//! The past, as it should be: which contents are kept of it, and what there was at a moment.

use std::collections::{BTreeMap, BTreeSet};

use domain::Timestamp;

use super::node::{Content, Kind, Node, Revision};
use super::operation::Text;
use super::tree::{Names, Outcome, Refused, Tree};

const HOUR: i64 = 60 * 60 * 1000;
const DAY: i64 = 24 * HOUR;

/// The defaults of the settings `versions.thinning`, `versions.count_max` and `versions.days`: up to an age, one content
/// of each period is kept, the last.
const STEPS: [(Option<i64>, i64); 4] =
    [(None, DAY), (Some(HOUR), 7 * DAY), (Some(DAY), 30 * DAY), (Some(7 * DAY), i64::MAX)];
const CONTENTS_MAX: usize = 100;
const HISTORY_DAYS: i64 = 180;

/// A moment that is remembered.
#[derive(Debug, Clone)]
pub struct Moment {
    pub at: Timestamp,
    /// The change after which it was.
    pub seq: u64,
    /// What lay where; system files have no history.
    nodes: BTreeMap<Names, u64>,
}

impl Tree {
    pub fn remember(&self, at: Timestamp) -> Moment {
        let nodes = self.nodes().into_iter().filter(|(_, node)| !node.is_system());
        Moment { at, seq: self.changes, nodes: nodes.map(|(path, node)| (path, node.identity)).collect() }
    }

    /// What is to be seen of a moment today, with the contents of files: what was purged since is not there, nor what
    /// only began then, and of a content that was thinned out there is another.
    pub fn view(&self, moment: &Moment) -> BTreeMap<Names, Option<Text>> {
        let mut known = BTreeMap::new();
        let trashed = self.trash.iter().map(|trashed| &trashed.node);
        trashed.chain([&self.root]).for_each(|node| node.by_identity(&mut known));
        let mut view: BTreeMap<Names, Option<Text>> = BTreeMap::new();
        for (path, identity) in &moment.nodes {
            let is_reached = path.split_last().is_none_or(|(_, above)| view.contains_key(above));
            let Some(node) = known.get(identity).filter(|_| is_reached) else { continue };
            if let Some(revision) = node.at(moment.seq) {
                let text = revision.content.map_or(Text::EMPTY, |content| content.text);
                view.insert(path.clone(), (!node.is_folder()).then_some(text));
            }
        }
        view
    }

    /// Gives a file the content back that it had at a moment.
    pub fn restore_version(&mut self, path: &[String], seq: u64, now: Timestamp) -> Outcome {
        let node = self.find(path).ok_or(Refused::NotFound)?;
        if node.is_folder() || node.is_system() {
            return Err(Refused::Invalid);
        }
        let past = node.at(seq).ok_or(Refused::NotFound)?;
        let content = past.content.unwrap_or(Content::new(0, Text::EMPTY, now));
        let is_other = Some(content.text) != node.text();
        let modified_at = super::upload::next_moment(node.modified_at, now);
        self.changes += 1;
        let mut file = self.take(path, true);
        let amends = file.is_placeholder(now);
        if is_other {
            file.kind = Kind::File(content);
        }
        (file.modified_at, file.change) = (modified_at, self.changes);
        file.revise(self.changes, now, amends);
        self.place(path, file, true);
        Ok(None)
    }

    /// Thins out the earlier contents of every file.
    pub fn thin(&mut self, now: Timestamp) {
        self.each_node(&mut |node| node.thin(now));
    }

    /// When history has to begin, and what is not kept any longer where it begins with this change.
    pub fn horizon(now: Timestamp) -> i64 {
        now.millis() - HISTORY_DAYS * DAY
    }

    pub fn forget(&mut self, history: u64) {
        self.each_node(&mut |node| {
            let is_kept = |revision: &Revision| revision.to.is_none_or(|to| to > history);
            node.revisions.retain(is_kept);
        });
    }

    fn each_node(&mut self, work: &mut impl FnMut(&mut Node)) {
        fn walk(node: &mut Node, work: &mut impl FnMut(&mut Node)) {
            work(node);
            if node.is_folder() {
                node.members_mut().values_mut().for_each(|member| walk(member, work));
            }
        }
        walk(&mut self.root, work);
        self.trash.iter_mut().for_each(|trashed| walk(&mut trashed.node, work));
    }
}

impl Node {
    fn by_identity<'a>(&'a self, into: &mut BTreeMap<u64, &'a Self>) {
        into.insert(self.identity, self);
        self.members().into_iter().flatten().for_each(|(_, member)| member.by_identity(into));
    }

    /// What it was after a change, unless it was not there or in the trash. The top folder was always there.
    fn at(&self, seq: u64) -> Option<&Revision> {
        let stood = |revision: &&Revision| {
            revision.from <= seq && revision.to.is_none_or(|to| to > seq) && !revision.trashed
        };
        self.revisions.iter().find(stood)
    }

    /// Its contents one after the other, each with its revisions, the current one last.
    pub fn contents(&self) -> Vec<&[Revision]> {
        self.revisions.chunk_by(|one, next| one.content == next.content).collect()
    }

    fn thin(&mut self, now: Timestamp) {
        let blobs: BTreeSet<u64> = self.kept_here().map(|content| content.blob).collect();
        if blobs.len() < 2 {
            return;
        }
        let runs = self.contents();
        let mut stays = vec![true; runs.len()];
        let (mut seen, mut left) = (BTreeSet::new(), CONTENTS_MAX);
        for earlier in (0..runs.len() - 1).rev() {
            let period = period(came(runs[earlier]), now);
            stays[earlier] = period.is_none_or(|period| seen.insert(period)) && left > 0;
            left -= usize::from(stays[earlier]);
        }
        let mut instead = Vec::new();
        for (index, run) in runs.iter().enumerate() {
            let before = (0..=index).rev().find(|run| stays[*run]);
            let shown = before.or_else(|| (index..runs.len()).find(|run| stays[*run])).unwrap();
            instead.extend(run.iter().map(|_| runs[shown][0].content));
        }
        for (revision, content) in self.revisions.iter_mut().zip(instead) {
            revision.content = content;
        }
    }
}

/// When a content came. Where it is shown for want of an earlier one, that does not make it older.
pub fn came(run: &[Revision]) -> Timestamp {
    let stored_at = run[0].content.map(|content| content.stored_at);
    stored_at.map_or(run[0].at, |stored_at| stored_at.max(run[0].at))
}

/// The period something belongs to at its age; none where everything is kept. It gets older with the whole of the period
/// that it will belong to.
fn period(came: Timestamp, now: Timestamp) -> Option<(i64, i64)> {
    for (step, (period, age)) in STEPS.iter().enumerate() {
        let next = STEPS.get(step + 1).and_then(|(period, _)| *period);
        let end = next.map_or(came.millis(), |next| (came.millis().div_euclid(next) + 1) * next);
        if *age == i64::MAX || end > now.millis() - age {
            return period.map(|period| (period, came.millis().div_euclid(period)));
        }
    }
    None
}
