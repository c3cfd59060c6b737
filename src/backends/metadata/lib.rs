//! Floor 1: names, folders, people and everything else that is related to something, in a database.
//!
//! Questions take any [`Db`]: the [`Metadata`] itself reads from a pool, a [`Tx`] reads what it is about
//! to change. Changes take a [`Tx`], so the compiler keeps every write inside a transaction.

mod again;
mod config;
mod engines;
mod error;
mod listing;
mod lists;
mod revisions;
mod rows;
mod together;
mod transfer;

pub mod app_passwords;
pub mod audit;
pub mod blobs;
pub mod changes;
pub mod companions;
pub mod confirmations;
pub mod copies;
pub mod description;
pub mod garbage;
pub mod history;
pub mod holds;
pub mod identities;
pub mod invitations;
pub mod jobs;
pub mod locks;
pub mod mails;
pub mod members;
pub mod mounted;
pub mod moves;
pub mod names;
pub mod nodes;
pub mod once;
pub mod organization_members;
pub mod organizations;
pub mod original_paths;
pub mod placeholders;
pub mod places;
#[cfg(test)]
mod plans;
pub mod project_members;
pub mod projects;
pub mod properties;
pub mod purge;
pub mod receipts;
pub mod relocations;
pub mod renewal;
pub mod reservations;
pub mod retention;
pub mod rights;
pub mod rules;
pub mod schema;
pub mod scrubs;
pub mod search;
pub mod servers;
pub mod sessions;
pub mod signing_keys;
pub mod snapshots;
pub mod spaces;
pub mod system_files;
pub mod tasks;
pub mod trash;
pub mod users;
pub mod versions;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use domain::{Error, Result, ServerId};
use sea_orm::{
    AccessMode, ConnectionTrait, DatabaseConnection, IsolationLevel, SqliteTransactionMode, Statement,
    TransactionOptions, TransactionTrait, Value,
};

pub use again::again;
pub use config::MetadataConfig;
use engines::postgres::lanes::Lanes;
use engines::postgres::transaction::Transaction;
use engines::{Engine, Line};
use error::DbResult;
pub use transfer::Transferred;

/// The name of the database in the data folder.
pub const FILE: &str = "metadata.db";

/// The database of the house: many readers and, on SQLite, one writer.
pub struct Metadata {
    engine: Engine,
    read: Line,
    statements: Arc<AtomicU64>,
    data_folder: PathBuf,
    movers: Option<moves::Watch>,
    server: OnceLock<ServerId>,
}

/// Something questions can be put to.
pub trait Db: Sync {
    /// The connection that answers.
    #[doc(hidden)]
    fn raw(&self) -> &impl ConnectionTrait;
}

impl Db for Metadata {
    fn raw(&self) -> &impl ConnectionTrait {
        &self.read
    }
}

impl Metadata {
    /// Opens the PostgreSQL database the settings name or, where they name none, the SQLite database [`FILE`] in the data
    /// folder, which is created if need be. The schema is left as it is: see [`schema`].
    ///
    /// # Errors
    /// [`Unavailable`](domain::Error::Unavailable) when it cannot be opened, [`Unsupported`](domain::Error::Unsupported)
    /// for a PostgreSQL that is too old or set up in a way that would not do.
    pub async fn open(config: &MetadataConfig, data_folder: &Path) -> Result<Self> {
        let statements = Arc::new(AtomicU64::new(0));
        let engine = engines::open(config, data_folder, &statements).await?;
        Ok(Self::over(engine, statements, data_folder))
    }

    /// A new SQLite database in an empty file, for whoever fills it.
    pub(crate) async fn open_new(file: &Path) -> Result<Self> {
        Ok(Self::over(engines::open_new(file).await?, Arc::default(), file))
    }

    fn over(engine: Engine, statements: Arc<AtomicU64>, data_folder: &Path) -> Self {
        // Only what is a file in the data folder is moved away from there.
        let is_file = matches!(engine, Engine::Sqlite(_));
        Self {
            movers: is_file.then(|| moves::Watch::over(data_folder)),
            read: engine.reading(),
            engine,
            statements,
            data_folder: data_folder.to_owned(),
            server: OnceLock::new(),
        }
    }

    /// Begins a transaction that may write. Dropping it before [`Tx::commit`] undoes all of it.
    ///
    /// On SQLite it holds the one writer from here on: nothing slow may be awaited inside.
    ///
    /// # Errors
    /// [`Unavailable`](domain::Error::Unavailable) when somebody else holds the database for too long, or moves it.
    pub async fn begin(&self) -> Result<Tx> {
        self.movers.as_ref().map_or(Ok(()), moves::Watch::refuse)?;
        match &self.engine {
            Engine::Sqlite(_) => self.begin_whole().await,
            Engine::Postgres(postgres) => {
                Ok(self.transaction(Line::OneLane(Transaction::new(&postgres.lanes, "BEGIN"))))
            }
        }
    }

    /// Begins a transaction that may take steps of an upgrade or write everything: on PostgreSQL beside those of requests.
    /// No mover is asked.
    pub(crate) async fn begin_whole(&self) -> Result<Tx> {
        let raw = match &self.engine {
            Engine::Sqlite(sqlite) => sqlite.write.begin_with_options(immediate()).await,
            Engine::Postgres(postgres) => postgres.aside.begin().await,
        };
        Ok(self.transaction(Line::One(raw.or_domain()?)))
    }

    fn transaction(&self, raw: Line) -> Tx {
        Tx { raw, server: self.server() }
    }

