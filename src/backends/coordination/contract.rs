//! What every place of shared state must do; run against each of them.

use std::time::Duration;

use domain::{AppPasswordId, RequestId, Secret, Timestamp, UserId, UserName};
use uuid::Uuid;

use crate::redis_server::RedisServer;
use crate::{Bucket, Coordination, Device, DeviceLimits, Failures, Level, Rate, RedisConfig, UploadState};

const WINDOW: Duration = Duration::from_secs(60);
const MINUTE: i64 = 60_000;
const LIMITS: DeviceLimits = DeviceLimits { count_max: 3, idle: Duration::from_secs(15 * 60) };

/// Runs the whole contract against empty state.
pub async fn suite(state: &Coordination) {
    failures_add_up_until_the_window_of_the_first_one_ends(state).await;
    keys_do_not_mix(state).await;
    a_success_wipes_the_slate(state).await;
    a_clock_that_is_set_back_keeps_nobody_out(state).await;
    a_bucket_gives_what_is_in_it_and_then_what_comes_back(state).await;
    whoever_is_patient_is_given_a_turn_in_order(state).await;
    nothing_is_taken_of_one_bucket_where_another_is_empty(state).await;
    a_clock_that_is_set_back_leaves_no_bucket_empty(state).await;
    a_worker_hears_that_it_is_wanted_though_it_was_busy(state).await;
    a_device_too_many_takes_the_place_of_the_one_idle_for_longest(state).await;
    a_device_too_many_is_refused_while_all_are_used(state).await;
    a_limit_that_was_lowered_counts_for_new_devices(state).await;
    a_device_is_forgotten(state).await;
    an_upload_shows_as_long_as_it_runs(state).await;
}

async fn failures_add_up_until_the_window_of_the_first_one_ends(state: &Coordination) {
    let at = |seconds: i64| Timestamp::from_millis(seconds * 1000);
    assert_eq!(state.failures("ann", at(0)).await, Failures::default());
    assert_eq!(state.record_failure("ann", at(0), WINDOW).await, 1);
    assert_eq!(state.record_failure("ann", at(50), WINDOW).await, 2);
    let wait = Some(Duration::from_secs(10));
    assert_eq!(state.failures("ann", at(50)).await, Failures { count: 2, retry_after: wait });
    assert_eq!(state.failures("ann", at(60)).await, Failures::default());
    assert_eq!(state.record_failure("ann", at(60), WINDOW).await, 1);
}

async fn keys_do_not_mix(state: &Coordination) {
    let now = Timestamp::from_millis(0);
    state.record_failure("192.0.2.1", now, WINDOW).await;
    assert_eq!(state.failures("192.0.2.1 bob", now).await.count, 0);
    assert_eq!(state.record_failure("192.0.2.2", now, WINDOW).await, 1);
}

async fn a_success_wipes_the_slate(state: &Coordination) {
    let now = Timestamp::from_millis(0);
    state.record_failure("eve", now, WINDOW).await;
    state.forget("eve").await;
    state.forget("nobody").await;
    assert_eq!(state.failures("eve", now).await, Failures::default());
    assert_eq!(state.record_failure("eve", now, WINDOW).await, 1);
}

async fn a_clock_that_is_set_back_keeps_nobody_out(state: &Coordination) {
    let (day, now) = (Timestamp::from_millis(86_400_000), Timestamp::from_millis(0));
    state.record_failure("clock", day, WINDOW).await;
    assert_eq!(state.failures("clock", day).await.count, 1);
    assert_eq!(state.failures("clock", now).await.count, 0);
    assert_eq!(state.record_failure("clock", now, WINDOW).await, 1);
    assert_eq!(state.failures("clock", now).await.retry_after, Some(WINDOW));
}

/// 60 a minute are one a second.
fn bucket(key: &str, per_minute: u32, burst: u32) -> Bucket {
    let rate = Rate { per_minute: per_minute.try_into().unwrap(), burst: burst.try_into().unwrap() };
    Bucket { key: key.to_owned(), rate }
}

async fn take(state: &Coordination, bucket: &Bucket, millis: i64, patience: Duration) -> Level {
    let levels = state.take(std::slice::from_ref(bucket), Timestamp::from_millis(millis), patience).await;
    let [level] = levels.try_into().unwrap();
    level
}

