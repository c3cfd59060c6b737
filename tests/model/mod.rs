//! Random operations on two people's trees, each compared with a plain one in memory after every step.

mod companions;
mod comparison;
mod drive;
mod history;
mod locks;
mod looking_back;
mod node;
mod numbers;
mod operation;
mod past;
mod placing;
mod sync;
mod trash;
mod tree;
mod upload;
mod writers;

use std::collections::BTreeSet;
use std::time::Duration;

use domain::{BlobId, Timestamp};
use metadata::blobs::State;
use metadata::spaces;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use services::{trash as trash_service, versions};

use crate::support::TestHouse;
use drive::{Drive, Sight};
use history::History;
use operation::{Operation, node};
use past::Moment;
use tree::Tree;

/// The environment may name another seed, or a larger number of steps for a long night.
const SEED: &str = "LARDER_MODEL_SEED";
const STEPS: &str = "LARDER_MODEL_STEPS";
const STEPS_DEFAULT: u64 = 400;

/// How many moments are remembered.
const MOMENTS_MAX: usize = 30;
/// Versions are not thinned out again sooner.
const THINNING_AGAIN: Duration = Duration::from_secs(3600);
/// The default of the setting `trash.days`.
const TRASH_DAYS: i64 = 30;
const QUOTA_BYTES: u64 = 30_000;

/// Beyond so many steps, everything is compared only now and then, and after most steps what says most.
const STEPS_THOROUGH: u64 = 2_000;
const EVERY: u64 = 20;

#[test]
fn whatever_is_done_the_tree_is_as_if_it_lay_in_memory() {
    let seed = number(SEED).unwrap_or_else(|| rand::rng().random());
    let mut journal = Journal::new(seed);
    let mut random = StdRng::seed_from_u64(seed);
    let mut house = TestHouse::new();
    let mut people = Vec::new();
    for name in ["ann", "ben"] {
        house = house.with_user_and_quota(name, Some(QUOTA_BYTES));
        people.push(house.run(Person::enter(&house)));
    }
    let mut now = Timestamp::now();
    let (steps, mut thinned_at) = (number(STEPS).unwrap_or(STEPS_DEFAULT), None::<Timestamp>);
    for step in 0..steps {
        now = later(&mut random, now);
        let who = random.random_range(0..people.len());
        let person = &mut people[who];
        let operation = person.choose(&mut random);
        let expected = person.tree.apply(&operation, now);
        journal.note(format!("{} person {who}: {operation:?} -> {expected:?}", now.millis()));
        let outcome = house.run(person.drive.perform(&operation, now));
        assert_eq!(outcome, expected);
        person.learn(&house);
        match random.random_range(0..240) {
            0..3 => {
                journal.note(format!("{} what is old is purged", now.millis()));
                house.run(purge_old(&house, now));
                people.iter_mut().for_each(|person| person.tree.expire(TRASH_DAYS, now));
            }
            3..6 if thinned_at.is_none_or(|at| at.until(now) >= THINNING_AGAIN) => {
                journal.note(format!("{} versions are thinned out", now.millis()));
                house.run(thin(&house, now));
                people.iter_mut().for_each(|person| person.tree.thin(now));
                thinned_at = Some(now);
            }
            6 => {
                journal.note(format!("{} history is forgotten", now.millis()));
                house.run(forget(&house, now));
                people.iter_mut().for_each(|person| person.forget(&house, now));
            }
            10..30 => {
                // Moments are written in whole seconds, and nothing more happens within this one.
                now = Timestamp::from_millis((now.seconds() + 1) * 1000);
                people.iter_mut().for_each(|person| person.remember(now));
            }
            _ => {}
        }
        if steps <= STEPS_THOROUGH || step % EVERY == 0 {
            for person in &mut people {
                let sight = house.run(person.drive.see());
                person.compare(&sight);
                person.look_back(&house, &mut random, now);
            }
            compare_blobs(&house, &people);
            assert_eq!(house.run(spaces::drifts(&house.backends().metadata)).unwrap(), []);
        }
    }
}

/// A blob is live exactly as long as somebody holds or held its content and it was not purged since; then it is condemned.
fn compare_blobs(house: &TestHouse, people: &[Person]) {
    let live: BTreeSet<BlobId> = house.blobs(State::Live).into_iter().collect();
    let condemned: BTreeSet<BlobId> = house.blobs(State::Condemned).into_iter().collect();
    let mut contents_count = 0;
    for person in people {
        let contents: BTreeSet<u64> = person.tree.kept().map(|content| content.blob).collect();
        contents_count += contents.len();
        let (kept, gone) = person.history.blobs(&contents);
        assert!(kept.is_subset(&live), "{:?} are not live", kept.difference(&live));
        assert!(gone.is_subset(&condemned), "{:?} are not condemned", gone.difference(&condemned));
    }
    assert_eq!(live.len(), contents_count, "so many contents are referred to, and so many blobs are live");
}

