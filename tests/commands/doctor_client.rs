//! `larder doctor --client`: one session of a client, and what the report makes of it.

use std::io::Write;
use std::net::TcpStream;

use super::{Machine, labelled};
use crate::support::{Server, Wire};

const FINDER: (&str, &str) = ("User-Agent", "WebDAVFS/3.0.0 (03008000) Darwin/25.5.0 (arm64)");
const WINDOWS: (&str, &str) = ("User-Agent", "Microsoft-WebDAV-MiniRedir/10.0.26200");

const LOCK: &str = "<D:lockinfo xmlns:D='DAV:'><D:lockscope><D:exclusive/></D:lockscope>\
                    <D:locktype><D:write/></D:locktype></D:lockinfo>";

/// A doctor who waits for a client.
fn doctor(machine: &Machine, arguments: &[&str]) -> Server {
    machine.start("doctor", &[&["--client"], arguments].concat(), "Waiting for a client")
}

/// The exit code and everything that was said after the introduction, its lines joined.
fn report(doctor: Server) -> (Option<i32>, String) {
    doctor.signal("INT");
    let (status, said) = doctor.ended();
    let report = said.split("Waiting for a client").nth(1).unwrap();
    (status.code(), report.split_whitespace().collect::<Vec<_>>().join(" "))
}

#[track_caller]
fn assert_says(report: &str, parts: &[&str]) {
    for part in parts {
        assert!(report.contains(part), "{part}\nis not in\n{report}");
    }
}

#[test]
fn a_session_that_goes_well_is_told_as_it_happens_and_in_the_end() {
    let machine = Machine::new();
    let doctor = doctor(&machine, &[]);
    let password = doctor.labelled("Password").unwrap().to_owned();
    assert_says(
        &doctor.said,
        &["Finder\n  Go > Connect to Server", "net use *", "Only this machine reaches"],
    );
    let credentials = Wire::basic("larder", &password);
    let ask = |method, path, headers: &[(&str, &str)], body| {
        let headers = [&[FINDER, ("Authorization", credentials.as_str())], headers].concat();
        Wire::open(doctor.socket()).ask(method, path, &headers, body)
    };
    assert_eq!(Wire::open(doctor.socket()).ask("OPTIONS", "/dav/", &[FINDER], "").status, 200);
    assert_eq!(
        Wire::open(doctor.socket()).ask("PROPFIND", "/dav/", &[FINDER, ("Depth", "0")], "").status,
        401
    );
    assert_eq!(
        ask("PROPFIND", "/dav/", &[("Depth", "1")], "").texts("href"),
        ["/dav/", "/dav/.Trash/", "/dav/Hello.txt"]
    );
    assert_eq!(ask("GET", "/dav/Hello.txt", &[], "").text(), "Hello from Larder.\n");
    assert_eq!(ask("PROPFIND", "/dav/._a.txt", &[("Depth", "0")], "").status, 404);
    assert_eq!(ask("PUT", "/dav/a.txt", &[], "twelve bytes").status, 201);
    let (code, report) = report(doctor);
    assert_eq!(code, Some(0), "{report}");
    assert_says(
        &report,
        &[
            "-- WebDAVFS/3.0.0",
            "401 PROPFIND /dav/ (Depth 0)",
            "201 PUT /dav/a.txt, 12 B in",
            "Finder (WebDAVFS/3.0.0 (03008000) Darwin/25.5.0 (arm64)) from 127.0.0.1: 6 requests",
            "asked what the server can do was asked for a password logged in, so the drive is mounted listed /dav/ \
             read /dav/Hello.txt (19 B) looked for /dav/._a.txt, which is not there wrote /dav/a.txt (12 B)",
            "What was refused Nothing that matters.",
            "What to change Nothing.",
        ],
    );
    assert!(!report.contains(&password) && !report.contains(&credentials), "{report}");
    assert!(!machine.has_data());
}

