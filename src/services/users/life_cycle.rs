//! What becomes of accounts by itself: those that are suspended are locked, told of the end, and purged, and those that
//! were never opened are purged.

use std::time::Duration;

use domain::{Door, Error, Result, Timestamp, UserId};
use metadata::users::{self, Warned};
use metadata::{again, confirmations};

use super::by::By;
use super::purge::{Reason, end};
use crate::Backends;
use crate::letters::{Letter, Template};
use crate::steps::post;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// How many days before its end somebody is told of it; nobody's account goes sooner than that after they were.
const NOTICE_DAYS: u32 = 7;

/// How many are told in one transaction.
const TOLD_MAX: u32 = 100;

/// Goes on with suspended accounts and says whether there is more to do: locks those out that were suspended for
/// `accounts.locked_after_days`, tells those who are due for it of the end, and begins to purge those that were suspended
/// for `accounts.deleted_after_days`. A clock that leaps ahead deletes nobody: being told comes first, a week before.
///
/// # Errors
/// Whatever the database says.
pub async fn end_suspensions(now: Timestamp, backends: &Backends) -> Result<bool> {
    let days = &backends.accounts;
    if days.locked_after_days > 0 {
        lock(now, backends, now.before(DAY * days.locked_after_days)).await?;
    }
    if days.deleted_after_days == 0 {
        return Ok(false);
    }
    let notice_days = NOTICE_DAYS.min(days.deleted_after_days);
    let suspended_before = now.before(DAY * (days.deleted_after_days - notice_days));
    let ends_at = |warned: &Warned| {
        warned.suspended_at.after(DAY * days.deleted_after_days).max(now.after(DAY * notice_days))
    };
    if warn(now, backends, suspended_before, ends_at).await? {
        return Ok(true);
    }
    let (suspended_before, told_before) =
        (now.before(DAY * days.deleted_after_days), now.before(DAY * notice_days));
    let Some(user) = users::overdue(&backends.metadata, suspended_before, told_before).await? else {
        return Ok(false);
    };
    ended(now, backends, user, Reason::Suspended(suspended_before)).await
}

/// Purges the next account whose owner signed up and never opened it, and says whether there was one: the name is free
/// again a week after the last link to open it has expired.
///
/// # Errors
/// Whatever the database says.
pub async fn end_unconfirmed(now: Timestamp, backends: &Backends) -> Result<bool> {
    let expired_before = now.before(DAY * NOTICE_DAYS);
    let Some(user) = confirmations::lapsed(&backends.metadata, expired_before).await? else {
        return Ok(false);
    };
    ended(now, backends, user, Reason::Unconfirmed).await
}

/// Ends an account, unless it was saved or deleted in this very moment.
async fn ended(now: Timestamp, backends: &Backends, user: UserId, reason: Reason<'_>) -> Result<bool> {
    match end(By::House { now, door: Door::Job }, backends, user, reason).await {
        Ok(_) | Err(Error::Stale(_) | Error::NotFound(_)) => Ok(true),
        Err(error) => Err(error),
    }
}

async fn lock(now: Timestamp, backends: &Backends, suspended_before: Timestamp) -> Result<()> {
    let locked = again(|| async {
        let tx = backends.metadata.begin().await?;
        let locked = users::lock_suspended(&tx, suspended_before, now).await?;
        tx.commit().await?;
        Ok(locked)
    })
    .await?;
    if locked {
        backends.coordination.announce_revocation().await;
    }
    Ok(())
}

/// Tells the next few, and says whether there were any.
async fn warn(
    now: Timestamp,
    backends: &Backends,
    suspended_before: Timestamp,
    ends_at: impl Fn(&Warned) -> Timestamp,
) -> Result<bool> {
    let warned = again(|| async {
        let tx = backends.metadata.begin().await?;
        let warned = users::warn_suspended(&tx, suspended_before, now, TOLD_MAX).await?;
        for warned in &warned {
            let deleted_at = ends_at(warned);
            tracing::info!(
                user = warned.name,
                at = deleted_at.moment(),
                "a suspended account will be deleted"
            );
            let template = Template::AccountWillBeDeleted { name: &warned.name, deleted_at };
            if let Some(to) = warned.email.clone().filter(|_| backends.sends_mail()) {
                post(&tx, backends, now, &Letter { to, template }).await?;
            }
        }
        tx.commit().await?;
        Ok(warned)
    })
    .await?;
    if !warned.is_empty() {
        backends.coordination.wake_jobs();
    }
    Ok(!warned.is_empty())
}
