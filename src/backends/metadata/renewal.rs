//! A database that was put back from a copy begins anew: what others know of the time after the copy was made means
//! nothing to it.

use domain::{BlobId, Result, StoreKind, Timestamp};
use sea_orm::ConnectionTrait;

use crate::error::DbResult;
use crate::snapshots::KEPT_FOR;
use crate::together::{self, Step};
use crate::{Db, Metadata, again, holds, schema, statement};

/// More changes than are made between a copy and the day it is put back.
const LEAP: i64 = 1 << 32;

/// What belongs to uploads, servers and commands that are gone, each with the step that it came with. A lock ends too:
/// its file may be another than the one its holder locked.
const GONE: [(&str, &str); 12] = [
    (
        "m0002_spaces",
        "DELETE FROM blobs WHERE NOT live \
         AND NOT EXISTS (SELECT 1 FROM revisions r WHERE r.blob_id = blobs.id) \
         AND NOT EXISTS (SELECT 1 FROM nodes n WHERE n.blob_id = blobs.id)",
    ),
    ("m0003_locks_and_properties", "DELETE FROM locks"),
    ("m0006_retention", "DELETE FROM holds"),
    ("m0006_retention", "UPDATE spaces SET reserved_bytes = 0"),
    ("m0006_retention", "UPDATE blobs SET damaged_ms = NULL WHERE damaged_ms IS NOT NULL"),
    ("m0007_jobs", "UPDATE jobs SET runner = NULL, leased_ms = NULL"),
    // Asked for before, like the mails below.
    ("m0007_jobs", "DELETE FROM jobs WHERE kind = 'send-link'"),
    ("m0008_many_servers", "DELETE FROM servers"),
    // They were sent before, or are of a time that never was.
    (PEOPLE, "DELETE FROM mails"),
    // Ended, renewed and used since, for all that the copy knows: a token that was spent would be good once more.
    (PEOPLE, "DELETE FROM refresh_tokens"),
    (PEOPLE, "DELETE FROM sessions"),
    (PEOPLE, "DELETE FROM confirmations WHERE kind = 'reset_password'"),
];

/// What carries a number for each of its states, which came with [`PEOPLE`].
const COUNTED: [&str; 7] = [
    "users",
    "app_passwords",
    "organizations",
    "organization_members",
    "projects",
    "project_members",
    "tasks",
];
const PEOPLE: &str = "m0009_people_and_projects";

/// Makes a copy ready to be the database, whatever version it is of: its spaces count on from a number that was never
/// given out, and so do the versions of people, projects and tasks, so that sync tokens and tags from after the copy are
/// refused instead of misread. Nobody is logged in any more.
///
/// # Errors
/// Whatever the database says.
pub async fn begin_anew(metadata: &Metadata, now: Timestamp) -> Result<()> {
    let steps = schema::taken(metadata).await?;
    again(|| async {
        let tx = metadata.begin().await?;
        for (_, sql) in GONE.iter().filter(|(step, _)| steps.contains(*step)) {
            tx.raw().execute_raw(statement(&tx, sql, [])).await.or_domain()?;
        }
        // The microseconds since 1970 run ahead of any space: none has a million changes each second.
        let moment = now.millis().saturating_mul(1_000);
        let seq = "UPDATE spaces SET seq = CASE WHEN seq + $1 > $2 THEN seq + $1 ELSE $2 END";
        tx.raw().execute_raw(statement(&tx, seq, [LEAP.into(), moment.into()])).await.or_domain()?;
        // What history is kept stays visible; before there was a number of its own for this, nothing removed any.
        let known = match () {
            () if steps.contains("m0006_retention") => Some("UPDATE spaces SET restored_seq = seq"),
            () if steps.contains("m0005_sync") => Some("UPDATE spaces SET history_seq = seq"),
            () => None,
        };
        let folders =
            "UPDATE nodes SET tree_seq = (SELECT seq FROM spaces s WHERE s.id = nodes.space_id) WHERE folder";
        for sql in known.into_iter().chain([folders]) {
            tx.raw().execute_raw(statement(&tx, sql, [])).await.or_domain()?;
        }
        for table in COUNTED.iter().filter(|_| steps.contains(PEOPLE)) {
            let sql = format!("UPDATE {table} SET version = version + $1");
            tx.raw().execute_raw(statement(&tx, &sql, [LEAP.into()])).await.or_domain()?;
        }
        tx.commit().await
    })
    .await
}

/// Holds what lies in the store for as long as the database that was put aside may be wanted back: this one does not know
/// what came after the copy was made, and the sweep would remove it as nobody's. A version that knows no holds has no
/// sweep, and the upgrade from it takes a hold.
///
/// # Errors
/// Whatever the database says.
pub async fn hold_unknown(metadata: &Metadata, now: Timestamp) -> Result<()> {
    if !schema::taken(metadata).await?.contains("m0006_retention") {
        return Ok(());
    }
    again(|| async {
        let tx = metadata.begin().await?;
        holds::take(&tx, "what came after the copy that was put back", now.after(KEPT_FOR)).await?;
        tx.commit().await
    })
    .await
}

/// Notes that all contents lie in one store now, and says in which: a version that knew of no other than the disk goes on
/// looking for them there.
///
/// # Errors
/// Whatever the database says.
pub async fn bring_together(metadata: &Metadata, store: StoreKind) -> Result<StoreKind> {
    if !schema::taken(metadata).await?.contains("m0008_many_servers") {
        return Ok(StoreKind::Disk);
    }
    let sql = "UPDATE blobs SET store = $1 WHERE store <> $1";
    together::change(metadata, vec![Step::new("", sql, [store.word().into()])]).await?;
    Ok(store)
}

/// Notes that the bytes of these contents did not come back with the copy. Databases of versions that knew no damage
/// are left as they are.
///
/// # Errors
/// Whatever the database says.
pub async fn mark_damaged(metadata: &Metadata, ids: &[BlobId], now: Timestamp) -> Result<()> {
    if !schema::taken(metadata).await?.contains("m0006_retention") {
        return Ok(());
    }
    again(|| async {
        let tx = metadata.begin().await?;
        let sql = "UPDATE blobs SET damaged_ms = $2 WHERE id = $1";
        for id in ids {
            tx.raw()
                .execute_raw(statement(&tx, sql, [id.0.into(), now.millis().into()]))
                .await
                .or_domain()?;
        }
        tx.commit().await
    })
    .await
}
