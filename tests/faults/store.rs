//! A file store that refuses, stands still or is gone, while the database is well.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;

use super::{varied_bytes, wait_until};
use crate::support::{Answer, Program, Wire, ground};

/// A running server whose file store fails as long as a certain file is there.
struct Faulty {
    program: Program,
    credentials: String,
    flag: PathBuf,
}

const OLD: usize = 300_000;

impl Faulty {
    /// One that holds `/old`, a file larger than what is read at once.
    fn serve(folder: &Path, place: &str, kind: &str) -> Self {
        let flag = folder.join("flag");
        let fault = format!("{place}={kind}:{}", flag.display());
        let program = Program::serve_with(folder, &[(failpoint::FAULT, &fault)]);
        let credentials = program.credentials();
        let faulty = Self { program, credentials, flag };
        assert_eq!(faulty.ask("PUT", "/old", varied_bytes(1, OLD)).status, 201);
        faulty
    }

    fn begin(&self) {
        fs::write(&self.flag, "").unwrap();
    }

    fn end(&self) {
        fs::remove_file(&self.flag).unwrap();
    }

    fn ask(&self, method: &str, path: &str, body: impl AsRef<[u8]>) -> Answer {
        let headers = [("Authorization", self.credentials.as_str()), ("Depth", "1")];
        Wire::open(self.program.address).ask(method, &format!("/dav{path}"), &headers, body)
    }

    fn ready(&self) -> u16 {
        Wire::open(self.program.address).ask("GET", "/health/ready", &[], "").status
    }

    /// What needs no bytes goes on.
    #[track_caller]
    fn names_work(&self) {
        assert_eq!(self.ask("PROPFIND", "/", "").status, 207);
        assert_eq!(self.ask("MKCOL", "/folder", "").status, 201);
        assert_eq!(self.ask("DELETE", "/folder", "").status, 204);
        assert_eq!(self.ask("PUT", "/empty", "").status, 201);
        assert_eq!(self.ask("DELETE", "/empty", "").status, 204);
    }

    /// Everything goes on by itself.
    #[track_caller]
    fn recovers(&self) {
        wait_until("it is ready", || self.ready() == 200);
        assert!(self.ask("GET", "/old", "").body == varied_bytes(1, OLD));
        for content in [varied_bytes(2, 100), varied_bytes(3, OLD)] {
            self.ask("PUT", "/new", &content);
            assert!(self.ask("GET", "/new", "").body == content);
        }
    }
}

#[track_caller]
fn is_refused(answer: &Answer) {
    assert_eq!(answer.status, 503, "{answer:?}");
    assert!(answer.header("retry-after").unwrap().parse::<u32>().unwrap() > 0);
    assert!(answer.text().contains("file store does not answer; try again"), "{answer:?}");
}

#[test]
fn while_the_store_refuses_bytes_uploads_are_refused_and_everything_else_goes_on() {
    if ground::only_alone("the faults are those of a disk") {
        return;
    }
    for place in ["blobs.write", "blobs.sync"] {
        let folder = tempfile::tempdir().unwrap();
        let faulty = Faulty::serve(folder.path(), place, "error");
        faulty.begin();
        for size in [10, 1_000_000] {
            for path in ["/old", "/new"] {
                is_refused(&faulty.ask("PUT", path, varied_bytes(4, size)));
            }
        }
        assert!(faulty.ask("GET", "/old", "").body == varied_bytes(1, OLD));
        assert_eq!(faulty.ask("GET", "/new", "").status, 404);
        faulty.names_work();
        wait_until("it says that it is not ready", || faulty.ready() == 503);
        faulty.end();
        faulty.recovers();
        let log = faulty.program.log();
        let is_told = |line: &str| line.contains("WARN") && line.contains("blobs/files/");
        assert!(log.lines().any(is_told), "{log}");
        crate::crash::in_order(folder.path());
    }
}

#[test]
fn while_the_store_gives_no_bytes_downloads_are_refused_and_everything_else_goes_on() {
    if ground::only_alone("the faults are those of a disk") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let faulty = Faulty::serve(folder.path(), "blobs.read", "error");
    faulty.begin();
    is_refused(&faulty.ask("GET", "/old", ""));
    assert_eq!(faulty.ask("PUT", "/new", "more").status, 201);
    is_refused(&faulty.ask("GET", "/new", ""));
    faulty.names_work();
    wait_until("it says that it is not ready", || faulty.ready() == 503);
    faulty.end();
    faulty.recovers();
    crate::crash::in_order(folder.path());
}

/// Whoever waits holds up nobody who needs no bytes, and gets what they asked for in the end.
#[test]
fn while_the_store_stands_still_only_those_wait_who_need_it() {
    if ground::only_alone("the faults are those of a disk") {
        return;
    }
    for place in ["blobs.sync", "blobs.read"] {
        let folder = tempfile::tempdir().unwrap();
        let faulty = Faulty::serve(folder.path(), place, "slow");
        faulty.begin();
        let (method, body) = match place {
            "blobs.read" => ("GET", Vec::new()),
            _ => ("PUT", varied_bytes(5, OLD)),
        };
        thread::scope(|scope| {
            let waiting = scope.spawn(|| faulty.ask(method, "/old", &body));
            let live = Wire::open(faulty.program.address).ask("GET", "/health/live", &[], "");
            assert_eq!(live.status, 200);
            faulty.names_work();
            assert_eq!(faulty.ready(), 503);
            assert!(!waiting.is_finished());
            faulty.end();
            let answer = waiting.join().unwrap();
            match method {
                "GET" => assert!(answer.body == varied_bytes(1, OLD)),
                _ => assert_eq!(answer.status, 204, "{answer:?}"),
            }
        });
        assert!(faulty.program.log().contains("see to the disk"), "{}", faulty.program.log());
        wait_until("it is ready", || faulty.ready() == 200);
        crate::crash::in_order(folder.path());
    }
}

/// A disk that is not mounted just now is no reason to believe that files are lost.
#[test]
fn while_the_store_is_gone_files_are_not_there_for_now_and_none_is_given_up() {
    if ground::only_alone("the faults are those of a disk") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let faulty = Faulty::serve(folder.path(), "nowhere", "error");
    let files = folder.path().join("data/blobs/files");
    let aside = folder.path().join("aside");
    fs::rename(&files, &aside).unwrap();
    is_refused(&faulty.ask("GET", "/old", ""));
    is_refused(&faulty.ask("PUT", "/old", "new"));
    is_refused(&faulty.ask("PUT", "/new", "new"));
    faulty.names_work();
    wait_until("it says that it is not ready", || faulty.ready() == 503);
    fs::rename(&aside, &files).unwrap();
    faulty.recovers();
    crate::crash::in_order(folder.path());
}
