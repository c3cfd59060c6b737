//! What starts by itself: the worker that does it, when it comes again, and each job's own work.

mod expire_locks;
mod original_paths;
mod schedules;
mod send_mail;
mod sweep;
mod worker;

use std::sync::Arc;
use std::time::Duration;

use ::jobs::{Job, JobsConfig};
use domain::{Job as Queued, JobKind, Timestamp};
use metadata::jobs;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection, SqliteConnection};
use tokio::runtime::Handle;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::support::{TestHouse, database, wait_until};

const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);

/// Longer than any job here takes to stop.
const PATIENCE: Duration = Duration::from_secs(60);

/// A worker beside a house whose own does nothing.
struct Shift<'a> {
    house: &'a TestHouse,
    stop: CancellationToken,
    worker: Option<JoinHandle<()>>,
}

impl<'a> Shift<'a> {
    /// So many jobs at once; what is not called out is noticed after an hour.
    fn begin(house: &'a TestHouse, known: &'static [Job], workers: usize) -> Self {
        Self::begin_by(house, known, workers, 3600, Timestamp::now)
    }

    fn begin_by(
        house: &'a TestHouse,
        known: &'static [Job],
        workers: usize,
        poll_seconds: u64,
        clock: impl Fn() -> Timestamp + Send + Sync + 'static,
    ) -> Self {
        let stop = CancellationToken::new();
        let (backends, shutdown) = (Arc::clone(house.backends()), stop.clone());
        let config = JobsConfig { workers, poll_seconds: poll_seconds.try_into().unwrap() };
        let work = async move {
            ::jobs::serve(backends, known, &config, Arc::new(clock), PATIENCE, shutdown).await;
        };
        let worker = house.run(async { Handle::current() }).spawn(work);
        Self { house, stop, worker: Some(worker) }
    }

    fn has_ended(&self) -> bool {
        self.worker.as_ref().is_none_or(JoinHandle::is_finished)
    }

    /// Asks it to stop and waits until it has.
    fn end(mut self) {
        self.stop.cancel();
        self.house.run(self.worker.take().unwrap()).unwrap();
    }
}

/// Asks for a job that is due at once.
fn want(house: &TestHouse, kind: &JobKind, key: &str) {
    let (backends, now) = (house.backends(), Timestamp::now());
    house.run(async {
        let tx = backends.metadata.begin().await.unwrap();
        jobs::enqueue(&tx, now, kind, key, now).await.unwrap();
        tx.commit().await.unwrap();
    });
}

/// Asks for it, and calls the worker.
fn call(house: &TestHouse, kind: &JobKind, key: &str) {
    want(house, kind, key);
    house.backends().coordination.wake_jobs();
}

/// The database as another process opens it.
async fn connect(house: &TestHouse) -> SqliteConnection {
    let file = SqliteConnectOptions::new().filename(house.folder().join("metadata.db"));
    SqliteConnection::connect_with(&file).await.unwrap()
}

/// What only time could bring about otherwise.
fn execute(house: &TestHouse, sql: &str) {
    house.run(database::alter(house.folder(), sql, []));
}

fn queue(house: &TestHouse) -> Vec<Queued> {
    house.run(jobs::list(&house.backends().metadata, Timestamp::now(), 1000)).unwrap()
}
