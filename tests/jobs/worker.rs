//! The worker: it is called or looks by itself, lets kinds take turns, survives what jobs do, and stops in order.

use std::collections::BTreeMap;
use std::num::NonZeroU64;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ::jobs::{Job, JobsConfig, Progress};
use domain::{ATTEMPTS_MAX, Error, JobKind, JobState, Timestamp};
use services::jobs as queued;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::{DAY, Shift, call, connect, execute, queue, wait_until, want};
use crate::support::{TestHouse, ground};

#[test]
fn a_job_that_is_asked_for_runs_at_once() {
    static KEYS: Mutex<Vec<String>> = Mutex::new(Vec::new());
    static KNOWN: [Job; 1] = [Job {
        kind: JobKind::named("note"),
        every: |_| None,
        body: |_, turn| {
            Box::pin(async move {
                KEYS.lock().unwrap().push(turn.key);
                Ok(Progress::Done)
            })
        },
    }];
    let house = TestHouse::new();
    let shift = Shift::begin(&house, &KNOWN, 2);
    call(&house, &KNOWN[0].kind, "this");
    wait_until("it has run", || *KEYS.lock().unwrap() == ["this"]);
    wait_until("it is gone", || queue(&house).is_empty());
    shift.end();
}

#[test]
fn a_job_that_another_process_asks_for_is_noticed() {
    static RUNS: AtomicUsize = AtomicUsize::new(0);
    static KNOWN: [Job; 1] = [Job {
        kind: JobKind::named("count"),
        every: |_| None,
        body: |_, _| {
            Box::pin(async {
                RUNS.fetch_add(1, Ordering::SeqCst);
                Ok(Progress::Done)
            })
        },
    }];
    let house = TestHouse::new();
    let shift = Shift::begin_by(&house, &KNOWN, 1, 1, Timestamp::now);
    want(&house, &KNOWN[0].kind, "");
    wait_until("it has run", || RUNS.load(Ordering::SeqCst) == 1);
    shift.end();
}

#[test]
fn a_panic_is_a_failure_like_any_other_and_others_go_on() {
    static RUNS: AtomicUsize = AtomicUsize::new(0);
    static KNOWN: [Job; 2] = [
        Job {
            kind: JobKind::named("panic"),
            every: |_| None,
            body: |_, turn| Box::pin(async move { panic!("over {}", turn.key) }),
        },
        Job {
            kind: JobKind::named("count"),
            every: |_| None,
            body: |_, _| {
                Box::pin(async {
                    RUNS.fetch_add(1, Ordering::SeqCst);
                    Ok(Progress::Done)
                })
            },
        },
    ];
    let house = TestHouse::new();
    let shift = Shift::begin(&house, &KNOWN, 1);
    call(&house, &KNOWN[0].kind, "nothing");
    wait_until("the panic is noted", || queue(&house).iter().any(|job| job.error.is_some()));
    let job = queue(&house).remove(0);
    assert_eq!(job.error.as_deref(), Some("It panicked and said: over nothing"));
    assert_eq!((job.attempts, job.state), (1, JobState::Waiting));
    assert!(job.due_at > job.ended_at.unwrap());
    call(&house, &KNOWN[1].kind, "");
    wait_until("the other one has run", || RUNS.load(Ordering::SeqCst) == 1);
    shift.end();
}

#[test]
fn what_keeps_failing_is_given_up_and_done_once_it_is_retried() {
    static NOW: AtomicI64 = AtomicI64::new(1_900_000_000_000);
    static IS_MENDED: AtomicBool = AtomicBool::new(false);
    static KNOWN: [Job; 1] = [Job {
        kind: JobKind::named("water"),
        every: |_| None,
        body: |_, _| {
            Box::pin(async {
                match IS_MENDED.load(Ordering::SeqCst) {
                    true => Ok(Progress::Done),
                    false => Err(Error::unavailable("There is no water.", "the pipe is frozen")),
                }
            })
        },
    }];
    let now = || Timestamp::from_millis(NOW.load(Ordering::SeqCst));
    let house = TestHouse::new();
    let shift = Shift::begin_by(&house, &KNOWN, 1, 3600, now);
    call(&house, &KNOWN[0].kind, "");
    for attempt in 1..=ATTEMPTS_MAX {
        wait_until("it has failed again", || {
            let job = queue(&house).remove(0);
            job.attempts == attempt && job.error.is_some() && job.ended_at == Some(now())
        });
        if attempt < ATTEMPTS_MAX {
            assert_eq!(queue(&house)[0].state, JobState::Waiting, "attempt {attempt}");
            NOW.fetch_add(DAY.as_millis().try_into().unwrap(), Ordering::SeqCst);
            house.backends().coordination.wake_jobs();
        }
    }
    let dead = queue(&house).remove(0);
    assert_eq!(dead.state, JobState::Dead);
    assert_eq!(dead.error.as_deref(), Some("There is no water. (the pipe is frozen)"));

    IS_MENDED.store(true, Ordering::SeqCst);
    house.run(queued::retry(now(), house.backends(), dead.id)).unwrap();
    wait_until("it is done", || queue(&house).is_empty());
    let again = house.run(queued::retry(now(), house.backends(), dead.id));
    assert!(matches!(again, Err(Error::NotFound(_))), "{again:?}");
    shift.end();
}

