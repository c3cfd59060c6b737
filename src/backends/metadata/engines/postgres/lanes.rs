//! Connections to PostgreSQL, each used by one question or one transaction at a time.
//!
//! The pool of sqlx asks each connection for a sign of life whenever it comes back, which doubles the round trips of a
//! question. Here a connection that was left in order is lent again as it is, and one that turns out to be dead is found
//! by its use: what has not been committed can always be sent again through another one.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use sea_orm::{ConnAcquireErr, DbErr, RuntimeErr, Statement, Values};
use sea_query_sqlx::SqlxValues;
use sqlx::postgres::{PgConnection, PgPool, PgQueryResult, PgRow};
use sqlx::{AssertSqlSafe, Connection};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::error;
use crate::together::{self, Step};

/// A connection is replaced after this time: what the server keeps for it only grows.
const AGE_MAX: Duration = Duration::from_secs(30 * 60);

/// One that has rested for longer is asked whether it is still one, before it is used for what cannot be sent again.
const RESTED: Duration = Duration::from_secs(10);

/// So often something is sent again because its connection was gone. The first loss closes all that rest.
const LOSSES_MAX: usize = 3;

/// All connections of this server.
pub(crate) struct Lanes {
    /// Opens them.
    pool: PgPool,
    free: Mutex<Vec<Resting>>,
    permits: Arc<Semaphore>,
    count: u32,
    wait_max: Duration,
    statements: Arc<AtomicU64>,
}

struct Resting {
    connection: PgConnection,
    opened: Instant,
    since: Instant,
}

/// One connection, lent out. It comes back when this is dropped, if it is in order.
pub(super) struct Lane {
    lanes: Arc<Lanes>,
    connection: Option<PgConnection>,
    opened: Instant,
    /// Since when it had rested; none for a new one.
    rested: Option<Instant>,
    /// Whether nothing is under way on it, in either direction.
    is_in_order: bool,
    /// Whether a transaction is open on it.
    is_open: bool,
    _permit: OwnedSemaphorePermit,
}

/// What a statement has brought.
#[derive(Default)]
pub(crate) struct Answer {
    pub(crate) rows: Vec<PgRow>,
    pub(crate) done: PgQueryResult,
}

/// What is asked of a statement.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asked {
    /// Its rows.
    Rows,
    /// How many rows it changed.
    Count,
}

impl Lanes {
    pub(super) fn new(pool: PgPool, count: u32, wait_max: Duration, statements: Arc<AtomicU64>) -> Self {
        let count = count.max(1);
        let permits = Arc::new(Semaphore::new(count as usize));
        Self { pool, free: Mutex::default(), permits, count, wait_max, statements }
    }

    /// Notes that so many statements are sent.
    pub(super) fn count(&self, statements: u64) {
        self.statements.fetch_add(statements, Ordering::Relaxed);
    }

    /// Lends a connection.
    pub(super) async fn lend(self: &Arc<Self>) -> Result<Lane, DbErr> {
        let permit = tokio::time::timeout(self.wait_max, Arc::clone(&self.permits).acquire_owned()).await;
        let (Ok(Ok(permit)), false) = (permit, self.pool.is_closed()) else {
            return Err(DbErr::ConnectionAcquire(ConnAcquireErr::Timeout));
        };
        let resting = self.free.lock().pop();
        let (connection, opened, rested) = match resting.filter(|free| free.opened.elapsed() < AGE_MAX) {
            Some(Resting { connection, opened, since }) => (connection, opened, Some(since)),
            None => {
                let connection = self.pool.acquire().await.map_err(lost)?;
                (connection.detach(), Instant::now(), None)
            }
        };
        let (lanes, connection) = (Arc::clone(self), Some(connection));
        Ok(Lane { lanes, connection, opened, rested, is_in_order: true, is_open: false, _permit: permit })
    }

    /// Lends a connection that is alive.
    async fn lend_alive(self: &Arc<Self>) -> Result<Lane, DbErr> {
        loop {
            let mut lane = self.lend().await?;
            let has_rested = lane.rested.is_some_and(|since| since.elapsed() > RESTED);
            if !has_rested || lane.is_alive().await {
                return Ok(lane);
            }
        }
    }

    /// Puts a question, which may be put again: through another connection, if one turns out to be gone.
    pub(crate) async fn put(self: &Arc<Self>, question: &Statement, asked: Asked) -> Result<Answer, DbErr> {
        self.count(1);
        let mut losses = 0;
        loop {
            match self.lend().await?.ask(question, asked).await {
                Err(error) if self.may_send_again(&mut losses, &error) => {}
                answer => return answer,
            }
        }
    }

