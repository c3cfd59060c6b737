//! The databases a house can have, and what statements are sent through.

pub(crate) mod postgres;

mod sqlite;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use domain::Result;
use sea_orm::prelude::async_trait::async_trait;
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, ExecResult, QueryResult,
    Statement,
};

use self::postgres::Postgres;
use self::postgres::lanes::{Asked, Lanes};
use self::postgres::transaction::Transaction;
use self::sqlite::Sqlite;
use crate::MetadataConfig;

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
    let counted = |mut connection: DatabaseConnection| {
        let statements = Arc::clone(statements);
        connection.set_metric_callback(move |_| {
            statements.fetch_add(1, Ordering::Relaxed);
        });
        connection
    };
    match &config.url {
        None => {
            let Sqlite { read, write } = sqlite::open(config, data_folder).await?;
            Ok(Engine::Sqlite(Sqlite { read: counted(read), write: counted(write) }))
        }
        Some(url) => {
            let postgres = postgres::open(config, url.expose(), Arc::clone(statements)).await?;
            Ok(Engine::Postgres(postgres))
        }
    }
}

/// What statements are sent through.
pub(crate) enum Line {
    /// Any connection of SQLite.
    Any(DatabaseConnection),
    /// A transaction of SQLite, or the one in which steps of an upgrade are taken.
    One(DatabaseTransaction),
    /// Any connection to PostgreSQL.
    AnyLane(Arc<Lanes>),
    /// A transaction of PostgreSQL.
    OneLane(Transaction),
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
