//! What uploads have set aside is given back when the process dies in the middle of them.

use super::{varied_bytes, wait_until};
use crate::support::{Machine, Server, Wire, database, ground};

const QUOTA_BYTES: u64 = 1_000_000;
const KEPT_BYTES: u64 = 100_000;

/// A machine whose one user has a limit and a file, and the credentials of that user.
fn furnished() -> (Machine, String) {
    let machine = Machine::new();
    let server = machine.serve(&[]);
    let authorization = Wire::basic("larder", server.labelled("Password").unwrap());
    machine.run(&["admin", "user", "set-quota", "larder", &QUOTA_BYTES.to_string()]).succeeded();
    assert_eq!(put(&server, &authorization, "/kept", KEPT_BYTES as usize), 201);
    (machine, authorization)
}

fn put(server: &Server, authorization: &str, path: &str, length: usize) -> u16 {
    let headers = [("Authorization", authorization)];
    let body = varied_bytes(length as u64, length);
    Wire::open(server.socket()).ask("PUT", &format!("/dav{path}"), &headers, body).status
}

/// Sends the head of an upload and part of its body, or all of it.
fn send(server: &Server, authorization: &str, path: &str, framing: &str, part: &[u8]) -> Wire {
    let head = format!(
        "PUT /dav{path} HTTP/1.1\r\nHost: larder\r\nAuthorization: {authorization}\r\n{framing}\r\n\r\n"
    );
    let mut wire = Wire::open(server.socket());
    wire.offer([head.as_bytes(), part].concat());
    wire
}

/// What the row of the space says: set aside and used.
fn account(machine: &Machine) -> (i64, i64) {
    let data = machine.path("larder-data");
    let numbers = database::rows(&data, "SELECT reserved_bytes, used_bytes FROM spaces", []);
    let rows = tokio::runtime::Runtime::new().unwrap().block_on(numbers);
    (rows[0].try_get_by_index(0).unwrap(), rows[0].try_get_by_index(1).unwrap())
}

/// Asserts that this is the account once what the killed server received is given up: at the next start, or where there may
/// be others a minute later.
#[track_caller]
fn comes_to(machine: &Machine, expected: (i64, i64)) {
    if ground::is_scaled() {
        let passed = async { database::a_minute_passes(&machine.path("larder-data")).await };
        tokio::runtime::Runtime::new().unwrap().block_on(passed);
        machine.run(&["admin", "jobs", "run", "clear-unfinished"]).succeeded();
        wait_until(&format!("the account is {expected:?}"), || account(machine) == expected);
    }
    assert_eq!(account(machine), expected);
}

#[test]
fn after_a_kill_the_room_of_every_upload_under_way_is_there_again() {
    let (machine, authorization) = furnished();
    let server = machine.serve(&[]);
    let declared = send(&server, &authorization, "/a", "Content-Length: 500000", b"");
    let half = send(&server, &authorization, "/b", "Content-Length: 200000", &varied_bytes(1, 150_000));
    wait_until("both have set their room aside", || account(&machine).0 == 700_000);
    let chunk = [b"10000\r\n", &varied_bytes(2, 0x10000)[..]].concat();
    let chunked = send(&server, &authorization, "/c", "Transfer-Encoding: chunked", &chunk);
    wait_until("the third one too", || account(&machine).0 > 700_000);
    let listed = machine.run(&["admin", "user", "list"]).succeeded();
    assert!(!listed.contains("  0 B  "), "{listed}");
    server.signal("KILL");
    server.ended();
    drop((declared, half, chunked));

    let server = machine.serve(&[]);
    comes_to(&machine, (0, KEPT_BYTES as i64));
    let rest = (QUOTA_BYTES - KEPT_BYTES) as usize;
    assert_eq!(put(&server, &authorization, "/a", rest + 1), 507);
    assert_eq!(put(&server, &authorization, "/a", rest), 201);
    assert_eq!(account(&machine), (0, QUOTA_BYTES as i64));
}

#[test]
fn wherever_an_upload_dies_its_room_is_used_or_given_back() {
    const LENGTH: usize = 300_000;
    for (step, is_there) in [
        ("upload.registered", false),
        ("upload.stored", false),
        ("upload.placed", false),
        ("upload.shown", true),
    ] {
        for chunked in [false, true] {
            let (machine, authorization) = furnished();
            let mut command = machine.command(&["serve"]);
            command.env(failpoint::STEP, step);
            let server = machine.follow(command, "Another app password:");
            let bytes = varied_bytes(3, LENGTH);
            let (framing, body) = match chunked {
                true => {
                    let body = [format!("{LENGTH:x}\r\n").as_bytes(), &bytes, b"\r\n0\r\n\r\n"].concat();
                    ("Transfer-Encoding: chunked".to_owned(), body)
                }
                false => (format!("Content-Length: {LENGTH}"), bytes),
            };
            let wire = send(&server, &authorization, "/a", &framing, &body);
            let (status, _) = server.ended();
            assert!(!status.success(), "it did not come to {step}");
            drop(wire);
            let _server = machine.serve(&[]);
            let used = KEPT_BYTES as i64 + if is_there { LENGTH as i64 } else { 0 };
            println!("{step}, chunked: {chunked}");
            comes_to(&machine, (0, used));
        }
    }
}
