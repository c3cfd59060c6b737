//! Killed while it thins versions and forgets history.

use super::in_order;
use super::line::Line;
use super::state::{content, seed_of};
use crate::faults::clock::{Clock, DAY};
use crate::support::Program;

#[test]
fn thinning_and_forgetting_that_die_are_ended_after_the_next_start() {
    let folder = tempfile::tempdir().unwrap();
    let Some(clock) = Clock::new(folder.path()) else { return };
    // All of it happened more than a year ago.
    clock.set(-400 * DAY);
    let program = clock.serve(folder.path());
    let mut line = Line { address: program.address, credentials: program.credentials() };
    for seed in 1..10 {
        assert_eq!(line.ask("PUT", "/file", &[], &content(seed)).unwrap().status / 100, 2);
    }
    program.kill();
    // Both jobs are long due, so each runs as soon as the server has started, or before it says so.
    let environment = [("LARDER_VERSIONS_COUNT_MAX", "2")];
    for step in ["versions.thinned", "history.forgotten"] {
        let armed = [environment[0], (failpoint::STEP, step)];
        if let Ok(program) = Program::try_serve(folder.path(), &armed) {
            assert!(program.ended(), "{step} was not reached");
        }
        let log = std::fs::read_to_string(folder.path().join("log")).unwrap();
        assert!(!log.contains("ERROR"), "{log}");
    }
    let program = Program::serve_with(folder.path(), &environment);
    line.address = program.address;
    in_order(folder.path());
    assert_eq!(seed_of(&line.ask("GET", "/file", &[], b"").unwrap().body), 9);
}
