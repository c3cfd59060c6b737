//! Doing a transaction again that the database has undone for the sake of another one.

use std::time::Duration;

use domain::{Error, Result};
use uuid::Uuid;

/// How often.
const TIMES_MAX: u32 = 8;
/// The longest pause before the first time, in milliseconds; it doubles each time up to the next.
const PAUSE_MS: u64 = 4;
const PAUSE_MS_MAX: u64 = 256;

/// Does something that is one transaction, and does it again when the database had to undo it for the sake of another
/// one: a deadlock, or writers that cannot be put in order. Nothing of it has happened then, and nobody has to hear of
/// it. What is done outside of the transaction must bear being done twice.
///
/// # Errors
/// Those of the last time; [`Contended`](Error::Contended) only if it happens again and again.
pub async fn again<T, F>(transaction: impl Fn() -> F) -> Result<T>
where
    F: Future<Output = Result<T>>,
{
    // On the heap: use cases are deep, and whatever stands around them would be as large as the largest.
    let transaction = || Box::pin(transaction());
    for time in 0..TIMES_MAX {
        match transaction().await {
            Err(Error::Contended(message)) => {
                tracing::debug!(%message, time, "the database has undone a transaction, which is done again");
                tokio::time::sleep(pause(time)).await;
            }
            done => return done,
        }
    }
    transaction().await
}

/// Of random length, so that two that got in each other's way do not meet again.
fn pause(time: u32) -> Duration {
    let longest_ms = PAUSE_MS.saturating_mul(1 << time.min(16)).min(PAUSE_MS_MAX);
    let random = Uuid::new_v4().as_u128() as u64;
    Duration::from_millis(1 + random % longest_ms)
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    async fn tried(contended: u32) -> (Result<()>, u32) {
        let times = Cell::new(0);
        let done = again(|| async {
            times.set(times.get() + 1);
            if times.get() <= contended { Err(Error::contended("40P01")) } else { Ok(()) }
        });
        (done.await, times.get())
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_undone_is_done_again_but_not_for_ever() {
        assert!(matches!(tried(0).await, (Ok(()), 1)));
        assert!(matches!(tried(3).await, (Ok(()), 4)));
        assert!(matches!(tried(u32::MAX).await, (Err(Error::Contended(_)), 9)));
    }

    #[tokio::test]
    async fn any_other_error_is_the_last() {
        let times = Cell::new(0);
        let done: Result<()> = again(|| async {
            times.set(times.get() + 1);
            Err(Error::unavailable("down", "down"))
        })
        .await;
        assert!(matches!((done, times.get()), (Err(Error::Unavailable(_)), 1)));
    }
}
