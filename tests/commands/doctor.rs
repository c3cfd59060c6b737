//! `larder doctor`: what is wrong, and what to do about it.

use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;

use super::Machine;
use crate::support::ground;

/// The mark before a subject: `✓`, `!` or `✗`.
pub fn mark(report: &str, subject: &str) -> Option<char> {
    let line = report
        .lines()
        .find(|line| line.split_once(' ').is_some_and(|(_, finding)| finding.starts_with(subject)));
    line.unwrap_or_else(|| panic!("nothing about {subject} in\n{report}")).chars().next()
}

#[test]
fn before_the_first_start_it_says_so_and_makes_nothing() {
    let machine = Machine::new();
    let report = machine.run(&["doctor", "--set", "server.listen=127.0.0.1:0"]).succeeded();
    assert_eq!(mark(&report, "data folder"), Some('!'), "{report}");
    assert_eq!(mark(&report, "address"), Some('\u{2713}'), "{report}");
    assert!(report.contains("larder serve"), "{report}");
    assert!(!machine.has_data());
}

#[test]
fn before_the_first_start_a_postgresql_and_a_redis_that_are_not_there_are_found() {
    let machine = Machine::new();
    let outcome = machine.run(&[
        "doctor",
        "--set",
        "server.listen=127.0.0.1:0",
        "--set",
        "metadata.url=postgres://larder:hush@127.0.0.1:1/none",
        "--set",
        "metadata.busy_seconds=1",
        "--set",
        "redis.url=redis://127.0.0.1:1",
    ]);
    assert_eq!(outcome.code, Some(1), "{outcome:#?}");
    for subject in ["database", "redis"] {
        assert_eq!(mark(&outcome.out, subject), Some('\u{2717}'), "{outcome:#?}");
    }
    assert!(outcome.out.contains("metadata.url is right") && !outcome.out.contains("hush"), "{outcome:#?}");
    assert!(!machine.has_data());
}

#[test]
fn beside_a_running_server_all_is_well() {
    let machine = Machine::new();
    let server = machine.serve(&[]);
    let report = machine.run(&["doctor", "--set", &format!("server.listen={}", server.socket())]).succeeded();
    for subject in [
        "settings",
        "data folder",
        "database",
        "schema",
        "accounts",
        if ground::is_scaled() { "bucket rights" } else { "file store" },
        "address",
        "network",
        "durability",
    ] {
        assert_eq!(mark(&report, subject), Some('\u{2713}'), "{report}");
    }
}

#[test]
fn an_address_that_is_not_this_machines_is_bad_although_a_server_runs() {
    let machine = Machine::new();
    let _server = machine.serve(&[]);
    // Of the network for documentation (RFC 5737), which no machine has.
    let outcome = machine.run(&["doctor", "--set", "server.listen=192.0.2.1:8080"]);
    assert_eq!((outcome.code, mark(&outcome.out, "address")), (Some(1), Some('\u{2717}')), "{outcome:#?}");
}

#[test]
fn every_bad_setting_is_a_finding() {
    let machine = Machine::new();
    let outcome = machine.run(&["doctor", "--set", "log.level=loud", "--set", "colour=red"]);
    assert_eq!(outcome.code, Some(1), "{outcome:#?}");
    assert!(outcome.out.contains("log.level") && outcome.out.contains("colour"), "{outcome:#?}");
    assert_eq!(mark(&outcome.out, "settings"), Some('\u{2717}'));
}

#[test]
fn an_address_in_use_and_an_open_folder_are_found_with_advice() {
    let machine = Machine::new();
    machine.run(&["migrate"]).succeeded();
    std::fs::set_permissions(machine.path("larder-data"), PermissionsExt::from_mode(0o755)).unwrap();
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let listen = format!("server.listen={}", other.local_addr().unwrap());
    let outcome = machine.run(&["doctor", "--set", &listen]);
    assert_eq!(outcome.code, Some(1), "{outcome:#?}");
    assert_eq!(mark(&outcome.out, "address"), Some('\u{2717}'));
    assert_eq!(mark(&outcome.out, "data folder"), Some('!'));
    assert!(outcome.out.contains("chmod 700"), "{outcome:#?}");
}

#[test]
fn a_weaker_durability_is_something_to_think_about() {
    let machine = Machine::new();
    let weaker = ["doctor", "--set", "server.listen=127.0.0.1:0", "--set", "durability=process-crash"];
    let report = machine.run(&weaker).succeeded();
    assert_eq!(mark(&report, "durability"), Some('!'), "{report}");
    assert!(report.contains("power-loss"), "{report}");
}
