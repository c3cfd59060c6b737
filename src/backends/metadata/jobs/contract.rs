//! What the queue must do; run against each database.

use domain::{Job, JobState, QueueHealth, Secret};
use scratch::Database;

use super::*;
use crate::{MetadataConfig, schema};

const KIND: JobKind = JobKind::named("water-plants");
const OTHER: JobKind = JobKind::named("feed-cat");
const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);
const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);

/// Runs the whole contract against a database with an empty queue.
async fn suite(db: &Metadata) {
    one_runner_at_a_time_has_a_job(db).await;
    a_job_is_free_again_when_its_lease_ends_and_the_late_runner_changes_nothing(db).await;
    a_renewed_lease_keeps_others_out(db).await;
    of_one_kind_and_key_one_waits_for_the_earlier_time(db).await;
    what_comes_while_it_runs_is_done_afterwards(db).await;
    a_job_that_failed_waits_whoever_asks_for_it(db).await;
    a_dead_job_is_listed_and_done_when_it_is_retried(db).await;
    a_retried_job_gives_way_to_one_that_came_since(db).await;
    what_is_asked_for_while_the_last_attempt_runs_is_not_lost(db).await;
    what_is_not_committed_was_never_asked_for(db).await;
    the_longest_due_of_a_kind_comes_first_and_kinds_do_not_mix(db).await;
    a_schedule_comes_again_and_is_brought_back_when_the_clock_is(db).await;
    a_job_made_by_a_clock_that_went_back_is_done_in_its_time(db).await;
    a_lease_of_a_clock_that_went_back_is_void(db).await;
    every_job_is_free_after_a_start_of_the_only_server(db).await;
    an_operator_has_a_job_done_now(db).await;
    health_tells_how_many_wait_and_since_when(db).await;
}

async fn open(folder: &std::path::Path, database: Option<&Database>) -> Metadata {
    let config = MetadataConfig {
        url: database.map(|database| Secret::new(database.url())),
        connections: 4,
        readers: 2,
        busy_seconds: 10,
        durability: domain::Durability::default(),
    };
    let db = Metadata::open(&config, folder).await.unwrap();
    schema::migrate(&db, Timestamp::from_millis(0)).await.unwrap();
    db
}

