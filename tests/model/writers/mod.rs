//! Several writers at once on one small tree: whatever they are told, and whatever they see, there is an order in which
//! one after the other would have been told and seen the same.
//!
//! They meet in rounds. Everything that happened in a round is recorded with the moments between which it happened, and
//! a search finds the order on the plain tree in memory that explains all of it: that is linearizability, and the search
//! that of Wing and Gong ("Testing and verifying concurrent objects", 1993), with what Lowe adds to it: what was tried
//! is remembered by what has happened and what came of it, and is not tried again.

mod deed;
mod event;
mod order;

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use domain::Timestamp;
use metadata::spaces;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::drive::Drive;
use super::operation::{Operation, quota_bytes};
use super::{Person, SEED, STEPS, TRASH_DAYS, number, purge_old};
use crate::support::TestHouse;
use deed::Deed;
use event::{Event, Writer};

const STEPS_DEFAULT: u64 = 600;
const STEPS_EACH: usize = 600;
const WRITERS_MAX: usize = 4;
const DEEDS_MAX: usize = 5;

#[test]
fn whatever_several_writers_are_told_there_is_an_order_that_explains_it() {
    let seed = number(SEED).unwrap_or_else(|| rand::rng().random());
    let mut random = StdRng::seed_from_u64(seed);
    let steps = number(STEPS).unwrap_or(STEPS_DEFAULT);
    for first in (0..steps).step_by(STEPS_EACH) {
        meet(seed, &mut random, steps.min(first + STEPS_EACH as u64) - first);
    }
}

/// Lets writers meet in a new house, where not much lies in the trash yet.
fn meet(seed: u64, random: &mut StdRng, steps: u64) {
    let house = TestHouse::new().with_user("ann");
    let mut ann = house.run(Person::enter(&house));
    let (mut now, mut step) = (Timestamp::now(), 0);
    while step < steps {
        now = now.after(Duration::from_millis(random.random_range(0..2000)));
        if random.random_bool(0.2) {
            now = now.after(Duration::from_secs(40 * 86_400));
            house.run(purge_old(&house, now));
            ann.tree.expire(TRASH_DAYS, now);
        }
        let limit = Operation::SetQuota(quota_bytes(random, &ann.tree));
        ann.tree.apply(&limit, now).unwrap();
        house.run(ann.drive.perform(&limit, now)).unwrap();

        let writers = random.random_range(2..=WRITERS_MAX);
        let plans = (0..writers).map(|_| plan(random, &ann, &mut step, &mut now)).collect();
        let lanes = house.run(round(&ann.drive, plans));
        let sight = house.run(ann.drive.see());
        ann.tree = match order::explain(&ann.tree, &lanes, &sight) {
            Ok(tree) => tree,
            Err(why) => panic!("{why}\n{SEED}={seed} plans the same again; how they meet is chance"),
        };
        ann.compare(&sight);
        let trashed = ann.tree.trashed_in(&sight);
        let all = ann.tree.nodes().into_values().zip(sight.nodes.values());
        let all = all.chain(trashed.into_values().zip(sight.trash.values()));
        ann.drive.learn(all.map(|(node, seen)| (node, seen.node.id)));
        assert_eq!(house.run(spaces::drifts(&house.backends().metadata)).unwrap(), []);
    }
}

/// What one writer is going to do, each with a number of its own and with the clock going on.
fn plan(
    random: &mut StdRng,
    ann: &Person,
    step: &mut u64,
    now: &mut Timestamp,
) -> Vec<(u64, Timestamp, Deed)> {
    let count = random.random_range(1..=DEEDS_MAX);
    (0..count)
        .map(|_| {
            *step += 1;
            *now = now.after(Duration::from_millis(random.random_range(1..300)));
            (*step, *now, Deed::random(random, &ann.tree))
        })
        .collect()
}

/// Lets everybody do what they are going to do, at the same time. What one of them did comes one after the other.
async fn round(drive: &Drive, plans: Vec<Vec<(u64, Timestamp, Deed)>>) -> Vec<Vec<Event>> {
    let clock = Arc::new(AtomicU64::new(0));
    let mut running = Vec::new();
    for plan in plans {
        let mut writer = Writer::new(drive.clone(), Arc::clone(&clock));
        running.push(tokio::spawn(async move {
            for (number, now, deed) in plan {
                writer.perform(number, now, deed).await;
            }
            writer
        }));
    }
    let mut lanes = Vec::new();
    for running in running {
        let writer = running.await.unwrap();
        lanes.push(writer.events);
        lanes.extend(writer.afterwards.into_iter().map(|event| vec![event]));
    }
    drive.settle().await;
    lanes
}
