//! Accounts changed by admins: never their own, and never the last admin's so that there would be none.

use std::time::Duration;

use domain::{Action, Caller, Code, ETagMatch, Error, Event, Message, Result, Role, Timestamp, User, UserId};
use metadata::{Tx, again, confirmations, invitations, users};

use super::by::By;
use super::look::by_id;
use super::{NewUser, row};
use crate::Backends;
use crate::letters::{Letter, Template};
use crate::steps::{display_name, once, post};
pub use metadata::users::UserChange;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Makes an account. The e-mail address counts as theirs at once: the admin vouches for it.
///
/// # Errors
/// [`Forbidden`](Error::Forbidden) for whoever is no admin, [`Exists`](Error::Exists) when name or address are taken,
/// [`Invalid`](Error::Invalid) for a password that is too short.
pub async fn create_by(caller: &Caller, backends: &Backends, new: NewUser, more: UserChange) -> Result<User> {
    caller.is_admin()?;
    let more = sound(&more)?;
    let row = row(backends, new).await?;
    again(|| async {
        let tx = backends.metadata.begin().await?;
        By::Caller(caller).still_may(&tx).await?;
        if let Some(made) = once(&tx, caller, row.id.0).await? {
            return by_id(&tx, UserId(made)).await;
        }
        let user = users::insert(&tx, caller.now, row.clone()).await?;
        if more != UserChange::default() {
            users::change(&tx, caller.now, user.id, &more).await?;
        }
        let event = Event::nameless(Action::CreateUser, "user", user.id.0).detailed(user.role.as_str());
        By::Caller(caller).note(&tx, event).await?;
        let user = by_id(&tx, user.id).await?;
        tx.commit().await?;
        Ok(user)
    })
    .await
}

/// Changes role, address, display name or quota of an account. With another address, links that were sent to the one before
/// work no longer, and that one is told.
///
/// # Errors
/// [`Forbidden`](Error::Forbidden) for whoever is no admin, for one's own role and address, and for the role of the last
/// admin;
/// [`NotFound`](Error::NotFound), [`Exists`](Error::Exists), [`Stale`](Error::Stale).
pub async fn change(
    by: By<'_>,
    backends: &Backends,
    id: UserId,
    change: &UserChange,
    if_match: Option<&ETagMatch>,
) -> Result<User> {
    let change = sound(change)?;
    let wanted = |_: &User| change.clone();
    apply(by, backends, id, if_match, Action::ChangeUser, &wanted).await
}

/// Lets somebody in who was kept out.
///
/// # Errors
/// As for [`change`].
pub async fn activate(
    by: By<'_>,
    backends: &Backends,
    id: UserId,
    if_match: Option<&ETagMatch>,
) -> Result<User> {
    let wanted = |_: &User| UserChange { active: Some(true), ..UserChange::default() };
    apply(by, backends, id, if_match, Action::ActivateUser, &wanted).await
}

/// Keeps somebody out: no session and no app password of theirs opens anything from the next request on.
///
/// # Errors
/// As for [`change`], with oneself and the last admin.
pub async fn deactivate(
    by: By<'_>,
    backends: &Backends,
    id: UserId,
    if_match: Option<&ETagMatch>,
) -> Result<User> {
    let wanted = |_: &User| UserChange { active: Some(false), ..UserChange::default() };
    apply(by, backends, id, if_match, Action::DeactivateUser, &wanted).await
}

/// Suspends somebody: from the next request on they only read, later they are locked out, and at last their account is
/// deleted, by the settings in `accounts`. Who is suspended already stays so since then.
///
/// # Errors
/// As for [`change`], with oneself and the last admin.
pub async fn suspend(
    by: By<'_>,
    backends: &Backends,
    id: UserId,
    if_match: Option<&ETagMatch>,
) -> Result<User> {
    let wanted = |user: &User| UserChange {
        suspended_at: user.suspended_at.is_none().then_some(Some(by.now())),
        ..UserChange::default()
    };
    apply(by, backends, id, if_match, Action::SuspendUser, &wanted).await
}

/// Ends a suspension. Should there be another one, it begins anew.
///
/// # Errors
/// As for [`change`].
pub async fn resume(
    by: By<'_>,
    backends: &Backends,
    id: UserId,
    if_match: Option<&ETagMatch>,
) -> Result<User> {
    let wanted = |_: &User| UserChange { suspended_at: Some(None), ..UserChange::default() };
    apply(by, backends, id, if_match, Action::ResumeUser, &wanted).await
}

