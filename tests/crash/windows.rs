//! The moments in which a death, a halt or a second server would hurt most.

use std::path::Path;
use std::time::Duration;

use tokio::runtime::Runtime;

use super::line::Line;
use super::operation::{Operation, Sending};
use super::state::{State, content, seed_of};
use super::{in_order, run_job};
use crate::support::{Program, Wire, database, ground, wait_until};

/// A file as it was and as it is to be.
const OLD: u64 = 16;
const NEW: u64 = 32;

const PATH: &str = "/file";

/// A server with one file, and somebody who may ask for it.
fn furnished(folder: &Path) -> (Program, Line) {
    let program = Program::serve(folder);
    let line = Line { address: program.address, credentials: program.credentials() };
    assert_eq!(line.ask("PUT", PATH, &[], &content(OLD)).unwrap().status, 201);
    (program, line)
}

#[track_caller]
fn holds(line: &Line, seed: u64) {
    assert_eq!(seed_of(&line.ask("GET", PATH, &[], b"").unwrap().body), seed);
}

/// The client has heard nothing and does what clients do: it asks again.
#[test]
fn what_was_done_without_an_answer_can_be_asked_for_again() {
    let folder = tempfile::tempdir().unwrap();
    let (program, mut line) = furnished(folder.path());
    assert_eq!(line.ask("MKCOL", "/me", &[], b"").unwrap().status, 201);
    program.kill();
    let put = Operation::Put { path: "me-f0".into(), seed: NEW, sending: Sending::Chunks };
    let moved =
        Operation::Relocate { from: "me-f0".into(), to: "me-f1".into(), overwrite: true, copy: false };
    let asked = [
        ("upload.shown", put, 204),
        ("folder.shown", Operation::MakeFolder("me-d0".into()), 405),
        ("relocate.shown", moved, 404),
        ("remove.shown", Operation::Remove("me-f1".into()), 404),
    ];
    let mut state = State::new();
    for (step, operation, again) in asked {
        let program = Program::serve_with(folder.path(), &[(failpoint::STEP, step)]);
        line.address = program.address;
        assert!(operation.perform(&line, "me").is_err());
        assert!(program.ended(), "{step} was not reached");
        state = state.after(&operation).unwrap();
        let program = Program::serve(folder.path());
        line.address = program.address;
        assert_eq!(State::see(&line, "me").unwrap(), state);
        assert_eq!(operation.perform(&line, "me").unwrap(), again, "{operation:?}");
        assert_eq!(State::see(&line, "me").unwrap(), state);
        in_order(folder.path());
        program.kill();
    }
}

/// More than one transaction purges: it is gone from the trash with the answer, and the rest follows in batches.
#[test]
fn a_purge_that_dies_between_its_batches_is_ended_after_the_next_start() {
    let folder = tempfile::tempdir().unwrap();
    let (program, mut line) = furnished(folder.path());
    let ask = |line: &Line, method: &str, path: &str| line.ask(method, path, &[], b"").unwrap().status;
    for path in ["/a", "/b"] {
        assert_eq!(ask(&line, "MKCOL", path), 201);
    }
    for number in 0..10 {
        assert_eq!(line.relocate("COPY", PATH, &format!("/a/{number}"), true).unwrap().status, 201);
    }
    // Each in each, until there are more than two batches.
    for number in 0..8 {
        assert_eq!(line.relocate("COPY", "/a", &format!("/b/{number}"), true).unwrap().status, 201);
        assert_eq!(line.relocate("COPY", "/b", "/c", true).unwrap().status / 100, 2);
        assert_eq!(line.relocate("MOVE", "/c", &format!("/b/of-{number}"), true).unwrap().status, 201);
    }
    assert_eq!(ask(&line, "DELETE", "/a"), 204);
    assert_eq!(ask(&line, "DELETE", "/b"), 204);
    program.kill();

    let program = Program::serve_with(folder.path(), &[(failpoint::STEP, "trash.batch")]);
    line.address = program.address;
    // Whether the answer came first or the death is of no account: it was decided before.
    let _ = line.ask("DELETE", "/.Trash/b", &[], b"");
    assert!(program.ended(), "the batch was not reached");
    let program = Program::serve(folder.path());
    line.address = program.address;
    assert_eq!(line.list("/.Trash").unwrap().unwrap(), ["a/"]);
    Runtime::new().unwrap().block_on(database::a_minute_passes(&folder.path().join("data")));
    wait_until("all of it is purged", || doomed(folder.path()) == 0);
    in_order(folder.path());
    holds(&line, OLD);
}

/// Bytes go first, and their row after that: whoever dies in between leaves a row that says what is gone.
#[test]
fn a_sweep_that_dies_is_ended_by_the_next() {
    let folder = tempfile::tempdir().unwrap();
    let (program, line) = furnished(folder.path());
    let ask = |method: &str, path: &str, body: &[u8]| line.ask(method, path, &[], body).unwrap().status;
    assert_eq!(ask("PUT", "/gone", b"gone"), 201);
    assert_eq!(ask("DELETE", "/gone", b""), 204);
    assert_eq!(ask("DELETE", "/.Trash/gone", b""), 204);
    program.kill();
    let no_grace = ("LARDER_BLOBS_ORPHAN_GRACE_HOURS", "0");
    let data = folder.path().join("data");
    let a_minute_passes = || Runtime::new().unwrap().block_on(database::a_minute_passes(&data));
    for step in ["sweep.removed", "sweep.forgotten"] {
        // One that was interrupted runs again by itself, perhaps before the server has said that it serves.
        if let Ok(program) = Program::try_serve(folder.path(), &[no_grace, (failpoint::STEP, step)]) {
            run_job(folder.path(), "sweep");
            assert!(program.ended(), "{step} was not reached");
        }
        a_minute_passes();
    }
    let program = Program::serve_with(folder.path(), &[no_grace]);
    run_job(folder.path(), "sweep");
    let stored = || ground::contents(&data).len();
    wait_until("only what is shown is stored", || stored() == 1);
    in_order(folder.path());
    holds(&Line { address: program.address, ..line }, OLD);
}

