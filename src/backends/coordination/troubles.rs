//! What Redis is like to live with: several processes, values of others, and Redis gone, hung or back again.

use std::time::Duration;

use domain::{Error, Timestamp, UserId};
use uuid::Uuid;

use crate::contract::{device, redis, until, upload};
use crate::redis_server::RedisServer;
use crate::{Bucket, Coordination, DeviceLimits, Rate};

const NOW: Timestamp = Timestamp::from_millis(1_000_000);
const WINDOW: Duration = Duration::from_secs(60);
const LIMITS: DeviceLimits = DeviceLimits { count_max: 1, idle: WINDOW };

/// Two processes that share a Redis.
async fn pair(server: &RedisServer) -> (Coordination, Coordination) {
    let (one, config) = redis(&server.url());
    let other = Coordination::open(&config).unwrap();
    until(async || one.revocations_heard().is_some() && other.revocations_heard().is_some()).await;
    (one, other)
}

/// What is left of a bucket of two after one was taken.
async fn remaining(state: &Coordination) -> u32 {
    let (per_minute, burst) = (1.try_into().unwrap(), 2.try_into().unwrap());
    let bucket = Bucket { key: "read ann".to_owned(), rate: Rate { per_minute, burst } };
    state.take(&[bucket], NOW, Duration::ZERO).await[0].remaining
}

async fn assert_paused(state: &Coordination) {
    let refused = state.begin_upload(upload()).await.map(drop).unwrap_err();
    assert!(matches!(refused, Error::Unavailable(_)), "{refused:?}");
    assert!(refused.message().user().starts_with("Uploads are paused:"), "{refused}");
}

#[tokio::test]
async fn a_revocation_is_heard_by_every_process_and_at_home_at_once() {
    let server = RedisServer::start();
    let (one, other) = pair(&server).await;
    let before = (one.revocations_heard(), other.revocations_heard());
    one.announce_revocation().await;
    assert_ne!(one.revocations_heard(), before.0);
    until(async || other.revocations_heard().is_some_and(|number| Some(number) != before.1)).await;
}

#[tokio::test]
async fn a_worker_is_woken_by_another_process() {
    let server = RedisServer::start();
    let (one, other) = pair(&server).await;
    // Having begun to listen is a call as well.
    other.jobs_wanted().await;
    one.wake_jobs();
    other.jobs_wanted().await;
}

#[tokio::test]
async fn what_a_process_has_to_say_is_said_before_it_ends() {
    let server = RedisServer::start();
    let (one, other) = pair(&server).await;
    other.jobs_wanted().await;
    one.wake_jobs();
    one.close().await;
    drop(one);
    other.jobs_wanted().await;
}

#[tokio::test]
async fn every_process_counts_failures_and_sees_devices_and_uploads_of_the_others() {
    let server = RedisServer::start();
    let (one, other) = pair(&server).await;
    one.record_failure("ann", NOW, WINDOW).await;
    assert_eq!(other.record_failure("ann", NOW, WINDOW).await, 2);
    other.forget("ann").await;
    assert_eq!(one.failures("ann", NOW).await.count, 0);
    let user = UserId(Uuid::new_v4());
    one.admit_device(user, device("a", 0), LIMITS).await.unwrap();
    other.admit_device(user, device("b", 1), LIMITS).await.unwrap_err();
    assert_eq!((remaining(&one).await, remaining(&other).await), (1, 0));
    let running = one.begin_upload(upload()).await.unwrap();
    assert_eq!(other.uploads().await.unwrap().len(), 1);
    drop(running);
    until(async || other.uploads().await.unwrap().is_empty()).await;
}

#[tokio::test]
async fn without_redis_uploads_pause_and_all_else_goes_on_until_it_is_back() {
    let mut server = RedisServer::start();
    let (one, other) = pair(&server).await;
    let running = one.begin_upload(upload()).await.unwrap();
    server.kill();
    let user = UserId(Uuid::new_v4());
    for state in [&one, &other] {
        assert_paused(state).await;
        assert!(state.is_down());
        assert_eq!(state.record_failure("ann", NOW, WINDOW).await, 1, "each counts by itself");
        assert_eq!(state.failures("ann", NOW).await.count, 1);
        state.forget("ann").await;
        assert_eq!(state.failures("ann", NOW).await.count, 0);
        assert_eq!(remaining(state).await, 1, "each counts by itself");
        for product in ["a", "b"] {
            state.admit_device(user, device(product, 0), LIMITS).await.unwrap();
        }
        assert!(matches!(state.devices(user).await, Err(Error::Unavailable(_))));
        assert!(matches!(state.uploads().await, Err(Error::Unavailable(_))));
        state.announce_revocation().await;
        state.wake_jobs();
        state.jobs_wanted().await;
        until(async || state.revocations_heard().is_none()).await;
    }
    server.start_again();
    until(async || one.begin_upload(upload()).await.is_ok() && other.begin_upload(upload()).await.is_ok())
        .await;
    assert!(!one.is_down() && !other.is_down());
    until(async || one.revocations_heard().is_some()).await;
    // The upload that went on meanwhile is told again.
    until(async || other.uploads().await.unwrap().len() == 1).await;
    drop(running);
    until(async || other.uploads().await.unwrap().is_empty()).await;
}

#[tokio::test]
async fn a_connection_that_was_cut_is_made_again_before_anybody_notices() {
    let server = RedisServer::start();
    let (one, _) = pair(&server).await;
    for _ in 0..3 {
        server.command("CLIENT KILL TYPE normal");
        drop(one.begin_upload(upload()).await.unwrap());
    }
}

