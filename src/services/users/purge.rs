//! The end of an account: nobody comes in from then on, and then, in batches, everything of it goes.

use std::sync::Arc;

use domain::{
    Action, Caller, Code, ETagMatch, Error, Event, JobKind, Message, Receipt, ReceiptId, Result, Timestamp,
    User, UserId,
};
use metadata::users::Owned;
use metadata::{Tx, again, audit, invitations, jobs, organizations, purge, receipts, users};
use uuid::Uuid;

use super::by::By;
use super::change::{is_not_last_admin, may_lose_power, take};
use super::look::by_id;
use crate::Backends;
use crate::steps::{Proof, leave, prove};

/// The job that purges an account; its key is the receipt.
pub const PURGE: JobKind = JobKind::named("purge-account");

/// How many rows of a kind one transaction purges: whoever else wants to write waits that long.
const ROWS_MAX: u32 = 1_000;

/// Deletes somebody's account with everything in it; never one's own, and never the last admin's.
///
/// # Errors
/// [`Forbidden`](Error::Forbidden) for whoever is no admin, oneself, the last admin and the last owner of an
/// organization, [`NotFound`](Error::NotFound), [`Stale`](Error::Stale).
pub async fn delete(
    by: By<'_>,
    backends: &Backends,
    id: UserId,
    if_match: Option<&ETagMatch>,
) -> Result<Receipt> {
    by.may()?;
    end(by, backends, id, Reason::Admin(if_match)).await
}

/// Deletes the caller's own account with everything in it, if they know its password: a token alone, which somebody may
/// have found, must not be enough for what cannot be undone.
///
/// # Errors
/// [`Forbidden`](Error::Forbidden) for a wrong password, an app password, a suspended account, the last admin and the last
/// owner of an organization; [`TooMany`](Error::TooMany) when the password was wrong too often;
/// [`Stale`](Error::Stale).
pub async fn delete_own(
    caller: &Caller,
    backends: &Arc<Backends>,
    password: &str,
    if_match: Option<&ETagMatch>,
) -> Result<Receipt> {
    caller.may_manage()?;
    let proof = &prove(caller, backends, password).await?;
    end(By::Caller(caller), backends, caller.user, Reason::Owner { caller, proof, if_match }).await
}

/// How far the end of an account has come.
///
/// # Errors
/// [`Forbidden`](Error::Forbidden) for whoever is no admin; [`NotFound`](Error::NotFound).
pub async fn receipt(caller: &Caller, backends: &Backends, id: ReceiptId) -> Result<Receipt> {
    caller.is_admin()?;
    let unknown = || Error::NotFound("There is no such receipt.".into());
    receipts::find(&backends.metadata, id).await?.ok_or_else(unknown)
}