async fn a_bucket_gives_what_is_in_it_and_then_what_comes_back(state: &Coordination) {
    let second = Duration::from_secs(1);
    let ann = bucket("read ann", 60, 3);
    for remaining in [2_u32, 1, 0] {
        let level = take(state, &ann, 0, Duration::ZERO).await;
        assert_eq!(level, Level { remaining, more_after: second, wait: Duration::ZERO });
    }
    let refused = Level { remaining: 0, more_after: second, wait: second };
    assert_eq!(take(state, &ann, 0, Duration::ZERO).await, refused);
    assert_eq!(take(state, &ann, 0, Duration::ZERO).await, refused, "what is refused takes nothing");
    assert_eq!(take(state, &ann, 999, Duration::ZERO).await.wait, Duration::from_millis(1));
    assert_eq!(take(state, &ann, 1000, Duration::ZERO).await.wait, Duration::ZERO);
    let later = take(state, &ann, 2700, Duration::ZERO).await;
    assert_eq!((later.remaining, later.more_after), (0, Duration::from_millis(300)));
    assert_eq!(take(state, &bucket("read bob", 60, 3), 1000, Duration::ZERO).await.remaining, 2);
    assert_eq!(
        take(state, &ann, 60_000, Duration::ZERO).await.remaining,
        2,
        "it holds no more than its size"
    );
}

async fn whoever_is_patient_is_given_a_turn_in_order(state: &Coordination) {
    let (second, patience) = (Duration::from_secs(1), Duration::from_millis(2500));
    let eve = bucket("read eve", 60, 1);
    let mut waits = Vec::new();
    for _ in 0..4 {
        waits.push(take(state, &eve, 0, patience).await.wait);
    }
    assert_eq!(waits, [Duration::ZERO, second, 2 * second, 3 * second]);
    assert_eq!(
        take(state, &eve, 0, patience).await.wait,
        3 * second,
        "the fourth had no patience for a turn"
    );
    assert_eq!(take(state, &eve, 1000, patience).await.wait, 2 * second);
}

async fn nothing_is_taken_of_one_bucket_where_another_is_empty(state: &Coordination) {
    let (user, address) = (bucket("write u", 60, 5), bucket("write a", 60, 1));
    let both = [user.clone(), address];
    let now = Timestamp::from_millis(0);
    let levels = state.take(&both, now, Duration::ZERO).await;
    assert_eq!(levels.iter().map(|level| level.remaining).collect::<Vec<_>>(), [4, 0]);
    let levels = state.take(&both, now, Duration::ZERO).await;
    assert_eq!(levels.iter().map(|level| level.wait).max(), Some(Duration::from_secs(1)));
    assert_eq!(levels[0].remaining, 4);
    assert_eq!(take(state, &user, 0, Duration::ZERO).await.remaining, 3);
}

async fn a_clock_that_is_set_back_leaves_no_bucket_empty(state: &Coordination) {
    let clock = bucket("read clock", 60, 2);
    take(state, &clock, 86_400_000, Duration::ZERO).await;
    take(state, &clock, 86_400_000, Duration::ZERO).await;
    assert_eq!(take(state, &clock, 0, Duration::ZERO).await.remaining, 1);
}

async fn a_worker_hears_that_it_is_wanted_though_it_was_busy(state: &Coordination) {
    state.wake_jobs();
    state.wake_jobs();
    state.jobs_wanted().await;
    let (_, ()) = tokio::join!(state.jobs_wanted(), async { state.wake_jobs() });
}

/// A device of which nothing but its program matters, seen at this moment.
pub fn device(product: &str, millis: i64) -> Device {
    Device {
        app_password: AppPasswordId(Uuid::from_u128(1)),
        name: "laptop \u{1f4bb} \"x\"".to_owned(),
        product: product.to_owned(),
        address: "2001:db8::1".parse().unwrap(),
        seen_at: Timestamp::from_millis(millis),
    }
}

async fn admit(state: &Coordination, user: UserId, product: &str, millis: i64) -> Result<(), Vec<Device>> {
    state.admit_device(user, device(product, millis), LIMITS).await
}

async fn names(state: &Coordination, user: UserId) -> Vec<String> {
    state.devices(user).await.unwrap().into_iter().map(|device| device.product).collect()
}

async fn a_device_too_many_takes_the_place_of_the_one_idle_for_longest(state: &Coordination) {
    let user = UserId(Uuid::new_v4());
    for (product, minute) in [("a", 0), ("b", 1), ("c", 2), ("a", 3)] {
        admit(state, user, product, minute * MINUTE).await.unwrap();
    }
    assert_eq!(names(state, user).await, ["b", "c", "a"]);
    assert_eq!(state.devices(user).await.unwrap()[0], device("b", MINUTE));
    admit(state, user, "d", 16 * MINUTE).await.unwrap();
    assert_eq!(names(state, user).await, ["c", "a", "d"]);
    // Of another app password it is another device.
    let other = Device { app_password: AppPasswordId(Uuid::from_u128(2)), ..device("d", 17 * MINUTE) };
    state.admit_device(user, other, LIMITS).await.unwrap();
    assert_eq!(names(state, user).await, ["a", "d", "d"]);
    // Nobody is remembered for ever.
    admit(state, user, "e", 3 * 24 * 60 * MINUTE).await.unwrap();
    assert_eq!(names(state, user).await, ["e"]);
}

