//! Three servers, sixteen clients, and everything around them failing in turn: what was acknowledged is there afterwards,
//! what was refused is not, no lock was held twice, and nothing is left over.

mod faults;
mod rivals;
mod site;

use std::thread;
use std::time::{Duration, Instant};

use domain::Timestamp;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use services::upkeep::Sweep;

use self::faults::Faults;
use self::rivals::Rivals;
use self::site::{Over, Site};
use super::{Cluster, is_left_out};
use crate::crash::{FOLDER, Owner, Shared};
use crate::support::{PostgresServer, RedisServer, settled, wait_until};

/// The environment may ask for more, or for the choices of an earlier run; when each thread comes to its turn, nobody can
/// repeat.
const SECONDS: &str = "LARDER_LOAD_SECONDS";
const SEED: &str = "LARDER_LOAD_SEED";
const SECONDS_DEFAULT: u64 = 25;

const SERVERS: usize = 3;
const OWNERS: [&str; 10] = ["ann", "ben", "cleo", "dan", "eve", "fred", "gus", "hal", "ida", "jon"];
const SHARERS: usize = 3;
const RIVALS: usize = 3;

/// Of so many files of an owner one is sent in several parts.
const LARGE_EVERY: u32 = 40;

#[test]
fn nothing_acknowledged_is_lost_while_everything_fails_in_turn() {
    if is_left_out() {
        return;
    }
    let seed = number(SEED).unwrap_or_else(|| rand::rng().random());
    let seconds = number(SECONDS).unwrap_or(SECONDS_DEFAULT);
    println!("{SEED}={seed} {SECONDS}={seconds}");
    let (postgres, redis) = (PostgresServer::start(), RedisServer::start());
    let settings = [
        ("metadata.url", postgres.url()),
        ("redis.url", redis.url()),
        ("metadata.connections", "8".to_owned()),
        ("server.drain_seconds", "1".to_owned()),
        ("server.shutdown_grace_seconds", "10".to_owned()),
    ];
    let settings: Vec<_> = settings.iter().map(|(key, value)| (*key, value.as_str())).collect();
    let cluster = Cluster::with(SERVERS, &settings);
    let mut party = Party::new(&cluster);
    let mut faults = Faults::new(cluster, postgres, redis);
    let mut random = StdRng::seed_from_u64(seed);
    party.work(&mut faults, Instant::now() + Duration::from_secs(seconds), &mut random);
    println!("{seconds} s: {}; {}", party.tale(), faults.tale());
    party.check(faults.cluster());
    nothing_is_left(faults.cluster());
    assert!(party.owners.iter().all(|owner| owner.acknowledged > 0), "nothing was done: {}", party.tale());
}

fn number(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{variable} is no number: {text:?}")))
}

/// Everybody who works at the same time.
struct Party {
    site: Site,
    owners: Vec<Owner>,
    shared: Shared,
    rivals: Rivals,
}

impl Party {
    fn new(cluster: &Cluster) -> Self {
        let line = cluster.line(0);
        for name in OWNERS.into_iter().chain([FOLDER]) {
            assert_eq!(line.ask("MKCOL", &format!("/{name}"), &[], b"").unwrap().status, 201);
        }
        let owners = OWNERS.into_iter().zip(1..).map(|(name, number)| {
            let mut owner = Owner::new(name, number);
            owner.large_every = LARGE_EVERY;
            owner
        });
        let site = Site::new(cluster);
        Self { site, owners: owners.collect(), shared: Shared::default(), rivals: Rivals::default() }
    }

    fn work(&mut self, faults: &mut Faults, until: Instant, random: &mut StdRng) {
        let Self { site, owners, shared, rivals } = self;
        let (site, shared, rivals) = (&*site, &*shared, &*rivals);
        thread::scope(|scope| {
            let _over = Over(site);
            for owner in owners {
                let mut random = StdRng::from_rng(random);
                scope.spawn(move || {
                    let _over = Over(site);
                    site.employ(owner, &mut random);
                });
            }
            for _ in 0..SHARERS {
                let mut random = StdRng::from_rng(random);
                scope.spawn(move || {
                    let _over = Over(site);
                    while let Some(line) = site.line(&mut random) {
                        if shared.turn(&line, &mut random).is_err() {
                            site.pause();
                        }
                    }
                });
            }
            for _ in 0..RIVALS {
                let mut random = StdRng::from_rng(random);
                scope.spawn(move || {
                    let _over = Over(site);
                    while let Some(line) = site.line(&mut random) {
                        if rivals.turn(&line, &mut random).is_err() {
                            site.pause();
                        }
                    }
                });
            }
            while Instant::now() < until && !site.is_over() {
                faults.strike(site, random);
            }
        });
    }

    fn check(&mut self, cluster: &Cluster) {
        for (number, owner) in self.owners.iter_mut().enumerate() {
            owner.check(&cluster.line(number % SERVERS));
        }
        self.shared.check(&cluster.line(0));
        self.rivals.check();
    }

    fn tale(&self) -> String {
        let sum = |count: fn(&Owner) -> u64| self.owners.iter().map(count).sum::<u64>();
        format!(
            "{} acknowledged, {} refused, {} without an answer; {} locks held",
            sum(|owner| owner.acknowledged),
            sum(|owner| owner.refused),
            sum(|owner| owner.unanswered),
            self.rivals.count()
        )
    }
}

/// What killed servers were receiving is given up, the sweep of two days later removes what nothing refers to, and then
/// everything is accounted for, in the database and in the bucket.
fn nothing_is_left(cluster: &mut Cluster) {
    for number in 1..SERVERS {
        cluster.stop(number);
    }
    cluster.let_a_minute_pass();
    cluster.larder(0, &["admin", "jobs", "run", "clear-unfinished"]);
    let pending = "SELECT COUNT(*) FROM blobs WHERE NOT live AND condemned_ms IS NULL";
    wait_until("nothing is being received", || cluster.number(pending) == 0);
    let (used, reserved) = (
        "SELECT CAST(SUM(used_bytes) AS BIGINT) FROM spaces",
        "SELECT CAST(SUM(reserved_bytes) AS BIGINT) FROM spaces",
    );
    assert_eq!(cluster.number(reserved), 0);
    println!("{} bytes are in use", cluster.number(used));
    cluster.stop(0);
    let left = cluster.visit(async |backends| {
        let mut sweep = Sweep::begin(Timestamp::now().after(Duration::from_secs(2 * 86_400)));
        while sweep.step(backends).await.unwrap() {}
        println!("{:?}", sweep.swept());
        settled(backends).await
    });
    assert_eq!(left, Vec::<String>::new(), "the house is not in order");
    assert_eq!(cluster.bucket.unfinished(), Vec::<String>::new());
    let rows = cluster.number("SELECT COUNT(*) FROM blobs");
    assert_eq!(cluster.bucket.objects().len() as i64, rows, "the bucket holds what the database knows");
}
