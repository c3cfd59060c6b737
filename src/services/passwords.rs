//! Account passwords: forgotten, set anew by who reads the account's mail, and changed by who knows them.

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use domain::{
    Action, Caller, Code, ConfirmationKind, Email, Error, Event, JobKind, Message, Result, Timestamp, User,
    UserState,
};
use metadata::confirmations::{self, NewConfirmation};
use metadata::{again, jobs, sessions, users};

use crate::Backends;
use crate::auth::sessions::Visit;
use crate::letters::{Letter, Template};
use crate::steps::{Occasion, Token, hash_new, may_mail, newcomer, post, prove, record, unknown_link};

/// The job that sends the link somebody asked for; its key says which, and to what address.
pub const SEND_LINK: JobKind = JobKind::named("send-link");

/// Which link somebody asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// One to show that the address they signed up with is theirs.
    VerifyEmail,
    /// One to set a new password.
    ResetPassword,
}

impl Asked {
    fn word(self) -> &'static str {
        match self {
            Self::VerifyEmail => "verify",
            Self::ResetPassword => "reset",
        }
    }
}

/// Has a link sent to an address, if it is that of an account. What this does, and for how long, is the same whether it is
/// or not: a job finds out later.
///
/// # Errors
/// [`Unsupported`](Error::Unsupported) where no mail is sent; [`Invalid`](Error::Invalid) for what is no address.
pub async fn ask(backends: &Backends, now: Timestamp, asked: Asked, email: &str) -> Result<()> {
    let email = Email::parse(email)?;
    if !backends.sends_mail() {
        let sentence = match asked {
            Asked::ResetPassword => {
                "This server sends no mail; whoever runs it sets a new password with `larder admin user set-password`."
            }
            Asked::VerifyEmail => {
                "This server sends no mail, so there is no link to send again; ask one of its admins."
            }
        };
        return Err(Error::Unsupported(Message::coded(Code::MailNotSent, sentence)));
    }
    let key = format!("{} {email}", asked.word());
    again(|| async {
        let tx = backends.metadata.begin().await?;
        jobs::enqueue(&tx, now, &SEND_LINK, &key, now).await?;
        tx.commit().await
    })
    .await?;
    backends.coordination.wake_jobs();
    Ok(())
}

/// Sends the link that a job's key says, if there is an account for it, and not too many are asked for.
///
/// # Errors
/// Whatever the database says.
pub async fn send_link(now: Timestamp, backends: &Backends, key: &str) -> Result<()> {
    let Some((word, email)) = key.split_once(' ') else { return Ok(()) };
    let Ok(email) = Email::parse(email) else { return Ok(()) };
    let occasion =
        if word == Asked::ResetPassword.word() { Occasion::ResetPassword } else { Occasion::Verify };
    if !backends.sends_mail() || !may_mail(backends, occasion, &email, now).await {
        return Ok(());
    }
    let owner = users::find_by_email(&backends.metadata, &email).await?;
    let (kind, user, valid) = match owner {
        Some(owner) if word == Asked::ResetPassword.word() && may_reset(&owner) => {
            (ConfirmationKind::ResetPassword, owner, minutes(backends.accounts.reset_minutes))
        }
        None if word == Asked::VerifyEmail.word() => {
            let Some(id) = confirmations::waiting(&backends.metadata, &email).await? else { return Ok(()) };
            let Some(user) = users::by_id(&backends.metadata, id).await? else { return Ok(()) };
            let valid = minutes(backends.accounts.verification_hours.saturating_mul(60));
            (ConfirmationKind::SignUp, user, valid)
        }
        _ => return Ok(()),
    };
    let (token, expires_at, id) = (Token::generate(), now.after(valid), user.id);
    let text = token.text();
    let template = match kind {
        ConfirmationKind::ResetPassword => {
            Template::ResetPassword { name: user.called(), token: &text, valid }
        }
        _ => Template::VerifyEmail { name: user.name.as_str(), token: &text, valid },
    };
    let letter = Letter { to: email.clone(), template };
    let new = NewConfirmation { kind, user: id, email, token_hash: token.hash(), expires_at };
    again(|| async {
        let tx = backends.metadata.begin().await?;
        users::take_turn(&tx, id).await?;
        // Whose address this was a moment ago may have another one by now.
        let owner = users::find_by_email(&tx, &new.email).await?.map(|owner| owner.id);
        if owner != (kind == ConfirmationKind::ResetPassword).then_some(id) {
            return Ok(());
        }
        confirmations::insert(&tx, now, &new).await?;
        post(&tx, backends, now, &letter).await?;
        tx.commit().await
    })
    .await?;
    backends.coordination.wake_jobs();
    Ok(())
}