async fn a_device_too_many_is_refused_while_all_are_used(state: &Coordination) {
    let user = UserId(Uuid::new_v4());
    for (product, minute) in [("a", 0), ("b", 1), ("c", 2)] {
        admit(state, user, product, minute * MINUTE).await.unwrap();
    }
    let others = admit(state, user, "d", 15 * MINUTE - 1).await.unwrap_err();
    assert_eq!(others, [device("a", 0), device("b", MINUTE), device("c", 2 * MINUTE)]);
    assert_eq!(names(state, user).await, ["a", "b", "c"]);
    admit(state, user, "a", 15 * MINUTE - 1).await.expect("one that is known is let in");
    admit(state, UserId(Uuid::new_v4()), "d", 15 * MINUTE).await.expect("somebody else has room");
}

async fn a_limit_that_was_lowered_counts_for_new_devices(state: &Coordination) {
    let user = UserId(Uuid::new_v4());
    for (product, minute) in [("a", 0), ("b", 1), ("c", 10)] {
        admit(state, user, product, minute * MINUTE).await.unwrap();
    }
    let fewer = DeviceLimits { count_max: 2, ..LIMITS };
    let at = |product, minute| state.admit_device(user, device(product, minute * MINUTE), fewer);
    assert_eq!(at("d", 15).await.unwrap_err().len(), 3, "b is in use");
    at("d", 16).await.unwrap();
    assert_eq!(names(state, user).await, ["c", "d"]);
}

async fn a_device_is_forgotten(state: &Coordination) {
    let user = UserId(Uuid::new_v4());
    assert_eq!(state.forget_devices(user, |_| true).await.unwrap(), 0);
    for product in ["a", "b", "c"] {
        admit(state, user, product, 0).await.unwrap();
    }
    assert_eq!(state.forget_devices(user, |device| device.product != "b").await.unwrap(), 2);
    assert_eq!(names(state, user).await, ["b"]);
}

/// An upload that began now.
pub fn upload() -> UploadState {
    UploadState {
        request: RequestId(Uuid::new_v4()),
        user: UserName::parse("ann").unwrap(),
        path: "/Photos/m\u{fc}nchen \"1\".jpg".to_owned(),
        server: "here".to_owned(),
        declared_bytes: Some(10),
        received_bytes: 0,
        started_at: Timestamp::from_millis(5),
    }
}

async fn an_upload_shows_as_long_as_it_runs(state: &Coordination) {
    let expected = upload();
    let running = state.begin_upload(expected.clone()).await.unwrap();
    assert_eq!(state.uploads().await.unwrap(), std::slice::from_ref(&expected));
    running.advance(7);
    until(async || state.uploads().await.unwrap()[0].received_bytes == 7).await;
    let earlier = UploadState { started_at: Timestamp::from_millis(4), declared_bytes: None, ..upload() };
    let other = state.begin_upload(earlier.clone()).await.unwrap();
    assert_eq!(state.uploads().await.unwrap().len(), 2);
    assert_eq!(state.uploads().await.unwrap()[0], earlier);
    drop((running, other));
    until(async || state.uploads().await.unwrap().is_empty()).await;
}

/// Waits for a state that comes by itself.
pub async fn until(holds: impl AsyncFn() -> bool) {
    for _ in 0..3000 {
        if holds().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("it never came to be");
}

/// State in this Redis, under a prefix that nobody else has.
pub fn redis(url: &str) -> (Coordination, RedisConfig) {
    let config = RedisConfig { url: Some(Secret::new(url)), prefix: format!("{}:", Uuid::new_v4().simple()) };
    (Coordination::open(&config).unwrap(), config)
}

#[tokio::test]
async fn in_process_keeps_the_contract() {
    suite(&Coordination::in_process()).await;
}

#[tokio::test]
async fn redis_keeps_the_contract() {
    // Where a server is given, none is started.
    let given = std::env::var("LARDER_TEST_REDIS").ok();
    let own = given.is_none().then(RedisServer::start);
    let url = given.unwrap_or_else(|| own.as_ref().unwrap().url());
    suite(&redis(&url).0).await;
}
