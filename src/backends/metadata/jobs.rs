//! The queue: rows that say what is to be done from when on, and who is at it until when.
//!
//! Nothing relies on one process. Whoever runs a job has a lease on its row, every statement of theirs names it, and a
//! lease that ends without a word makes the job free for others: it runs at least once. A moment that lies so far ahead
//! that the clock must have gone back since counts as none.

mod operation;

#[cfg(test)]
mod contract;

use std::time::Duration;

use domain::{ATTEMPTS_MAX, JobId, JobKind, Result, Timestamp};
use sea_orm::{ConnectionTrait, QueryResult, Value};
use uuid::Uuid;

use crate::error::DbResult;
use crate::together::Step;
use crate::{Db, Metadata, Tx, again, statement};

pub use operation::{forget_dead, get_dead, hasten, health, list, list_dead, revive};

/// How long a job is its runner's without a sign of life.
pub const LEASE: Duration = Duration::from_secs(60);

/// A lease that ends later than this was taken by a clock that has gone back since; servers of one house differ by less.
const LEASE_MAX: Duration = Duration::from_secs(3600);

/// How long a job waits after a start that may have died of it.
const QUARANTINE: Duration = Duration::from_secs(600);

/// How far the clocks of the servers of one house may differ before a moment counts as one of a clock that has gone back.
const SKEW_MAX: Duration = Duration::from_secs(60);

/// A job that somebody has taken, for one run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// Which one.
    pub id: JobId,
    /// What it does.
    pub kind: JobKind,
    /// What it does it to; empty for a job on a schedule.
    pub key: String,
    /// How often it was begun since it last ended well, this time included.
    pub attempts: u32,
    /// The run the lease is for.
    run: Uuid,
}

/// What becomes of a job after a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    /// It has done what it was there for.
    Finished,
    /// The run went well, and the next one is due then.
    Due(Timestamp),
    /// It went wrong like this, and is tried again then.
    Retry(Timestamp, String),
    /// It went wrong like this, and is given up.
    Dead(String),
}

/// Wants a job done from a moment on, in the transaction that makes it necessary. Where one of this kind with this key
/// waits already, that one will do; it is moved forward if it was meant for later, unless it has failed and waits to be
/// tried again. One that is running runs again afterwards.
///
/// # Errors
/// Whatever the database says.
pub async fn enqueue(tx: &Tx, now: Timestamp, kind: &JobKind, key: &str, due: Timestamp) -> Result<()> {
    let sql = "INSERT INTO jobs (kind, key, created_ms, due_ms, attempts) VALUES ($1, $2, $3, $4, 0) \
               ON CONFLICT (kind, key) WHERE NOT dead DO UPDATE SET \
               due_ms = CASE WHEN jobs.runner IS NULL AND jobs.attempts = 0 AND excluded.due_ms < jobs.due_ms \
                 THEN excluded.due_ms ELSE jobs.due_ms END, \
               again_ms = CASE WHEN jobs.runner IS NULL THEN NULL WHEN jobs.again_ms < excluded.due_ms \
                 THEN jobs.again_ms ELSE excluded.due_ms END";
    let values = [kind.as_str().into(), key.into(), now.millis().into(), due.millis().into()];
    tx.along(Step::new("", sql, values)).await
}

/// For each kind, from when on somebody can take one.
///
/// # Errors
/// Whatever the database says.
pub async fn agenda(db: &impl Db, now: Timestamp) -> Result<Vec<(JobKind, Timestamp)>> {
    let sql = "SELECT kind, MIN(CASE WHEN runner IS NULL OR leased_ms > $1 OR leased_ms < due_ms \
                 THEN due_ms ELSE leased_ms END) AS free_ms FROM jobs WHERE NOT dead GROUP BY kind";
    let far = now.after(LEASE_MAX);
    let rows = db.raw().query_all_raw(statement(db, sql, [far.millis().into()])).await.or_domain()?;
    let read = |row: &QueryResult| {
        let kind: String = row.try_get("", "kind").or_domain()?;
        Ok((kind.into(), Timestamp::from_millis(row.try_get("", "free_ms").or_domain()?)))
    };
    rows.iter().map(read).collect()
}

