//! Where the servers are at the moment, and how somebody works there who has a folder for himself.

use std::io;
use std::net::SocketAddr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use rand::RngExt;
use rand::rngs::StdRng;

use crate::cluster::Cluster;
use crate::crash::{Line, Owner};

const PAUSE: Duration = Duration::from_millis(100);

/// So often somebody looks whether all is as it should be.
const LOOK_EVERY: u32 = 30;

pub struct Site {
    servers: Mutex<Vec<Option<SocketAddr>>>,
    credentials: String,
    is_over: AtomicBool,
}

/// Ends the work of everybody, however whoever holds it ends.
pub struct Over<'a>(pub &'a Site);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.is_over.store(true, Ordering::SeqCst);
    }
}

impl Site {
    pub fn new(cluster: &Cluster) -> Self {
        let servers = (0..cluster.servers.len()).map(|number| Some(cluster.server(number).address));
        let credentials = cluster.credentials.clone();
        Self { servers: Mutex::new(servers.collect()), credentials, is_over: AtomicBool::new(false) }
    }

    pub fn is_over(&self) -> bool {
        self.is_over.load(Ordering::SeqCst)
    }

    /// A server has an address now, or none.
    pub fn put(&self, number: usize, address: Option<SocketAddr>) {
        self.servers.lock().unwrap()[number] = address;
    }

    /// One of the servers; none once the work is over.
    pub fn line(&self, random: &mut StdRng) -> Option<Line> {
        (!self.is_over()).then(|| self.any(random))
    }

    fn any(&self, random: &mut StdRng) -> Line {
        loop {
            let servers = self.servers.lock().unwrap();
            let there: Vec<SocketAddr> = servers.iter().flatten().copied().collect();
            drop(servers);
            if !there.is_empty() {
                let address = there[random.random_range(0..there.len())];
                return Line { address, credentials: self.credentials.clone() };
            }
            self.pause();
        }
    }

    pub fn pause(&self) {
        thread::sleep(PAUSE);
    }

    /// One request after the other. Where there is no answer, what has become of it is seen before the next.
    pub fn employ(&self, owner: &mut Owner, random: &mut StdRng) {
        while let Some(line) = self.line(random) {
            let answered = owner.turn(&line, random).is_ok();
            if !answered || random.random_ratio(1, LOOK_EVERY) && owner.try_check(&line).is_err() {
                self.make_sure(owner, random);
            }
        }
        self.make_sure(owner, random);
    }

    /// Whoever has written to a drive has waited for everybody who was at it: what a server was doing that died is done
    /// or undone by then.
    fn make_sure(&self, owner: &mut Owner, random: &mut StdRng) {
        let seen = |line: &Line, owner: &mut Owner| -> io::Result<()> {
            let answer = line.ask("PUT", &format!("/barrier-{}", owner.name()), &[], b"")?;
            assert!(matches!(answer.status, 201 | 204), "{answer:?}");
            owner.try_check(line)
        };
        while seen(&self.any(random), owner).is_err() {
            self.pause();
        }
    }
}