/// Changes an account in one transaction; what is so already is no change.
async fn apply(
    by: By<'_>,
    backends: &Backends,
    id: UserId,
    if_match: Option<&ETagMatch>,
    action: Action,
    wanted: &(impl Fn(&User) -> UserChange + Sync),
) -> Result<User> {
    by.may()?;
    let (user, change) = again(|| async {
        let tx = backends.metadata.begin().await?;
        let user = take(&tx, by, id, if_match).await?;
        let change = news(&user, wanted(&user));
        if change == UserChange::default() {
            return Ok((user, change));
        }
        if takes_power(&user, &change) {
            may_lose_power(&tx, by, &user).await?;
            // Or they would come back as what they have invited themselves to.
            invitations::revoke_beyond(&tx, id, by.now()).await?;
        } else if (change.role.is_some() || change.email.is_some()) && by.user() == Some(user.id) {
            // Their own address they change where the password is asked for.
            return Err(own_account());
        }
        users::change(&tx, by.now(), id, &change).await?;
        if change.email.is_some() {
            moves(&tx, backends, by.now(), &user).await?;
        }
        if let Some(Some(at)) = change.suspended_at {
            tell(&tx, backends, by.now(), &user, at).await?;
        }
        by.note(&tx, Event::nameless(action, "user", id.0).detailed(words(&change))).await?;
        let user = by_id(&tx, id).await?;
        tx.commit().await?;
        Ok((user, change))
    })
    .await?;
    if change.email.is_some() || change.suspended_at.is_some() {
        backends.coordination.wake_jobs();
    }
    if change.role.is_some() || change.active.is_some() || change.suspended_at.is_some() {
        backends.coordination.announce_revocation().await;
    }
    Ok(user)
}

/// Lets nothing that was sent to the address somebody had change their account any more, and tells that address.
async fn moves(tx: &Tx, backends: &Backends, now: Timestamp, user: &User) -> Result<()> {
    confirmations::void_changes(tx, user.id).await?;
    let Some(to) = user.email.clone().filter(|_| backends.sends_mail()) else { return Ok(()) };
    let template = Template::AddressChanged { name: user.called() };
    post(tx, backends, now, &Letter { to, template }).await
}

/// Tells somebody that they are suspended, where mail reaches them.
async fn tell(tx: &Tx, backends: &Backends, now: Timestamp, user: &User, since: Timestamp) -> Result<()> {
    let Some(to) = user.email.clone().filter(|_| backends.sends_mail()) else { return Ok(()) };
    let after = |days: u32| (days > 0).then(|| since.after(DAY * days));
    let template = Template::AccountSuspended {
        name: user.name.as_str(),
        locked_at: after(backends.accounts.locked_after_days),
        deleted_at: after(backends.accounts.deleted_after_days),
    };
    post(tx, backends, now, &Letter { to, template }).await
}

/// An account that nobody else changes until the end of the transaction, for somebody who may.
pub(super) async fn take(tx: &Tx, by: By<'_>, id: UserId, if_match: Option<&ETagMatch>) -> Result<User> {
    users::take_admin_turn(tx, id).await?;
    by.still_may(tx).await?;
    let user = by_id(tx, id).await?;
    user.version.expect(if_match)?;
    Ok(user)
}

/// Refuses to let the caller, or the last admin, be without power.
pub(super) async fn may_lose_power(tx: &Tx, by: By<'_>, user: &User) -> Result<()> {
    if by.user() == Some(user.id) {
        return Err(own_account());
    }
    is_not_last_admin(tx, user).await
}

/// Refuses for the last admin who may come in.
pub(super) async fn is_not_last_admin(tx: &Tx, user: &User) -> Result<()> {
    if users::is_admin(tx, user.id).await? && users::other_admins(tx, user.id).await? == 0 {
        return Err(Error::Forbidden(Message::coded(
            Code::LastServerAdmin,
            "This is the last admin who may come in; make somebody else an admin first.",
        )));
    }
    Ok(())
}

fn own_account() -> Error {
    Error::Forbidden(Message::coded(
        Code::OwnAccount,
        "Nobody does this to their own account; another admin can.",
    ))
}

fn takes_power(user: &User, change: &UserChange) -> bool {
    let demotes = user.role == Role::Admin && change.role == Some(Role::User);
    demotes || change.active == Some(false) || matches!(change.suspended_at, Some(Some(_)))
}

/// What of a change is not so already.
fn news(user: &User, change: UserChange) -> UserChange {
    UserChange {
        role: change.role.filter(|role| *role != user.role),
        email: change.email.filter(|email| *email != user.email),
        display_name: change.display_name.filter(|name| *name != user.display_name),
        quota_bytes: change.quota_bytes.filter(|quota| *quota != user.quota.limit_bytes),
        active: change.active.filter(|active| *active != user.active),
        suspended_at: change.suspended_at.filter(|at| *at != user.suspended_at),
    }
}

/// What was changed, for the record, which holds no name and no address that would stay when the account goes.
fn words(change: &UserChange) -> String {
    let named = [
        change.role.map(|role| format!("role {}", role.as_str())),
        change.email.as_ref().map(|_| "e-mail address".to_owned()),
        change.display_name.as_ref().map(|_| "display name".to_owned()),
        change.quota_bytes.map(|quota| match quota {
            Some(bytes) => format!("quota of {bytes} bytes"),
            None => "no quota".to_owned(),
        }),
    ];
    named.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

fn sound(change: &UserChange) -> Result<UserChange> {
    let called = change.display_name.as_deref().map(display_name).transpose()?;
    Ok(UserChange { display_name: called, ..change.clone() })
}
