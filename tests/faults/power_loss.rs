//! A loss of power cannot be had in a test, but what is asked of the disk, and when, can be seen: strace shows which files
//! are synced before which answer.

use std::collections::HashMap;
use std::path::PathBuf;
use std::process::Command;

use super::{varied_bytes, wait_until};
use crate::support::{Answer, Machine, Server, Wire, ground};

#[test]
fn every_answer_waits_until_what_it_says_is_on_the_disk() {
    if ground::only_alone("what is synced, by other programs, does not show in a trace of this one") {
        return;
    }
    let Some(traced) = Traced::serve(&[]) else { return };
    let folder = traced.machine.path("larder-data");
    let data = folder.to_str().unwrap();
    let started = traced.events();
    // The folder itself, and the log of the database in it.
    let parent = folder.parent().unwrap().to_str().unwrap();
    for synced in [parent, data, &format!("{data}/blobs"), &format!("{data}/metadata.db-wal")] {
        assert!(started.contains(&format!("sync {synced}")), "{synced} is not in {started:#?}");
    }
    let log = "metadata.db-wal";
    let stored = ["content", "blob", "files", log];
    let body = [7; 300_000];
    for (method, path, to, body, status, syncs) in [
        ("MKCOL", "/folder", "", &body[..0], 201, &[log][..]),
        ("PUT", "/new", "", &body[..], 201, &stored),
        ("PUT", "/new", "", &body[..9], 204, &stored),
        ("PUT", "/empty", "", &body[..0], 201, &[log]),
        ("PUT", "/.DS_Store", "", &body[..9], 201, &[log]),
        ("MOVE", "/.DS_Store", "/ordinary", &body[..0], 201, &stored),
        ("COPY", "/new", "/copy", &body[..0], 201, &[log]),
        ("MOVE", "/copy", "/folder/moved", &body[..0], 201, &[log]),
        ("DELETE", "/folder", "", &body[..0], 204, &[log]),
    ] {
        let (answer, events) = traced.ask(method, path, to, body);
        assert_eq!(answer.status, status, "{method} {path}: {answer:?}");
        let (last, before) = events.split_last().unwrap();
        assert_eq!(*last, format!("answer {status}"), "{method} {path}: {events:#?}");
        // What a transaction of its own has registered before comes first, so only the end counts.
        let order: Vec<&str> = before.iter().map(|event| role(event)).collect();
        assert!(order.ends_with(syncs), "{method} {path}: {events:#?}");
    }
}

#[test]
fn at_the_weaker_level_no_answer_waits_for_the_disk_and_the_operator_is_told() {
    if ground::only_alone("what is synced, by other programs, does not show in a trace of this one") {
        return;
    }
    let Some(traced) = Traced::serve(&["--set", "durability=process-crash"]) else { return };
    // The first start has made the database, which is synced.
    traced.events();
    for (method, path, to, body) in [
        ("PUT", "/new", "", &[7; 300_000][..]),
        ("PUT", "/new", "", b"another"),
        ("MOVE", "/new", "/moved", b""),
        ("DELETE", "/moved", "", b""),
    ] {
        let (answer, events) = traced.ask(method, path, to, body);
        assert!(matches!(answer.status, 201 | 204), "{answer:?}");
        assert_eq!(events, [format!("answer {}", answer.status)], "{method} {path}");
    }
    traced.server.signal("TERM");
    let (_, said) = traced.server.ended();
    assert!(said.contains("may be lost if this machine loses power"), "{said}");
}

#[test]
fn at_the_weaker_level_what_was_acknowledged_survives_the_death_of_the_process() {
    let machine = Machine::new();
    let weaker = ["--set", "durability=process-crash"];
    let mut server = machine.serve(&weaker);
    let authorization = Wire::basic("larder", server.labelled("Password").unwrap());
    let headers = [("Authorization", authorization.as_str())];
    let content = |turn: u64| varied_bytes(turn, 1 + turn as usize * 40_000);
    for turn in 0..10 {
        let path = format!("/dav/{turn}");
        assert_eq!(Wire::open(server.socket()).ask("PUT", &path, &headers, content(turn)).status, 201);
        if turn % 3 == 0 {
            server.signal("KILL");
            server.ended();
            server = machine.serve(&weaker);
        }
        for earlier in 0..=turn {
            let path = format!("/dav/{earlier}");
            let found = Wire::open(server.socket()).ask("GET", &path, &headers, "");
            assert!(found.body == content(earlier), "{path} after {turn}: {}", found.status);
        }
    }
}