#[test]
fn a_long_job_goes_on_in_parts_and_lets_others_have_their_turn() {
    static TURNS: Mutex<Vec<&str>> = Mutex::new(Vec::new());
    static KNOWN: [Job; 2] = [
        Job {
            kind: JobKind::named("long"),
            every: |_| None,
            body: |_, _| {
                Box::pin(async {
                    let mut turns = TURNS.lock().unwrap();
                    turns.push("long");
                    Ok(Progress::more_if(turns.iter().filter(|turn| **turn == "long").count() < 5))
                })
            },
        },
        Job {
            kind: JobKind::named("short"),
            every: |_| None,
            body: |_, _| {
                Box::pin(async {
                    TURNS.lock().unwrap().push("short");
                    Ok(Progress::Done)
                })
            },
        },
    ];
    let house = TestHouse::new();
    want(&house, &KNOWN[0].kind, "");
    for key in ["1", "2", "3"] {
        want(&house, &KNOWN[1].kind, key);
    }
    let shift = Shift::begin(&house, &KNOWN, 1);
    wait_until("all is done", || queue(&house).is_empty());
    let turns = TURNS.lock().unwrap().clone();
    assert_eq!(turns.len(), 5 + 3);
    assert!(turns[..6].windows(2).all(|pair| pair[0] != pair[1]), "{turns:?}");
    shift.end();
}

#[test]
fn a_stop_waits_for_what_runs_and_begins_nothing_new() {
    static BEGUN: Notify = Notify::const_new();
    static ASKED: Notify = Notify::const_new();
    static FINISH: Notify = Notify::const_new();
    static ENDED: AtomicUsize = AtomicUsize::new(0);
    static KNOWN: [Job; 1] = [Job {
        kind: JobKind::named("slow"),
        every: |_| None,
        body: |_, turn| {
            Box::pin(async move {
                BEGUN.notify_one();
                turn.stop.cancelled().await;
                ASKED.notify_one();
                FINISH.notified().await;
                ENDED.fetch_add(1, Ordering::SeqCst);
                Ok(Progress::More)
            })
        },
    }];
    let house = TestHouse::new();
    let shift = Shift::begin(&house, &KNOWN, 1);
    call(&house, &KNOWN[0].kind, "");
    house.run(BEGUN.notified());
    want(&house, &KNOWN[0].kind, "another");
    shift.stop.cancel();
    house.run(ASKED.notified());
    assert!(!shift.has_ended(), "it waits for the job");
    FINISH.notify_one();
    shift.end();
    assert_eq!(ENDED.load(Ordering::SeqCst), 1);
    let mut waiting = queue(&house);
    waiting.sort_by(|one, other| one.key.cmp(&other.key));
    let keys: Vec<&str> = waiting.iter().map(|job| job.key.as_str()).collect();
    assert_eq!(keys, ["", "another"]);
    assert!(waiting.iter().all(|job| (job.state, job.attempts) == (JobState::Waiting, 0)), "{waiting:?}");
}

#[test]
fn two_servers_share_the_work_and_do_each_job_once() {
    static RUNS: Mutex<BTreeMap<String, usize>> = Mutex::new(BTreeMap::new());
    static KNOWN: [Job; 1] = [Job {
        kind: JobKind::named("share"),
        every: |_| None,
        body: |_, turn| {
            Box::pin(async move {
                tokio::task::yield_now().await;
                *RUNS.lock().unwrap().entry(turn.key).or_default() += 1;
                Ok(Progress::Done)
            })
        },
    }];
    let house = TestHouse::new();
    for key in 0..40 {
        want(&house, &KNOWN[0].kind, &key.to_string());
    }
    let (one, other) = (Shift::begin(&house, &KNOWN, 3), Shift::begin(&house, &KNOWN, 3));
    wait_until("all is done", || queue(&house).is_empty());
    let runs = RUNS.lock().unwrap().clone();
    assert!(runs.len() == 40 && runs.values().all(|runs| *runs == 1), "{runs:?}");
    one.end();
    other.end();
}

