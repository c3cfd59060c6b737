//! Work that is done later and on schedule: how a worker takes it and ends it, and what an operator may do with it.

use std::time::Duration;

use domain::{Job, JobId, JobKind, QueueHealth, Result, Timestamp};
use metadata::{again, jobs};

use crate::Backends;

pub use metadata::jobs::{Claim, Ending, LEASE};

/// How many jobs [`list`] gives.
pub const LISTED_MAX: u32 = 1000;

/// The queue as an operator sees it: dead jobs first, then by when they are due, [`LISTED_MAX`] at most.
///
/// # Errors
/// Whatever the database says.
pub async fn list(now: Timestamp, backends: &Backends) -> Result<Vec<Job>> {
    jobs::list(&backends.metadata, now, LISTED_MAX).await
}

/// How the queue stands.
///
/// # Errors
/// Whatever the database says.
pub async fn health(now: Timestamp, backends: &Backends) -> Result<QueueHealth> {
    jobs::health(&backends.metadata, now).await
}

/// Gives a dead job another chance: it is due now, and its attempts are counted anew.
///
/// # Errors
/// [`NotFound`](domain::Error::NotFound) when there is no such job, or it is not dead.
pub async fn retry(now: Timestamp, backends: &Backends, id: JobId) -> Result<Job> {
    again(|| async {
        let tx = backends.metadata.begin().await?;
        let job = jobs::get_dead(&tx, now, id).await?;
        jobs::revive(&tx, now, &job).await?;
        tx.commit().await?;
        backends.coordination.wake_jobs();
        Ok(job)
    })
    .await
}

/// Gives every dead job another chance, [`LISTED_MAX`] of them at a time, and says how many there were.
///
/// # Errors
/// Whatever the database says.
pub async fn retry_all(now: Timestamp, backends: &Backends) -> Result<usize> {
    let mut count = 0;
    loop {
        let revived = again(|| async {
            let tx = backends.metadata.begin().await?;
            let dead = jobs::list_dead(&tx, now, LISTED_MAX).await?;
            for job in &dead {
                jobs::revive(&tx, now, job).await?;
            }
            tx.commit().await?;
            backends.coordination.wake_jobs();
            Ok(dead.len())
        })
        .await?;
        count += revived;
        if revived < LISTED_MAX as usize {
            return Ok(count);
        }
    }
}

/// Makes every job of a kind due now, and says how many there are; of a kind that is on a schedule there always is one.
///
/// # Errors
/// Whatever the database says.
pub async fn run_now(now: Timestamp, backends: &Backends, kind: &JobKind, scheduled: bool) -> Result<u64> {
    again(|| async {
        let tx = backends.metadata.begin().await?;
        let found = match jobs::hasten(&tx, now, kind).await? {
            0 if scheduled => {
                jobs::enqueue(&tx, now, kind, "", now).await?;
                1
            }
            found => found,
        };
        tx.commit().await?;
        backends.coordination.wake_jobs();
        Ok(found)
    })
    .await
}

/// Sees to it that a job on a schedule waits for its time, which is not further away than one interval.
///
/// # Errors
/// Whatever the database says.
pub async fn keep_schedule(
    now: Timestamp,
    backends: &Backends,
    kind: &JobKind,
    every: Duration,
) -> Result<()> {
    jobs::keep_schedule(&backends.metadata, now, kind, every).await
}

/// Brings waiting jobs nearer by as much as the clock has gone back since their times were set.
///
/// # Errors
/// Whatever the database says.
pub async fn follow_clock(now: Timestamp, backends: &Backends) -> Result<()> {
    jobs::follow_clock(&backends.metadata, now).await
}

/// For each kind, from when on somebody can take a job of it.
///
/// # Errors
/// Whatever the database says.
pub async fn agenda(now: Timestamp, backends: &Backends) -> Result<Vec<(JobKind, Timestamp)>> {
    jobs::agenda(&backends.metadata, now).await
}

/// Takes the job of a kind that is due for longest, for one run; its runner renews the lease before [`LEASE`] is over.
///
/// # Errors
/// Whatever the database says.
pub async fn take(now: Timestamp, backends: &Backends, kind: &JobKind) -> Result<Option<Claim>> {
    jobs::take(&backends.metadata, kind, now).await
}

/// Says that a run still goes on; whether the job is still its runner's.
///
/// # Errors
/// Whatever the database says.
pub async fn renew(now: Timestamp, backends: &Backends, claim: &Claim) -> Result<bool> {
    jobs::renew(&backends.metadata, claim, now).await
}

/// Ends a run. Nothing happens when the job is somebody else's by now.
///
/// # Errors
/// Whatever the database says; the job is run again once its lease has ended.
pub async fn settle(now: Timestamp, backends: &Backends, claim: &Claim, ending: &Ending) -> Result<()> {
    jobs::settle(&backends.metadata, claim, now, ending).await
}

/// Waits until a use case of this process has asked for something.
pub async fn wanted(backends: &Backends) {
    backends.coordination.jobs_wanted().await;
}

/// Frees the jobs that a process which is gone was at, and says how many. For the start of the only server of a house. One
/// that was begun again and again waits for a while, so that it cannot take every start down with it.
///
/// # Errors
/// Whatever the database says.
pub async fn free_all(now: Timestamp, backends: &Backends) -> Result<u64> {
    jobs::free_all(&backends.metadata, now).await
}
