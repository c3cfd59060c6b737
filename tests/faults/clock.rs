//! A clock that is set back or forward while the server runs, and while it is stopped.

use std::fs;
use std::path::{Path, PathBuf};

use crate::clients::require;
use crate::crash::{Line, in_order};
use crate::support::{Program, Wire, ground};

use super::{varied_bytes, wait_until};

/// Where Debian puts what stands between the program and the clock.
const LIBRARIES: [&str; 2] = [
    "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1",
    "/usr/lib/aarch64-linux-gnu/faketime/libfaketime.so.1",
];

/// A clock beside the real one.
pub struct Clock {
    library: &'static str,
    file: PathBuf,
}

impl Clock {
    pub fn new(folder: &Path) -> Option<Self> {
        if !require("faketime") {
            return None;
        }
        let library = LIBRARIES.into_iter().find(|library| Path::new(library).exists())?;
        let clock = Self { library, file: folder.join("clock") };
        clock.set(0);
        Some(clock)
    }

    /// So many seconds ahead of the real one.
    pub fn set(&self, seconds: i64) {
        // At once, so that nobody reads half of it.
        let new = self.file.with_extension("new");
        fs::write(&new, format!("{seconds:+}\n")).unwrap();
        fs::rename(&new, &self.file).unwrap();
    }

    /// A server that goes by it.
    pub fn serve(&self, folder: &Path) -> Program {
        Program::serve_with(folder, &self.environment())
    }

    fn environment(&self) -> [(&str, &str); 4] {
        [
            ("LD_PRELOAD", self.library),
            ("FAKETIME_TIMESTAMP_FILE", self.file.to_str().unwrap()),
            ("FAKETIME_NO_CACHE", "1"),
            // The time that passes is what it is.
            ("FAKETIME_DONT_FAKE_MONOTONIC", "1"),
        ]
    }
}

pub const DAY: i64 = 86_400;

const LOCKINFO: &str = r#"<D:lockinfo xmlns:D="DAV:"><D:lockscope><D:exclusive/></D:lockscope><D:locktype><D:write/></D:locktype></D:lockinfo>"#;
const SYNC: &str = r#"<D:sync-collection xmlns:D="DAV:"><D:sync-token>@</D:sync-token><D:sync-level>1</D:sync-level><D:prop><D:getetag/></D:prop></D:sync-collection>"#;

fn put(line: &Line, path: &str, body: &[u8]) -> u16 {
    line.ask("PUT", path, &[], body).unwrap().status
}

fn get(line: &Line, path: &str) -> Vec<u8> {
    let answer = line.ask("GET", path, &[], b"").unwrap();
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.body
}

#[test]
fn while_the_clock_jumps_what_came_last_is_what_is_read_and_told_as_changed() {
    if ground::only_alone("a store on another machine refuses what is signed with a wrong time") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let Some(clock) = Clock::new(folder.path()) else { return };
    let program = clock.serve(folder.path());
    let line = Line { address: program.address, credentials: program.credentials() };
    assert_eq!(put(&line, "/file", b"first"), 201);
    let mut token = synchronize(&line, "", 1);
    let mut etags = vec![etag(&line, "/")];
    for (turn, seconds) in [-10 * DAY, 10 * DAY, -20 * DAY, 0].into_iter().enumerate() {
        clock.set(seconds);
        let content = format!("content {turn}");
        assert_eq!(put(&line, "/file", content.as_bytes()), 204);
        assert_eq!(get(&line, "/file"), content.as_bytes());
        assert_eq!(put(&line, &format!("/new-{turn}"), b"new"), 201);
        assert_eq!(line.relocate("MOVE", &format!("/new-{turn}"), "/moved", true).unwrap().status / 100, 2);
        // The file, what was moved, and where it was.
        token = synchronize(&line, &token, 2);
        etags.push(etag(&line, "/"));
        in_order(folder.path());
    }
    etags.dedup();
    assert_eq!(etags.len(), 5, "a folder changed and its ETag did not");
}

/// The token of a folder after so many changes in it.
#[track_caller]
fn synchronize(line: &Line, token: &str, changes: usize) -> String {
    let answer = line.ask("REPORT", "/", &[("Depth", "0")], SYNC.replace('@', token).as_bytes()).unwrap();
    assert_eq!(answer.status, 207, "{answer:?}");
    assert!(answer.texts("response").len() >= changes, "{}", answer.text());
    answer.first("sync-token").unwrap()
}