/// Sets a new password by the token of a link. All sessions end, and links that would change the account work no longer, as
/// whoever was in it may have asked for them; app passwords go on, as drives that are mounted by them have nothing to do
/// with the password that was forgotten.
///
/// # Errors
/// [`Invalid`](Error::Invalid) for a token that is not known, whatever is wrong with it, and for a password that will not
/// do; the link can then be used again.
pub async fn reset(backends: &Backends, visit: &Visit<'_>, token: &str, password: &str) -> Result<()> {
    let (kind, hash) =
        (ConfirmationKind::ResetPassword, Token::parse(token).ok_or_else(unknown_link)?.hash());
    let shown = confirmations::find(&backends.metadata, kind, hash, visit.now).await?;
    let shown = shown.ok_or_else(unknown_link)?;
    let user = users::by_id(&backends.metadata, shown.user).await?.filter(may_reset);
    let user = user.ok_or_else(unknown_link)?;
    let password_hash = hash_new(backends, password, &user.name).await?;
    again(|| async {
        let tx = backends.metadata.begin().await?;
        users::take_turn(&tx, user.id).await?;
        confirmations::use_up(&tx, kind, hash, visit.now).await?.ok_or_else(unknown_link)?;
        users::set_password(&tx, user.id, password_hash.clone()).await?;
        sessions::revoke_all(&tx, user.id, None, visit.now).await?;
        confirmations::void_changes(&tx, user.id).await?;
        let caller = newcomer(&tx, visit, &user).await?;
        record(&tx, &caller, &about(Action::ResetPassword, &caller)).await?;
        tell(&tx, backends, visit.now, &user).await?;
        tx.commit().await
    })
    .await?;
    backends.coordination.wake_jobs();
    Ok(())
}

/// Changes the caller's password. Their other sessions end, and links that would change the account work no longer.
///
/// # Errors
/// [`Forbidden`](Error::Forbidden) when the current one is wrong, [`Invalid`](Error::Invalid) for a new one that will not
/// do, [`TooMany`](Error::TooMany) after too many wrong ones; [`Unauthenticated`](Error::Unauthenticated) when the session
/// ended in between.
pub async fn change(caller: &Caller, backends: &Arc<Backends>, current: &str, new: &str) -> Result<()> {
    caller.may_manage()?;
    let proof = prove(caller, backends, current).await?;
    let password_hash = hash_new(backends, new, &caller.name).await?;
    again(|| async {
        let tx = backends.metadata.begin().await?;
        proof.still_holds(&tx, caller).await?;
        users::set_password(&tx, caller.user, password_hash.clone()).await?;
        sessions::revoke_all(&tx, caller.user, caller.session, caller.now).await?;
        confirmations::void_changes(&tx, caller.user).await?;
        record(&tx, caller, &about(Action::ChangePassword, caller)).await?;
        if let Some(user) = users::by_id(&tx, caller.user).await? {
            tell(&tx, backends, caller.now, &user).await?;
        }
        tx.commit().await
    })
    .await?;
    backends.coordination.wake_jobs();
    Ok(())
}

/// Whoever may not come in whatever the password is gets no new one.
fn may_reset(user: &User) -> bool {
    !matches!(user.state(), UserState::Deactivated | UserState::Locked)
}

async fn tell(tx: &metadata::Tx, backends: &Backends, now: Timestamp, user: &User) -> Result<()> {
    match user.email.as_ref().filter(|_| backends.sends_mail()) {
        Some(email) => {
            let template = Template::PasswordChanged { name: user.called() };
            post(tx, backends, now, &Letter { to: email.clone(), template }).await
        }
        None => Ok(()),
    }
}

fn minutes(count: u64) -> Duration {
    Duration::from_secs(count.saturating_mul(60))
}

fn about(action: Action, caller: &Caller) -> Event {
    Event::new(action, "user", caller.user.0, caller.name.as_str())
}
