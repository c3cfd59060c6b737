//! `larder admin jobs`: the queue as an operator meets it, beside a running server and without one.

use std::net::TcpListener;

use serde_json::Value;

use super::{Machine, get};
use crate::support::{database, wait_until};

/// Puts a job into the queue as only hours of trouble could.
fn give_up(machine: &Machine, key: &str) {
    let sql = "INSERT INTO jobs (kind, key, created_ms, due_ms, attempts, ended_ms, error, dead) \
               VALUES ('expire-locks', $1, 0, 0, 10, 1795248959999, 'The disk said no\nand no again.', TRUE)";
    let data = machine.path("larder-data");
    let put = database::alter(&data, sql, [key.into()]);
    tokio::runtime::Runtime::new().unwrap().block_on(put);
}

fn listed(machine: &Machine) -> Vec<Value> {
    serde_json::from_str(&machine.run(&["admin", "jobs", "list", "--json"]).succeeded()).unwrap()
}

#[test]
fn what_was_given_up_is_listed_with_its_error_and_can_be_retried() {
    let machine = Machine::new();
    machine.run(&["migrate"]).succeeded();
    let jobs = |arguments: &[&str]| machine.run(&[&["admin", "jobs"], arguments].concat());
    assert!(jobs(&["list"]).succeeded().contains("Nothing is to be done"));
    assert_eq!(listed(&machine), [Value::Null; 0]);
    assert!(jobs(&["retry", "all"]).succeeded().contains("no dead job"));

    give_up(&machine, "one");
    give_up(&machine, "two");
    let table = jobs(&["list"]).succeeded();
    let line = table.lines().find(|line| line.contains("one")).unwrap();
    for part in
        ["expire-locks", "dead", "1970-01-01 00:00 UTC", "2026-11-21 08:15 UTC", "10", "no and no again."]
    {
        assert!(line.contains(part), "{part} is not in {line}");
    }
    let first = &listed(&machine)[0];
    assert_eq!((&first["state"], &first["attempts"]), (&"dead".into(), &10.into()));
    assert_eq!(first["last_run"], "2026-11-21T08:15:59.999Z");
    assert_eq!(first["error"], "The disk said no\nand no again.");
    let report = machine.run(&["doctor", "--set", "server.listen=127.0.0.1:0"]).succeeded();
    assert!(report.contains("! jobs") && report.contains("larder admin jobs retry all"), "{report}");

    let id = first["id"].to_string();
    assert!(jobs(&["retry", &id]).succeeded().contains("is due now"));
    let again = jobs(&["retry", &id]).failed_with(1);
    assert!(again.contains("no dead job with the number"), "{again}");
    assert!(jobs(&["retry", "all"]).succeeded().contains("1 job is due now"));
    assert!(listed(&machine).iter().all(|job| job["state"] == "waiting" && job["attempts"] == 0));
}

#[test]
fn a_running_server_does_at_once_what_it_is_asked_for() {
    let machine = Machine::new();
    let _server = machine.serve(&["--set", "jobs.poll_seconds=1"]);
    let last_run = || {
        let jobs = listed(&machine);
        jobs.into_iter().find(|job| job["kind"] == "expire-locks").and_then(|job| match &job["last_run"] {
            Value::String(time) => Some(time.clone()),
            _ => None,
        })
    };
    wait_until("the schedule has begun", || last_run().is_some());
    let before = last_run();
    let said = machine.run(&["admin", "jobs", "run", "expire-locks"]).succeeded();
    assert!(said.contains("expire-locks is due now"), "{said}");
    wait_until("it has run again", || last_run() != before);
    let table = machine.run(&["admin", "jobs", "list"]).succeeded();
    let line = table.lines().find(|line| line.contains("expire-locks")).unwrap();
    assert!(line.contains("waiting") && line.contains(" 1h "), "{line}");
}

#[test]
fn the_queue_is_counted_on_the_administration_address() {
    let machine = Machine::new();
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let _server = machine.serve(&["--set", &format!("server.admin_listen={free}")]);
    let expected = [
        "larder_jobs_dead 0",
        "larder_jobs_waiting ",
        "larder_jobs_oldest_due_seconds ",
        "larder_jobs_runs_total{kind=\"expire-locks\",outcome=\"done\"} 1",
    ];
    wait_until("all is counted", || {
        let page = get(free, "/metrics");
        expected.iter().all(|line| page.contains(line))
    });
}

#[test]
fn what_makes_no_sense_is_refused_with_what_would() {
    let machine = Machine::new();
    let jobs = |arguments: &[&str]| machine.run(&[&["admin", "jobs"], arguments].concat());
    assert!(jobs(&["list"]).failed_with(1).contains("--data"));
    assert!(!machine.has_data());
    machine.run(&["migrate"]).succeeded();
    assert!(jobs(&["retry", "some"]).failed_with(2).contains("larder admin jobs list"));
    assert!(jobs(&["retry", "17"]).failed_with(1).contains("no dead job with the number 17"));
    assert!(jobs(&["retry"]).failed_with(2).contains("ID|all"));
    let unknown = jobs(&["run", "make-coffee"]).failed_with(2);
    for part in ["make-coffee", "expire-locks", "sweep"] {
        assert!(unknown.contains(part), "{unknown}");
    }
    let said = jobs(&["run", "sweep"]).succeeded();
    assert!(said.contains("due now"), "a schedule that never ran: {said}");
    assert!(machine.run(&["migrate", "--set", "jobs.workers=-1"]).failed_with(2).contains("jobs.workers"));
    assert!(
        machine.run(&["migrate", "--set", "jobs.poll_seconds=0"]).failed_with(2).contains("poll_seconds")
    );
}
