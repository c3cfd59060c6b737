//! The worker of a server: takes what is due, a few at once, until the server stops.

use std::sync::Arc;
use std::time::Duration;

use domain::{Result, Timestamp};
use services::{Backends, jobs};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use crate::rota::{Next, Rota};
use crate::run::{Ran, run};
use crate::watchdog::{self, Watchdog};
use crate::{Job, JobsConfig};

/// What tells the time.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// Works on these jobs until `shutdown` is called and whatever runs has come to an end, or is broken off after a grace;
/// with no workers it does nothing.
pub async fn serve(
    backends: Arc<Backends>,
    known: &'static [Job],
    config: &JobsConfig,
    clock: Clock,
    grace: Duration,
    shutdown: CancellationToken,
) {
    if config.workers == 0 {
        return;
    }
    let mut watchdog = Watchdog::new();
    look(&mut watchdog, &backends, known, clock()).await;
    let watch = async {
        while shutdown.run_until_cancelled(sleep(watchdog::ROUND)).await.is_some() {
            look(&mut watchdog, &backends, known, clock()).await;
        }
    };
    let worker = Worker { backends: Arc::clone(&backends), known, config, clock: Arc::clone(&clock), grace };
    tokio::join!(watch, worker.work(&shutdown));
}

/// Runs what is due of these jobs at this moment, and what they ask for, to the end; beside no worker. Schedules that
/// have never run are due.
///
/// # Errors
/// Whatever the database says. How the jobs ended is in the answer.
pub async fn run_due(backends: &Arc<Backends>, known: &'static [Job], now: Timestamp) -> Result<Vec<Ran>> {
    watchdog::keep_order(backends, known, now).await?;
    let (mut rota, mut ran) = (Rota::new(known), Vec::new());
    let clock: Clock = Arc::new(move || now);
    while let Next::Run(job, claim) = rota.next(backends, now).await? {
        let shutdown = CancellationToken::new();
        ran.push(run(job, Arc::clone(backends), claim, Arc::clone(&clock), shutdown).await);
    }
    Ok(ran)
}

struct Worker<'a> {
    backends: Arc<Backends>,
    known: &'static [Job],
    config: &'a JobsConfig,
    clock: Clock,
    grace: Duration,
}

impl Worker<'_> {
    async fn work(&self, shutdown: &CancellationToken) {
        let mut rota = Rota::new(self.known);
        let (mut running, mut in_trouble) = (JoinSet::new(), false);
        while !shutdown.is_cancelled() {
            let has_room = running.len() < self.config.workers;
            let mut wait = Duration::from_secs(self.config.poll_seconds.get());
            if has_room {
                match rota.next(&self.backends, (self.clock)()).await {
                    Ok(Next::Run(job, claim)) => {
                        let (backends, clock) = (Arc::clone(&self.backends), Arc::clone(&self.clock));
                        running.spawn(run(job, backends, claim, clock, shutdown.clone()));
                        continue;
                    }
                    Ok(Next::Wait(next)) => {
                        in_trouble = false;
                        wait = next.map_or(wait, |next| next.min(wait));
                    }
                    Err(error) => {
                        // Once, not every few seconds for as long as a disk is full.
                        if !std::mem::replace(&mut in_trouble, true) {
                            tracing::warn!(%error, "jobs cannot be taken at the moment");
                        }
                    }
                }
            }
            tokio::select! {
                () = shutdown.cancelled() => {}
                Some(_) = running.join_next() => {}
                () = jobs::wanted(&self.backends), if has_room => {}
                () = sleep(wait), if has_room => {}
            }
        }
        if !running.is_empty() {
            tracing::info!(jobs = running.len(), "waiting for running jobs to come to an end");
        }
        let ended = timeout(self.grace, async { while running.join_next().await.is_some() {} }).await;
        if ended.is_err() {
            tracing::warn!(
                jobs = running.len(),
                "jobs did not end in time and are broken off; they will run again"
            );
            running.shutdown().await;
        }
    }
}

async fn look(watchdog: &mut Watchdog, backends: &Backends, known: &[Job], now: Timestamp) {
    if let Err(error) = watchdog.look(backends, known, now).await {
        tracing::warn!(%error, "the queue of jobs cannot be looked at");
    }
}
