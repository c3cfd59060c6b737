//! Inviting people into an organization by e-mail.

use std::time::Duration;

use domain::{
    Action, Caller, Code, ETagMatch, Email, Error, Event, Invitation, InvitationId, InvitedTo, Message,
    OrganizationId, OrganizationRole, Page, PageRequest, Result,
};
pub use metadata::invitations::InvitationOrder;
use metadata::invitations::{InvitationQuery, NewInvitation};
use metadata::{Db, Tx, again, invitations, organization_members, users};
use uuid::Uuid;

use crate::Backends;
use crate::letters::{Letter, Template};
use crate::steps::{
    Occasion, Token, change_organization, may_mail, not_open, once, post, record, see_organization,
};

/// So many may wait to be answered: the server does not write to half the world for one organization.
const OPEN_MAX: u64 = 500;
/// An address that was sent too much gets nothing for so long at most.
const MAILS_PAUSE: Duration = Duration::from_secs(3600);

/// A new invitation.
#[derive(Debug)]
pub struct Invited {
    /// What is kept of it.
    pub invitation: Invitation,
    /// What accepts it, where no mail carries it to them: the only time it can be read.
    pub token: Option<String>,
}

/// Which invitations are listed, and how.
#[derive(Debug, Clone)]
pub struct OpenInvitations {
    /// Those to an address that holds this.
    pub text: Option<String>,
    /// In which order.
    pub order: InvitationOrder,
    /// Whether it is the other way round.
    pub descending: bool,
    /// Which part.
    pub page: PageRequest,
}

/// Invites somebody. An earlier invitation of the same address does not hold any more.
///
/// # Errors
/// [`NotFound`](Error::NotFound) for whoever is not in the organization, [`Forbidden`](Error::Forbidden) when the caller
/// may not make somebody this there or too many invitations are open, [`Exists`](Error::Exists) when a member has the
/// address, [`TooMany`](Error::TooMany) when it was sent too many mails.
pub async fn invite(
    caller: &Caller,
    backends: &Backends,
    organization: OrganizationId,
    email: &Email,
    role: OrganizationRole,
) -> Result<Invited> {
    caller.may_manage()?;
    let token = Token::generate();
    let valid = Duration::from_secs(backends.accounts.invitation_days.saturating_mul(24 * 3600));
    let new = NewInvitation {
        id: InvitationId(Uuid::now_v7()),
        to: InvitedTo::Organization(organization, role),
        email: email.clone(),
        invited_by: caller.user,
        token_hash: token.hash(),
        expires_at: caller.now.after(valid),
    };
    // Only what somebody may ask for counts, and there is nothing to wait for in a transaction.
    see_organization(&backends.metadata, caller, organization).await?.acting.may_give(role)?;
    if backends.sends_mail() && !may_mail(backends, Occasion::Invitation, email, caller.now).await {
        let message = "This address was sent too many mails; try again in an hour.".into();
        return Err(Error::TooMany { message, retry_after: MAILS_PAUSE });
    }
    let token = &token.text();
    let invited = again(|| async {
        let tx = backends.metadata.begin().await?;
        if let Some(made) = once(&tx, caller, new.id.0).await? {
            let invitation = of(&tx, caller, organization, InvitationId(made)).await?;
            return Ok(Invited { invitation, token: None });
        }
        let standing = change_organization(&tx, caller, organization, None).await?;
        standing.acting.may_give(role)?;
        if organization_members::has_address(&tx, organization, email).await? {
            let sentence = "A member of this organization has this address already.";
            return Err(Error::Exists(Message::coded(Code::AlreadyMember, sentence)));
        }
        let invitation = invitations::insert(&tx, caller.now, &new).await?;
        if invitations::count_open(&tx, organization, caller.now).await? > OPEN_MAX {
            let text = format!("{OPEN_MAX} invitations wait to be answered; revoke some of them first.");
            return Err(Error::Forbidden(text.into()));
        }
        note(&tx, caller, Action::Invite, &invitation).await?;
        let by_mail = backends.sends_mail();
        if by_mail {
            let (organization, invited_by) =
                (standing.organization.name.as_str(), &called(&tx, caller).await?);
            let template = Template::InviteToOrganization { organization, role, invited_by, token, valid };
            post(&tx, backends, caller.now, &Letter { to: email.clone(), template }).await?;
        }
        tx.commit().await?;
        Ok(Invited { invitation, token: (!by_mail).then(|| token.clone()) })
    })
    .await?;
    backends.coordination.wake_jobs();
    Ok(invited)
}

/// The invitations into an organization that wait to be answered.
///
/// # Errors
/// [`NotFound`](Error::NotFound) for whoever is not in it, [`Forbidden`](Error::Forbidden) for whoever does not
/// administer it, [`Invalid`](Error::Invalid) for a cursor of another order.
pub async fn list(
    caller: &Caller,
    backends: &Backends,
    organization: OrganizationId,
    query: &OpenInvitations,
) -> Result<Page<Invitation>> {
    caller.may_see()?;
    see_organization(&backends.metadata, caller, organization).await?.acting.may_administer()?;
    let query = InvitationQuery {
        organization: Some(organization),
        open_at: Some(caller.now),
        text: query.text.clone(),
        order: query.order,
        descending: query.descending,
        page: query.page.clone(),
    };
    invitations::list(&backends.metadata, &query).await
}

/// An invitation into an organization, whatever became of it.
///
/// # Errors
/// [`NotFound`](Error::NotFound) for whoever is not in it or when there is none, [`Forbidden`](Error::Forbidden) for
/// whoever does not administer it.
pub async fn get(
    caller: &Caller,
    backends: &Backends,
    organization: OrganizationId,
    id: InvitationId,
) -> Result<Invitation> {
    caller.may_see()?;
    of(&backends.metadata, caller, organization, id).await
}

/// Takes an invitation back; one that cannot be accepted any more stays as it is.
///
/// # Errors
/// [`NotFound`](Error::NotFound) for whoever is not in the organization or when there is none,
/// [`Forbidden`](Error::Forbidden) for whoever does not administer it, [`Stale`](Error::Stale).
pub async fn revoke(
    caller: &Caller,
    backends: &Backends,
    organization: OrganizationId,
    id: InvitationId,
    if_match: Option<&ETagMatch>,
) -> Result<()> {
    caller.may_manage()?;
    again(|| async {
        let tx = backends.metadata.begin().await?;
        let invitation = of(&tx, caller, organization, id).await?;
        invitation.version().expect(if_match)?;
        if invitations::revoke(&tx, id, caller.now).await? {
            note(&tx, caller, Action::RevokeInvitation, &invitation).await?;
        }
        tx.commit().await
    })
    .await
}

async fn of(
    db: &impl Db,
    caller: &Caller,
    organization: OrganizationId,
    id: InvitationId,
) -> Result<Invitation> {
    see_organization(db, caller, organization).await?.acting.may_administer()?;
    let found = invitations::find(db, id).await?;
    found.filter(|found| found.to.organization() == Some(organization)).ok_or_else(not_open)
}

/// What whoever invites is called.
async fn called(tx: &Tx, caller: &Caller) -> Result<String> {
    let known = users::by_id(tx, caller.user).await?;
    Ok(known.map_or_else(|| caller.name.to_string(), |user| user.called().to_owned()))
}

/// The record says as what somebody was invited; their address is in no row of it.
async fn note(tx: &Tx, caller: &Caller, action: Action, invitation: &Invitation) -> Result<()> {
    let event = Event::nameless(action, "invitation", invitation.id.0).detailed(invitation.to.role());
    record(tx, caller, &event.in_organization(invitation.to.organization())).await
}
