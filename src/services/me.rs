//! What people see and change of their own account.

use std::sync::Arc;
use std::time::Duration;

use domain::{
    Action, Caller, Code, ConfirmationKind, ETagMatch, Email, Error, Event, Message, Result, Session,
    SessionId, User,
};
use metadata::confirmations::{self, NewConfirmation};
use metadata::{Db, Tx, again, sessions, users};

use crate::Backends;
use crate::letters::{Letter, Template};
use crate::steps::{Occasion, Token, display_name, may_mail, own_turn, post, prove, record};

/// An account as its owner sees it.
#[derive(Debug, Clone)]
pub struct Me {
    /// The account.
    pub user: User,
    /// The address that is to count once they have shown that they read what is sent there.
    pub pending_email: Option<Email>,
}

/// What somebody wants to have changed; none for what stays.
#[derive(Debug, Clone, Default)]
pub struct Change {
    /// What they are called; empty for what they log in with.
    pub display_name: Option<String>,
    /// Their address.
    pub email: Option<String>,
    /// The account password, which another address needs.
    pub password: Option<String>,
}

/// The caller's account.
///
/// # Errors
/// [`Forbidden`](Error::Forbidden) for an app password.
pub async fn get(caller: &Caller, backends: &Backends) -> Result<Me> {
    caller.may_see()?;
    look(caller, &backends.metadata).await
}

/// Changes the caller's account. Another address counts once they have shown that they read what is sent there; until
/// then, and if it is that of another account, which is not told, everything stays as it is. Where no mail is sent it
/// counts at once.
///
/// # Errors
/// [`Forbidden`](Error::Forbidden) for an app password, and for another address without the right password;
/// [`Invalid`](Error::Invalid), [`Stale`](Error::Stale); [`Exists`](Error::Exists) for the address of another account
/// where no mail is sent.
pub async fn change(
    caller: &Caller,
    backends: &Arc<Backends>,
    change: &Change,
    if_match: Option<&ETagMatch>,
) -> Result<Me> {
    caller.may_manage()?;
    let called = change.display_name.as_deref().map(display_name).transpose()?;
    let email = change.email.as_deref().map(Email::parse).transpose()?;
    let (token, mut is_told, mut proof) = (Token::generate(), false, None);
    if let Some(email) = &email {
        let sentence = "Another e-mail address needs the account password beside it, in `password`.";
        let missing = || Error::Forbidden(Message::coded(Code::WrongPassword, sentence));
        proof = Some(prove(caller, backends, change.password.as_deref().ok_or_else(missing)?).await?);
        is_told = may_mail(backends, Occasion::ChangeEmail, email, caller.now).await;
    }
    let me = again(|| async {
        let tx = backends.metadata.begin().await?;
        match &proof {
            Some(proof) => proof.still_holds(&tx, caller).await?,
            None => own_turn(&tx, caller).await?,
        }
        let me = look(caller, &tx).await?;
        me.user.version.expect(if_match)?;
        if let Some(called) = called.as_ref().filter(|called| **called != me.user.display_name) {
            users::set_display_name(&tx, caller.user, called).await?;
        }
        if let Some(email) = &email {
            confirmations::void(&tx, caller.user, ConfirmationKind::ChangeEmail).await?;
            if me.user.email.as_ref() != Some(email) {
                change_email(&tx, caller, backends, &me.user, email, &token, is_told).await?;
            }
        }
        let about = Event::new(Action::ChangeProfile, "user", caller.user.0, caller.name.as_str());
        record(&tx, caller, &about).await?;
        let me = look(caller, &tx).await?;
        tx.commit().await?;
        Ok(me)
    })
    .await?;
    backends.coordination.wake_jobs();
    Ok(me)
}

async fn change_email(
    tx: &Tx,
    caller: &Caller,
    backends: &Backends,
    user: &User,
    email: &Email,
    token: &Token,
    is_told: bool,
) -> Result<()> {
    if !backends.sends_mail() {
        return match users::set_email(tx, caller.user, email, caller.now).await? {
            true => confirmations::void_changes(tx, caller.user).await,
            false => Err(Error::Exists(Message::coded(
                Code::EmailTaken,
                "This address is that of another account.",
            ))),
        };
    }
    let valid = Duration::from_secs(backends.accounts.verification_hours.saturating_mul(3600));
    // For an address that is taken too, with a token that nobody is sent.
    let new = NewConfirmation {
        kind: ConfirmationKind::ChangeEmail,
        user: caller.user,
        email: email.clone(),
        token_hash: token.hash(),
        expires_at: caller.now.after(valid),
    };
    confirmations::insert(tx, caller.now, &new).await?;
    let (owner, text) = (users::find_by_email(tx, email).await?, token.text());
    let template = match &owner {
        Some(owner) => Template::AddressInUse { name: owner.called() },
        None => Template::VerifyEmail { name: user.called(), token: &text, valid },
    };
    match is_told {
        true => post(tx, backends, caller.now, &Letter { to: email.clone(), template }).await,
        false => Ok(()),
    }
}

/// Where the caller is logged in, the session that was used last first.
///
/// # Errors
/// [`Forbidden`](Error::Forbidden) for an app password.
pub async fn list_sessions(caller: &Caller, backends: &Backends) -> Result<Vec<Session>> {
    caller.may_see()?;
    sessions::list(&backends.metadata, caller.user, caller.now).await
}

/// Ends a session of the caller, from its next request on.
///
/// # Errors
/// [`Forbidden`](Error::Forbidden) for an app password, [`NotFound`](Error::NotFound) when it is not theirs or has ended.
pub async fn end_session(caller: &Caller, backends: &Backends, id: SessionId) -> Result<()> {
    caller.may_see()?;
    again(|| async {
        let tx = backends.metadata.begin().await?;
        if !sessions::revoke(&tx, caller.user, id, caller.now).await? {
            return Err(Error::NotFound("You have no such session.".into()));
        }
        record(&tx, caller, &Event::new(Action::LogOut, "session", id.0, caller.name.as_str())).await?;
        tx.commit().await
    })
    .await
}

async fn look(caller: &Caller, db: &impl Db) -> Result<Me> {
    let gone = || Error::NotFound("This account does not exist any more.".into());
    let user = users::by_id(db, caller.user).await?.ok_or_else(gone)?;
    let kind = ConfirmationKind::ChangeEmail;
    Ok(Me { user, pending_email: confirmations::pending(db, caller.user, kind, caller.now).await? })
}
