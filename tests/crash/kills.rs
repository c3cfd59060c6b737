//! Killed at a random moment while several clients work.

use std::path::Path;
use std::thread;
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::in_order;
use super::line::Line;
use super::locker::Locker;
use super::owner::Owner;
use super::sharers::{FOLDER, Shared};
use crate::support::Program;

/// The environment may ask for more kills, or for the choices of an earlier run; when each thread comes to its turn,
/// nobody can repeat.
const KILLS: &str = "LARDER_CRASH_KILLS";
const SEED: &str = "LARDER_CRASH_SEED";
const KILLS_DEFAULT: u64 = 6;

const OWNERS: [&str; 3] = ["ann", "ben", "cleo"];
const SHARERS: usize = 2;

#[test]
fn what_was_acknowledged_is_there_after_the_process_is_killed() {
    let seed = number(SEED).unwrap_or_else(|| rand::rng().random());
    let kills = number(KILLS).unwrap_or(KILLS_DEFAULT);
    println!("{SEED}={seed} {KILLS}={kills}");
    let mut random = StdRng::seed_from_u64(seed);
    let folder = tempfile::tempdir().unwrap();
    let mut clients = Clients::new();
    let mut program = Program::serve(folder.path());
    let mut line = Line { address: program.address, credentials: program.credentials() };
    for name in OWNERS.into_iter().chain([FOLDER]) {
        assert_eq!(line.ask("MKCOL", &format!("/{name}"), &[], b"").unwrap().status, 201);
    }
    for kill in 1..=kills {
        clients.work_until_killed(&line, program, &mut random);
        if random.random_ratio(1, 5) {
            kill_while_it_starts(folder.path(), &mut random);
        }
        program = Program::serve(folder.path());
        line.address = program.address;
        in_order(folder.path());
        clients.check(&line);
        if kill.is_multiple_of(10) {
            println!("{kill} kills: {}", clients.tale());
        }
    }
    println!("{kills} kills: {}", clients.tale());
    assert!(
        clients.owners.iter().all(|owner| owner.acknowledged > 0),
        "nothing was done: {}",
        clients.tale()
    );
}

fn number(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{variable} is no number: {text:?}")))
}

/// At any moment from before the first line of `main` until it serves.
fn kill_while_it_starts(folder: &Path, random: &mut StdRng) {
    let mut child = Program::spawn(folder, &[]);
    thread::sleep(Duration::from_millis(random.random_range(0..200)));
    child.kill().unwrap();
    child.wait().unwrap();
}

struct Clients {
    owners: Vec<Owner>,
    shared: Shared,
    locker: Locker,
}

impl Clients {
    fn new() -> Self {
        let owners = OWNERS.into_iter().zip(1..).map(|(name, number)| Owner::new(name, number)).collect();
        Self { owners, shared: Shared::default(), locker: Locker::default() }
    }

    fn work_until_killed(&mut self, line: &Line, program: Program, random: &mut StdRng) {
        let Self { owners, shared, locker } = self;
        // Long enough for a password check and some dozens of requests.
        let moment = Duration::from_millis(random.random_range(50..1200));
        thread::scope(|scope| {
            for owner in owners {
                let mut random = StdRng::from_rng(random);
                scope.spawn(move || owner.work(line, &mut random));
            }
            for _ in 0..SHARERS {
                let (shared, mut random) = (&*shared, StdRng::from_rng(random));
                scope.spawn(move || shared.work(line, &mut random));
            }
            scope.spawn(move || locker.work(line));
            thread::sleep(moment);
            program.kill();
        });
    }

    #[track_caller]
    fn check(&mut self, line: &Line) {
        self.owners.iter_mut().for_each(|owner| owner.check(line));
        self.shared.check(line);
        self.shared.tidy(line);
        self.locker.check(line);
    }

    fn tale(&self) -> String {
        let sum = |count: fn(&Owner) -> u64| self.owners.iter().map(count).sum::<u64>();
        format!(
            "{} acknowledged, {} refused, {} without an answer; {} on locked files",
            sum(|owner| owner.acknowledged),
            sum(|owner| owner.refused),
            sum(|owner| owner.unanswered),
            self.locker.acknowledged
        )
    }
}
