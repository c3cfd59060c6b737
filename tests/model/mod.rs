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

use std::time::Duration;

use domain::Timestamp;
use metadata::spaces;
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
    for _ in 0..number(STEPS).unwrap_or(STEPS_DEFAULT) {
        now = later(&mut random, now);
        let who = random.random_range(0..people.len());
        let person = &mut people[who];
        let operation = Operation::random(&mut random, &person.tree);
        let expected = person.tree.apply(&operation, now);
        journal.note(format!("person {who}: {operation:?} -> {expected:?}"));
        let outcome = house.run(person.drive.perform(&operation, now));
        assert_eq!(outcome, expected);
        person.learn(&house);
        if random.random_range(0..80) == 0 {
            journal.note("what is old is purged".to_owned());
            house.run(purge_old(&house, now));
            people.iter_mut().for_each(|person| person.tree.expire(TRASH_DAYS, now));
        }
        for person in &mut people {
            let sight = house.run(person.drive.see());
            person.compare(&sight);
        }
        assert_eq!(house.run(spaces::drifts(&house.backends().metadata)).unwrap(), []);
    }
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
        0 => random.random_range(0..10 * 86_400),
        1..5 => random.random_range(0..3_600),
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
