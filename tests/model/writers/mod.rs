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
use super::{Person, SEED, STEPS, number};
use crate::support::TestHouse;
use deed::Deed;
use event::{Event, Writer};

const STEPS_DEFAULT: u64 = 600;
const WRITERS_MAX: usize = 4;
const DEEDS_MAX: usize = 5;

#[test]
fn whatever_several_writers_are_told_there_is_an_order_that_explains_it() {
    let seed = number(SEED).unwrap_or_else(|| rand::rng().random());
    let mut random = StdRng::seed_from_u64(seed);
    let house = TestHouse::new().with_user("ann");
    let mut ann = house.run(Person::enter(&house));
    let mut now = Timestamp::now();
    let (steps, mut step) = (number(STEPS).unwrap_or(STEPS_DEFAULT), 0);
    while step < steps {
        now = now.after(Duration::from_millis(random.random_range(0..2000)));
        let limit = Operation::SetQuota(quota_bytes(&mut random, &ann.tree));
        ann.tree.apply(&limit, now).unwrap();
        house.run(ann.drive.perform(&limit, now)).unwrap();

        let writers = random.random_range(2..=WRITERS_MAX);
        let plans = (0..writers).map(|_| plan(&mut random, &ann, &mut step, &mut now)).collect();
        let events = house.run(round(&ann.drive, plans));
        let sight = house.run(ann.drive.see());
        ann.tree = match order::explain(&ann.tree, &events, &sight) {
            Ok(tree) => tree,
            Err(why) => {
                panic!("{why}\n{SEED}={seed} {STEPS}={step} plans the same again; how they meet is chance")
            }
        };
        ann.compare(&sight);
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

/// Lets everybody do what they are going to do, at the same time.
async fn round(drive: &Drive, plans: Vec<Vec<(u64, Timestamp, Deed)>>) -> Vec<Event> {
    let clock = Arc::new(AtomicU64::new(0));
    let mut running = Vec::new();
    for (name, plan) in plans.into_iter().enumerate() {
        let mut writer = Writer::new(name, drive.clone(), Arc::clone(&clock));
        running.push(tokio::spawn(async move {
            for (number, now, deed) in plan {
                writer.perform(number, now, deed).await;
            }
            writer.events
        }));
    }
    let mut events = Vec::new();
    for writer in running {
        events.extend(writer.await.unwrap());
    }
    events.sort_by_key(|event| event.began);
    events
}
