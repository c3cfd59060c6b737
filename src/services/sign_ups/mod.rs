//! Signing up: an account that its owner makes, and that opens once they have shown that they read their mail, and once an
//! admin lets them in, where that is asked for.

mod queue;

#[cfg(test)]
pub(crate) mod tests;

use std::time::Duration;

use domain::{
    Action, Caller, Code, Confirmation, ConfirmationKind, Email, Error, Event, Invitation, InvitedTo,
    Message, Result, Role, SpaceId, User, UserId, UserName, UserState,
};
use metadata::confirmations::{self, NewConfirmation};
use metadata::users::{self, NewUser};
use metadata::{Tx, again, invitations};
use uuid::Uuid;

pub use crate::auth::sessions::Visit;
use crate::letters::{Letter, Template};
use crate::steps::{
    Occasion, Token, display_name, hash_new, join, may_mail, newcomer, post, record, unknown_link,
};
use crate::{Backends, SignUp};

pub use queue::{approve, list, refuse};

/// So many admins are told that somebody waits.
const ADMINS_TOLD_MAX: u32 = 20;

/// Who wants an account.
#[derive(Debug, Clone)]
pub struct NewSignUp {
    /// What they will log in with.
    pub name: String,
    /// Their address.
    pub email: String,
    /// The account password.
    pub password: String,
    /// What they are called; empty where they do not say.
    pub display_name: String,
    /// The token of an invitation.
    pub invitation: Option<String>,
}

/// What has to happen before somebody can log in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// They open the link that was sent to their address.
    VerifyEmail,
    /// An admin lets them in.
    Approval,
    /// Nothing.
    LogIn,
}

/// Makes an account for who asks for one.
///
/// Whether the address is that of another account is not told, unless an invitation shows that it is theirs: the answer
/// and the work are the same, the account is made without an address, so that it never opens where addresses are
/// verified, and the address's owner gets a mail.
///
/// # Errors
/// [`Forbidden`](Error::Forbidden) where this is not how accounts are made; [`Exists`](Error::Exists) for a user name that
/// is taken; [`Invalid`](Error::Invalid) for an invitation that is none, and whatever else cannot be.
pub async fn sign_up(backends: &Backends, visit: &Visit<'_>, new: NewSignUp) -> Result<Next> {
    let policy = &backends.accounts;
    if policy.sign_up == SignUp::Closed {
        let sentence = "Nobody can sign up here; ask an admin of the server for an account.";
        return Err(Error::Forbidden(Message::coded(Code::SignUpClosed, sentence)));
    }
    let (name, email) = (own_name(&new.name)?, Email::parse(&new.email)?);
    let called = display_name(&new.display_name)?;
    let invitation = invited(backends, visit, &new, &email).await?;
    let hash = hash_new(backends, &new.password, &name).await?;
    let is_told = may_mail(backends, Occasion::SignUp, &email, visit.now).await;
    let (token, house) = (Token::generate(), invitation.as_ref().map(|invitation| invitation.to));
    let role = match house {
        Some(InvitedTo::House(role)) => role,
        _ => Role::User,
    };
    let user = NewUser {
        id: UserId(Uuid::new_v4()),
        name,
        display_name: called,
        role,
        confirmed: invitation.is_some() || !policy.verify_email,
        approved: matches!(house, Some(InvitedTo::House(_))) || !policy.approve,
        password_hash: Some(hash),
        space: SpaceId(Uuid::new_v4()),
        root_uuid: Uuid::new_v4(),
        // 0 in the settings means no limit.
        quota_bytes: Some(backends.files.quota_bytes).filter(|bytes| *bytes > 0),
    };
    let next = next_of(user.confirmed, user.approved);
    again(|| async {
        let tx = backends.metadata.begin().await?;
        let user = insert(&tx, visit, user.clone()).await?;
        let caller = newcomer(&tx, visit, &user).await?;
        match &invitation {
            Some(invitation) => accept(&tx, &caller, invitation, &user).await?,
            None => give_address(&tx, backends, visit, &user, &email, &token, is_told).await?,
        }
        if user.confirmed && !user.approved {
            tell_admins(&tx, backends, visit, &user, &email).await?;
        }
        record(&tx, &caller, &about(Action::SignUp, &user)).await?;
        tx.commit().await
    })
    .await?;
    backends.coordination.wake_jobs();
    Ok(next)
}

