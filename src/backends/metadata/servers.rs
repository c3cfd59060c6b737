//! The servers of one house: who is there, and when each was last seen.
//!
//! The moments in these rows are the database's own, so that the clocks of the servers do not matter.

use domain::{Result, Server, ServerId, Timestamp};
use sea_orm::{ConnectionTrait, DbBackend, QueryResult, Statement, Value};
use uuid::Uuid;

use crate::error::DbResult;
use crate::together::{self, Step};
use crate::{Db, Metadata, Tx, statement};

/// A gap of this length between two signs of life is one: a server that was cut off, or a clock of the database that has
/// leapt.
const GAP_MS: i64 = 3 * Server::BEAT.as_millis() as i64;

const GONE_MS: i64 = Server::GONE_AFTER.as_millis() as i64;

/// How long the row of a server that is gone is kept, for whoever looks why.
const KEPT_MS: i64 = 3_600_000;

/// What the time is by the database.
pub(crate) fn clock(backend: DbBackend) -> &'static str {
    match backend {
        DbBackend::Postgres => "CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)",
        _ => "CAST(unixepoch('subsec') * 1000 AS INTEGER)",
    }
}

/// Says who this server is; whatever is registered from here on is received by it. On a database of its own all others
/// are gone.
///
/// # Errors
/// Whatever the database says.
pub async fn arrive(metadata: &Metadata, id: ServerId, name: &str, version: &str) -> Result<Timestamp> {
    if !metadata.is_shared() {
        // What commands and earlier versions were writing is over as well: it becomes that of a server nobody knows.
        let unowned =
            "UPDATE blobs SET server_id = $1 WHERE server_id IS NULL AND NOT live AND condemned_ms IS NULL";
        let unowned = Step::new("", unowned, [Uuid::nil().into()]);
        together::change(metadata, vec![unowned, Step::new("", "DELETE FROM servers", [])]).await?;
    }
    let now = beat(metadata, id, name, version, None).await?;
    metadata.serve_as(id);
    Ok(now)
}

/// Gives a sign of life, and says what the time is by the database. It is not counted among the statements.
///
/// # Errors
/// Whatever the database says.
pub async fn beat(
    metadata: &Metadata,
    id: ServerId,
    name: &str,
    version: &str,
    started_at: Option<Timestamp>,
) -> Result<Timestamp> {
    let db = metadata.aside();
    let clock = clock(db.get_database_backend());
    let sql = format!(
        "INSERT INTO servers (id, name, version, started_ms, steady_ms, seen_ms) \
         VALUES ($1, $2, $3, COALESCE(CAST($4 AS BIGINT), {clock}), {clock}, {clock}) \
         ON CONFLICT (id) DO UPDATE SET seen_ms = excluded.seen_ms, \
           steady_ms = CASE WHEN excluded.seen_ms - servers.seen_ms BETWEEN 0 AND {GAP_MS} \
             THEN servers.steady_ms ELSE excluded.seen_ms END \
         RETURNING seen_ms"
    );
    let started = started_at.map(Timestamp::millis);
    let values: [Value; 4] = [id.0.into(), name.into(), version.into(), started.into()];
    let asked = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
    let row = db.query_one_raw(asked).await.or_domain()?;
    let row = row.ok_or_else(|| domain::Error::internal("a sign of life without an answer"))?;
    row.try_get("", "seen_ms").or_domain().map(Timestamp::from_millis)
}

/// Says that a server has ended; nothing of its own is on its way any more.
///
/// # Errors
/// Whatever the database says.
pub async fn leave(metadata: &Metadata, id: ServerId) -> Result<()> {
    let left = Step::new("", "DELETE FROM servers WHERE id = $1", [id.0.into()]);
    together::change(metadata, vec![left]).await.map(drop)
}

/// All servers, in the order in which they came.
///
/// # Errors
/// Whatever the database says.
pub async fn list(metadata: &Metadata) -> Result<Vec<Server>> {
    let sql = format!(
        "SELECT id, name, version, started_ms, seen_ms, seen_ms <= {} - {GONE_MS} AS gone FROM servers \
         ORDER BY started_ms, id",
        clock(metadata.raw().get_database_backend())
    );
    let rows = metadata.raw().query_all_raw(statement(metadata, &sql, [])).await.or_domain()?;
    rows.iter().map(|row| read(row, metadata.is_shared())).collect()
}

fn read(row: &QueryResult, is_shared: bool) -> Result<Server> {
    let gone: bool = row.try_get("", "gone").or_domain()?;
    Ok(Server {
        id: ServerId(row.try_get("", "id").or_domain()?),
        name: row.try_get("", "name").or_domain()?,
        version: row.try_get("", "version").or_domain()?,
        started_at: Timestamp::from_millis(row.try_get("", "started_ms").or_domain()?),
        seen_at: Timestamp::from_millis(row.try_get("", "seen_ms").or_domain()?),
        // The only server of a house gives no signs of life: nobody waits for them.
        is_gone: is_shared && gone,
    })
}

/// Forgets servers that have been gone for long.
///
/// # Errors
/// Whatever the database says.
pub async fn forget_gone(tx: &Tx) -> Result<()> {
    let clock = clock(tx.raw().get_database_backend());
    let sql = format!("DELETE FROM servers WHERE seen_ms <= {clock} - {KEPT_MS}");
    tx.raw().execute_raw(statement(tx, &sql, [])).await.or_domain().map(drop)
}

/// Of a blob that is pending: that nobody receives it any more. On a database of its own that is whatever this server
/// does not receive, since the others are gone. Beside others it is what a server receives that is gone, and of that only
/// one may judge who was seen without a gap for as long: after a failure of the database everybody looks gone for a moment.
pub(crate) fn given_up(metadata: &Metadata) -> String {
    let clock = clock(metadata.raw().get_database_backend());
    match metadata.is_shared() {
        false => "server_id <> $1".to_owned(),
        true => format!(
            "server_id IS NOT NULL AND NOT EXISTS ( \
               SELECT 1 FROM servers s WHERE s.id = blobs.server_id AND s.seen_ms > {clock} - {GONE_MS}) \
             AND EXISTS ( \
               SELECT 1 FROM servers s WHERE s.id = $1 AND s.seen_ms > {clock} - {GAP_MS} \
                 AND s.steady_ms <= {clock} - {GONE_MS})"
        ),
    }
}
