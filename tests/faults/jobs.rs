//! The process killed in the middle of a job: the job runs again after the next start.

use std::os::unix::process::ExitStatusExt;
use std::process::Stdio;

use tokio::runtime::Runtime;

use super::wait_until;
use crate::support::{Machine, database};

/// The jobs as `larder admin jobs list --json` shows them.
fn listed(machine: &Machine) -> Vec<serde_json::Value> {
    let list = machine.run(&["admin", "jobs", "list", "--json"]).succeeded();
    serde_json::from_str(&list).unwrap()
}

#[test]
fn a_job_in_whose_middle_the_server_was_killed_runs_again() {
    for step in ["job.taken", "job.ran"] {
        let machine = Machine::new();
        let mut server = machine.command(&["serve", "--listen", "127.0.0.1:0", "--set", "jobs.workers=1"]);
        server.env(failpoint::STEP, step).stdout(Stdio::null()).stderr(Stdio::null());
        let died = server.status().unwrap();
        assert_eq!(died.signal(), Some(6), "at {step}: {died}");
        let lost: Vec<_> = listed(&machine).into_iter().filter(|job| job["state"] == "running").collect();
        assert_eq!(lost.len(), 1, "{lost:?}");
        assert_eq!((&lost[0]["attempts"], lost[0]["last_run"].is_null()), (&1.into(), true));
        let data = machine.path("larder-data");
        Runtime::new().unwrap().block_on(async { database::a_minute_passes(&data).await });

        let server = machine.serve(&[]);
        let has_run = || {
            let jobs = listed(&machine);
            let again = jobs.iter().find(|job| job["id"] == lost[0]["id"]).unwrap();
            again["attempts"] == 0 && again["last_run"].is_string() && again["error"].is_null()
        };
        wait_until("the job has run after the start", has_run);
        server.signal("TERM");
        assert!(server.ended().0.success());
    }
}