/// Why an account ends.
#[derive(Clone, Copy)]
pub(super) enum Reason<'a> {
    /// An admin wants it, who knows the account as it was.
    Admin(Option<&'a ETagMatch>),
    /// Whoever has it wants it.
    Owner { caller: &'a Caller, proof: &'a Proof, if_match: Option<&'a ETagMatch> },
    /// They have been suspended since this moment or before.
    Suspended(Timestamp),
    /// They signed up and never showed that they read their mail.
    Unconfirmed,
}

/// Dooms an account in one transaction, with all that others must not wait for: memberships, tasks and locks. The rest is
/// the job's.
pub(super) async fn end(by: By<'_>, backends: &Backends, id: UserId, reason: Reason<'_>) -> Result<Receipt> {
    let receipt = Receipt {
        id: ReceiptId(Uuid::new_v4()),
        user: id,
        by: by.user(),
        asked_at: by.now(),
        done_at: None,
        files: 0,
        bytes: 0,
    };
    again(|| async {
        let tx = backends.metadata.begin().await?;
        may_end(&tx, by, id, reason).await?;
        let owned = users::owned(&tx, id).await?;
        match reason {
            Reason::Suspended(_) | Reason::Unconfirmed => hand_over(&tx, by, &owned).await?,
            Reason::Admin(_) | Reason::Owner { .. } => owns_nothing(&owned)?,
        }
        leave(&tx, id, by.now()).await?;
        invitations::revoke_beyond(&tx, id, by.now()).await?;
        users::doom(&tx, id, by.now()).await?;
        receipts::insert(&tx, &receipt).await?;
        by.note(&tx, Event::nameless(Action::PurgeUser, "user", id.0)).await?;
        jobs::enqueue(&tx, by.now(), &PURGE, &receipt.id.0.to_string(), by.now()).await?;
        failpoint::reach("account.doomed");
        tx.commit().await
    })
    .await?;
    failpoint::reach("account.ended");
    backends.coordination.announce_revocation().await;
    backends.coordination.wake_jobs();
    // What they used makes room for nobody else. If that cannot be said, devices are forgotten when they have been idle.
    let _ = backends.coordination.forget_devices(id, |_| true).await;
    Ok(receipt)
}

async fn may_end(tx: &Tx, by: By<'_>, id: UserId, reason: Reason<'_>) -> Result<()> {
    match reason {
        Reason::Admin(if_match) => {
            let user = take(tx, by, id, if_match).await?;
            may_lose_power(tx, by, &user).await
        }
        Reason::Owner { caller, proof, if_match } => {
            let user = turn(tx, id).await?;
            proof.still_holds(tx, caller).await?;
            user.version.expect(if_match)?;
            is_not_last_admin(tx, &user).await
        }
        Reason::Suspended(before) => match turn(tx, id).await?.suspended_at {
            Some(at) if at <= before => Ok(()),
            _ => Err(Error::Stale("This suspension has ended.".into())),
        },
        Reason::Unconfirmed => match turn(tx, id).await?.confirmed {
            false => Ok(()),
            true => Err(Error::Stale("This account has been opened.".into())),
        },
    }
}

async fn turn(tx: &Tx, id: UserId) -> Result<User> {
    users::take_admin_turn(tx, id).await?;
    by_id(tx, id).await
}

fn owns_nothing(owned: &[Owned]) -> Result<()> {
    if owned.is_empty() {
        return Ok(());
    }
    let names: Vec<_> = owned.iter().map(|owned| format!("`{}`", owned.name)).collect();
    let text = format!(
        "This account is the last owner of {}; make somebody else an owner there first, or delete it.",
        names.join(", ")
    );
    Err(Error::Forbidden(Message::coded(Code::LastOwner, text)))
}

/// Gives away what somebody is the last owner of. What nobody else is in goes with them.
async fn hand_over(tx: &Tx, by: By<'_>, owned: &[Owned]) -> Result<()> {
    for Owned { id, heir, .. } in owned {
        let Some(heir) = heir else { continue };
        users::hand_over(tx, *id, *heir).await?;
        let event = Event::nameless(Action::ChangeOrganizationMember, "user", heir.0).detailed("owner");
        by.note(tx, event.in_organization(Some(*id))).await?;
    }
    Ok(())
}

/// Purges the next of an account that ended, and says whether there is more. Whoever goes on after a crash finds what is
/// left by what is there.
///
/// # Errors
/// Whatever the database says.
pub async fn purge_batch(now: Timestamp, backends: &Backends, receipt: &str) -> Result<bool> {
    let id = ReceiptId(Uuid::parse_str(receipt).map_err(Error::internal)?);
    let Some(receipt) = receipts::find(&backends.metadata, id).await? else { return Ok(false) };
    again(|| async {
        let tx = backends.metadata.begin().await?;
        let more = purge_next(&tx, now, &receipt).await?;
        failpoint::reach("account.batch");
        tx.commit().await?;
        Ok(more)
    })
    .await
}

async fn purge_next(tx: &Tx, now: Timestamp, receipt: &Receipt) -> Result<bool> {
    let Some(space) = users::doomed_space(tx, receipt.user).await? else { return Ok(false) };
    if let Some(space) = space {
        let purged = purge::purge_space(tx, space, now, ROWS_MAX).await?;
        receipts::add(tx, receipt.id, purged).await?;
        if purged.nodes > 0 {
            return Ok(true);
        }
    }
    if audit::forget_own(tx, receipt.user, ROWS_MAX).await? > 0
        || users::forget_batch(tx, receipt.user, ROWS_MAX).await?
    {
        return Ok(true);
    }
    // Whatever a request that was let in before the end has done after it.
    leave(tx, receipt.user, now).await?;
    organizations::forget_empty(tx).await?;
    if let Some(space) = space {
        purge::purge_top(tx, space, now).await?;
    }
    users::forget(tx, receipt.user).await?;
    receipts::complete(tx, receipt.id, now).await?;
    failpoint::reach("account.forgotten");
    Ok(false)
}
