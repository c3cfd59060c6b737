//! Clients that write the same few files, all at once.

use std::collections::BTreeMap;
use std::io;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use rand::RngExt;
use rand::rngs::StdRng;

use super::line::Line;
use super::state::{content, seed_of, trashed};

/// The name of the folder, and what the names in it begin with.
pub const FOLDER: &str = "shared";

const FILES: u64 = 3;

/// What was asked for each of the files, by whomever.
#[derive(Default)]
pub struct Shared {
    /// Tells what was before what.
    clock: AtomicU64,
    files: Mutex<BTreeMap<String, Vec<Write>>>,
    seeds: AtomicU64,
}

/// One write of one file.
#[derive(Debug)]
struct Write {
    /// The seed of the content; none for a deletion.
    seed: Option<u64>,
    began: u64,
    /// When it was acknowledged, if it was.
    ended: Option<u64>,
}

impl Shared {
    /// One write after another, until there is no answer.
    pub fn work(&self, line: &Line, random: &mut StdRng) {
        while self.turn(line, random).is_ok() {}
    }

    /// One write.
    pub fn turn(&self, line: &Line, random: &mut StdRng) -> io::Result<()> {
        let path = format!("/{FOLDER}/{FOLDER}-{}", random.random_range(0..FILES));
        let seed = random.random_ratio(4, 5).then(|| 1 << 60 | self.seeds.fetch_add(1, Ordering::SeqCst));
        let turn = self.begin(&path, seed);
        let answer = match seed {
            Some(seed) => line.ask("PUT", &path, &[], &content(seed))?,
            None => line.ask("DELETE", &path, &[], b"")?,
        };
        match answer.status {
            201 | 204 => self.end(&path, turn),
            404 if seed.is_none() => self.forget(&path, turn),
            _ => panic!("{answer:?}"),
        }
        Ok(())
    }

    fn now(&self) -> u64 {
        self.clock.fetch_add(1, Ordering::SeqCst)
    }

    fn begin(&self, path: &str, seed: Option<u64>) -> u64 {
        let mut files = self.files.lock().unwrap();
        let began = self.now();
        files.entry(path.to_owned()).or_default().push(Write { seed, began, ended: None });
        began
    }

    fn end(&self, path: &str, turn: u64) {
        let mut files = self.files.lock().unwrap();
        let now = self.now();
        let mut writes = files.get_mut(path).unwrap().iter_mut();
        writes.find(|write| write.began == turn).unwrap().ended = Some(now);
    }

    fn forget(&self, path: &str, turn: u64) {
        self.files.lock().unwrap().get_mut(path).unwrap().retain(|write| write.began != turn);
    }

    /// What is found was written by somebody, and nothing that was acknowledged came later than that. It is what is
    /// expected from now on.
    #[track_caller]
    pub fn check(&self, line: &Line) {
        for (path, writes) in self.files.lock().unwrap().iter_mut() {
            let answer = line.ask("GET", path, &[], b"").unwrap();
            let seen = match answer.status {
                200 => Some(seed_of(&answer.body)),
                404 => None,
                _ => panic!("{answer:?}"),
            };
            let latest = writes.iter().filter(|write| write.ended.is_some()).map(|write| write.began).max();
            let is_late =
                |write: &Write| latest.is_none_or(|latest| write.ended.is_none_or(|ended| ended >= latest));
            // Nothing is there before the first write.
            let possible = writes.iter().any(|write| write.seed == seen && is_late(write))
                || (seen.is_none() && latest.is_none());
            assert!(possible, "{path} holds {seen:?}, which was overwritten or never sent: {writes:?}");
            let now = self.now();
            *writes = vec![Write { seed: seen, began: now, ended: Some(now) }];
        }
    }

    /// Purges what of theirs is in the trash, which would only grow.
    pub fn tidy(&self, line: &Line) {
        for name in trashed(line, FOLDER).unwrap() {
            assert_eq!(line.ask("DELETE", &format!("/.Trash/{name}"), &[], b"").unwrap().status, 204);
        }
    }
}