/// Takes note, by the token of a link, that who has it reads what is sent to the address: of a new account, or the new
/// address of one.
///
/// # Errors
/// [`Invalid`](Error::Invalid) for a token that is not known, whatever is wrong with it; [`Exists`](Error::Exists) when the
/// address has become that of another account in between.
pub async fn verify_email(backends: &Backends, visit: &Visit<'_>, token: &str) -> Result<Next> {
    let hash = Token::parse(token).ok_or_else(unknown_link)?.hash();
    let next = again(|| async {
        let tx = backends.metadata.begin().await?;
        let (kind, shown) = shown_by(&tx, hash, visit).await?;
        let user = users::by_id(&tx, shown.user).await?.ok_or_else(unknown_link)?;
        if kind == ConfirmationKind::ChangeEmail && may_only_read(&user) {
            return Err(unknown_link());
        }
        if !users::set_email(&tx, user.id, &shown.email, visit.now).await? {
            return Err(email_taken());
        }
        // What was sent to the address before is not to open the account any more.
        confirmations::void_changes(&tx, user.id).await?;
        if kind == ConfirmationKind::SignUp {
            users::confirm(&tx, user.id).await?;
            if !user.approved {
                tell_admins(&tx, backends, visit, &user, &shown.email).await?;
            }
        } else if let Some(old) = user.email.as_ref().filter(|_| backends.sends_mail()) {
            let template = Template::AddressChanged { name: user.called() };
            post(&tx, backends, visit.now, &Letter { to: old.clone(), template }).await?;
        }
        let caller = newcomer(&tx, visit, &user).await?;
        record(&tx, &caller, &about(Action::VerifyEmail, &user)).await?;
        tx.commit().await?;
        Ok(next_of(true, user.approved))
    })
    .await?;
    backends.coordination.wake_jobs();
    Ok(next)
}

/// Whoever is kept out, or may only read, changes no address either.
fn may_only_read(user: &User) -> bool {
    matches!(user.state(), UserState::Deactivated | UserState::Locked | UserState::Suspended)
}

async fn shown_by(tx: &Tx, hash: [u8; 32], visit: &Visit<'_>) -> Result<(ConfirmationKind, Confirmation)> {
    for kind in [ConfirmationKind::SignUp, ConfirmationKind::ChangeEmail] {
        if let Some(shown) = confirmations::use_up(tx, kind, hash, visit.now).await? {
            return Ok((kind, shown));
        }
    }
    Err(unknown_link())
}

/// The invitation that a token is for, if it can be accepted.
///
/// # Errors
/// [`Invalid`](Error::Invalid) for a token that is not known, whatever is wrong with it.
pub async fn invitation(backends: &Backends, visit: &Visit<'_>, token: &str) -> Result<Invitation> {
    let hash = Token::parse(token).ok_or_else(unknown_invitation)?.hash();
    let found = invitations::find_by_token(&backends.metadata, hash).await?;
    found.filter(|found| found.is_open(visit.now)).ok_or_else(unknown_invitation)
}

/// Names with an `@` are for admins to give: who chooses one could pass for the owner of an address.
fn own_name(typed: &str) -> Result<UserName> {
    match typed.contains('@') {
        true => Err(Error::Invalid(
            "A user name that you choose yourself holds no `@`; you can log in with your address as well."
                .into(),
        )),
        false => UserName::parse(typed),
    }
}

/// The invitation that somebody comes with.
async fn invited(
    backends: &Backends,
    visit: &Visit<'_>,
    new: &NewSignUp,
    email: &Email,
) -> Result<Option<Invitation>> {
    let Some(token) = &new.invitation else {
        return match backends.accounts.sign_up {
            SignUp::Open => Ok(None),
            _ => {
                let sentence = "Only who is invited can sign up here; open the link in your invitation.";
                Err(Error::Forbidden(Message::coded(Code::InvitationNeeded, sentence)))
            }
        };
    };
    let found = invitation(backends, visit, token).await?;
    match found.email == *email {
        true => Ok(Some(found)),
        false => Err(unknown_invitation()),
    }
}

