//! One run of a job: its lease is renewed while it lasts, and however it ends the queue hears of it.

use std::any::Any;
use std::sync::Arc;
use std::time::Duration;

use domain::{ATTEMPTS_MAX, JobKind, Result, Timestamp, back_off};
use metrics::counter;
use services::Backends;
use services::jobs::{self, Claim, Ending, LEASE};
use tokio::task::JoinError;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use crate::worker::Clock;
use crate::{Job, Progress, Turn};

const RUNS: &str = "larder_jobs_runs_total";

/// What happens how soon while a run goes on.
struct Pace {
    /// Its lease is renewed.
    renewal: Duration,
    /// It is asked to make room for others.
    slice: Duration,
}

const PACE: Pace = Pace { renewal: Duration::from_secs(LEASE.as_secs() / 3), slice: Duration::from_secs(60) };

/// A run that has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ran {
    /// Of what.
    pub kind: JobKind,
    /// On what.
    pub key: String,
    /// How it ended.
    pub outcome: Outcome,
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing is left to do.
    Done,
    /// There is more to do, and it goes on.
    More,
    /// Like this, and it is tried again.
    Failed(String),
    /// Like this, and it was given up.
    Dead(String),
}

impl Outcome {
    fn label(&self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::More => "more",
            Self::Failed(_) => "failed",
            Self::Dead(_) => "dead",
        }
    }
}

/// Runs a job that was taken, to its end.
pub(crate) async fn run(
    job: &'static Job,
    backends: Arc<Backends>,
    claim: Claim,
    clock: Clock,
    shutdown: CancellationToken,
) -> Ran {
    failpoint::reach("job.taken");
    let every = (job.every)(&backends).filter(|_| claim.key.is_empty());
    // Only a process that died in the middle of the last attempt leaves a job behind that has had them all.
    let progress = if every.is_none() && claim.attempts > ATTEMPTS_MAX {
        Err("The server ended in the middle of its last attempt.".to_owned())
    } else {
        let stop = shutdown.child_token();
        let turn = Turn { key: claim.key.clone(), now: clock(), stop: stop.clone() };
        let body = AbortOnDropHandle::new(tokio::spawn((job.body)(Arc::clone(&backends), turn)));
        let renew = || {
            let (backends, claim, now) = (Arc::clone(&backends), claim.clone(), clock());
            async move { jobs::renew(now, &backends, &claim).await }
        };
        watched(body, &stop, PACE, renew).await
    };
    failpoint::reach("job.ran");
    let now = clock();
    let (ending, outcome) = ending(every, claim.attempts, now, progress);
    tell(&claim, &outcome);
    if let Err(error) = jobs::settle(now, &backends, &claim, &ending).await {
        tracing::warn!(kind = %claim.kind, key = claim.key, %error, "the end of a job could not be noted; it will run again");
    }
    Ran { kind: claim.kind, key: claim.key, outcome }
}

/// Waits for the end of a run and keeps it its runner's meanwhile. It is asked to stop, and cut off only with whoever
/// waits for it.
async fn watched<Renewal: Future<Output = Result<bool>>>(
    mut body: AbortOnDropHandle<Result<Progress>>,
    stop: &CancellationToken,
    pace: Pace,
    renew: impl Fn() -> Renewal,
) -> Result<Progress, String> {
    let mut slice = std::pin::pin!(sleep(pace.slice));
    loop {
        tokio::select! {
            ended = &mut body => return match ended {
                Ok(progress) => progress.map_err(|error| error.to_string()),
                Err(error) => Err(last_words(error)),
            },
            () = &mut slice, if !stop.is_cancelled() => stop.cancel(),
            () = sleep(pace.renewal) => match renew().await {
                Ok(true) => {}
                Ok(false) => {
                    tracing::warn!("a job became somebody else's while it ran");
                    stop.cancel();
                }
                Err(error) => tracing::warn!(%error, "the lease of a job could not be renewed yet"),
            },
        }
    }
}