fn etag(line: &Line, path: &str) -> String {
    let answer = line.ask("PROPFIND", path, &[("Depth", "0")], b"").unwrap();
    answer.first("getetag").unwrap()
}

#[test]
fn a_lock_lasts_while_the_clock_goes_back_and_ends_when_it_has_gone_past_its_time() {
    if ground::only_alone("a store on another machine refuses what is signed with a wrong time") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let Some(clock) = Clock::new(folder.path()) else { return };
    let program = clock.serve(folder.path());
    let line = Line { address: program.address, credentials: program.credentials() };
    assert_eq!(put(&line, "/file", b"old"), 201);
    let locked = line.ask("LOCK", "/file", &[("Timeout", "Second-600")], LOCKINFO.as_bytes()).unwrap();
    let with_token = format!("({})", locked.header("lock-token").unwrap());
    let with_token = [("If", with_token.as_str())];
    for seconds in [-10 * DAY, 60, -DAY] {
        clock.set(seconds);
        assert_eq!(put(&line, "/file", b"others"), 423);
        assert_eq!(line.ask("PUT", "/file", &with_token, b"mine").unwrap().status, 204);
    }
    // It is refreshed while the clock is behind, and is over soon after that is mended.
    clock.set(-DAY);
    let headers = [("If", with_token[0].1), ("Timeout", "Second-600")];
    assert_eq!(line.ask("LOCK", "/file", &headers, b"").unwrap().status, 200);
    clock.set(0);
    assert_eq!(put(&line, "/file", b"others"), 204);
    in_order(folder.path());
}

#[test]
fn an_upload_during_which_the_clock_jumps_arrives_and_one_of_before_a_jump_back_is_swept() {
    if ground::only_alone("a store on another machine refuses what is signed with a wrong time") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let Some(clock) = Clock::new(folder.path()) else { return };
    let program = clock.serve(folder.path());
    let mut line = Line { address: program.address, credentials: program.credentials() };
    let body = varied_bytes(1, 500_000);
    let head = format!(
        "PUT /dav/file HTTP/1.1\r\nHost: larder\r\nAuthorization: {}\r\nContent-Length: {}\r\n\r\n",
        line.credentials,
        body.len()
    );
    for seconds in [-DAY, 2 * DAY] {
        let mut wire = Wire::open(line.address);
        wire.send([head.as_bytes(), &body[..body.len() / 2]].concat());
        clock.set(seconds);
        wire.send(&body[body.len() / 2..]);
        assert_eq!(wire.answer().status / 100, 2);
        assert!(get(&line, "/file") == body);
    }
    // The clock is two days ahead when this one is killed.
    let mut wire = Wire::open(line.address);
    wire.send([head.as_bytes(), &body[..body.len() / 2]].concat());
    let data = folder.path().join("data");
    let stored = || ground::contents(&data).len();
    wait_until("the upload has begun", || stored() == 2);
    program.kill();
    clock.set(-DAY);
    let program = clock.serve(folder.path());
    line.address = program.address;
    assert_eq!(stored(), 1);
    assert!(get(&line, "/file") == body);
    in_order(folder.path());
}

#[test]
fn the_clock_set_back_keeps_nobody_out_for_days_who_mistyped_a_password() {
    let folder = tempfile::tempdir().unwrap();
    let Some(clock) = Clock::new(folder.path()) else { return };
    let program = clock.serve(folder.path());
    let line = Line { address: program.address, credentials: program.credentials() };
    let wrong = Line { credentials: Wire::basic("larder", "wrong"), ..line.clone() };
    clock.set(10 * DAY);
    let mut refused = 0;
    wait_until("the address is kept out", || {
        wrong.ask("PROPFIND", "/", &[("Depth", "0")], b"").unwrap().status == 429
    });
    refused += wrong.ask("PROPFIND", "/", &[("Depth", "0")], b"").unwrap().status;
    assert_eq!(refused, 429);
    clock.set(0);
    assert_eq!(line.ask("PROPFIND", "/", &[("Depth", "0")], b"").unwrap().status, 207);
}