#[test]
fn what_the_server_may_have_died_of_in_its_last_attempt_is_given_up() {
    static RUNS: AtomicUsize = AtomicUsize::new(0);
    static KNOWN: [Job; 1] = [Job {
        kind: JobKind::named("poison"),
        every: |_| None,
        body: |_, _| {
            Box::pin(async {
                RUNS.fetch_add(1, Ordering::SeqCst);
                Ok(Progress::Done)
            })
        },
    }];
    let house = TestHouse::new();
    want(&house, &KNOWN[0].kind, "");
    // As ten starts leave it, each of which it took down.
    execute(&house, "UPDATE jobs SET attempts = 10, runner = NEW_UUID(), leased_ms = 0");
    let shift = Shift::begin(&house, &KNOWN, 1);
    wait_until("it is given up", || queue(&house)[0].state == JobState::Dead);
    let error = queue(&house).remove(0).error.unwrap();
    assert!(error.contains("ended in the middle of its last attempt"), "{error}");
    assert_eq!(RUNS.load(Ordering::SeqCst), 0);
    shift.end();
}

#[test]
fn while_another_process_holds_the_database_jobs_wait_and_go_on_afterwards() {
    if ground::only_alone("SQLite is held by one process at a time") {
        return;
    }
    static RUNS: AtomicUsize = AtomicUsize::new(0);
    static KNOWN: [Job; 1] = [Job {
        kind: JobKind::named("count"),
        every: |_| None,
        body: |_, _| {
            Box::pin(async {
                RUNS.fetch_add(1, Ordering::SeqCst);
                Ok(Progress::Done)
            })
        },
    }];
    let house = TestHouse::with_settings(&[("metadata.busy_seconds", "1")]);
    want(&house, &KNOWN[0].kind, "");
    let mut other = house.run(connect(&house));
    house.run(sqlx::query("BEGIN IMMEDIATE").execute(&mut other)).unwrap();
    let before = house.backends().metadata.statements();
    let shift = Shift::begin_by(&house, &KNOWN, 1, 1, Timestamp::now);
    // Each round asks what is due, and all but the first come after one that could not take it.
    wait_until("it was tried", || house.backends().metadata.statements() > before + 4);
    assert_eq!((RUNS.load(Ordering::SeqCst), queue(&house)[0].attempts), (0, 0));
    house.run(sqlx::query("ROLLBACK").execute(&mut other)).unwrap();
    wait_until("it has run", || RUNS.load(Ordering::SeqCst) == 1);
    wait_until("it is gone", || queue(&house).is_empty());
    shift.end();
}

#[test]
fn what_this_version_does_not_know_is_left_alone() {
    static KNOWN: [Job; 1] = [Job {
        kind: JobKind::named("known"),
        every: |_| None,
        body: |_, _| Box::pin(async { Ok(Progress::Done) }),
    }];
    let house = TestHouse::new();
    want(&house, &JobKind::named("of-a-newer-larder"), "");
    want(&house, &KNOWN[0].kind, "");
    let shift = Shift::begin(&house, &KNOWN, 1);
    wait_until("the known one is done", || queue(&house).len() == 1);
    assert_eq!((queue(&house)[0].attempts, queue(&house)[0].state), (0, JobState::Waiting));
    shift.end();
}

#[test]
fn a_house_works_on_its_jobs_while_it_serves_and_stops_with_them() {
    let house = TestHouse::with_settings(&[("jobs.workers", "2")]).with_user("ann");
    assert_eq!(house.put("/a", "a").status, 201);
    wait_until("each job has run once", || {
        let known = queue(&house);
        let scheduled = ::jobs::JOBS.iter().filter(|job| (job.every)(house.backends()).is_some());
        known.len() == scheduled.count() && known.iter().all(|job| job.ended_at.is_some())
    });
    assert_eq!(house.get("/a").body, b"a");
    drop(house.close());
}

#[test]
fn a_job_that_does_not_stop_keeps_no_server_from_ending_and_runs_again() {
    static IS_RUNNING: AtomicBool = AtomicBool::new(false);
    static KNOWN: [Job; 1] = [Job {
        kind: JobKind::named("endless"),
        every: |_| None,
        body: |_, _| {
            Box::pin(async {
                IS_RUNNING.store(true, Ordering::SeqCst);
                std::future::pending().await
            })
        },
    }];
    let house = TestHouse::new();
    call(&house, &KNOWN[0].kind, "");
    let config = JobsConfig { workers: 1, poll_seconds: NonZeroU64::MIN };
    let shutdown = CancellationToken::new();
    let clock = Arc::new(Timestamp::now);
    let work =
        ::jobs::serve(Arc::clone(house.backends()), &KNOWN, &config, clock, Duration::ZERO, shutdown.clone());
    house.run(async {
        tokio::join!(work, async {
            while !IS_RUNNING.load(Ordering::SeqCst) {
                tokio::task::yield_now().await;
            }
            shutdown.cancel();
        })
    });
    assert_eq!(house.run(queued::free_all(Timestamp::now(), house.backends())).unwrap(), 1);
}
