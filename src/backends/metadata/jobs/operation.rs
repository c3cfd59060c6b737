//! What an operator sees of the queue, and may do with it.

use domain::{Error, Job, JobId, JobKind, JobState, QueueHealth, Result, Timestamp};
use sea_orm::{ConnectionTrait, QueryResult};

use super::{LEASE_MAX, execute};
use crate::error::DbResult;
use crate::{Db, Tx, statement};

/// The columns of a job, as [`read`] wants them.
const COLUMNS: &str = "id, kind, key, created_ms, due_ms, ended_ms, leased_ms, attempts, error, dead";

/// Jobs as they stand now, dead ones first and then by when they are due, at most so many.
///
/// # Errors
/// Whatever the database says.
pub async fn list(db: &impl Db, now: Timestamp, count_max: u32) -> Result<Vec<Job>> {
    let sql = format!("SELECT {COLUMNS} FROM jobs ORDER BY dead DESC, due_ms, id LIMIT $1");
    let rows = db.raw().query_all_raw(statement(db, &sql, [i64::from(count_max).into()]));
    rows.await.or_domain()?.iter().map(|row| read(row, now)).collect()
}

/// Dead jobs in the order they were made, at most so many.
///
/// # Errors
/// Whatever the database says.
pub async fn list_dead(db: &impl Db, now: Timestamp, count_max: u32) -> Result<Vec<Job>> {
    let sql = format!("SELECT {COLUMNS} FROM jobs WHERE dead ORDER BY id LIMIT $1");
    let rows = db.raw().query_all_raw(statement(db, &sql, [i64::from(count_max).into()]));
    rows.await.or_domain()?.iter().map(|row| read(row, now)).collect()
}

/// Forgets dead jobs of a kind that were given up before a moment, at most so many, and says how many these were.
///
/// # Errors
/// Whatever the database says.
pub async fn forget_dead(tx: &Tx, kind: &JobKind, before: Timestamp, count_max: u32) -> Result<u64> {
    let sql = "DELETE FROM jobs WHERE id IN ( \
                 SELECT id FROM jobs WHERE dead AND kind = $1 AND ended_ms < $2 ORDER BY id LIMIT $3)";
    let values = [kind.as_str().into(), before.millis().into(), i64::from(count_max).into()];
    execute(tx, sql, values).await
}

/// How the queue stands.
///
/// # Errors
/// Whatever the database says.
pub async fn health(db: &impl Db, now: Timestamp) -> Result<QueueHealth> {
    let sql = "SELECT COUNT(CASE WHEN dead THEN 1 END) AS dead, COUNT(CASE WHEN free_ms IS NOT NULL THEN 1 END) \
                 AS waiting, MIN(CASE WHEN free_ms <= $1 THEN free_ms END) AS due_since_ms FROM ( \
                 SELECT dead, CASE WHEN dead THEN NULL WHEN runner IS NULL OR leased_ms > $2 THEN due_ms \
                   WHEN leased_ms > $1 THEN NULL WHEN leased_ms < due_ms THEN due_ms ELSE leased_ms END AS free_ms \
                 FROM jobs \
               ) j";
    let values = [now.millis().into(), now.after(LEASE_MAX).millis().into()];
    let Some(row) = db.raw().query_one_raw(statement(db, sql, values)).await.or_domain()? else {
        return Ok(QueueHealth::default());
    };
    let due_since: Option<i64> = row.try_get("", "due_since_ms").or_domain()?;
    Ok(QueueHealth {
        waiting: count(&row, "waiting")?,
        dead: count(&row, "dead")?,
        due_since: due_since.map(Timestamp::from_millis),
    })
}

/// The dead job with this number.
///
/// # Errors
/// [`NotFound`](Error::NotFound) when there is none, or it is not dead.
pub async fn get_dead(db: &impl Db, now: Timestamp, id: JobId) -> Result<Job> {
    let sql = format!("SELECT {COLUMNS} FROM jobs WHERE id = $1 AND dead");
    let row = db.raw().query_one_raw(statement(db, &sql, [id.0.into()])).await.or_domain()?;
    let none = || Error::NotFound(format!("There is no dead job with the number {id}.").into());
    read(&row.ok_or_else(none)?, now)
}

/// Makes a dead job one that waits and is due now. Where another one of its kind and key has come since, that one will do.
///
/// # Errors
/// Whatever the database says.
pub async fn revive(tx: &Tx, now: Timestamp, job: &Job) -> Result<()> {
    let (kind, key) = (job.kind.as_str(), job.key.as_str());
    let replaced = "DELETE FROM jobs WHERE id = $1 AND dead \
                    AND EXISTS (SELECT 1 FROM jobs l WHERE NOT l.dead AND l.kind = $2 AND l.key = $3)";
    if execute(tx, replaced, [job.id.0.into(), kind.into(), key.into()]).await? > 0 {
        return bring_forward(tx, now, kind, Some(key)).await.map(drop);
    }
    let sql =
        "UPDATE jobs SET dead = FALSE, attempts = 0, again_ms = NULL, due_ms = $2 WHERE id = $1 AND dead";
    execute(tx, sql, [job.id.0.into(), now.millis().into()]).await.map(drop)
}

/// Makes every job of a kind due now, those too that have failed and wait to be tried again; those that are running run
/// again afterwards. Says how many there are.
///
/// # Errors
/// Whatever the database says.
pub async fn hasten(tx: &Tx, now: Timestamp, kind: &JobKind) -> Result<u64> {
    bring_forward(tx, now, kind.as_str(), None).await
}

async fn bring_forward(tx: &Tx, now: Timestamp, kind: &str, key: Option<&str>) -> Result<u64> {
    let sql = "UPDATE jobs SET again_ms = CASE WHEN runner IS NULL THEN NULL ELSE $2 END, \
               due_ms = CASE WHEN runner IS NULL AND due_ms > $2 THEN $2 ELSE due_ms END \
               WHERE NOT dead AND kind = $1";
    let (sql, key) = match key {
        Some(key) => (format!("{sql} AND key = $3"), Some(key.into())),
        None => (sql.to_owned(), None),
    };
    execute(tx, &sql, [kind.into(), now.millis().into()].into_iter().chain(key)).await
}

/// A number that is never negative.
pub(super) fn count<N: TryFrom<i64>>(row: &QueryResult, column: &str) -> Result<N> {
    let count: i64 = row.try_get("", column).or_domain()?;
    N::try_from(count).map_err(|_| Error::internal(format!("{column} of a job is {count}")))
}

fn read(row: &QueryResult, now: Timestamp) -> Result<Job> {
    let moment = |column: &str| -> Result<Option<Timestamp>> {
        let millis: Option<i64> = row.try_get("", column).or_domain()?;
        Ok(millis.map(Timestamp::from_millis))
    };
    let leased = moment("leased_ms")?.is_some_and(|until| until > now && until <= now.after(LEASE_MAX));
    let state = match row.try_get("", "dead").or_domain()? {
        true => JobState::Dead,
        false if leased => JobState::Running,
        false => JobState::Waiting,
    };
    Ok(Job {
        id: JobId(row.try_get("", "id").or_domain()?),
        kind: row.try_get::<String>("", "kind").or_domain()?.into(),
        key: row.try_get("", "key").or_domain()?,
        state,
        created_at: Timestamp::from_millis(row.try_get("", "created_ms").or_domain()?),
        due_at: Timestamp::from_millis(row.try_get("", "due_ms").or_domain()?),
        ended_at: moment("ended_ms")?,
        attempts: count(row, "attempts")?,
        error: row.try_get("", "error").or_domain()?,
    })
}