#[tokio::test]
async fn a_redis_that_hangs_pauses_uploads_and_is_found_well_again() {
    let server = RedisServer::start();
    let (one, _) = pair(&server).await;
    server.signal("STOP");
    assert_paused(&one).await;
    until(async || one.revocations_heard().is_none()).await;
    // It takes connections all the same.
    for _ in 0..10 {
        assert_paused(&one).await;
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    server.signal("CONT");
    until(async || one.begin_upload(upload()).await.is_ok()).await;
    until(async || one.revocations_heard().is_some()).await;
}

#[tokio::test]
async fn a_house_starts_before_its_redis() {
    let mut server = RedisServer::start();
    server.kill();
    let (state, _) = redis(&server.url());
    assert_paused(&state).await;
    server.start_again();
    until(async || state.begin_upload(upload()).await.is_ok()).await;
}

#[tokio::test]
async fn a_redis_that_takes_no_writes_pauses_uploads() {
    let server = RedisServer::start();
    let (state, _) = redis(&server.url());
    drop(state.begin_upload(upload()).await.unwrap());
    server.command("CONFIG SET maxmemory 1");
    assert_paused(&state).await;
    server.command("CONFIG SET maxmemory 0");
    until(async || state.begin_upload(upload()).await.is_ok()).await;
    server.command("REPLICAOF 127.0.0.1 1");
    until(async || state.begin_upload(upload()).await.is_err()).await;
    server.command("REPLICAOF NO ONE");
    until(async || state.begin_upload(upload()).await.is_ok()).await;
}

#[tokio::test]
async fn values_of_others_under_our_keys_break_nothing() {
    let server = RedisServer::start();
    let (state, config) = redis(&server.url());
    let user = UserId(Uuid::new_v4());
    let devices = format!("{}d:{}", config.prefix, user.0.simple());
    state.record_failure("ann", NOW, WINDOW).await;
    let found = server.command(&format!("KEYS {}f:*", config.prefix));
    let failures = found.lines().nth(2).unwrap().to_owned();
    assert!(!failures.contains("ann"), "what people typed is not to be read in Redis");
    for garbage in
        ["SET KEY x", "SET KEY 9 9 9", "RPUSH KEY x", "HSET KEY f x g {} h 5{ i 5\\x20{}", "SADD KEY x"]
    {
        for key in [&failures, &devices] {
            server.command(&format!("DEL {key}"));
            server.command(&garbage.replace("KEY", key));
        }
        server.command(&format!("DEL {}u:strange", config.prefix));
        server.command(&garbage.replace("KEY", &format!("{}u:strange", config.prefix)));
        assert_eq!(state.failures("ann", NOW).await.count, 0, "{garbage}");
        assert!(state.devices(user).await.unwrap().is_empty(), "{garbage}");
        assert!(state.uploads().await.unwrap().is_empty(), "{garbage}");
        assert_eq!(state.record_failure("ann", NOW, WINDOW).await, 1, "{garbage}");
        assert_eq!(state.record_failure("ann", NOW, WINDOW).await, 2, "{garbage}");
        state.admit_device(user, device("a", 0), LIMITS).await.unwrap();
        assert_eq!(state.devices(user).await.unwrap(), [device("a", 0)], "{garbage}");
        assert!(!state.is_down());
    }
    let running = state.begin_upload(upload()).await.unwrap();
    let found = server.command(&format!("KEYS {}u:*", config.prefix));
    for key in found.lines().filter(|line| line.starts_with(&config.prefix)) {
        server.command(&format!("DEL {key}"));
        server.command(&format!("SADD {key} x"));
    }
    drop(state.begin_upload(upload()).await.unwrap());
    drop(running);
    assert!(state.uploads().await.unwrap().is_empty() && !state.is_down());
    server.command(&format!("PUBLISH {}revoked nonsense", config.prefix));
    server.command(&format!("PUBLISH {}wake nonsense", config.prefix));
    until(async || state.revocations_heard().is_some()).await;
}

#[tokio::test]
async fn everything_in_redis_ends_by_itself() {
    let server = RedisServer::start();
    let (state, _) = redis(&server.url());
    state.record_failure("ann", NOW, WINDOW).await;
    remaining(&state).await;
    state.admit_device(UserId(Uuid::new_v4()), device("a", 0), LIMITS).await.unwrap();
    let _running = state.begin_upload(upload()).await.unwrap();
    let script = "local n = 0 for _, key in ipairs(redis.call('KEYS', '*')) do \
                  if redis.call('PTTL', key) < 0 then return key end n = n + 1 end return n";
    let answer = server.command(&format!("EVAL \"{script}\" 0"));
    assert!([":4", ":5"].contains(&answer.trim()), "{answer}");
}

#[tokio::test]
async fn an_operator_learns_what_redis_is_like() {
    let server = RedisServer::start();
    let (state, _) = redis(&server.url());
    let facts = state.examine(Timestamp::now()).await.unwrap().unwrap();
    assert!(!facts.version.is_empty() && facts.version.starts_with(|digit: char| digit.is_ascii_digit()));
    assert_eq!(facts.eviction, "noeviction");
    assert!(facts.clock_ahead_ms.abs() < 60_000, "{facts:?}");
    assert_eq!(Coordination::in_process().examine(NOW).await.unwrap(), None);
}

#[tokio::test]
async fn a_user_with_few_rights_is_enough() {
    let server = RedisServer::start();
    server.command(
        "ACL SETUSER larder on >pw ~* &* +@read +@write +@scripting +@pubsub +@connection +time +info",
    );
    let (state, _) = redis(&server.url().replace("redis://", "redis://larder:pw@"));
    crate::contract::suite(&state).await;
    until(async || state.revocations_heard().is_some()).await;
    state.announce_revocation().await;
    state.examine(NOW).await.unwrap();
    assert!(!state.is_down());
}
