//! Random operations on two people's trees, each compared with a plain one in memory after every step.

mod companions;
mod comparison;
mod drive;
mod history;
mod locks;
mod node;
mod numbers;
mod operation;
mod placing;
mod sync;
mod trash;
mod tree;
mod upload;
mod writers;

use std::collections::BTreeSet;
use std::time::Duration;

use domain::{BlobId, Timestamp};
use metadata::{blobs, spaces};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use services::trash as trash_service;

use crate::support::TestHouse;
use drive::{Drive, Sight};
use history::History;
use operation::Operation;
use tree::Tree;

/// The environment may name another seed, or a larger number of steps for a long night.
const SEED: &str = "LARDER_MODEL_SEED";
const STEPS: &str = "LARDER_MODEL_STEPS";
const STEPS_DEFAULT: u64 = 400;

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
    let steps = number(STEPS).unwrap_or(STEPS_DEFAULT);
    for step in 0..steps {
        now = later(&mut random, now);
        let who = random.random_range(0..people.len());
        let person = &mut people[who];
        let operation = Operation::random(&mut random, &person.tree);
        let expected = person.tree.apply(&operation, now);
        journal.note(format!("{} person {who}: {operation:?} -> {expected:?}", now.millis()));
        let outcome = house.run(person.drive.perform(&operation, now));
        assert_eq!(outcome, expected);
        person.learn(&house);
        if random.random_range(0..80) == 0 {
            journal.note(format!("{} what is old is purged", now.millis()));
            house.run(purge_old(&house, now));
            people.iter_mut().for_each(|person| person.tree.expire(TRASH_DAYS, now));
        }
        if steps <= STEPS_THOROUGH || step % EVERY == 0 {
            for person in &mut people {
                let sight = house.run(person.drive.see());
                person.compare(&sight);
            }
            compare_blobs(&house, &people);
            assert_eq!(house.run(spaces::drifts(&house.backends().metadata)).unwrap(), []);
        }
    }
}

/// A blob is live exactly as long as somebody holds or held its content and it was not purged since; then it is condemned.
fn compare_blobs(house: &TestHouse, people: &[Person]) {
    let metadata = &house.backends().metadata;
    let live: BTreeSet<BlobId> = house.run(blobs::live(metadata)).unwrap().into_iter().collect();
    let condemned = house.run(blobs::condemned(metadata, Timestamp::from_millis(i64::MAX), u32::MAX));
    let condemned: BTreeSet<BlobId> = condemned.unwrap().into_iter().collect();
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

/// A moment after another one; now and then a placeholder is none any more by then, or things are old.
fn later(random: &mut StdRng, now: Timestamp) -> Timestamp {
    let seconds = match random.random_range(0..200) {
        0..4 => random.random_range(0..10 * 86_400),
        4..8 => random.random_range(0..3_600),
        _ => 0,
    };
    now.after(Duration::from_secs(seconds)).after(Duration::from_millis(random.random_range(0..2000)))
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
}

impl Person {
    /// Whoever came last into the house.
    async fn enter(house: &TestHouse) -> Self {
        let drive = Drive::enter(house).await;
        let mut tree = Tree::new(Some(QUOTA_BYTES));
        let root = drive.see().await.nodes.remove(&[][..]).unwrap().node;
        (tree.root.created_at, tree.root.modified_at) = (root.created_at, root.modified_at);
        Self { drive, tree, history: History::default() }
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
