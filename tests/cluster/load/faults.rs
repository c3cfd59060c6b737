//! Everything that fails, one thing after the other.

use std::thread;
use std::time::Duration;

use bucket::Fault;
use rand::RngExt;
use rand::rngs::StdRng;

use super::site::Site;
use crate::cluster::Cluster;
use crate::support::{PostgresServer, RedisServer};

/// The kinds of failures; the first ones all come once before chance decides.
const KINDS: usize = 6;

/// Fields are dropped in this order: what stands on something before that.
pub struct Faults {
    cluster: Cluster,
    postgres: PostgresServer,
    redis: RedisServer,
    count: [u32; KINDS],
}

impl Faults {
    pub fn new(cluster: Cluster, postgres: PostgresServer, redis: RedisServer) -> Self {
        Self { cluster, postgres, redis, count: [0; KINDS] }
    }

    /// Something fails, and works again after a while.
    pub fn strike(&mut self, site: &Site, random: &mut StdRng) {
        let kind = self.count.iter().position(|count| *count == 0).unwrap_or(random.random_range(0..KINDS));
        self.count[kind] += 1;
        let while_it_lasts = Duration::from_millis(random.random_range(200..3000));
        match kind {
            0 => self.kill(site, random.random_range(0..self.cluster.servers.len()), while_it_lasts),
            1 => self.postgres.restart(random.random()),
            2 => {
                self.redis.kill();
                thread::sleep(while_it_lasts);
                self.redis.start_again();
            }
            3 => {
                self.trouble("*", [Fault::ERROR, Fault::SLOW_DOWN][random.random_range(0..2)], while_it_lasts)
            }
            4 => self.trouble("*", Fault::AnswerLost, while_it_lasts),
            // A restart as an operator makes it.
            _ => self.stop(site, random.random_range(0..self.cluster.servers.len())),
        }
        thread::sleep(Duration::from_millis(random.random_range(500..2500)));
    }

    fn kill(&mut self, site: &Site, number: usize, while_it_lasts: Duration) {
        self.cluster.kill(number);
        site.put(number, None);
        thread::sleep(while_it_lasts);
        self.start(site, number);
    }

    fn stop(&mut self, site: &Site, number: usize) {
        site.put(number, None);
        self.cluster.stop(number);
        self.start(site, number);
    }

    fn start(&mut self, site: &Site, number: usize) {
        self.cluster.start(number);
        site.put(number, Some(self.cluster.server(number).address));
    }

    /// A few calls at a time, so that trying again helps now and then.
    fn trouble(&self, operation: &str, fault: Fault, while_it_lasts: Duration) {
        const ROUND: Duration = Duration::from_millis(100);
        for _ in 0..=while_it_lasts.as_millis() / ROUND.as_millis() {
            self.cluster.bucket.fail(operation, 4, fault);
            thread::sleep(ROUND);
        }
        self.cluster.bucket.mend();
    }

    /// What has failed how often.
    pub fn tale(&self) -> String {
        let [kills, databases, redis, errors, lost, stops] = self.count;
        format!(
            "{kills} kills, {stops} stops, {databases} restarts of PostgreSQL, {redis} of Redis, {errors} times S3 in \
             trouble, {lost} times its answers lost"
        )
    }

    /// The servers, all of which run.
    pub fn cluster(&mut self) -> &mut Cluster {
        &mut self.cluster
    }
}
