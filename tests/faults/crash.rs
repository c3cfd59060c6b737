//! The real program killed in the middle of its work: what it has acknowledged is there afterwards.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::thread;
use std::time::Duration;

use rand::RngExt;

use super::program::Program;
use super::varied_bytes;
use crate::support::{TestHouse, Wire};

const ROUNDS: usize = 3;
const WRITERS: u64 = 3;
/// Few, so that files are overwritten again and again.
const FILES: u64 = 4;

#[test]
fn what_was_acknowledged_is_there_after_the_process_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    let mut writers: Vec<Writer> = (0..WRITERS).map(Writer::new).collect();
    let mut credentials = String::new();
    for round in 0..ROUNDS {
        let program = Program::serve(folder.path());
        if round == 0 {
            credentials = Wire::basic("larder", &program.password());
        }
        let address = program.address;
        thread::scope(|scope| {
            for writer in &mut writers {
                let credentials = &credentials;
                scope.spawn(move || writer.write_until_it_breaks(address, credentials));
            }
            // Long enough for a password check and some dozens of files.
            thread::sleep(Duration::from_millis(rand::rng().random_range(500..2000)));
            program.kill();
        });
        let program = Program::serve(folder.path());
        writers.iter_mut().for_each(|writer| writer.check(|path| get(program.address, &credentials, path)));
    }
    let acknowledged: u64 = writers.iter().map(|writer| writer.acknowledged).sum();
    assert!(acknowledged > 0, "nothing was written before the process was killed");

    // The house asserts in the end that everything is in order.
    std::fs::remove_file(folder.path().join("log")).unwrap();
    let data = tempfile::tempdir().unwrap();
    std::fs::remove_dir(data.path()).unwrap();
    std::fs::rename(folder.path().join("data"), data.path()).unwrap();
    let house = TestHouse::on_folder(data, &[]);
    for writer in &mut writers {
        writer.check(|path| {
            let answer = house.wire().ask("GET", path, &[("Authorization", &credentials)], "");
            (answer.status, answer.body)
        });
    }
}

/// Somebody who writes one file after another.
struct Writer {
    name: u64,
    turn: u64,
    acknowledged: u64,
    /// For each path the seeds of what may be found there: what was acknowledged last, or nothing, and what was
    /// sent after that without an answer.
    expected: BTreeMap<String, Vec<Option<u64>>>,
}

impl Writer {
    fn new(name: u64) -> Self {
        Self { name, turn: 0, acknowledged: 0, expected: BTreeMap::new() }
    }

    fn write_until_it_breaks(&mut self, address: SocketAddr, credentials: &str) {
        loop {
            self.turn += 1;
            let seed = self.name << 20 | self.turn;
            let path = format!("/dav/{}-{}", self.name, self.turn % FILES);
            let possible = self.expected.entry(path.clone()).or_insert_with(|| vec![None]);
            possible.push(Some(seed));
            match put(address, credentials, &path, &content(seed)) {
                Ok(status) => {
                    assert!(status == 201 || status == 204, "{status}");
                    *possible = vec![Some(seed)];
                    self.acknowledged += 1;
                }
                Err(_) => return,
            }
        }
    }

    /// Whatever is found is what is expected from now on.
    #[track_caller]
    fn check(&mut self, get: impl Fn(&str) -> (u16, Vec<u8>)) {
        for (path, possible) in &mut self.expected {
            let (status, body) = get(path);
            possible.retain(|seed| match seed {
                Some(seed) => status == 200 && body == content(*seed),
                None => status == 404,
            });
            assert_eq!(
                possible.len(),
                1,
                "{path} has status {status} and {} bytes nobody expects",
                body.len()
            );
        }
    }
}

/// From one byte to more than the house writes to the disk at once.
fn content(seed: u64) -> Vec<u8> {
    varied_bytes(seed, 1 + (seed * 7919 % 600_000) as usize)
}

/// The status of the answer, if there is a whole one.
fn put(address: SocketAddr, credentials: &str, path: &str, body: &[u8]) -> io::Result<u16> {
    let mut stream = TcpStream::connect(address)?;
    let length = body.len();
    write!(
        stream,
        "PUT {path} HTTP/1.1\r\nHost: larder\r\nConnection: close\r\nAuthorization: {credentials}\r\n\
         Content-Length: {length}\r\n\r\n"
    )?;
    stream.write_all(body)?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok());
    status.filter(|_| answer.contains("\r\n\r\n")).ok_or(io::ErrorKind::UnexpectedEof.into())
}

fn get(address: SocketAddr, credentials: &str, path: &str) -> (u16, Vec<u8>) {
    let answer = Wire::open(address).ask("GET", path, &[("Authorization", credentials)], "");
    (answer.status, answer.body)
}