/// How many nodes are still to be purged.
fn doomed(folder: &Path) -> i64 {
    let data = folder.join("data");
    let count = database::number(&data, "SELECT COUNT(*) FROM nodes WHERE doomed");
    Runtime::new().unwrap().block_on(count)
}

#[test]
fn a_first_start_that_is_killed_begins_anew() {
    for step in ["migrate.taken", "migrate.done"] {
        let folder = tempfile::tempdir().unwrap();
        if ground::is_scaled() {
            Runtime::new().unwrap().block_on(database::empty(folder.path()));
        }
        // Twice in a row, and each time at the same step if that is still to come.
        for _ in 0..2 {
            let died = Program::try_serve(folder.path(), &[(failpoint::STEP, step)]);
            if let Ok(program) = died {
                assert_eq!(step, "migrate.done", "{step} was not reached");
                program.kill();
                break;
            }
        }
        let program = Program::serve(folder.path());
        in_order(folder.path());
        program.kill();
    }
}

#[test]
fn a_start_that_dies_while_it_sweeps_is_made_up_for_by_the_next() {
    if ground::only_alone("beside other servers a start sweeps nothing") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (program, mut line) = furnished(folder.path());
    program.kill();
    // The steps of the sweep in the order in which it takes them; each start dies at one, and the next one takes up
    // what is left.
    for step in ["upload.stored", "discard.decided", "blob.emptied", "discard.removed"] {
        match Program::try_serve(folder.path(), &[(failpoint::STEP, step)]) {
            Ok(program) => {
                assert_eq!(step, "upload.stored", "{step} was not reached");
                line.address = program.address;
                assert!(line.ask("PUT", PATH, &[], &content(NEW)).is_err());
                assert!(program.ended());
            }
            Err(said) => assert_ne!(step, "upload.stored", "{said}"),
        }
    }
    let program = Program::serve(folder.path());
    line.address = program.address;
    in_order(folder.path());
    holds(&line, OLD);
}

/// The head of an upload of this many bytes.
fn head(line: &Line, length: usize) -> String {
    format!(
        "PUT /dav{PATH} HTTP/1.1\r\nHost: larder\r\nAuthorization: {}\r\nContent-Length: {length}\r\n\r\n",
        line.credentials
    )
}

#[test]
fn a_server_that_was_halted_for_longer_than_its_clients_wait_serves_on() {
    let folder = tempfile::tempdir().unwrap();
    let (program, line) = furnished(folder.path());
    let body = content(NEW);
    let mut seen = OLD;
    for sent in [body.len() / 2, body.len()] {
        let mut wire = Wire::open(line.address);
        // The first half has come when it halts, so that it is in the middle of it.
        wire.send([head(&line, body.len()).as_bytes(), &body[..body.len() / 2]].concat());
        program.signal("STOP");
        wire.send(&body[body.len() / 2..sent]);
        drop(wire);
        program.signal("CONT");
        in_order(folder.path());
        seen = seed_of(&line.ask("GET", PATH, &[], b"").unwrap().body);
        assert!(seen == OLD || sent == body.len(), "half a body became a file");
    }
    assert!(seen == OLD || seen == NEW);
    assert_eq!(line.ask("PUT", PATH, &[], &body).unwrap().status, 204);
    holds(&line, NEW);
    program.kill();
}

#[test]
fn a_second_server_waits_for_nothing_and_touches_nothing_until_the_first_is_gone() {
    let folder = tempfile::tempdir().unwrap();
    let (program, mut line) = furnished(folder.path());
    // An upload under way is what a second server would sweep.
    let mut wire = Wire::open(line.address);
    let body = content(NEW);
    wire.send([head(&line, body.len()).as_bytes(), &body[..body.len() / 2]].concat());
    // Halted it is as good as dying: it answers nothing and still has everything open.
    for halted in [false, true] {
        if halted {
            program.signal("STOP");
        }
        let second = Program::try_serve(folder.path(), &[]).err().expect("there are two servers");
        assert_eq!(second, "", "it printed something");
        let log = std::fs::read_to_string(folder.path().join("log")).unwrap();
        assert!(log.contains("Another Larder serves the data folder"), "{log}");
    }
    program.signal("CONT");
    wire.send(&body[body.len() / 2..]);
    assert_eq!(wire.answer().status, 204);
    holds(&line, NEW);

    // The first dies while the second is being started, again and again, by whoever watches over it.
    program.signal("KILL");
    let started = (0..100).find_map(|_| {
        std::thread::sleep(Duration::from_millis(10));
        Program::try_serve(folder.path(), &[]).ok()
    });
    let second = started.expect("the second server never started");
    line.address = second.address;
    holds(&line, NEW);
    in_order(folder.path());
}
