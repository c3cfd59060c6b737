//! What somebody is invited to: seen by who reads the mail of the address, accepted and declined.

use domain::{Action, Caller, Event, InvitationId, Page, PageRequest, Result};
pub use metadata::invitations::Received;
use metadata::{again, invitations};

use super::Seen;
use crate::Backends;
use crate::steps::{Token, join, not_open, record, see_organization, unknown_link};

/// The invitations that wait for the caller to answer them: those to the address of their account, once it is known to be
/// theirs. They need no mail for that.
///
/// # Errors
/// [`Invalid`](domain::Error::Invalid) for a cursor of another order.
pub async fn list(caller: &Caller, backends: &Backends, page: &PageRequest) -> Result<Page<Received>> {
    caller.may_see()?;
    invitations::list_received(&backends.metadata, caller.user, caller.now, page).await
}

/// Accepts the invitation that this token came with. It shows that the caller reads the mail it was sent to, or was given
/// it by who invited them, so it does not matter which address their account has.
///
/// # Errors
/// [`Invalid`](domain::Error::Invalid) when there is none to accept, [`Exists`](domain::Error::Exists) when they are in the
/// organization already.
pub async fn accept_token(caller: &Caller, backends: &Backends, token: &str) -> Result<Seen> {
    caller.may_manage()?;
    let hash = Token::parse(token).ok_or_else(unknown_link)?.hash();
    again(|| async {
        let tx = backends.metadata.begin().await?;
        let found = invitations::find_by_token(&tx, hash).await?;
        let invitation = found.filter(|found| found.is_open(caller.now)).ok_or_else(unknown_link)?;
        let organization = invitation.to.organization().ok_or_else(unknown_link)?;
        join(&tx, caller, &invitation).await?;
        let joined = see_organization(&tx, caller, organization).await?;
        tx.commit().await?;
        Ok(joined.into())
    })
    .await
}

/// Accepts an invitation to the caller's own address.
///
/// # Errors
/// [`NotFound`](domain::Error::NotFound) when there is none to accept, [`Exists`](domain::Error::Exists) when they are in
/// the organization already.
pub async fn accept(caller: &Caller, backends: &Backends, id: InvitationId) -> Result<Seen> {
    caller.may_manage()?;
    again(|| async {
        let tx = backends.metadata.begin().await?;
        let received = invitations::find_received(&tx, caller.user, id).await?.ok_or_else(not_open)?;
        join(&tx, caller, &received.invitation).await?;
        let joined = see_organization(&tx, caller, received.organization).await?;
        tx.commit().await?;
        Ok(joined.into())
    })
    .await
}

/// Declines an invitation to the caller's own address.
///
/// # Errors
/// [`NotFound`](domain::Error::NotFound) when there is none to decline.
pub async fn decline(caller: &Caller, backends: &Backends, id: InvitationId) -> Result<()> {
    caller.may_manage()?;
    again(|| async {
        let tx = backends.metadata.begin().await?;
        let received = invitations::find_received(&tx, caller.user, id).await?.ok_or_else(not_open)?;
        if !invitations::revoke(&tx, id, caller.now).await? {
            return Err(not_open());
        }
        let event = Event::nameless(Action::RevokeInvitation, "invitation", id.0)
            .detailed(received.invitation.to.role());
        record(&tx, caller, &event.in_organization(Some(received.organization))).await?;
        tx.commit().await
    })
    .await
}
