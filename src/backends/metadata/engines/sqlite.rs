//! SQLite: a file in the data folder, with many readers and one writer.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use domain::{Durability, Result};
use sea_orm::DatabaseConnection;
use sqlx::Connection;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};

use crate::{MetadataConfig, error};

/// The connections to a database file: where a question goes, and where a change goes.
pub(crate) struct Sqlite {
    pub(crate) read: DatabaseConnection,
    pub(crate) write: DatabaseConnection,
    /// The writer, for statements that nobody counts.
    pub(crate) uncounted: DatabaseConnection,
    /// The path of the file.
    pub(crate) place: String,
}

impl Sqlite {
    fn over(read: DatabaseConnection, write: DatabaseConnection, path: &Path) -> Self {
        Self { read, uncounted: write.clone(), write, place: path.display().to_string() }
    }

    /// Counts the statements that are sent through it.
    pub(super) fn counted(mut self, statements: &Arc<AtomicU64>) -> Self {
        for connection in [&mut self.read, &mut self.write] {
            let statements = Arc::clone(statements);
            connection.set_metric_callback(move |_| {
                statements.fetch_add(1, Ordering::Relaxed);
            });
        }
        self
    }
}

/// Opens, and if need be creates, the database file.
pub(super) async fn open(config: &MetadataConfig, path: &Path) -> Result<Sqlite> {
    // Two pools, because SQLite has one writer: writers queue fairly for their one connection instead
    // of racing for the file, and readers never wait for them.
    let file = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(synchronous(config.durability))
        .busy_timeout(Duration::from_secs(config.busy_seconds))
        .foreign_keys(true)
        // KiB for each connection; what does not fit is in the system's own cache all the same.
        .pragma("cache_size", "-2048")
        .pragma("journal_size_limit", "67108864")
        .statement_cache_capacity(256);
    let pool = |connections: u32| {
        SqlitePoolOptions::new()
            .max_connections(connections)
            .acquire_timeout(Duration::from_secs(config.busy_seconds.saturating_mul(2)))
            .test_before_acquire(false)
            .idle_timeout(None)
            .max_lifetime(None)
    };
    // The writer opens first: it creates the file and its log.
    let write = pool(1)
        // SQLite ends a transaction by itself when its COMMIT fails on a full disk, and the ROLLBACK that
        // sqlx sends then fails too. sqlx goes on counting it as open, so the next BEGIN would become a
        // SAVEPOINT, and its COMMIT a RELEASE that makes nothing durable. Such a connection is closed.
        .after_release(|connection, _| {
            Box::pin(async move {
                // A rollback is only queued on drop: the ping waits for it.
                connection.ping().await?;
                Ok(!connection.is_in_transaction())
            })
        })
        .connect_with(file.clone());
    let write = write.await.map_err(error::unopened)?;
    let read = pool(config.readers).connect_with(file.read_only(true)).await.map_err(error::unopened)?;
    Ok(Sqlite::over(DatabaseConnection::from(read), DatabaseConnection::from(write), path))
}

/// Opens an empty file to be filled once: without a log, and not synced.
pub(super) async fn open_new(path: &Path) -> Result<Sqlite> {
    let file = SqliteConnectOptions::new()
        .filename(path)
        .journal_mode(SqliteJournalMode::Off)
        .synchronous(SqliteSynchronous::Off)
        .foreign_keys(true);
    let pool = SqlitePoolOptions::new().max_connections(1).idle_timeout(None).max_lifetime(None);
    let connection = DatabaseConnection::from(pool.connect_with(file).await.map_err(error::unopened)?);
    Ok(Sqlite::over(connection.clone(), connection, path))
}

/// With FULL each commit syncs the log. With NORMAL only checkpoints sync: after a loss of power the database is
/// consistent all the same and lacks its last transactions. OFF, which is no faster between checkpoints, would leave
/// it corrupt.
fn synchronous(durability: Durability) -> SqliteSynchronous {
    match durability {
        Durability::PowerLoss => SqliteSynchronous::Full,
        Durability::ProcessCrash => SqliteSynchronous::Normal,
    }
}
