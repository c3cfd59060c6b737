//! `larder doctor --deep`: everything that is kept is compared, beside a running server.

use std::fs;
use std::path::PathBuf;

use super::doctor::mark;
use super::{Machine, Outcome};
use crate::support::{Server, Wire, ground};

/// The first scrub would find what a test damages, and note it, before the command does.
const UNREAD: &[&str] = &["--set", "scrub.days=0"];

const SUBJECTS: [&str; 10] = [
    "database file",
    "tree",
    "history",
    "references",
    "names",
    "people",
    "quotas",
    "orphans",
    "missing",
    "damaged",
];

fn doctor(machine: &Machine, server: &Server, flags: &[&str]) -> Outcome {
    let listen = format!("server.listen={}", server.socket());
    machine.run(&[&["doctor", "--deep", "--set", &listen], flags].concat())
}

fn put(server: &Server, path: &str, content: &str) {
    let credentials = Wire::basic("larder", server.labelled("Password").unwrap());
    let headers = [("Authorization", credentials.as_str())];
    assert_eq!(Wire::open(server.socket()).ask("PUT", &format!("/dav{path}"), &headers, content).status, 201);
}

/// Where the bytes of the only file are.
fn only_blob(machine: &Machine) -> PathBuf {
    let [content] = <[_; 1]>::try_from(ground::contents(&machine.path("larder-data"))).unwrap();
    content
}

#[test]
fn beside_a_running_server_everything_that_is_kept_is_found_well() {
    let machine = Machine::new();
    let server = machine.serve(UNREAD);
    put(&server, "/notes.txt", "content");
    for flags in [&[][..], &["--read"]] {
        let report = doctor(&machine, &server, flags).succeeded();
        for subject in SUBJECTS {
            assert_eq!(mark(&report, subject), Some('\u{2713}'), "{subject} in\n{report}");
        }
        assert!(report.contains("None of 1 content."), "{report}");
    }
}

#[test]
fn missing_bytes_are_named_by_the_file_that_shows_them_with_advice() {
    let machine = Machine::new();
    let server = machine.serve(UNREAD);
    put(&server, "/notes.txt", "content");
    let stored = only_blob(&machine);
    let aside = machine.path("aside");
    fs::rename(&stored, &aside).unwrap();
    let outcome = doctor(&machine, &server, &[]);
    assert_eq!((outcome.code, mark(&outcome.out, "missing")), (Some(1), Some('\u{2717}')), "{outcome:#?}");
    assert!(outcome.out.contains("1 content is missing or not whole: /notes.txt of larder"), "{outcome:#?}");
    assert!(outcome.out.contains("from a back-up"), "{outcome:#?}");
    fs::rename(&aside, &stored).unwrap();
    doctor(&machine, &server, &[]).succeeded();
}

#[test]
fn a_flipped_byte_is_found_by_reading_and_known_from_then_on() {
    let machine = Machine::new();
    let server = machine.serve(UNREAD);
    put(&server, "/notes.txt", "content");
    let stored = only_blob(&machine);
    fs::write(&stored, "cOntent").unwrap();
    // Nobody has read it yet.
    doctor(&machine, &server, &[]).succeeded();
    for flags in [&["--read"][..], &[]] {
        let outcome = doctor(&machine, &server, flags);
        assert_eq!(
            (outcome.code, mark(&outcome.out, "damaged")),
            (Some(1), Some('\u{2717}')),
            "{outcome:#?}"
        );
        assert!(outcome.out.contains("1 content is not what it was: /notes.txt of larder"), "{outcome:#?}");
    }
    fs::write(&stored, "content").unwrap();
    doctor(&machine, &server, &["--read"]).succeeded();
}

#[test]
fn what_is_not_larders_is_named_and_no_failure() {
    let machine = Machine::new();
    let server = machine.serve(UNREAD);
    let stranger = ground::store(&machine.path("larder-data")).join("files/notes.txt");
    fs::create_dir_all(stranger.parent().unwrap()).unwrap();
    fs::write(stranger, "of somebody").unwrap();
    let report = doctor(&machine, &server, &[]).succeeded();
    assert_eq!(mark(&report, "strangers"), Some('!'), "{report}");
    assert!(report.contains("files/notes.txt"), "{report}");
}

#[test]
fn before_the_first_start_there_is_nothing_to_compare() {
    let machine = Machine::new();
    let outcome = machine.run(&["doctor", "--deep", "--set", "server.listen=127.0.0.1:0"]);
    assert_eq!((outcome.code, mark(&outcome.out, "contents")), (Some(1), Some('\u{2717}')), "{outcome:#?}");
    assert!(!machine.has_data());
    assert_eq!(machine.run(&["doctor", "--read"]).code, Some(2));
}