/// Takes the job of this kind that is due for longest and that nobody else is at. None when there is none, or when
/// somebody else was quicker.
///
/// # Errors
/// Whatever the database says.
pub async fn take(metadata: &Metadata, kind: &JobKind, now: Timestamp) -> Result<Option<Claim>> {
    // What another server is just taking is not waited for.
    let skipping = if metadata.is_shared() { "FOR UPDATE SKIP LOCKED" } else { "" };
    let sql = format!(
        "UPDATE jobs SET runner = $1, leased_ms = $2, again_ms = NULL, attempts = attempts + 1 \
         WHERE NOT dead AND (runner IS NULL OR leased_ms <= $3 OR leased_ms > $4) AND id = ( \
           SELECT id FROM jobs WHERE NOT dead AND kind = $5 AND due_ms <= $3 \
           AND (runner IS NULL OR leased_ms <= $3 OR leased_ms > $4) ORDER BY due_ms, id LIMIT 1 {skipping} \
         ) RETURNING id, key, attempts"
    );
    let run = Uuid::new_v4();
    let (until, far) = (now.after(LEASE), now.after(LEASE_MAX));
    let values: [Value; 5] =
        [run.into(), until.millis().into(), now.millis().into(), far.millis().into(), kind.as_str().into()];
    again(|| async {
        let tx = metadata.begin().await?;
        let row = tx.raw().query_one_raw(statement(&tx, &sql, values.clone())).await.or_domain()?;
        tx.commit().await?;
        let read = |row: QueryResult| {
            Ok(Claim {
                id: JobId(row.try_get("", "id").or_domain()?),
                kind: kind.clone(),
                key: row.try_get("", "key").or_domain()?,
                attempts: operation::count(&row, "attempts")?,
                run,
            })
        };
        row.map(read).transpose()
    })
    .await
}

/// Says that a run still goes on; whether the job is still its runner's.
///
/// # Errors
/// Whatever the database says.
pub async fn renew(metadata: &Metadata, claim: &Claim, now: Timestamp) -> Result<bool> {
    let sql = "UPDATE jobs SET leased_ms = $3 WHERE id = $1 AND runner = $2";
    again(|| async {
        let tx = metadata.begin().await?;
        let values = [claim.id.0.into(), claim.run.into(), now.after(LEASE).millis().into()];
        let renewed = execute(&tx, sql, values).await?;
        tx.commit().await?;
        Ok(renewed > 0)
    })
    .await
}

/// Ends a run. Nothing happens when the job is somebody else's by now.
///
/// # Errors
/// Whatever the database says.
pub async fn settle(metadata: &Metadata, claim: &Claim, now: Timestamp, ending: &Ending) -> Result<()> {
    again(|| async {
        let tx = metadata.begin().await?;
        match ending {
            Ending::Finished => finish(&tx, claim, now).await?,
            Ending::Due(due) => reschedule(&tx, claim, now, *due).await?,
            Ending::Retry(due, error) => retry(&tx, claim, now, *due, error).await?,
            Ending::Dead(error) => bury(&tx, claim, now, error).await?,
        }
        tx.commit().await
    })
    .await
}

/// Who asked for it while it ran may have changed what the run had seen already, so it is not over then.
async fn finish(tx: &Tx, claim: &Claim, now: Timestamp) -> Result<()> {
    let delete = "DELETE FROM jobs WHERE id = $1 AND runner = $2 AND again_ms IS NULL";
    if execute(tx, delete, [claim.id.0.into(), claim.run.into()]).await? > 0 {
        return Ok(());
    }
    let again = "UPDATE jobs SET runner = NULL, leased_ms = NULL, due_ms = again_ms, again_ms = NULL, attempts = 0, \
                 error = NULL, ended_ms = $3 WHERE id = $1 AND runner = $2";
    execute(tx, again, [claim.id.0.into(), claim.run.into(), now.millis().into()]).await.map(drop)
}

async fn reschedule(tx: &Tx, claim: &Claim, now: Timestamp, due: Timestamp) -> Result<()> {
    let sql = "UPDATE jobs SET runner = NULL, leased_ms = NULL, again_ms = NULL, attempts = 0, error = NULL, \
               ended_ms = $3, due_ms = CASE WHEN again_ms < $4 THEN again_ms ELSE $4 END \
               WHERE id = $1 AND runner = $2";
    let values = [claim.id.0.into(), claim.run.into(), now.millis().into(), due.millis().into()];
    execute(tx, sql, values).await.map(drop)
}

/// Being asked for does not cut the wait short: what fails would be begun with every change of a busy space.
async fn retry(tx: &Tx, claim: &Claim, now: Timestamp, due: Timestamp, error: &str) -> Result<()> {
    let sql = "UPDATE jobs SET runner = NULL, leased_ms = NULL, again_ms = NULL, ended_ms = $3, due_ms = $4, \
               error = $5 WHERE id = $1 AND runner = $2";
    let values =
        [claim.id.0.into(), claim.run.into(), now.millis().into(), due.millis().into(), error.into()];
    execute(tx, sql, values).await.map(drop)
}