/// What a panic said.
fn last_words(error: JoinError) -> String {
    let said = |panic: Box<dyn Any + Send>| match panic.downcast::<String>() {
        Ok(text) => *text,
        Err(panic) => {
            panic.downcast::<&str>().map_or_else(|_| "nothing".to_owned(), |text| (*text).to_owned())
        }
    };
    match error.try_into_panic() {
        Ok(panic) => format!("It panicked and said: {}", said(panic)),
        Err(error) => error.to_string(),
    }
}

/// A job on a schedule is never given up: it is tried again, and comes again at its next time at the latest.
fn ending(
    every: Option<Duration>,
    attempts: u32,
    now: Timestamp,
    progress: Result<Progress, String>,
) -> (Ending, Outcome) {
    match (progress, every) {
        (Ok(Progress::More), _) => (Ending::Due(now), Outcome::More),
        (Ok(Progress::Done), Some(every)) => (Ending::Due(now.after(every)), Outcome::Done),
        (Ok(Progress::Done), None) => (Ending::Finished, Outcome::Done),
        (Ok(Progress::Hopeless(error)), _) => (Ending::Dead(error.clone()), Outcome::Dead(error)),
        (Err(error), None) if attempts >= ATTEMPTS_MAX => (Ending::Dead(error.clone()), Outcome::Dead(error)),
        (Err(error), every) => {
            let wait = back_off(attempts).min(every.unwrap_or(Duration::MAX));
            (Ending::Retry(now.after(wait), error.clone()), Outcome::Failed(error))
        }
    }
}

fn tell(claim: &Claim, outcome: &Outcome) {
    let Claim { id, kind, key, attempts, .. } = claim;
    match outcome {
        Outcome::Done | Outcome::More => tracing::debug!(%kind, key, outcome = outcome.label(), "a job ran"),
        Outcome::Failed(error) => {
            tracing::warn!(%kind, key, attempts, error, "a job failed and will be tried again");
        }
        Outcome::Dead(error) => tracing::error!(
            %kind, key, attempts, error,
            "a job was given up; see to the reason, then: larder admin jobs retry {id}"
        ),
    }
    counter!(RUNS, "kind" => kind.to_string(), "outcome" => outcome.label()).increment(1);
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use domain::Error;

    use super::*;

    const NEVER: Duration = Duration::from_secs(3600);
    const SOON: Duration = Duration::from_millis(1);

    /// A run that goes on until it is asked to stop.
    fn patient(stop: &CancellationToken) -> AbortOnDropHandle<Result<Progress>> {
        let stop = stop.clone();
        AbortOnDropHandle::new(tokio::spawn(async move {
            stop.cancelled().await;
            Ok(Progress::More)
        }))
    }

    #[tokio::test]
    async fn a_long_run_keeps_its_lease_whatever_the_database_says_in_between() {
        let (stop, renewals) = (CancellationToken::new(), AtomicUsize::new(0));
        let renew = || async {
            match renewals.fetch_add(1, Ordering::SeqCst) {
                1 => Err(Error::unavailable("The database is busy.", "")),
                5 => {
                    stop.cancel();
                    Ok(true)
                }
                _ => Ok(true),
            }
        };
        let pace = Pace { renewal: SOON, slice: NEVER };
        assert_eq!(watched(patient(&stop), &stop, pace, renew).await, Ok(Progress::More));
        assert!(renewals.load(Ordering::SeqCst) >= 6);
    }

    #[tokio::test]
    async fn a_run_is_asked_to_stop_when_its_time_is_up_or_its_job_is_lost() {
        let paces = [Pace { renewal: NEVER, slice: SOON }, Pace { renewal: SOON, slice: NEVER }];
        for pace in paces {
            let stop = CancellationToken::new();
            let ended = watched(patient(&stop), &stop, pace, || async { Ok(false) }).await;
            assert_eq!(ended, Ok(Progress::More));
        }
    }
}