/// What is synced: the bytes of a blob, its own folder, the folder of all blobs, or a file by its name.
fn role(event: &str) -> &str {
    let path = event.strip_prefix("sync ").unwrap_or(event);
    let (above, name) = path.rsplit_once('/').unwrap_or(("", path));
    if above.ends_with("/blobs/files") { "blob" } else { name }
}

/// A server under strace, which tells when what was synced and answered.
struct Traced {
    server: Server,
    machine: Machine,
    trace: PathBuf,
    authorization: String,
    seen: std::cell::Cell<usize>,
}

impl Traced {
    /// Nothing where strace is missing or may not trace.
    fn serve(arguments: &[&str]) -> Option<Self> {
        let may_trace = Command::new("strace").args(["-o", "/dev/null", "true"]).output();
        if !may_trace.is_ok_and(|output| output.status.success()) {
            println!("SKIPPED: strace is not installed or may not trace here (apt install strace)");
            return None;
        }
        let machine = Machine::new();
        let trace = machine.path("trace");
        let larder = machine.command(&[]);
        let mut command = Command::new("strace");
        // As a grandchild, so that the server is the child that is killed in the end.
        command.args(["-D", "-f", "-y", "-s", "16", "-e", "trace=fsync,fdatasync,writev,sendto", "-o"]);
        command.arg(&trace).arg(larder.get_program()).arg("serve").args(arguments);
        // What starts by itself writes as well.
        command.args(["--set", "jobs.workers=0"]);
        command.current_dir(larder.get_current_dir().unwrap()).stdin(std::process::Stdio::null());
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("LARDER_")) {
            command.env_remove(name);
        }
        let server = machine.follow(command, "Another app password:");
        let password = server.labelled("Password").unwrap();
        let authorization = Wire::basic("larder", password);
        let traced = Self { server, machine, trace, authorization, seen: 0.into() };
        // A password's first use is noted a moment after its first request.
        traced.ask("GET", "/nothing", "", b"");
        let listed = || {
            let list = ["admin", "app-password", "list", "larder"];
            traced.machine.run(&list).succeeded().matches(" UTC").count()
        };
        wait_until("the first use of the app password is noted", || listed() > 1);
        traced.seen.set(0);
        Some(traced)
    }

    /// One request, and what was synced and answered because of it.
    fn ask(&self, method: &str, path: &str, to: &str, body: &[u8]) -> (Answer, Vec<String>) {
        self.events();
        let destination = format!("/dav{to}");
        let mut headers = vec![("Authorization", self.authorization.as_str())];
        headers.extend((!to.is_empty()).then_some(("Destination", destination.as_str())));
        let answer = Wire::open(self.server.socket()).ask(method, &format!("/dav{path}"), &headers, body);
        let answered = format!("answer {}", answer.status);
        let before = self.seen.get();
        wait_until("the trace shows the answer", || {
            self.seen.set(before);
            self.events().contains(&answered)
        });
        self.seen.set(before);
        (answer, self.events())
    }

    /// What has been synced and answered since this was asked last, in order.
    fn events(&self) -> Vec<String> {
        let trace = std::fs::read_to_string(&self.trace).unwrap();
        let (mut events, mut begun) = (Vec::new(), HashMap::new());
        for line in trace.lines() {
            let Some((process, call)) = line.split_once(' ') else { continue };
            let path =
                call.split_once('<').and_then(|(_, rest)| rest.split_once(">)").or(rest.split_once("> ")));
            if call.trim_start().starts_with("writev(") || call.trim_start().starts_with("sendto(") {
                let status = call.split_once("HTTP/1.1 ").and_then(|(_, rest)| rest.get(..3));
                events.extend(status.map(|status| format!("answer {status}")));
            } else if call.contains("<unfinished") {
                begun.insert(process, path.map(|(path, _)| path));
            } else if call.contains("sync resumed>") && call.ends_with("= 0") {
                events.extend(begun.remove(process).flatten().map(|path| format!("sync {path}")));
            } else if call.contains("sync(") && call.ends_with("= 0") {
                events.extend(path.map(|(path, _)| format!("sync {path}")));
            }
        }
        let new = events.split_off(self.seen.get().min(events.len()));
        self.seen.set(self.seen.get() + new.len());
        new
    }
}
