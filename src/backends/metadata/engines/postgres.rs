//! PostgreSQL, for any number of servers side by side.

pub(crate) mod lanes;
pub(crate) mod transaction;

mod plain;

use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use domain::{Durability, Error, Result};
use sea_orm::DatabaseConnection;
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::{AssertSqlSafe, Executor, Row};

use lanes::Lanes;

use crate::{MetadataConfig, error};

/// The oldest version that has everything that is asked of it, as `server_version_num` says it.
const VERSION_MIN: i32 = 150_000;

/// So many prepared statements are kept for each connection: those of paths up to some depth, and all others.
const STATEMENTS_KEPT: usize = 256;

/// A database on PostgreSQL.
pub(crate) struct Postgres {
    pub(crate) lanes: Arc<Lanes>,
    /// Connections beside the lanes, for signs of life and for what reads or writes everything in one transaction.
    pub(crate) aside: DatabaseConnection,
    /// Where it is, without what opens it.
    pub(crate) place: String,
}

/// A transaction that stands still for longer than this is undone by the database: what a server holds that hangs, or was
/// cut off in the middle, would keep all others waiting. Nothing slow is awaited in one.
const STANDSTILL: &str = "SET idle_in_transaction_session_timeout = '30s'";

/// Walks of a tree are taken for dear, and compiling one costs half a second where running it costs two thousandths.
const INTERPRETED: &str = "SET jit = off";

/// Connects to the database at this address.
pub(super) async fn open(config: &MetadataConfig, url: &str, statements: Arc<AtomicU64>) -> Result<Postgres> {
    // What is wrong with an address may repeat the password in it, so it is not said.
    let options = PgConnectOptions::from_str(url).map_err(|_| {
        Error::Invalid(
            "metadata.url is not an address of a database, such as postgres://user:password@host:5432/name."
                .into(),
        )
    })?;
    let durability = config.durability;
    let wait_max = Duration::from_secs(config.busy_seconds.saturating_mul(2));
    let busy_seconds = config.busy_seconds;
    let pool = PgPoolOptions::new()
        // Those that are lent are no longer the pool's: whoever works beside them must not keep it from opening one.
        .max_connections(config.connections.saturating_add(1))
        .acquire_timeout(wait_max)
        .after_connect(move |connection, _| {
            Box::pin(async move {
                // Nobody waits longer for somebody else's row than for the database itself.
                let mut settings =
                    format!("{STANDSTILL}; {INTERPRETED}; SET lock_timeout = '{busy_seconds}s'");
                // What the server was set up for counts for whoever commits with power-loss in mind.
                if durability == Durability::ProcessCrash {
                    settings.push_str("; SET synchronous_commit = off");
                }
                connection.execute(sqlx::raw_sql(AssertSqlSafe(settings))).await?;
                Ok(())
            })
        })
        // A pooler in between refuses settings it does not know, and no fraction is ever read.
        .connect_with(
            options
                .clone()
                .application_name("larder")
                .extra_float_digits(None)
                .statement_cache_capacity(STATEMENTS_KEPT),
        );
    let unopened =
        |error| Error::unavailable(format!("The database at {} cannot be opened.", place(&options)), error);
    let pool = pool.await.map_err(unopened)?;
    check(&pool).await?;
    let aside = DatabaseConnection::from(pool.clone());
    let lanes = Arc::new(Lanes::new(pool, config.connections, wait_max, statements));
    Ok(Postgres { lanes, aside, place: place(&options) })
}

/// The address without the password, and without parameters, one of which may be a password too.
fn place(options: &PgConnectOptions) -> String {
    let (user, host, port) = (options.get_username(), options.get_host(), options.get_port());
    // Whoever names no database gets that of their own name.
    format!("postgres://{user}@{host}:{port}/{}", options.get_database().unwrap_or(user))
}

/// Refuses what would be wrong for every request.
async fn check(pool: &PgPool) -> Result<()> {
    let asked = "SELECT current_setting('server_version_num')::int AS version, \
                   current_setting('server_encoding') AS encoding, \
                   current_setting('default_transaction_isolation') AS isolation";
    let row = sqlx::query(asked).fetch_one(pool).await.map_err(error::unopened)?;
    let version: i32 = row.try_get("version").map_err(error::unopened)?;
    let encoding: String = row.try_get("encoding").map_err(error::unopened)?;
    let isolation: String = row.try_get("isolation").map_err(error::unopened)?;
    let refuse = |says: String| Err(Error::Unsupported(says.into()));
    if version < VERSION_MIN {
        return refuse(format!("PostgreSQL is of version {}; Larder needs 15 or newer.", version / 10_000));
    }
    if encoding != "UTF8" {
        return refuse(format!(
            "The database is encoded in {encoding}; Larder needs one made with ENCODING 'UTF8'."
        ));
    }
    // Whoever waited for a row must see what was done to it.
    if isolation != "read committed" {
        return refuse(format!(
            "The database begins its transactions as {isolation}; set default_transaction_isolation to 'read committed' for it."
        ));
    }
    Ok(())
}
