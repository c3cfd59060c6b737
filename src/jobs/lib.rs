//! Floor 3: work that starts by itself. It calls the same use cases as the doors.
//!
//! What is to be done stands in the database ([`services::jobs`]); here is who does it. A job is a file with a [`Job`] in
//! it and one line in [`JOBS`]. It runs at least once, so what it does must be right when it is done twice.

mod check;
mod clear_unfinished;
mod config;
mod end_suspensions;
mod expire_locks;
mod forget_audit;
mod forget_expired;
mod forget_history;
mod forget_upgrades;
mod job;
mod original_paths;
mod purge;
mod purge_account;
mod purge_project;
mod recount;
mod rota;
mod run;
mod scrub;
mod send_link;
mod send_mail;
mod sweep;
mod thin_versions;
mod watchdog;
mod worker;

pub use config::JobsConfig;
pub use job::{Body, Job, Progress, Turn};
pub use run::{Outcome, Ran};
pub use worker::{Clock, run_due, serve};

/// Everything that starts by itself: one line per job.
pub static JOBS: &[Job] = &[
    purge::JOB,
    purge_project::JOB,
    purge_account::JOB,
    end_suspensions::JOB,
    thin_versions::JOB,
    forget_history::JOB,
    forget_audit::JOB,
    forget_expired::JOB,
    expire_locks::JOB,
    clear_unfinished::JOB,
    sweep::JOB,
    scrub::JOB,
    check::JOB,
    recount::JOB,
    original_paths::JOB,
    forget_upgrades::JOB,
    send_mail::JOB,
    send_link::JOB,
];

/// The job with this name.
pub fn find(kind: &str) -> Option<&'static Job> {
    JOBS.iter().find(|job| job.kind.as_str() == kind)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_job_has_a_name_of_its_own_that_can_be_typed() {
        let names: BTreeSet<&str> = JOBS.iter().map(|job| job.kind.as_str()).collect();
        assert_eq!(names.len(), JOBS.len());
        let typed = |name: &&str| name.chars().all(|letter| letter.is_ascii_lowercase() || letter == '-');
        assert!(names.iter().all(typed), "{names:?}");
        assert!(find("expire-locks").is_some() && find("expire").is_none());
    }
}
