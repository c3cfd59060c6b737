//! What a server leaves behind that is gone, and one that only seemed to be.

use std::io::Write;
use std::net::TcpStream;

use super::{Cluster, is_left_out};
use crate::faults::varied_bytes;
use crate::support::{settled, wait_until};

const MIB: usize = 1 << 20;

/// An upload of which half has been sent to a server, over a connection that stays open.
fn half_sent(cluster: &Cluster, number: usize, path: &str, body: &[u8]) -> TcpStream {
    let line = cluster.line(number);
    let mut stream = TcpStream::connect(line.address).unwrap();
    let (credentials, length) = (&line.credentials, body.len());
    let head = format!(
        "PUT /dav{path} HTTP/1.1\r\nHost: larder\r\nConnection: close\r\nAuthorization: {credentials}\r\n\
         Content-Length: {length}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(&body[..length / 2]).unwrap();
    stream
}

fn pending(cluster: &Cluster) -> i64 {
    cluster.number("SELECT COUNT(*) FROM blobs WHERE NOT live AND condemned_ms IS NULL")
}

fn reserved_bytes(cluster: &Cluster) -> i64 {
    cluster.number("SELECT CAST(SUM(reserved_bytes) AS BIGINT) FROM spaces")
}

fn clear_up(cluster: &Cluster, number: usize) {
    cluster.larder(number, &["admin", "jobs", "run", "clear-unfinished"]);
}

#[test]
fn what_a_killed_server_was_receiving_is_given_up_by_another_within_two_minutes() {
    if is_left_out() {
        return;
    }
    let mut cluster = Cluster::with(2, &[("files.quota_bytes", "100000000"), ("jobs.poll_seconds", "1")]);
    let body = varied_bytes(1, 8 * MIB);
    let _lost = half_sent(&cluster, 0, "/lost", &body);
    let _goes_on = half_sent(&cluster, 1, "/goes-on", &body);
    wait_until("both are under way", || {
        pending(&cluster) == 2 && reserved_bytes(&cluster) == 16 * MIB as i64
    });
    cluster.kill(0);
    clear_up(&cluster, 1);
    // Nobody can tell yet whether it is gone.
    assert_eq!(pending(&cluster), 2);
    cluster.let_a_minute_pass();
    clear_up(&cluster, 1);
    wait_until("the killed one's upload is given up", || pending(&cluster) == 1);
    wait_until("its room is free again", || reserved_bytes(&cluster) == 8 * MIB as i64);
    let listed = cluster.larder(1, &["admin", "servers", "list"]);
    let states: Vec<_> =
        listed.lines().skip(1).map(|line| line.split_whitespace().take(2).collect()).collect();
    let states: Vec<Vec<&str>> = states;
    assert_eq!(states, [["server-0", "gone"], ["server-1", "serves"]], "{listed}");
    drop(_goes_on);
    let left = cluster.visit(async |backends| settled(backends).await);
    assert_eq!(left, Vec::<String>::new());
    cluster.stop(1);
    assert_eq!(cluster.number("SELECT COUNT(*) FROM servers WHERE name = 'server-1'"), 0, "it said good-bye");
}

#[test]
fn a_server_that_was_halted_and_comes_back_shows_nothing_that_was_given_up() {
    if is_left_out() {
        return;
    }
    let cluster = Cluster::with(2, &[("jobs.poll_seconds", "1")]);
    let body = varied_bytes(2, 8 * MIB);
    let mut halted = half_sent(&cluster, 0, "/late", &body);
    wait_until("it is under way", || pending(&cluster) == 1);
    cluster.server(0).signal("STOP");
    cluster.let_a_minute_pass();
    cluster.sql("UPDATE servers SET seen_ms = seen_ms - 60000 WHERE name = 'server-0'");
    clear_up(&cluster, 1);
    wait_until("it is given up", || pending(&cluster) == 0);
    cluster.server(0).signal("CONT");
    halted.write_all(&body[body.len() / 2..]).unwrap();
    let mut answer = String::new();
    std::io::Read::read_to_string(&mut halted, &mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
    assert!(answer.contains("send it again"), "{answer}");
    assert_eq!(cluster.line(1).ask("GET", "/late", &[], b"").unwrap().status, 404);
    // It is one of them again, and as good as before.
    assert_eq!(cluster.line(0).ask("PUT", "/late", &[], &body).unwrap().status, 201);
    assert_eq!(cluster.line(1).ask("GET", "/late", &[], b"").unwrap().body, body);
    let left = cluster.visit(async |backends| settled(backends).await);
    assert_eq!(left, Vec::<String>::new());
}

#[test]
fn after_a_failure_of_the_database_no_server_takes_the_others_for_gone() {
    if is_left_out() {
        return;
    }
    let cluster = Cluster::with(2, &[("jobs.poll_seconds", "1")]);
    let body = varied_bytes(3, 8 * MIB);
    let mut slow = half_sent(&cluster, 0, "/slow", &body);
    wait_until("it is under way", || pending(&cluster) == 1);
    // As it looks to whoever is heard first after the database was away for five minutes.
    cluster.sql("UPDATE servers SET seen_ms = seen_ms - 300000, steady_ms = steady_ms - 300000");
    clear_up(&cluster, 1);
    wait_until("the job has run", || {
        cluster.number("SELECT COUNT(*) FROM jobs WHERE kind = 'clear-unfinished' AND due_ms > ended_ms") == 1
    });
    assert_eq!(pending(&cluster), 1);
    slow.write_all(&body[body.len() / 2..]).unwrap();
    let mut answer = String::new();
    std::io::Read::read_to_string(&mut slow, &mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
}