    /// A view of the database as it is at the first question put to it. What others change meanwhile does not show, and
    /// nobody waits for it; the log of SQLite grows as long as there is one.
    ///
    /// # Errors
    /// [`Unavailable`](domain::Error::Unavailable) when no connection is free for too long.
    pub async fn view(&self) -> Result<View> {
        match &self.engine {
            Engine::Sqlite(_) => self.view_whole().await,
            Engine::Postgres(postgres) => {
                Ok(View { raw: Line::OneLane(Transaction::new(&postgres.lanes, VIEW)) })
            }
        }
    }

    /// The same for whoever reads everything: on PostgreSQL beside requests.
    pub(crate) async fn view_whole(&self) -> Result<View> {
        let raw = match &self.engine {
            Engine::Sqlite(sqlite) => sqlite.read.begin().await.or_domain()?,
            Engine::Postgres(postgres) => {
                let (isolation, access) = (IsolationLevel::RepeatableRead, AccessMode::ReadOnly);
                let raw =
                    postgres.aside.begin_with_config(Some(isolation), Some(access)).await.or_domain()?;
                let unhurried = "SET LOCAL idle_in_transaction_session_timeout = 0";
                raw.execute_unprepared(unhurried).await.or_domain()?;
                raw
            }
        };
        Ok(View { raw: Line::One(raw) })
    }

    /// Where it is, without the password that opens it.
    pub fn place(&self) -> &str {
        self.engine.place()
    }

    /// Whether servers on other machines may use the same database: on PostgreSQL.
    pub fn is_shared(&self) -> bool {
        self.lanes().is_some()
    }

    /// The connections to PostgreSQL, if it is one.
    pub(crate) fn lanes(&self) -> Option<&Arc<Lanes>> {
        match &self.engine {
            Engine::Sqlite(_) => None,
            Engine::Postgres(postgres) => Some(&postgres.lanes),
        }
    }

    /// As which of the servers this process works; none where it does not serve.
    pub fn server(&self) -> Option<ServerId> {
        self.server.get().copied()
    }

    /// From here on, whatever this process registers is received by this server.
    pub(crate) fn serve_as(&self, server: ServerId) {
        // The first word counts: a process is one server.
        let _ = self.server.set(server);
    }

    /// Where statements that come by themselves are sent.
    pub(crate) fn aside(&self) -> &DatabaseConnection {
        self.engine.aside()
    }

    /// How many statements have been sent since the start, transactions' brackets and signs of life not counted.
    pub fn statements(&self) -> u64 {
        self.statements.load(Ordering::Relaxed)
    }

    /// Asks the database for a sign of life.
    ///
    /// # Errors
    /// [`Unavailable`](domain::Error::Unavailable) when there is none.
    pub async fn check(&self) -> Result<()> {
        self.read.execute_unprepared("SELECT 1").await.or_domain().map(drop)
    }

    /// Writes what is there already, to see whether changes can be made: that nobody else holds the database, and that
    /// its disk has room.
    ///
    /// # Errors
    /// [`Unavailable`](domain::Error::Unavailable) or [`OutOfSpace`](domain::Error::OutOfSpace) when they cannot.
    pub async fn check_writing(&self) -> Result<()> {
        let tx = self.begin().await?;
        moves::refuse_moved(&tx).await?;
        let sql = match self.is_shared() {
            // A standby has no number to give to a transaction.
            true => "SELECT pg_current_xact_id()",
            // A number that nobody uses: it is written although it does not change.
            false => "PRAGMA user_version = 0",
        };
        tx.raw.execute_unprepared(sql).await.or_domain()?;
        tx.commit().await
    }

    /// Lets running statements finish and closes the files.
    ///
    /// # Errors
    /// Whatever the database says.
    pub async fn close(&self) -> Result<()> {
        match &self.engine {
            Engine::Sqlite(sqlite) => {
                sqlite.read.close_by_ref().await.or_domain()?;
                sqlite.write.close_by_ref().await.or_domain()
            }
            Engine::Postgres(postgres) => {
                postgres.lanes.close().await;
                Ok(())
            }
        }
    }
}

fn immediate() -> TransactionOptions {
    TransactionOptions {
        sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
        ..TransactionOptions::default()
    }
}

/// How a view begins. It holds nothing that others wait for, and whoever has it may wait for a store in between.
const VIEW: &str =
    "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL idle_in_transaction_session_timeout = 0";

/// A statement with `$1`, `$2`, … in it, which both SQLite and PostgreSQL read.
pub(crate) fn statement(db: &impl Db, sql: &str, values: impl IntoIterator<Item = Value>) -> Statement {
    Statement::from_sql_and_values(db.raw().get_database_backend(), sql, values)
}

/// The database as it was at one moment.
pub struct View {
    raw: Line,
}

impl Db for View {
    fn raw(&self) -> &impl ConnectionTrait {
        &self.raw
    }
}

/// A transaction: all of it happens at [`commit`](Self::commit), or nothing does.
pub struct Tx {
    raw: Line,
    server: Option<ServerId>,
}

impl Db for Tx {
    fn raw(&self) -> &impl ConnectionTrait {
        &self.raw
    }
}

impl Tx {
    /// Makes it happen, durably.
    ///
    /// # Errors
    /// Whatever the database says; the caller must then assume neither that it happened nor that it did not.
    pub async fn commit(self) -> Result<()> {
        match self.raw {
            Line::One(transaction) => transaction.commit().await.or_domain(),
            Line::OneLane(transaction) => transaction.commit().await.or_domain(),
            Line::Any(_) | Line::AnyLane(_) => Err(Error::internal("a transaction is one connection's")),
        }
    }

    /// The transaction in which steps of PostgreSQL can be joined, if it is one.
    pub(crate) fn joining(&self) -> Option<&Transaction> {
        match &self.raw {
            Line::OneLane(transaction) => Some(transaction),
            _ => None,
        }
    }
}
