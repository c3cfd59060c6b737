//! When schedules come again: across restarts, and whatever the clock does.

use std::time::Duration;

use ::jobs::{JOBS, Job, Progress};
use domain::{ATTEMPTS_MAX, Error, JobKind, JobState, Timestamp};

use super::{DAY, HOUR, Shift, queue, wait_until};
use crate::support::TestHouse;

const NOW: Timestamp = Timestamp::from_millis(1_900_000_000_000);

static KNOWN: [Job; 2] = [
    Job {
        kind: JobKind::named("hourly"),
        every: |_| Some(HOUR),
        body: |_, _| Box::pin(async { Ok(Progress::Done) }),
    },
    Job {
        kind: JobKind::named("daily"),
        every: |_| Some(DAY),
        body: |_, _| Box::pin(async { Ok(Progress::Done) }),
    },
];

/// What runs at this moment, by name.
fn run(house: &TestHouse, now: Timestamp) -> Vec<String> {
    let ran = house.run(::jobs::run_due(house.backends(), &KNOWN, now)).unwrap();
    let mut kinds: Vec<String> = ran.into_iter().map(|ran| ran.kind.to_string()).collect();
    kinds.sort();
    kinds
}

#[test]
fn a_schedule_runs_at_first_and_then_once_in_each_interval() {
    let house = TestHouse::new();
    assert_eq!(run(&house, NOW), ["daily", "hourly"]);
    assert_eq!(run(&house, NOW), [""; 0]);
    assert_eq!(run(&house, NOW.after(HOUR)), ["hourly"]);
    assert_eq!(run(&house, NOW.after(2 * HOUR - Duration::from_millis(1))), [""; 0]);
    assert_eq!(run(&house, NOW.after(2 * HOUR)), ["hourly"]);
    assert_eq!(run(&house, NOW.after(DAY)), ["daily", "hourly"]);
}

#[test]
fn the_time_of_the_next_run_survives_a_restart() {
    let house = TestHouse::new();
    run(&house, NOW);
    let house = TestHouse::on_folder(house.close(), &[]);
    assert_eq!(run(&house, NOW.after(HOUR / 2)), [""; 0]);
    assert_eq!(run(&house, NOW.after(HOUR)), ["hourly"]);
}

#[test]
fn a_clock_that_leaps_ahead_makes_each_schedule_run_once() {
    let house = TestHouse::new();
    run(&house, NOW);
    let ahead = NOW.after(3650 * DAY);
    assert_eq!(run(&house, ahead), ["daily", "hourly"]);
    assert_eq!(run(&house, ahead), [""; 0]);
    // And when the mistake is noticed, they go on as if it had not been made.
    assert_eq!(run(&house, NOW), [""; 0]);
    assert_eq!(run(&house, NOW.after(HOUR)), ["hourly"]);
}

#[test]
fn a_clock_that_goes_back_stops_a_schedule_for_one_interval_at_most() {
    let house = TestHouse::new();
    run(&house, NOW);
    let back = NOW.before(365 * DAY);
    assert_eq!(run(&house, back), [""; 0]);
    assert_eq!(run(&house, back.after(HOUR)), ["hourly"]);
    assert_eq!(run(&house, back.after(DAY)), ["daily", "hourly"]);
}

#[test]
fn a_schedule_that_fails_keeps_its_error_and_comes_again_however_often() {
    static KNOWN: [Job; 1] = [Job {
        kind: JobKind::named("sad"),
        every: |_| Some(Duration::from_millis(1)),
        body: |_, _| Box::pin(async { Err(Error::Invalid("It rains.".into())) }),
    }];
    let house = TestHouse::new();
    let shift = Shift::begin(&house, &KNOWN, 1);
    let is_often = || queue(&house).first().is_some_and(|job| job.attempts > ATTEMPTS_MAX + 5);
    wait_until("it has failed often", is_often);
    shift.end();
    let job = queue(&house).remove(0);
    assert_eq!((job.error.as_deref(), job.state), (Some("It rains."), JobState::Waiting));
}

#[test]
fn every_job_of_the_house_does_well_when_there_is_nothing_to_do() {
    let house = TestHouse::new();
    let scheduled = JOBS.iter().filter(|job| (job.every)(house.backends()).is_some()).count();
    assert_eq!(house.run_due_jobs(NOW).len(), scheduled);
    assert_eq!(house.run_due_jobs(NOW), []);
}
