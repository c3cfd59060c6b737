//! When schedules come again: across restarts, and whatever the clock does.

use std::time::Duration;

use ::jobs::{JOBS, Outcome, Ran};
use domain::{JobKind, Timestamp};

use super::{DAY, HOUR, Shift, queue, wait_until};
use crate::support::TestHouse;

const NOW: Timestamp = Timestamp::from_millis(1_900_000_000_000);

fn kinds(ran: &[Ran]) -> Vec<&str> {
    let mut kinds: Vec<&str> = ran.iter().map(|ran| ran.kind.as_str()).collect();
    kinds.sort_unstable();
    kinds
}

fn scheduled(house: &TestHouse) -> Vec<&'static str> {
    let known = JOBS.iter().filter(|job| (job.every)(house.backends()).is_some());
    let mut kinds: Vec<&str> = known.map(|job| job.kind.as_str()).collect();
    kinds.sort_unstable();
    kinds
}

#[test]
fn a_schedule_runs_at_first_and_then_once_in_each_interval() {
    let house = TestHouse::new();
    assert_eq!(kinds(&house.run_due_jobs(NOW)), scheduled(&house));
    assert_eq!(house.run_due_jobs(NOW), []);
    assert_eq!(kinds(&house.run_due_jobs(NOW.after(HOUR))), ["expire-locks"]);
    assert_eq!(house.run_due_jobs(NOW.after(HOUR + Duration::from_secs(3599))), []);
    assert_eq!(kinds(&house.run_due_jobs(NOW.after(2 * HOUR))), ["expire-locks"]);
}

#[test]
fn the_time_of_the_next_run_survives_a_restart() {
    let house = TestHouse::new();
    house.run_due_jobs(NOW);
    let house = TestHouse::on_folder(house.close(), &[]);
    assert_eq!(house.run_due_jobs(NOW.after(Duration::from_secs(3599))), []);
    assert_eq!(kinds(&house.run_due_jobs(NOW.after(HOUR))), ["expire-locks"]);
}

#[test]
fn a_clock_that_leaps_ahead_makes_each_schedule_run_once() {
    let house = TestHouse::new();
    house.run_due_jobs(NOW);
    let ahead = NOW.after(3650 * DAY);
    assert_eq!(kinds(&house.run_due_jobs(ahead)), scheduled(&house));
    assert_eq!(house.run_due_jobs(ahead), []);
    // And when the mistake is noticed, they go on as if it had not been made.
    assert_eq!(house.run_due_jobs(NOW), []);
    assert_eq!(kinds(&house.run_due_jobs(NOW.after(HOUR))), ["expire-locks"]);
}

#[test]
fn a_clock_that_goes_back_stops_a_schedule_for_one_interval_at_most() {
    let house = TestHouse::new();
    house.run_due_jobs(NOW);
    let back = NOW.before(365 * DAY);
    assert_eq!(house.run_due_jobs(back), []);
    assert_eq!(kinds(&house.run_due_jobs(back.after(HOUR))), ["expire-locks"]);
}

#[test]
fn a_schedule_that_fails_keeps_its_error_and_comes_again_however_often() {
    static KNOWN: [::jobs::Job; 1] = [::jobs::Job {
        kind: JobKind::named("sad"),
        every: |_| Some(Duration::from_millis(1)),
        body: |_, _| Box::pin(async { Err(domain::Error::Invalid("It rains.".into())) }),
    }];
    let house = TestHouse::new();
    let shift = Shift::begin(&house, &KNOWN, 1);
    let often = domain::ATTEMPTS_MAX + 5;
    wait_until("it has failed often", || queue(&house).first().is_some_and(|job| job.attempts > often));
    shift.end();
    let job = queue(&house).remove(0);
    assert_eq!(job.error.as_deref(), Some("It rains."));
    assert_eq!(job.state, domain::JobState::Waiting);
}

#[test]
fn running_what_is_due_tells_how_it_ended() {
    let house = TestHouse::new();
    let ran = house.run_due_jobs(NOW);
    let locks = ran.iter().find(|ran| ran.kind.as_str() == "expire-locks").unwrap();
    assert_eq!((locks.key.as_str(), &locks.outcome), ("", &Outcome::Done));
}