async fn insert(tx: &Tx, visit: &Visit<'_>, user: NewUser) -> Result<User> {
    users::insert(tx, visit.now, user).await.map_err(|error| match error {
        Error::Exists(_) => {
            let sentence = "Somebody else has this user name; choose another one.";
            Error::Exists(Message::coded(Code::UserNameTaken, sentence))
        }
        error => error,
    })
}

/// Who has the invitation reads what is sent to its address. One into an organization leads there at once, unless an admin
/// of the house has to let them in first: then it waits for them.
async fn accept(tx: &Tx, caller: &Caller, invitation: &Invitation, user: &User) -> Result<()> {
    if !users::set_email(tx, user.id, &invitation.email, caller.now).await? {
        return Err(email_taken());
    }
    match invitation.to {
        InvitedTo::House(_) if !accept_into_house(tx, caller, invitation).await? => Err(unknown_invitation()),
        InvitedTo::Organization(..) if user.approved => match join(tx, caller, invitation).await {
            Err(Error::NotFound(_)) => Err(unknown_invitation()),
            joined => joined,
        },
        InvitedTo::House(_) | InvitedTo::Organization(..) => Ok(()),
    }
}

/// Says whether the invitation can be accepted still, which holds for as long as whoever invited is an admin.
async fn accept_into_house(tx: &Tx, caller: &Caller, invitation: &Invitation) -> Result<bool> {
    users::take_turn(tx, invitation.invited_by).await?;
    Ok(users::is_admin(tx, invitation.invited_by).await?
        && invitations::accept(tx, invitation.id, caller.now).await?)
}

/// Lets an address count as that of a new account, or sends something there first.
async fn give_address(
    tx: &Tx,
    backends: &Backends,
    visit: &Visit<'_>,
    user: &User,
    email: &Email,
    token: &Token,
    is_told: bool,
) -> Result<()> {
    let owner = users::find_by_email(tx, email).await?;
    if user.confirmed {
        // Who looks first and writes then may still have come second.
        if owner.is_none() && users::set_email(tx, user.id, email, visit.now).await? {
            return Ok(());
        }
    } else {
        // For an address that is taken too, with a token that nobody is sent: it is the same work, and goes with the account.
        let valid = verification(backends);
        let new = NewConfirmation {
            kind: ConfirmationKind::SignUp,
            user: user.id,
            email: email.clone(),
            token_hash: token.hash(),
            expires_at: visit.now.after(valid),
        };
        confirmations::insert(tx, visit.now, &new).await?;
    }
    let text = token.text();
    let template = match &owner {
        Some(owner) => Template::AddressInUse { name: owner.called() },
        // Whose address it is has not been shown, so nothing that was made up for them to read is sent there.
        None => {
            let name = user.name.as_str();
            Template::VerifyEmail { name, token: &text, valid: verification(backends) }
        }
    };
    match is_told && backends.sends_mail() {
        true => post(tx, backends, visit.now, &Letter { to: email.clone(), template }).await,
        false => Ok(()),
    }
}

async fn tell_admins(
    tx: &Tx,
    backends: &Backends,
    visit: &Visit<'_>,
    user: &User,
    email: &Email,
) -> Result<()> {
    if !backends.sends_mail() {
        return Ok(());
    }
    for to in users::admin_addresses(tx, ADMINS_TOLD_MAX).await? {
        let template = Template::WaitingForApproval { name: user.name.as_str(), email };
        post(tx, backends, visit.now, &Letter { to, template }).await?;
    }
    Ok(())
}

fn verification(backends: &Backends) -> Duration {
    Duration::from_secs(backends.accounts.verification_hours.saturating_mul(3600))
}

fn next_of(confirmed: bool, approved: bool) -> Next {
    match (confirmed, approved) {
        (false, _) => Next::VerifyEmail,
        (true, false) => Next::Approval,
        (true, true) => Next::LogIn,
    }
}

fn about(action: Action, user: &User) -> Event {
    Event::new(action, "user", user.id.0, user.name.as_str())
}

fn unknown_invitation() -> Error {
    let sentence =
        "This invitation is not known, was used, taken back or has expired, or it is for another address.";
    Error::Invalid(Message::coded(Code::InvitationUnknown, sentence))
}

fn email_taken() -> Error {
    let sentence = "This address is that of another account by now; log in there.";
    Error::Exists(Message::coded(Code::EmailTaken, sentence))
}
