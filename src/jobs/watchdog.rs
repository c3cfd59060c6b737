//! Keeps schedules and the clock together, counts what waits, and says so when nobody does it.

use std::time::Duration;

use domain::{OVERDUE_AFTER, QueueHealth, Result, Timestamp};
use metrics::{describe_counter, describe_gauge, gauge};
use services::{Backends, jobs};

use crate::Job;

const WAITING: &str = "larder_jobs_waiting";
const DEAD: &str = "larder_jobs_dead";
const OLDEST_DUE: &str = "larder_jobs_oldest_due_seconds";

/// How often it looks.
pub(crate) const ROUND: Duration = Duration::from_secs(30);

/// Looks after the queue of one house.
#[derive(Default)]
pub(crate) struct Watchdog {
    has_barked: bool,
}

impl Watchdog {
    pub(crate) fn new() -> Self {
        describe_gauge!(WAITING, "Jobs that wait for their time or for somebody who is free");
        describe_gauge!(DEAD, "Jobs that were given up and wait for an operator");
        describe_gauge!(OLDEST_DUE, "Seconds for which the oldest of the jobs that could run has waited");
        describe_counter!("larder_jobs_runs_total", "Runs of jobs that ended, by kind and outcome");
        Self::default()
    }

    /// One round.
    ///
    /// # Errors
    /// Whatever the database says.
    pub(crate) async fn look(&mut self, backends: &Backends, known: &[Job], now: Timestamp) -> Result<()> {
        keep_order(backends, known, now).await?;
        let health = jobs::health(now, backends).await?;
        let waited = health.due_since.map_or(Duration::ZERO, |since| since.until(now));
        gauge!(WAITING).set(health.waiting as f64);
        gauge!(DEAD).set(health.dead as f64);
        gauge!(OLDEST_DUE).set(waited.as_secs_f64());
        if self.barks(&health, now) {
            tracing::warn!(
                minutes = waited.as_secs() / 60,
                waiting = health.waiting,
                "jobs wait although they are due: see `larder admin jobs list`, and jobs.workers"
            );
        }
        Ok(())
    }

    /// Once for each time that something has waited for too long.
    fn barks(&mut self, health: &QueueHealth, now: Timestamp) -> bool {
        let is_late = health.due_since.is_some_and(|since| since.until(now) >= OVERDUE_AFTER);
        let barks = is_late && !self.has_barked;
        self.has_barked = is_late;
        barks
    }
}

/// Every schedule waits for its time, and no time is out of reach because the clock went back.
///
/// # Errors
/// Whatever the database says.
pub(crate) async fn keep_order(backends: &Backends, known: &[Job], now: Timestamp) -> Result<()> {
    jobs::follow_clock(now, backends).await?;
    for job in known {
        if let Some(every) = (job.every)(backends) {
            jobs::keep_schedule(now, backends, &job.kind, every).await?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_barks_once_for_each_time_that_something_waits_too_long() {
        let mut watchdog = Watchdog::default();
        let now = Timestamp::from_millis(10_000_000);
        let health = |minutes: u64| {
            let since = now.before(Duration::from_secs(minutes * 60));
            QueueHealth { waiting: 1, dead: 0, due_since: Some(since) }
        };
        let barks = [9, 10, 11, 600, 0, 30, 31].map(|minutes| watchdog.barks(&health(minutes), now));
        assert_eq!(barks, [false, true, false, false, false, true, false]);
        assert!(!watchdog.barks(&QueueHealth::default(), now));
        assert!(watchdog.barks(&health(10), now));
    }
}