    /// Whether what is not committed may be sent again because its connection is gone.
    pub(super) fn may_send_again(&self, losses: &mut usize, error: &DbErr) -> bool {
        let again = *losses < LOSSES_MAX && error::is_lost(error);
        *losses += usize::from(again);
        again
    }

    /// Takes steps in one statement, which is a transaction of its own. It is sent once: nobody could tell whether it has
    /// happened, if its answer were lost.
    pub(crate) async fn together(self: &Arc<Self>, steps: Vec<Step>) -> Result<(), DbErr> {
        self.count(steps.len() as u64);
        let mut lane = self.lend_alive().await?;
        lane.ask(&together::join(steps, "NULL"), Asked::Rows).await.map(drop)
    }

    /// Closes what rests: where one connection is gone, most are.
    fn lose_resting(&self) {
        drop(std::mem::take(&mut *self.free.lock()));
    }

    /// Waits until nobody uses a connection any more, and closes all.
    pub(crate) async fn close(&self) {
        // Whoever takes longer than anybody waits for a connection is not waited for.
        let all = tokio::time::timeout(self.wait_max, self.permits.acquire_many(self.count)).await;
        self.pool.close().await;
        drop(all);
        let resting = std::mem::take(&mut *self.free.lock());
        for Resting { connection, .. } in resting {
            // Whatever is wrong with it, it is gone.
            connection.close().await.ok();
        }
    }
}

impl Lane {
    /// Sends a statement with its values.
    pub(super) async fn ask(&mut self, statement: &Statement, asked: Asked) -> Result<Answer, DbErr> {
        let values = statement.values.clone().unwrap_or(Values(Vec::new()));
        let query = sqlx::query_with(AssertSqlSafe(statement.sql.as_str()), SqlxValues(values));
        let connection = self.begin()?;
        let answer = match asked {
            Asked::Rows => query.fetch_all(connection).await.map(Answer::of_rows),
            Asked::Count => query.execute(connection).await.map(Answer::of_count),
        };
        self.end(answer)
    }

    /// Sends statements that have no values, in one message.
    pub(super) async fn ask_plainly(&mut self, sql: &str, asked: Asked) -> Result<Answer, DbErr> {
        let query = sqlx::raw_sql(AssertSqlSafe(sql));
        let connection = self.begin()?;
        let answer = match asked {
            Asked::Rows => query.fetch_all(connection).await.map(Answer::of_rows),
            Asked::Count => query.execute(connection).await.map(Answer::of_count),
        };
        self.end(answer)
    }

    /// A transaction begins on it.
    pub(super) fn enter(&mut self) {
        self.is_open = true;
    }

    /// The transaction on it has ended.
    pub(super) fn leave(&mut self) {
        self.is_open = false;
    }

    /// Undoes the transaction on it, after whoever needs that no more has gone on.
    pub(super) fn roll_back(mut self) {
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        if self.is_in_order {
            runtime.spawn(async move {
                if self.ask_plainly("ROLLBACK", Asked::Count).await.is_ok() {
                    self.leave();
                }
            });
        }
    }

    async fn is_alive(&mut self) -> bool {
        match self.begin() {
            Ok(connection) => {
                let pong = connection.ping().await;
                self.end(pong.map(|()| Answer::default())).is_ok()
            }
            Err(_) => false,
        }
    }

    /// From here on the connection is not in order: whoever waits for it may be dropped at any moment.
    fn begin(&mut self) -> Result<&mut PgConnection, DbErr> {
        self.is_in_order = false;
        self.connection.as_mut().ok_or(DbErr::ConnectionAcquire(ConnAcquireErr::ConnectionClosed))
    }

    fn end(&mut self, answer: sqlx::Result<Answer>) -> Result<Answer, DbErr> {
        // What the database itself says is an answer like any other, but for a farewell.
        let answer = answer.map_err(lost);
        self.is_in_order = match &answer {
            Ok(_) => true,
            Err(error) => error::is_refusal(error),
        };
        if answer.as_ref().is_err_and(error::is_lost) {
            self.lanes.lose_resting();
        }
        answer
    }
}

impl Drop for Lane {
    fn drop(&mut self) {
        let Some(connection) = self.connection.take() else { return };
        if self.is_in_order && !self.is_open && !self.lanes.pool.is_closed() {
            let resting = Resting { connection, opened: self.opened, since: Instant::now() };
            self.lanes.free.lock().push(resting);
        }
    }
}

impl Answer {
    fn of_rows(rows: Vec<PgRow>) -> Self {
        Self { rows, ..Self::default() }
    }

    fn of_count(done: PgQueryResult) -> Self {
        Self { done, ..Self::default() }
    }
}

fn lost(error: sqlx::Error) -> DbErr {
    DbErr::Query(RuntimeErr::SqlxError(error.into()))
}
