//! A rolling restart: each server is stopped and started again in turn, behind a proxy, and nobody notices.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

use super::proxy::Proxy;
use super::{Cluster, is_left_out};
use crate::crash::{LOCKINFO, Line};
use crate::faults::varied_bytes;
use crate::support::{settled, wait_until};

const CLIENTS: u64 = 6;

/// Ends the work of all clients however the test ends.
struct Over<'a>(&'a AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// One round of what clients do; every answer must be the one it would be without any restart.
fn work(line: &Line, client: u64, round: u64) {
    let path = format!("/{client}-{}", round % 3);
    let body = varied_bytes(client << 20 | round, 1 + (round as usize * 7919) % 200_000);
    let put = line.ask("PUT", &path, &[], &body).unwrap();
    assert!(matches!(put.status, 201 | 204), "{put:?}");
    let got = line.ask("GET", &path, &[], b"").unwrap();
    assert!(
        got.status == 200 && got.body == body,
        "{path} is not what it was: {} {:?}",
        got.status,
        got.headers
    );
    let listed = line.list("/").unwrap().unwrap();
    assert!(listed.contains(&path[1..].to_owned()), "{listed:?}");
    let locked = line.ask("LOCK", &path, &[("Timeout", "Second-600")], LOCKINFO.as_bytes()).unwrap();
    assert_eq!(locked.status, 200, "{locked:?}");
    let token = locked.header("lock-token").unwrap();
    let unlocked = line.ask("UNLOCK", &path, &[("Lock-Token", token)], b"").unwrap();
    // Asked again where the first answer was lost, it is no longer locked.
    assert!(matches!(unlocked.status, 204 | 409), "{unlocked:?}");
}

#[test]
fn a_rolling_restart_behind_a_proxy_fails_no_request() {
    if is_left_out() {
        return;
    }
    let mut cluster =
        Cluster::with(3, &[("server.drain_seconds", "2"), ("server.shutdown_grace_seconds", "20")]);
    let addresses: Vec<_> = (0..3).map(|number| cluster.server(number).address).collect();
    let proxy = Proxy::before(&addresses);
    wait_until("all are ready", || proxy.ready().len() == 3);
    let line = Line { address: proxy.address, credentials: cluster.credentials.clone() };
    let (is_over, rounds) = (AtomicBool::new(false), AtomicU64::new(0));
    thread::scope(|scope| {
        let over = Over(&is_over);
        for client in 0..CLIENTS {
            let (line, is_over, rounds) = (line.clone(), &is_over, &rounds);
            scope.spawn(move || {
                let _over = Over(is_over);
                for round in 0.. {
                    if is_over.load(Ordering::SeqCst) {
                        return;
                    }
                    work(&line, client, round);
                    rounds.fetch_add(1, Ordering::SeqCst);
                }
            });
        }
        for number in 0..3 {
            let before = rounds.load(Ordering::SeqCst);
            cluster.stop(number);
            cluster.start(number);
            proxy.replace(number, cluster.server(number).address);
            wait_until("it is ready again", || proxy.ready().len() == 3);
            wait_until("work has gone on", || {
                rounds.load(Ordering::SeqCst) > before + CLIENTS || is_over.load(Ordering::SeqCst)
            });
        }
        drop(over);
    });
    println!("{} rounds of {CLIENTS} clients", rounds.load(Ordering::SeqCst));
    assert_eq!(cluster.visit(async |backends| settled(backends).await), Vec::<String>::new());
}

#[test]
fn a_server_that_is_asked_to_stop_says_that_it_is_not_ready_and_serves_on_for_a_while() {
    if is_left_out() {
        return;
    }
    let mut cluster = Cluster::with(1, &[("server.drain_seconds", "4")]);
    let line = cluster.line(0);
    let server = cluster.servers[0].take().unwrap();
    server.signal("TERM");
    let is_ready = || crate::support::get(server.address, "/health/ready").starts_with("HTTP/1.1 200");
    wait_until("it says that it is not ready", || !is_ready());
    // A new connection and a change, while a proxy hears of it.
    let answer = line.ask("PUT", "/late", &[], b"late").unwrap();
    assert_eq!((answer.status, answer.header("connection")), (201, Some("close")));
    assert!(server.ended(), "it does not stop");
    cluster.start(0);
    assert_eq!(cluster.line(0).ask("GET", "/late", &[], b"").unwrap().body, b"late");
}