/// What the jobs do that purge the trash.
async fn purge_old(house: &TestHouse, now: Timestamp) {
    let backends = house.backends();
    while trash_service::purge_expired(backends, now).await.unwrap() {}
    while trash_service::purge_batch(backends, now).await.unwrap() {}
}

/// What the jobs do that thin out versions and forget history.
async fn thin(house: &TestHouse, now: Timestamp) {
    while versions::thin(house.backends(), now).await.unwrap() {}
}

async fn forget(house: &TestHouse, now: Timestamp) {
    while versions::forget(house.backends(), now).await.unwrap() {}
}

/// A moment after another one; now and then a placeholder is none any more by then, or things are old.
fn later(random: &mut StdRng, now: Timestamp) -> Timestamp {
    let seconds = match random.random_range(0..200) {
        0..4 => random.random_range(0..10 * 86_400),
        4..8 => random.random_range(0..3_600),
        _ => 0,
    };
    now.after(Duration::from_secs(seconds)).after(Duration::from_millis(random.random_range(1..2000)))
}

fn number(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{variable} is no number: {text:?}")))
}

/// Somebody's files as they are, and as they should be.
struct Person {
    drive: Drive,
    tree: Tree,
    history: History,
    /// Some of the moments there were.
    moments: Vec<Moment>,
    /// Before this, nobody can look back.
    horizon: Timestamp,
}

impl Person {
    /// Whoever came last into the house.
    async fn enter(house: &TestHouse) -> Self {
        let drive = Drive::enter(house).await;
        let mut tree = Tree::new(Some(QUOTA_BYTES));
        let root = drive.see().await.nodes.remove(&[][..]).unwrap().node;
        (tree.root.created_at, tree.root.modified_at) = (root.created_at, root.modified_at);
        let (moments, horizon) = (Vec::new(), Timestamp::from_millis(0));
        Self { drive, tree, history: History::default(), moments, horizon }
    }

    fn choose(&self, random: &mut StdRng) -> Operation {
        match self.moments.is_empty() || random.random_bool(0.95) {
            true => Operation::random(random, &self.tree),
            false => {
                let moment = &self.moments[random.random_range(0..self.moments.len())];
                Operation::RestoreVersion(node(random, &self.tree), moment.at, moment.seq)
            }
        }
    }

    fn remember(&mut self, now: Timestamp) {
        if self.moments.len() == MOMENTS_MAX {
            self.moments.remove(self.moments.len() / 2);
        }
        self.moments.push(self.tree.remember(now));
    }

    /// History begins with the last change before the horizon, or with a later one before anything else happened.
    fn forget(&mut self, house: &TestHouse, now: Timestamp) {
        self.horizon = Timestamp::from_millis(Tree::horizon(now));
        let begins = house.run(self.drive.history_begins());
        for moment in self.moments.iter().filter(|moment| moment.at >= self.horizon) {
            let seq = i64::try_from(moment.seq).unwrap();
            assert!(begins <= seq, "history begins with {begins}, and does not reach back to {moment:?}");
        }
        self.tree.forget(u64::try_from(begins).unwrap_or(0));
        self.moments.retain(|moment| moment.at >= self.horizon);
    }

    /// A moment shows what was there then, and a file has the versions that are kept.
    fn look_back(&mut self, house: &TestHouse, random: &mut StdRng, now: Timestamp) {
        self.drive.set_clock(now);
        if !self.moments.is_empty() {
            let moment = &self.moments[random.random_range(0..self.moments.len())];
            let view = house.run(self.drive.view(moment.at)).unwrap();
            assert_eq!(view, self.tree.view(moment), "after the change {}", moment.seq);
        }
        for (path, node) in self.tree.nodes() {
            if !node.is_folder() && !node.is_system() {
                assert_eq!(house.run(self.drive.versions_difference(&path, node)), None);
            }
        }
    }

    /// Which number in the house everything has.
    fn learn(&self, house: &TestHouse) {
        let (ids, nodes) = (house.run(self.drive.ids()), self.tree.nodes());
        assert!(ids.keys().eq(nodes.keys()), "{ids:#?} are listed, not {nodes:#?}");
        self.drive.learn(nodes.into_values().zip(ids.into_values()));
    }

    #[track_caller]
    fn compare(&mut self, sight: &Sight) {
        assert_eq!(self.tree.difference(sight), None);
        for (path, node) in self.tree.nodes() {
            self.history.record(&path, node, &sight.nodes[&path].node);
        }
    }
}

/// What was done, shown when something went wrong.
struct Journal {
    seed: u64,
    lines: Vec<String>,
}

impl Journal {
    fn new(seed: u64) -> Self {
        Self { seed, lines: Vec::new() }
    }

    fn note(&mut self, line: String) {
        self.lines.push(line);
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let (seed, steps) = (self.seed, self.lines.len());
            eprintln!("{}\n{SEED}={seed} {STEPS}={steps} does it again", self.lines.join("\n"));
        }
    }
}