#[test]
fn a_windows_that_keeps_its_password_back_is_told_how_to_send_it() {
    let machine = Machine::new();
    let doctor = doctor(&machine, &["--listen", "127.0.0.1:0"]);
    let mut wire = Wire::open(doctor.socket());
    wire.ask("OPTIONS", "/dav", &[WINDOWS], "");
    assert_eq!(wire.ask("PROPFIND", "/", &[WINDOWS, ("Depth", "0")], "").status, 401);
    let (code, report) = report(doctor);
    assert_eq!(code, Some(1), "{report}");
    assert_says(
        &report,
        &["Windows Explorer (Microsoft-WebDAV-MiniRedir/10.0.26200)", "BasicAuthLevel is 2"],
    );
}

#[test]
fn what_is_refused_is_told_with_the_servers_reason_and_advice() {
    let machine = Machine::new();
    let doctor = doctor(&machine, &["--set", "files.file_bytes_max=1000"]);
    let credentials = Wire::basic("larder", doctor.labelled("Password").unwrap());
    let ask = |agent, method, path, body: &str| {
        let headers = [("User-Agent", agent), ("Authorization", credentials.as_str())];
        Wire::open(doctor.socket()).ask(method, path, &headers, body).status
    };
    assert_eq!(ask("cadaver/0.24", "LOCK", "/dav/Hello.txt", LOCK), 200);
    assert_eq!(ask("rclone/v1.75.0", "PUT", "/dav/Hello.txt", "mine"), 423);
    let too_much = "x".repeat(1001);
    for path in ["/dav/a", "/dav/b"] {
        assert_eq!(ask("rclone/v1.75.0", "PUT", path, &too_much), 413);
    }
    assert_eq!(ask("rclone/v1.75.0", "PROPFIND", "/webdav/", ""), 404);
    let wrong = Wire::basic("larder", "account password");
    let headers = [("User-Agent", "curl/8.14.1"), ("Authorization", wrong.as_str())];
    assert_eq!(Wire::open(doctor.socket()).ask("GET", "/dav/", &headers, "").status, 401);
    let address = doctor.labelled("Address").unwrap().to_owned();
    let (code, report) = report(doctor);
    assert_eq!(code, Some(1), "{report}");
    assert_says(
        &report,
        &[
            "- 423 PUT /dav/Hello.txt: This is locked by somebody who is working on it.",
            "cadaver locked /dav/Hello.txt after",
            "- 413 PUT /dav/a and 1 more like it: ",
            "files.file_bytes_max",
            &format!("It asked for /webdav/, and there is nothing: the drive is at {address}"),
            "curl (curl/8.14.1) from 127.0.0.1: 1 request",
            "no app password, such as an account password",
        ],
    );
}

#[test]
fn whoever_speaks_something_else_than_http_is_noticed() {
    let machine = Machine::new();
    let doctor = doctor(&machine, &[]);
    for opening in [&b"\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00"[..], b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"] {
        let mut stream = TcpStream::connect(doctor.socket()).unwrap();
        stream.write_all(opening).unwrap();
        // The server closes the connection once it has seen enough.
        std::io::copy(&mut stream, &mut std::io::sink()).ok();
    }
    let (code, report) = report(doctor);
    assert_eq!(code, Some(1), "{report}");
    assert_says(
        &report,
        &["Nobody came who could be answered", "has to begin with http://", "speaks HTTP/2"],
    );
}

#[test]
fn when_nobody_comes_it_says_where_to_look() {
    let machine = Machine::new();
    let (code, said) = report(doctor(&machine, &[]));
    assert_eq!(code, Some(2), "{said}");
    assert_says(&said, &["Nobody came."]);
    // Given by its address, every address of this machine is shown as one that others can use.
    let open = doctor(&machine, &["--listen", "0.0.0.0:0"]);
    assert!(open.labelled("Address").is_some_and(|address| !address.contains("0.0.0.0")), "{}", open.said);
}

#[test]
fn a_listening_address_is_for_a_session_with_a_client_only() {
    let machine = Machine::new();
    let outcome = machine.run(&["doctor", "--listen", "127.0.0.1:0"]);
    assert_eq!(outcome.code, Some(2), "{outcome:#?}");
    assert!(outcome.err.contains("--client"), "{outcome:#?}");
    assert_eq!(labelled(&outcome.out, "Address"), None);
}
