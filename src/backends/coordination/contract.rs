//! What every place of shared state must do; run against each of them.

use std::time::Duration;

use domain::Timestamp;

use crate::{Coordination, Failures};

const WINDOW: Duration = Duration::from_secs(60);

/// Runs the whole contract against empty state.
pub async fn suite(state: &Coordination) {
    failures_add_up_until_the_window_of_the_first_one_ends(state).await;
    keys_do_not_mix(state).await;
    a_success_wipes_the_slate(state).await;
    a_worker_hears_that_it_is_wanted_though_it_was_busy(state).await;
}

async fn failures_add_up_until_the_window_of_the_first_one_ends(state: &Coordination) {
    let at = |seconds: i64| Timestamp::from_millis(seconds * 1000);
    assert_eq!(state.failures("ann", at(0)).await.unwrap(), Failures::default());
    assert_eq!(state.record_failure("ann", at(0), WINDOW).await.unwrap(), 1);
    assert_eq!(state.record_failure("ann", at(50), WINDOW).await.unwrap(), 2);
    let wait = Some(Duration::from_secs(10));
    assert_eq!(state.failures("ann", at(50)).await.unwrap(), Failures { count: 2, retry_after: wait });
    assert_eq!(state.failures("ann", at(60)).await.unwrap(), Failures::default());
    assert_eq!(state.record_failure("ann", at(60), WINDOW).await.unwrap(), 1);
}

async fn keys_do_not_mix(state: &Coordination) {
    let now = Timestamp::from_millis(0);
    state.record_failure("192.0.2.1", now, WINDOW).await.unwrap();
    assert_eq!(state.failures("192.0.2.1 bob", now).await.unwrap().count, 0);
    assert_eq!(state.record_failure("192.0.2.2", now, WINDOW).await.unwrap(), 1);
}

async fn a_success_wipes_the_slate(state: &Coordination) {
    let now = Timestamp::from_millis(0);
    state.record_failure("eve", now, WINDOW).await.unwrap();
    state.forget("eve").await.unwrap();
    state.forget("nobody").await.unwrap();
    assert_eq!(state.failures("eve", now).await.unwrap(), Failures::default());
    assert_eq!(state.record_failure("eve", now, WINDOW).await.unwrap(), 1);
}

async fn a_worker_hears_that_it_is_wanted_though_it_was_busy(state: &Coordination) {
    state.wake_jobs();
    state.wake_jobs();
    state.jobs_wanted().await;
    let (_, ()) = tokio::join!(state.jobs_wanted(), async { state.wake_jobs() });
}

#[tokio::test]
async fn in_process_keeps_the_contract() {
    suite(&Coordination::in_process()).await;
}
