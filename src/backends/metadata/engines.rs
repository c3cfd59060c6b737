//! The databases a house can have, and what statements are sent through.

pub(crate) mod postgres;

mod sqlite;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use domain::{Error, Result};
use sea_orm::prelude::async_trait::async_trait;
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, ExecResult, QueryResult,
    Statement,
};

use self::postgres::Postgres;
use self::postgres::lanes::{Asked, Lanes};
use self::postgres::transaction::Transaction;
use self::sqlite::Sqlite;
use crate::{FILE, MetadataConfig};

/// A database that is open.
pub(crate) enum Engine {
    Sqlite(Sqlite),
    Postgres(Postgres),
}

/// Opens the database the settings name, and counts the statements that are sent to it.
pub(crate) async fn open(
    config: &MetadataConfig,
    data_folder: &Path,
    statements: &Arc<AtomicU64>,
) -> Result<Engine> {
    match &config.url {
        None => Ok(Engine::Sqlite(sqlite::open(config, &data_folder.join(FILE)).await?.counted(statements))),
        Some(url) => {
            let postgres = postgres::open(config, url.expose(), Arc::clone(statements)).await?;
            Ok(Engine::Postgres(postgres))
        }
    }
}

/// Makes a SQLite database in an empty file, which one connection fills and nobody else uses. A fault leaves it useless.
pub(crate) async fn open_new(file: &Path) -> Result<Engine> {
    sqlite::open_new(file).await.map(Engine::Sqlite)
}

impl Engine {
    /// Where the database is, without what opens it.
    pub(crate) fn place(&self) -> &str {
        match self {
            Self::Sqlite(sqlite) => &sqlite.place,
            Self::Postgres(postgres) => &postgres.place,
        }
    }

    /// Where questions are put.
    pub(crate) fn reading(&self) -> Line {
        match self {
            Self::Sqlite(sqlite) => Line::Any(sqlite.read.clone()),
            Self::Postgres(postgres) => Line::AnyLane(Arc::clone(&postgres.lanes)),
        }
    }

    /// Where statements are sent that come by themselves: they are not counted, and on PostgreSQL they do not wait for
    /// those of requests.
    pub(crate) fn aside(&self) -> &DatabaseConnection {
        match self {
            Self::Sqlite(sqlite) => &sqlite.uncounted,
            Self::Postgres(postgres) => &postgres.aside,
        }
    }
}

/// What statements are sent through.
pub(crate) enum Line {
    /// Any connection of SQLite.
    Any(DatabaseConnection),
    /// A transaction of SQLite, or a whole one of PostgreSQL.
    One(DatabaseTransaction),
    /// Any connection to PostgreSQL.
    AnyLane(Arc<Lanes>),
    /// A transaction of PostgreSQL.
    OneLane(Transaction),
}

impl Line {
    /// The transaction of the library's own, which reads rows one by one: of SQLite, or a whole one.
    pub(crate) fn whole(&self) -> Result<&DatabaseTransaction> {
        match self {
            Self::One(transaction) => Ok(transaction),
            _ => Err(Error::internal("the transaction was not begun as a whole one")),
        }
    }
}

#[async_trait]
impl ConnectionTrait for Line {
    fn get_database_backend(&self) -> DbBackend {
        match self {
            Self::Any(any) => any.get_database_backend(),
            Self::One(one) => one.get_database_backend(),
            Self::AnyLane(_) | Self::OneLane(_) => DbBackend::Postgres,
        }
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        match self {
            Self::Any(any) => any.execute_raw(statement).await,
            Self::One(one) => one.execute_raw(statement).await,
            Self::AnyLane(lanes) => Ok(lanes.put(&statement, Asked::Count).await?.done.into()),
            Self::OneLane(one) => Ok(one.ask(&statement, Asked::Count).await?.done.into()),
        }
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        match self {
            Self::Any(any) => any.execute_unprepared(sql).await,
            Self::One(one) => one.execute_unprepared(sql).await,
            _ => self.execute_raw(Statement::from_string(DbBackend::Postgres, sql)).await,
        }
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        match self {
            Self::Any(any) => any.query_one_raw(statement).await,
            Self::One(one) => one.query_one_raw(statement).await,
            _ => Ok(self.query_all_raw(statement).await?.into_iter().next()),
        }
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        let answer = match self {
            Self::Any(any) => return any.query_all_raw(statement).await,
            Self::One(one) => return one.query_all_raw(statement).await,
            Self::AnyLane(lanes) => lanes.put(&statement, Asked::Rows).await?,
            Self::OneLane(one) => one.ask(&statement, Asked::Rows).await?,
        };
        Ok(answer.rows.into_iter().map(QueryResult::from).collect())
    }
}