#[tokio::test]
async fn the_database_keeps_the_contract() {
    let (folder, database) = (tempfile::tempdir().unwrap(), Database::if_scaled());
    suite(&open(folder.path(), database.as_ref()).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_servers_take_each_job_once_and_keep_one_schedule() {
    // On SQLite there is one server.
    let Some(database) = Database::if_scaled() else { return };
    let folder = std::path::Path::new("");
    let servers = [open(folder, Some(&database)).await, open(folder, Some(&database)).await];
    let servers = servers.map(std::sync::Arc::new);
    for key in 0..60 {
        want(&servers[0], &KIND, &key.to_string(), NOW).await;
    }
    let workers = (0..8).map(|number| {
        let db = std::sync::Arc::clone(&servers[number % 2]);
        tokio::spawn(async move {
            let mut done = Vec::new();
            while !agenda(&*db, NOW).await.unwrap().is_empty() {
                let Some(claim) = take(&db, &KIND, NOW).await.unwrap() else { continue };
                assert!(renew(&db, &claim, NOW).await.unwrap(), "{claim:?} is somebody else's");
                settle(&db, &claim, NOW, &Ending::Finished).await.unwrap();
                done.push(claim.key);
            }
            done
        })
    });
    let mut done = Vec::new();
    for worker in workers.collect::<Vec<_>>() {
        done.extend(worker.await.unwrap());
    }
    done.sort_by_key(|key| key.parse::<u32>().unwrap());
    assert_eq!(done, (0..60).map(|key| key.to_string()).collect::<Vec<_>>());
    // However many of them look after it at once.
    let keep = |db: &std::sync::Arc<Metadata>| {
        let db = std::sync::Arc::clone(db);
        tokio::spawn(async move { keep_schedule(&db, NOW, &OTHER, HOUR).await })
    };
    for kept in [0, 1, 0, 1, 0, 1].map(|number: usize| keep(&servers[number])) {
        kept.await.unwrap().unwrap();
    }
    assert_eq!(all(&servers[0], NOW).await.len(), 1);
}

async fn one_runner_at_a_time_has_a_job(db: &Metadata) {
    want(db, &KIND, "a", NOW).await;
    assert_eq!(take(db, &KIND, NOW.before(SECOND)).await.unwrap(), None, "it is not due yet");
    let kind = KIND;
    let (one, other) = tokio::join!(take(db, &kind, NOW), take(db, &kind, NOW));
    let taken: Vec<Claim> = [one.unwrap(), other.unwrap()].into_iter().flatten().collect();
    assert_eq!(taken.len(), 1);
    assert_eq!((taken[0].key.as_str(), taken[0].attempts), ("a", 1));
    assert_eq!(all(db, NOW).await[0].state, JobState::Running);
    settle(db, &taken[0], NOW, &Ending::Finished).await.unwrap();
    assert_eq!(all(db, NOW).await, []);
}

async fn a_job_is_free_again_when_its_lease_ends_and_the_late_runner_changes_nothing(db: &Metadata) {
    want(db, &KIND, "a", NOW).await;
    let late = taken(db, NOW).await;
    let free = NOW.after(LEASE);
    assert_eq!(take(db, &KIND, free.before(SECOND)).await.unwrap(), None);
    assert_eq!(agenda(db, NOW).await.unwrap(), [(KIND, free)]);
    let next = taken(db, free).await;
    assert_eq!((next.id, next.attempts), (late.id, 2));

    assert!(!renew(db, &late, free).await.unwrap());
    for ending in
        [Ending::Finished, Ending::Due(free), Ending::Retry(free, "no".into()), Ending::Dead("no".into())]
    {
        settle(db, &late, free, &ending).await.unwrap();
        let known = all(db, free).await;
        assert_eq!((known[0].state, known[0].error.as_deref()), (JobState::Running, None), "{ending:?}");
    }
    assert!(renew(db, &next, free).await.unwrap());
    settle(db, &next, free, &Ending::Finished).await.unwrap();
    assert_eq!(all(db, free).await, []);
}

async fn a_renewed_lease_keeps_others_out(db: &Metadata) {
    want(db, &KIND, "a", NOW).await;
    let claim = taken(db, NOW).await;
    let later = NOW.after(LEASE / 2);
    assert!(renew(db, &claim, later).await.unwrap());
    assert_eq!(take(db, &KIND, NOW.after(LEASE)).await.unwrap(), None);
    assert_eq!(agenda(db, NOW).await.unwrap(), [(KIND, later.after(LEASE))]);
    settle(db, &claim, later, &Ending::Finished).await.unwrap();
}

async fn of_one_kind_and_key_one_waits_for_the_earlier_time(db: &Metadata) {
    let later = NOW.after(HOUR);
    want(db, &KIND, "a", later).await;
    want(db, &KIND, "a", later.after(HOUR)).await;
    assert_eq!(agenda(db, NOW).await.unwrap(), [(KIND, later)]);
    want(db, &KIND, "a", NOW).await;
    want(db, &KIND, "b", later).await;
    let known = all(db, NOW).await;
    let known: Vec<_> = known.iter().map(|job| (job.key.as_str(), job.due_at)).collect();
    assert_eq!(known, [("a", NOW), ("b", later)]);
    drain(db, later).await;
}

async fn what_comes_while_it_runs_is_done_afterwards(db: &Metadata) {
    for ending in
        [Ending::Finished, Ending::Due(NOW.after(HOUR)), Ending::Retry(NOW.after(SECOND), "no".into())]
    {
        want(db, &KIND, "a", NOW).await;
        let claim = taken(db, NOW).await;
        want(db, &KIND, "a", NOW.after(2 * SECOND)).await;
        want(db, &KIND, "a", NOW.after(SECOND)).await;
        want(db, &KIND, "a", NOW.after(2 * SECOND)).await;
        assert_eq!(all(db, NOW).await.len(), 1);
        settle(db, &claim, NOW, &ending).await.unwrap();
        let known = all(db, NOW).await;
        assert_eq!((known[0].due_at, known[0].state), (NOW.after(SECOND), JobState::Waiting), "{ending:?}");
        drain(db, NOW.after(SECOND)).await;
        assert_eq!(all(db, NOW).await, [], "it is done once");
    }
}

async fn a_job_that_failed_waits_whoever_asks_for_it(db: &Metadata) {
    want(db, &KIND, "a", NOW).await;
    let claim = taken(db, NOW).await;
    let again = NOW.after(HOUR);
    settle(db, &claim, NOW, &Ending::Retry(again, "the cat was in the way".into())).await.unwrap();
    want(db, &KIND, "a", NOW).await;
    let job = all(db, NOW).await.remove(0);
    assert_eq!((job.due_at, job.attempts, job.ended_at), (again, 1, Some(NOW)));
    assert_eq!(job.error.as_deref(), Some("the cat was in the way"));
    let claim = taken(db, again).await;
    assert_eq!(claim.attempts, 2);
    settle(db, &claim, again, &Ending::Due(again)).await.unwrap();
    let job = all(db, again).await.remove(0);
    assert_eq!((job.attempts, job.error), (0, None), "what went well wipes the slate");
    drain(db, again).await;
}

async fn a_dead_job_is_listed_and_done_when_it_is_retried(db: &Metadata) {
    want(db, &KIND, "a", NOW).await;
    settle(db, &taken(db, NOW).await, NOW, &Ending::Dead("no water".into())).await.unwrap();
    let dead = all(db, NOW).await.remove(0);
    assert_eq!((dead.state, dead.error.as_deref()), (JobState::Dead, Some("no water")));
    assert_eq!(take(db, &KIND, NOW.after(DAY)).await.unwrap(), None);
    assert_eq!(agenda(db, NOW).await.unwrap(), []);

    // The same trouble with the same thing again leaves no second one.
    want(db, &KIND, "a", NOW).await;
    settle(db, &taken(db, NOW).await, NOW, &Ending::Dead("still no water".into())).await.unwrap();
    let dead = all(db, NOW).await;
    assert_eq!((dead.len(), dead[0].error.as_deref()), (1, Some("still no water")));

    let tx = db.begin().await.unwrap();
    let job = get_dead(&tx, NOW, dead[0].id).await.unwrap();
    revive(&tx, NOW, &job).await.unwrap();
    assert!(get_dead(&tx, NOW, dead[0].id).await.is_err(), "it is alive");
    tx.commit().await.unwrap();
    let claim = taken(db, NOW).await;
    assert_eq!((claim.id, claim.attempts), (dead[0].id, 1));
    settle(db, &claim, NOW, &Ending::Finished).await.unwrap();
}

async fn a_retried_job_gives_way_to_one_that_came_since(db: &Metadata) {
    want(db, &KIND, "a", NOW).await;
    settle(db, &taken(db, NOW).await, NOW, &Ending::Dead("no water".into())).await.unwrap();
    want(db, &KIND, "a", NOW.after(DAY)).await;
    let dead = all(db, NOW).await.remove(0);
    let tx = db.begin().await.unwrap();
    revive(&tx, NOW, &dead).await.unwrap();
    tx.commit().await.unwrap();
    let known = all(db, NOW).await;
    assert_eq!((known.len(), known[0].state, known[0].due_at), (1, JobState::Waiting, NOW));
    drain(db, NOW).await;
}

async fn what_is_asked_for_while_the_last_attempt_runs_is_not_lost(db: &Metadata) {
    want(db, &KIND, "a", NOW).await;
    let claim = taken(db, NOW).await;
    want(db, &KIND, "a", NOW).await;
    settle(db, &claim, NOW, &Ending::Dead("no water".into())).await.unwrap();
    let states: Vec<JobState> = all(db, NOW).await.iter().map(|job| job.state).collect();
    assert_eq!(states, [JobState::Dead, JobState::Waiting]);
    settle(db, &taken(db, NOW).await, NOW, &Ending::Finished).await.unwrap();
    forget_dead(db).await;
}

async fn what_is_not_committed_was_never_asked_for(db: &Metadata) {
    let tx = db.begin().await.unwrap();
    enqueue(&tx, NOW, &KIND, "a", NOW).await.unwrap();
    drop(tx);
    assert_eq!(all(db, NOW).await, []);
}

async fn the_longest_due_of_a_kind_comes_first_and_kinds_do_not_mix(db: &Metadata) {
    want(db, &KIND, "late", NOW.after(SECOND)).await;
    want(db, &KIND, "early", NOW).await;
    want(db, &OTHER, "", NOW.before(HOUR)).await;
    let mut known = agenda(db, NOW).await.unwrap();
    known.sort();
    assert_eq!(known, [(OTHER, NOW.before(HOUR)), (KIND, NOW)]);
    let now = NOW.after(SECOND);
    assert_eq!([taken(db, now).await.key, taken(db, now).await.key], ["early", "late"]);
    assert_eq!(take(db, &KIND, now).await.unwrap(), None);
    drain(db, NOW.after(HOUR)).await;
}

async fn a_schedule_comes_again_and_is_brought_back_when_the_clock_is(db: &Metadata) {
    let keep = async |now| keep_schedule(db, now, &KIND, HOUR).await.unwrap();
    keep(NOW).await;
    let claim = taken(db, NOW).await;
    keep(NOW).await;
    settle(db, &claim, NOW, &Ending::Due(NOW.after(HOUR))).await.unwrap();
    keep(NOW.after(SECOND)).await;
    let job = all(db, NOW).await.remove(0);
    assert_eq!((job.id, job.due_at, job.ended_at), (claim.id, NOW.after(HOUR), Some(NOW)));

    // Forwards: it runs once, and then after an interval.
    let claim = taken(db, NOW.after(365 * DAY)).await;
    settle(db, &claim, NOW.after(365 * DAY), &Ending::Due(NOW.after(365 * DAY + HOUR))).await.unwrap();
    assert_eq!(take(db, &KIND, NOW.after(365 * DAY)).await.unwrap(), None);
    // And back again.
    keep(NOW).await;
    assert_eq!(agenda(db, NOW).await.unwrap(), [(KIND, NOW.after(HOUR))]);
    drain(db, NOW.after(HOUR)).await;
}

async fn a_job_made_by_a_clock_that_went_back_is_done_in_its_time(db: &Metadata) {
    let back = NOW.before(365 * DAY);
    want(db, &KIND, "at once", NOW).await;
    want(db, &KIND, "in an hour", NOW.after(HOUR)).await;
    want(db, &OTHER, "failed", NOW.before(HOUR)).await;
    let claim = take(db, &OTHER, NOW).await.unwrap().unwrap();
    settle(db, &claim, NOW, &Ending::Retry(NOW.after(SECOND), "no".into())).await.unwrap();
    follow_clock(db, NOW.before(SECOND)).await.unwrap();
    assert_eq!(all(db, NOW).await[0].due_at, NOW, "a second is nothing");
    follow_clock(db, back).await.unwrap();
    let due: Vec<_> = all(db, back).await.into_iter().map(|job| (job.key, job.due_at)).collect();
    let expected = [("at once", back), ("failed", back.after(SECOND)), ("in an hour", back.after(HOUR))];
    assert_eq!(due, expected.map(|(key, due)| (key.to_owned(), due)));
    follow_clock(db, back).await.unwrap();
    assert_eq!(all(db, back).await[2].due_at, back.after(HOUR), "once is enough");
    drain(db, NOW).await;
}

async fn a_lease_of_a_clock_that_went_back_is_void(db: &Metadata) {
    want(db, &KIND, "a", NOW.before(DAY)).await;
    let lost = taken(db, NOW).await;
    let back = NOW.before(DAY);
    assert_eq!(agenda(db, back).await.unwrap(), [(KIND, back)]);
    assert_eq!(all(db, back).await[0].state, JobState::Waiting);
    assert_eq!(taken(db, back).await.id, lost.id);
    drain(db, NOW).await;
}

async fn every_job_is_free_after_a_start_of_the_only_server(db: &Metadata) {
    want(db, &KIND, "a", NOW).await;
    for attempts in 1..ATTEMPTS_MAX {
        assert_eq!(taken(db, NOW).await.attempts, attempts);
        assert_eq!(free_all(db, NOW).await.unwrap(), 1);
    }
    assert_eq!(free_all(db, NOW).await.unwrap(), 0);
    taken(db, NOW).await;
    free_all(db, NOW).await.unwrap();
    assert_eq!(take(db, &KIND, NOW).await.unwrap(), None, "it may be what the server dies of");
    drain(db, NOW.after(HOUR)).await;
}

async fn an_operator_has_a_job_done_now(db: &Metadata) {
    let hasten = async || {
        let tx = db.begin().await.unwrap();
        let count = hasten(&tx, NOW, &KIND).await.unwrap();
        tx.commit().await.unwrap();
        count
    };
    assert_eq!(hasten().await, 0);
    want(db, &KIND, "failed", NOW).await;
    settle(db, &taken(db, NOW).await, NOW, &Ending::Retry(NOW.after(HOUR), "no".into())).await.unwrap();
    want(db, &KIND, "runs", NOW).await;
    let runs = taken(db, NOW).await;
    assert_eq!(hasten().await, 2);
    settle(db, &taken(db, NOW).await, NOW, &Ending::Finished).await.unwrap();
    settle(db, &runs, NOW, &Ending::Finished).await.unwrap();
    assert_eq!(taken(db, NOW).await.id, runs.id);
    drain(db, NOW.after(DAY)).await;
}

async fn health_tells_how_many_wait_and_since_when(db: &Metadata) {
    assert_eq!(health(db, NOW).await.unwrap(), QueueHealth::default());
    want(db, &KIND, "dead", NOW.before(DAY)).await;
    settle(db, &taken(db, NOW).await, NOW, &Ending::Dead("no".into())).await.unwrap();
    want(db, &KIND, "runs", NOW.before(DAY)).await;
    taken(db, NOW).await;
    want(db, &KIND, "due", NOW.before(HOUR)).await;
    want(db, &KIND, "later", NOW.after(HOUR)).await;
    let expected = QueueHealth { waiting: 2, dead: 1, due_since: Some(NOW.before(HOUR)) };
    assert_eq!(health(db, NOW).await.unwrap(), expected);
    forget_dead(db).await;
    drain(db, NOW.after(DAY)).await;
    assert_eq!(health(db, NOW).await.unwrap(), QueueHealth::default());
}

async fn want(db: &Metadata, kind: &JobKind, key: &str, due: Timestamp) {
    let tx = db.begin().await.unwrap();
    enqueue(&tx, NOW, kind, key, due).await.unwrap();
    tx.commit().await.unwrap();
}

async fn taken(db: &Metadata, now: Timestamp) -> Claim {
    take(db, &KIND, now).await.unwrap().expect("one is due and free")
}

async fn all(db: &Metadata, now: Timestamp) -> Vec<Job> {
    list(db, now, 100).await.unwrap()
}

/// Does everything that can be done at this moment, as if every lease had ended.
async fn drain(db: &Metadata, now: Timestamp) {
    free_all(db, now.before(DAY)).await.unwrap();
    for kind in [KIND, OTHER] {
        while let Some(claim) = take(db, &kind, now).await.unwrap() {
            settle(db, &claim, now, &Ending::Finished).await.unwrap();
        }
    }
    assert_eq!(all(db, now).await, [], "each part of the contract leaves an empty queue");
}

async fn forget_dead(db: &Metadata) {
    let tx = db.begin().await.unwrap();
    assert_eq!(execute(&tx, "DELETE FROM jobs WHERE dead", []).await.unwrap(), 1);
    tx.commit().await.unwrap();
}
