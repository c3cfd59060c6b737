//! PostgreSQL, for any number of servers side by side.

use std::str::FromStr;
use std::time::Duration;

use domain::{Durability, Error, Result};
use sea_orm::DatabaseConnection;
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::{Connection, Executor, Row};

use super::Connections;
use crate::{MetadataConfig, error};

/// The oldest version that has everything that is asked of it, as `server_version_num` says it.
const VERSION_MIN: i32 = 150_000;

/// A connection that has rested for this long is asked whether it is still one, before it is used: the database may
/// have been started again meanwhile.
const RESTED: Duration = Duration::from_secs(10);

/// A transaction that stands still for longer than this is undone by the database: what a server holds that hangs, or was
/// cut off in the middle, would keep all others waiting. Nothing slow is awaited in one.
const STANDSTILL: &str = "SET idle_in_transaction_session_timeout = '30s'";

/// Connects to the database at this address.
pub(super) async fn open(config: &MetadataConfig, url: &str) -> Result<Connections> {
    // What is wrong with an address may repeat the password in it, so it is not said.
    let options = PgConnectOptions::from_str(url).map_err(|_| {
        Error::Invalid(
            "metadata.url is not an address of a database, such as postgres://user:password@host:5432/name."
                .into(),
        )
    })?;
    let durability = config.durability;
    let pool = PgPoolOptions::new()
        .max_connections(config.connections)
        .acquire_timeout(Duration::from_secs(config.busy_seconds.saturating_mul(2)))
        .test_before_acquire(false)
        .before_acquire(|connection, meta| {
            Box::pin(async move {
                if meta.idle_for > RESTED {
                    connection.ping().await?;
                }
                Ok(true)
            })
        })
        .after_connect(move |connection, _| {
            Box::pin(async move {
                connection.execute(STANDSTILL).await?;
                // Walks of a tree are taken for dear, and compiling one costs half a second where running it costs two
                // thousandths.
                connection.execute("SET jit = off").await?;
                // What the server was set up for counts for whoever commits with power-loss in mind.
                if durability == Durability::ProcessCrash {
                    connection.execute("SET synchronous_commit = off").await?;
                }
                Ok(())
            })
        })
        .connect_with(options.clone().application_name("larder"));
    let pool = pool.await.map_err(error::unopened)?;
    check(&pool).await?;
    let connection = DatabaseConnection::from(pool);
    Ok(Connections { read: connection.clone(), write: connection, place: place(&options) })
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