/// Of one kind with one key the last dead one is kept. Who asked for it while it ran gets another one.
async fn bury(tx: &Tx, claim: &Claim, now: Timestamp, error: &str) -> Result<()> {
    let sql = "UPDATE jobs SET runner = NULL, leased_ms = NULL, ended_ms = $3, error = $4, dead = TRUE \
               WHERE id = $1 AND runner = $2 RETURNING again_ms";
    let values = [claim.id.0.into(), claim.run.into(), now.millis().into(), error.into()];
    let Some(row) = tx.raw().query_one_raw(statement(tx, sql, values)).await.or_domain()? else {
        return Ok(());
    };
    let earlier = "DELETE FROM jobs WHERE dead AND kind = $1 AND key = $2 AND id <> $3";
    execute(tx, earlier, [claim.kind.as_str().into(), claim.key.as_str().into(), claim.id.0.into()]).await?;
    match row.try_get::<Option<i64>>("", "again_ms").or_domain()? {
        Some(due) => enqueue(tx, now, &claim.kind, &claim.key, Timestamp::from_millis(due)).await,
        None => Ok(()),
    }
}

/// Sees to it that a job on a schedule waits for its time, and that this is not further away than one interval: a clock
/// that went back, or a setting that changed, would keep it from running. Reads only, where all is well.
///
/// # Errors
/// Whatever the database says.
pub async fn keep_schedule(
    metadata: &Metadata,
    now: Timestamp,
    kind: &JobKind,
    every: Duration,
) -> Result<()> {
    let latest = now.after(every);
    let sql = "SELECT due_ms FROM jobs WHERE NOT dead AND kind = $1 AND key = ''";
    let found = metadata.raw().query_one_raw(statement(metadata, sql, [kind.as_str().into()]));
    let due: Option<i64> =
        found.await.or_domain()?.map(|row| row.try_get("", "due_ms").or_domain()).transpose()?;
    if due.is_some_and(|due| due <= latest.millis()) {
        return Ok(());
    }
    again(|| async {
        let tx = metadata.begin().await?;
        if due.is_none() {
            enqueue(&tx, now, kind, "", now).await?;
        }
        let sql = "UPDATE jobs SET due_ms = $2 WHERE NOT dead AND kind = $1 AND key = '' AND due_ms > $2";
        execute(&tx, sql, [kind.as_str().into(), latest.millis().into()]).await?;
        tx.commit().await
    })
    .await
}

/// Brings every waiting job nearer by as much as the clock has gone back since its time was set. Reads only, where it has
/// not.
///
/// # Errors
/// Whatever the database says.
pub async fn follow_clock(metadata: &Metadata, now: Timestamp) -> Result<()> {
    const AHEAD: &str = "NOT dead AND runner IS NULL AND COALESCE(ended_ms, created_ms) > $1";
    let limit: Value = now.after(SKEW_MAX).millis().into();
    let sql = format!("SELECT id FROM jobs WHERE {AHEAD} LIMIT 1");
    let found = metadata.raw().query_one_raw(statement(metadata, &sql, [limit.clone()])).await.or_domain()?;
    if found.is_none() {
        return Ok(());
    }
    again(|| async {
        let tx = metadata.begin().await?;
        let sql = format!(
            "UPDATE jobs SET due_ms = due_ms - (COALESCE(ended_ms, created_ms) - $2), \
             created_ms = CASE WHEN created_ms > $2 THEN $2 ELSE created_ms END, \
             ended_ms = CASE WHEN ended_ms > $2 THEN $2 ELSE ended_ms END WHERE {AHEAD}"
        );
        execute(&tx, &sql, [limit.clone(), now.millis().into()]).await?;
        tx.commit().await
    })
    .await
}

/// Frees every job somebody is at. For the start of the only server of a house: whoever was at them is gone. What has had
/// all its attempts may be what they died of, and waits for a while.
///
/// # Errors
/// Whatever the database says.
pub async fn free_all(metadata: &Metadata, now: Timestamp) -> Result<u64> {
    let sql = "UPDATE jobs SET runner = NULL, leased_ms = NULL, \
               due_ms = CASE WHEN attempts >= $1 THEN $2 ELSE due_ms END WHERE runner IS NOT NULL";
    again(|| async {
        let tx = metadata.begin().await?;
        let values = [i64::from(ATTEMPTS_MAX).into(), now.after(QUARANTINE).millis().into()];
        let freed = execute(&tx, sql, values).await?;
        tx.commit().await?;
        Ok(freed)
    })
    .await
}

pub(super) async fn execute(tx: &Tx, sql: &str, values: impl IntoIterator<Item = Value>) -> Result<u64> {
    Ok(tx.raw().execute_raw(statement(tx, sql, values)).await.or_domain()?.rows_affected())
}
