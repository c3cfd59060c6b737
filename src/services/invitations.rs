//! Invitations to the house, by its admins.

use std::time::Duration;

use domain::{
    Action, Caller, Code, ETagMatch, Email, Error, Event, Invitation, InvitationId, InvitedTo, Message, Page,
    Result, Role,
};
use metadata::invitations::{self, NewInvitation};
pub use metadata::invitations::{InvitationOrder, InvitationQuery};
use metadata::{again, users};
use uuid::Uuid;

use crate::letters::{Letter, Template};
use crate::steps::{Token, once, post, record};
use crate::{Backends, SignUp};

/// Invites somebody to make an account. Earlier invitations of the same address are taken back.
///
/// # Errors
/// [`Forbidden`](Error::Forbidden) for whoever is no admin, or where nobody can sign up; [`Exists`](Error::Exists) when the
/// address is that of an account; [`Unsupported`](Error::Unsupported) where no mail is sent.
pub async fn create(caller: &Caller, backends: &Backends, email: &str, role: Role) -> Result<Invitation> {
    caller.is_admin()?;
    let email = Email::parse(email)?;
    if backends.accounts.sign_up == SignUp::Closed {
        let sentence = "Nobody can sign up here, so an invitation opens nothing; make the account instead.";
        return Err(Error::Forbidden(Message::coded(Code::SignUpClosed, sentence)));
    }
    let token = Token::generate();
    let valid = Duration::from_secs(backends.accounts.invitation_days.saturating_mul(24 * 3600));
    let new = NewInvitation {
        id: InvitationId(Uuid::now_v7()),
        to: InvitedTo::House(role),
        email,
        invited_by: caller.user,
        token_hash: token.hash(),
        expires_at: caller.now.after(valid),
    };
    let (text, to) = (token.text(), new.email.clone());
    let template = Template::InviteToAccount { invited_by: caller.name.as_str(), token: &text, valid };
    let letter = Letter { to, template };
    let made = again(|| async {
        let tx = backends.metadata.begin().await?;
        if let Some(made) = once(&tx, caller, new.id.0).await? {
            return invitations::find(&tx, InvitationId(made)).await?.ok_or_else(unknown);
        }
        if users::find_by_email(&tx, &new.email).await?.is_some() {
            let sentence = "There is an account with this address already.";
            return Err(Error::Exists(Message::coded(Code::EmailTaken, sentence)));
        }
        let made = invitations::insert(&tx, caller.now, &new).await?;
        post(&tx, backends, caller.now, &letter).await?;
        record(&tx, caller, &about(Action::Invite, &made)).await?;
        tx.commit().await?;
        Ok(made)
    })
    .await?;
    backends.coordination.wake_jobs();
    Ok(made)
}

/// A page of the invitations to the house.
///
/// # Errors
/// [`Forbidden`](Error::Forbidden) for whoever is no admin; [`Invalid`](Error::Invalid) for a cursor of another order.
pub async fn list(caller: &Caller, backends: &Backends, query: &InvitationQuery) -> Result<Page<Invitation>> {
    caller.is_admin()?;
    invitations::list(&backends.metadata, &InvitationQuery { organization: None, ..query.clone() }).await
}

/// An invitation to the house.
///
/// # Errors
/// [`Forbidden`](Error::Forbidden) for whoever is no admin, [`NotFound`](Error::NotFound).
pub async fn get(caller: &Caller, backends: &Backends, id: InvitationId) -> Result<Invitation> {
    caller.is_admin()?;
    let found = invitations::find(&backends.metadata, id).await?;
    found.filter(|found| found.to.organization().is_none()).ok_or_else(unknown)
}

/// Takes an invitation to the house back.
///
/// # Errors
/// As for [`get`]; [`Stale`](Error::Stale) when it has changed since the caller has read it; and
/// [`NotFound`](Error::NotFound) too for one that cannot be accepted any more.
pub async fn revoke(
    caller: &Caller,
    backends: &Backends,
    id: InvitationId,
    if_match: Option<&ETagMatch>,
) -> Result<()> {
    caller.is_admin()?;
    again(|| async {
        let tx = backends.metadata.begin().await?;
        let found = invitations::find(&tx, id).await?;
        let found = found.filter(|found| found.to.organization().is_none()).ok_or_else(unknown)?;
        found.version().expect(if_match)?;
        if !invitations::revoke(&tx, id, caller.now).await? {
            return Err(unknown());
        }
        record(&tx, caller, &about(Action::RevokeInvitation, &found)).await?;
        tx.commit().await
    })
    .await
}

fn about(action: Action, invitation: &Invitation) -> Event {
    Event::nameless(action, "invitation", invitation.id.0).detailed(invitation.to.role())
}

fn unknown() -> Error {
    Error::NotFound("There is no such invitation.".into())
}
