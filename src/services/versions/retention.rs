//! How long earlier contents and history are kept. Both go on in small steps, each a transaction of its own, and can be
//! broken off between any two of them.

use std::time::Duration;

use domain::{NodeId, Result, Timestamp};
use metadata::{again, retention};

use crate::Backends;

/// Files looked at in one step.
const FILES_MAX: u32 = 100;
/// Contents that one transaction takes away.
const CONTENTS_MAX: usize = 500;
/// Rows that one transaction deletes, and spaces that one step moves on.
const ROWS_MAX: u32 = 1_000;
/// Tombstones looked for at once: to find the first of them takes as long as to find many.
const TOMBSTONES_MAX: u32 = 20 * ROWS_MAX;
/// Contents grow older by the hour at least; more often nothing is to be done.
const ROUND: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(86_400);

/// Thins out the earlier contents of the next files, as the settings say, and says whether there are more. Once all have
/// been looked at there are none for an hour. The current content and the newest of the earlier ones always stay.
///
/// # Errors
/// Whatever the database says.
pub async fn thin(backends: &Backends, now: Timestamp) -> Result<bool> {
    let config = &backends.versions;
    let count_max = usize::try_from(config.count_max).ok().filter(|count| *count > 0);
    let db = &backends.metadata;
    let (after, ended) = retention::thinning_round(db).await?;
    if after == NodeId(0) && ended <= now && now < ended.after(ROUND) {
        return Ok(false);
    }
    let crowded = retention::crowded(db, after, FILES_MAX).await?;
    for file in crowded.files {
        loop {
            let more = again(|| async {
                let tx = db.begin().await?;
                let kept = |came: &[Timestamp]| config.thinning.kept(came, now, count_max);
                let thinned = retention::thin(&tx, file, now, kept, CONTENTS_MAX).await?;
                if thinned.contents > 0 {
                    tx.commit().await?;
                    failpoint::reach("versions.thinned");
                }
                Ok(thinned.more)
            });
            if !more.await? {
                break;
            }
        }
    }
    let ended = if crowded.next.is_some() { ended } else { now };
    again(|| async {
        let tx = db.begin().await?;
        retention::note_thinning_round(&tx, crowded.next.unwrap_or(NodeId(0)), ended).await?;
        tx.commit().await
    })
    .await?;
    Ok(crowded.next.is_some())
}

/// Forgets some of the history that is older than the settings say, and says whether there is more. What was there when
/// history begins stays, with its content.
///
/// # Errors
/// Whatever the database says.
pub async fn forget(backends: &Backends, now: Timestamp) -> Result<bool> {
    let (db, days) = (&backends.metadata, backends.versions.days);
    let mut more = false;
    if days > 0 {
        let horizon = now.before(DAY.saturating_mul(days));
        let spaces = retention::beyond(db, horizon, now, ROWS_MAX).await?;
        more |= spaces.len() == ROWS_MAX as usize;
        for (space, seq) in spaces {
            again(|| async {
                let tx = db.begin().await?;
                retention::begin_history(&tx, space, seq, horizon).await?;
                tx.commit().await
            })
            .await?;
        }
    }
    if let Some(space) = retention::find_forgettable(db).await? {
        again(|| async {
            let tx = db.begin().await?;
            retention::forget(&tx, space, now, ROWS_MAX).await?;
            tx.commit().await
        })
        .await?;
        failpoint::reach("history.forgotten");
        return Ok(true);
    }
    for rows in retention::buriable(db, TOMBSTONES_MAX).await?.chunks(ROWS_MAX as usize) {
        let buried = again(|| async {
            let tx = db.begin().await?;
            let buried = retention::bury(&tx, rows).await?;
            tx.commit().await?;
            Ok(buried)
        });
        more |= buried.await? > 0;
    }
    Ok(more)
}
