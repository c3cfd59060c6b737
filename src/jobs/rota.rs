//! Whose turn it is: kinds take turns, so that much of one does not keep the others waiting.

use std::collections::HashMap;
use std::time::Duration;

use domain::{Result, Timestamp};
use services::Backends;
use services::jobs::{self, Claim};

use crate::Job;

/// When another worker was quicker with all that was due.
const BEATEN_PAUSE: Duration = Duration::from_secs(1);

/// The kinds one worker knows, and who had the last turn.
pub(crate) struct Rota {
    jobs: &'static [Job],
    turn: u64,
    last: HashMap<&'static str, u64>,
}

/// What to do next.
pub(crate) enum Next {
    /// This, which is taken.
    Run(&'static Job, Claim),
    /// Nothing for so long, unless somebody asks for something; or for good.
    Wait(Option<Duration>),
}

impl Rota {
    pub(crate) fn new(jobs: &'static [Job]) -> Self {
        Self { jobs, turn: 0, last: HashMap::new() }
    }

    /// Takes a due job of the kind whose last turn is longest ago. Kinds of another version of Larder are left to it.
    ///
    /// # Errors
    /// Whatever the database says.
    pub(crate) async fn next(&mut self, backends: &Backends, now: Timestamp) -> Result<Next> {
        let agenda = jobs::agenda(now, backends).await?;
        let known = agenda
            .iter()
            .filter_map(|(kind, at)| self.jobs.iter().find(|job| job.kind == *kind).map(|job| (job, *at)));
        let (mut due, later): (Vec<_>, Vec<_>) = known.partition(|(_, at)| *at <= now);
        due.sort_by_key(|(job, at)| (self.last.get(job.kind.as_str()).copied(), *at));
        for (job, _) in &due {
            if let Some(claim) = jobs::take(now, backends, &job.kind).await? {
                self.turn += 1;
                self.last.insert(job.kind.as_str(), self.turn);
                return Ok(Next::Run(job, claim));
            }
        }
        let wait = later.iter().map(|(_, at)| now.until(*at)).min();
        Ok(Next::Wait(if due.is_empty() { wait } else { Some(BEATEN_PAUSE) }))
    }
}
