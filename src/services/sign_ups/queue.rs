//! Those who have signed up: let in, refused, or forgotten.

use domain::{Action, Caller, Error, Event, Page, PageRequest, Result, User, UserId};
use metadata::{again, users};

use crate::Backends;
use crate::letters::{Letter, Template};
use crate::steps::{post, record};

/// A page of those who wait until an admin lets them in.
///
/// # Errors
/// [`Forbidden`](Error::Forbidden) for whoever is no admin; [`Invalid`](Error::Invalid) for a cursor of another list.
pub async fn list(caller: &Caller, backends: &Backends, request: &PageRequest) -> Result<Page<User>> {
    caller.is_admin()?;
    users::list_waiting(&backends.metadata, request).await
}

/// Lets somebody in who has signed up.
///
/// # Errors
/// [`Forbidden`](Error::Forbidden) for whoever is no admin, [`NotFound`](Error::NotFound) when they do not wait for that.
pub async fn approve(caller: &Caller, backends: &Backends, id: UserId) -> Result<User> {
    caller.is_admin()?;
    let user = again(|| async {
        let tx = backends.metadata.begin().await?;
        users::take_turn(&tx, id).await?;
        users::by_id(&tx, id).await?.filter(waits).ok_or_else(nobody)?;
        users::approve(&tx, id).await?;
        let user = users::by_id(&tx, id).await?.ok_or_else(nobody)?;
        if let Some(email) = user.email.as_ref().filter(|_| backends.sends_mail()) {
            let template = Template::AccountApproved { name: user.called() };
            post(&tx, backends, caller.now, &Letter { to: email.clone(), template }).await?;
        }
        record(&tx, caller, &about(Action::ApproveUser, id)).await?;
        tx.commit().await?;
        Ok(user)
    })
    .await?;
    backends.coordination.wake_jobs();
    Ok(user)
}

/// Turns somebody away who has signed up: they are kept out. The account can be deleted as any other.
///
/// # Errors
/// As for [`approve`].
pub async fn refuse(caller: &Caller, backends: &Backends, id: UserId) -> Result<()> {
    caller.is_admin()?;
    again(|| async {
        let tx = backends.metadata.begin().await?;
        users::take_turn(&tx, id).await?;
        let user = users::by_id(&tx, id).await?.filter(waits).ok_or_else(nobody)?;
        users::set_active(&tx, id, false).await?;
        if let Some(email) = user.email.as_ref().filter(|_| backends.sends_mail()) {
            let template = Template::SignUpRefused { name: user.called() };
            post(&tx, backends, caller.now, &Letter { to: email.clone(), template }).await?;
        }
        record(&tx, caller, &about(Action::DeactivateUser, id)).await?;
        tx.commit().await
    })
    .await?;
    backends.coordination.wake_jobs();
    Ok(())
}

/// Nobody waits any more who was let in or refused by another admin.
fn waits(user: &User) -> bool {
    user.active && user.confirmed && !user.approved
}

fn about(action: Action, id: UserId) -> Event {
    Event::nameless(action, "user", id.0)
}

fn nobody() -> Error {
    Error::NotFound("Nobody of this identity waits to be let in.".into())
}
