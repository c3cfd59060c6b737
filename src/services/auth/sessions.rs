//! Logging in with the account password, staying logged in, and logging out.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use domain::audit::{Actor, Deed, Outcome};
use domain::{
    Action, Caller, Code, Door, Error, Event, Message, Powers, RequestId, Result, Session, SessionId,
    Timestamp,
};
use metadata::sessions::{self, Account, Spent};
use metadata::{again, users};
use uuid::Uuid;

use super::tokens::refused;
use crate::Backends;
use crate::steps::{Failures, Token, account_gone, record, session_ended};

/// How long it is remembered of a session that it has ended, and of a refresh token that it was used.
const REMEMBERED_FOR: Duration = Duration::from_secs(24 * 3600);
/// So many sessions a user has at once; beyond, the one that was used longest ago ends.
const SESSIONS_MAX: u32 = 100;
/// So many letters of a program's name tell it from others.
const PRODUCT_CHARS_MAX: usize = 64;

/// Where a request comes from.
#[derive(Debug, Clone)]
pub struct Visit<'a> {
    /// The address.
    pub address: IpAddr,
    /// The name of the program, without its version; empty when it gives none.
    pub product: &'a str,
    /// The request.
    pub request: RequestId,
    /// When.
    pub now: Timestamp,
}

/// What opens a session, for whoever began or renewed it.
#[derive(Debug, Clone)]
pub struct Tokens {
    /// The session.
    pub session: SessionId,
    /// Who is in it.
    pub caller: Caller,
    /// What goes with every request, for minutes.
    pub access_token: String,
    /// Until when.
    pub access_expires_at: Timestamp,
    /// What gets the next pair of tokens, once.
    pub refresh_token: String,
    /// Until when.
    pub refresh_expires_at: Timestamp,
}

/// Begins a session for who gives a user name or an e-mail address with the account password.
///
/// # Errors
/// [`Unauthenticated`](Error::Unauthenticated) whatever of it is wrong, after the same work; [`TooMany`](Error::TooMany)
/// when the address was wrong too often; [`Forbidden`](Error::Forbidden) for an account that may not come in, said only
/// to who knows its password.
pub async fn begin(
    backends: &Arc<Backends>,
    visit: &Visit<'_>,
    login: &str,
    password: &str,
) -> Result<Tokens> {
    let account = verify_to_the_end(backends, visit, login, password).await?;
    may_come_in(&account)?;
    let (now, ends_at) = (visit.now, visit.now.after(refresh_lifetime(backends)));
    let password_hash = account.password_hash.clone();
    let session = Session {
        id: SessionId(Uuid::new_v4()),
        user: account.user,
        created_at: now,
        used_at: now,
        expires_at: ends_at,
        revoked_at: None,
        address: visit.address.to_string(),
        product: visit.product.chars().take(PRODUCT_CHARS_MAX).collect(),
    };
    let caller = caller(account, session.id, visit);
    let refresh = Token::generate();
    again(|| async {
        let tx = backends.metadata.begin().await?;
        users::take_turn(&tx, caller.user).await?;
        // Whoever had the password changed meanwhile, and everybody logged out, means this one too.
        if users::password_hash(&tx, caller.user).await? != password_hash {
            return Err(wrong_credentials());
        }
        sessions::forget(&tx, caller.user, now.before(REMEMBERED_FOR)).await?;
        sessions::make_room(&tx, caller.user, SESSIONS_MAX - 1, now).await?;
        sessions::insert(&tx, &session).await?;
        sessions::add_token(&tx, session.id, refresh.hash(), now, now).await?;
        record(&tx, &caller, &about(Action::LogIn, &caller)).await?;
        tx.commit().await
    })
    .await?;
    tokens(backends, caller, session.id, refresh, ends_at).await
}

/// Renews a session by its refresh token, which is spent by that: the answer has the next one. Who comes with one that
/// was spent before has stolen it, or was stolen from, so the session ends.
///
/// # Errors
/// [`Unauthenticated`](Error::Unauthenticated), with a code for each reason.
pub async fn renew(backends: &Arc<Backends>, visit: &Visit<'_>, refresh_token: &str) -> Result<Tokens> {
    let now = visit.now;
    let ends_at = now.after(refresh_lifetime(backends));
    let unknown = || refused(Code::RefreshUnknown, "This refresh token is not known here; log in again.");
    let hash = Token::parse(refresh_token).ok_or_else(unknown)?.hash();
    let next = Token::generate();
    let renewed = again(|| async {
        let tx = backends.metadata.begin().await?;
        let (spent, user, session) = match sessions::spend_token(&tx, hash, now).await? {
            Spent::Unknown => return Err(unknown()),
            Spent::Now(user, session) => (true, user, session),
            Spent::Before(user, session) => (false, user, session),
        };
        let (account, known) = sessions::access(&tx, user, session).await?.ok_or_else(account_gone)?;
        let known = known.ok_or_else(session_ended)?;
        let caller = caller(account.clone(), session, visit);
        if !spent {
            if sessions::revoke(&tx, user, session, now).await? {
                record(&tx, &caller, &about(Action::TokenReused, &caller)).await?;
            }
            tx.commit().await?;
            return Ok(Err(reused()));
        }
        if known.revoked_at.is_some() {
            return Err(session_ended());
        }
        if known.expires_at <= now {
            return Err(refused(Code::RefreshExpired, "The refresh token has expired; log in again."));
        }
        may_come_in(&account)?;
        sessions::add_token(&tx, session, next.hash(), now, now.before(refresh_lifetime(backends))).await?;
        sessions::renew(&tx, session, now, ends_at).await?;
        tx.commit().await?;
        Ok(Ok((caller, session)))
    })
    .await?;
    let (caller, session) = renewed?;
    tokens(backends, caller, session, next, ends_at).await
}

/// Who comes with an access token.
///
/// # Errors
/// [`Unauthenticated`](Error::Unauthenticated), with a code for each reason, and [`Forbidden`](Error::Forbidden) for an
/// account that may not come in any more.
pub async fn enter(backends: &Backends, visit: &Visit<'_>, access_token: &str) -> Result<Caller> {
    let (user, session) = backends.keys.read(&backends.metadata, access_token, visit.now).await?;
    let (account, known) =
        sessions::access(&backends.metadata, user, session).await?.ok_or_else(account_gone)?;
    known.filter(|session| session.is_active(visit.now)).ok_or_else(session_ended)?;
    may_come_in(&account)?;
    Ok(caller(account, session, visit))
}

/// Ends the session that the caller is in.
///
/// # Errors
/// [`Forbidden`](Error::Forbidden) for who came with an app password.
pub async fn end(caller: &Caller, backends: &Backends) -> Result<()> {
    match caller.session {
        Some(session) => end_some(caller, backends, Action::LogOut, Some(session)).await,
        None => caller.may_manage(),
    }
}

/// Ends all sessions of the caller, this one too.
///
/// # Errors
/// [`Forbidden`](Error::Forbidden) for who came with an app password.
pub async fn end_all(caller: &Caller, backends: &Backends) -> Result<()> {
    match caller.session {
        Some(_) => end_some(caller, backends, Action::LogOutEverywhere, None).await,
        None => caller.may_manage(),
    }
}

/// Ends one session of the caller, or all.
async fn end_some(
    caller: &Caller,
    backends: &Backends,
    action: Action,
    one: Option<SessionId>,
) -> Result<()> {
    again(|| async {
        let tx = backends.metadata.begin().await?;
        match one {
            Some(session) => drop(sessions::revoke(&tx, caller.user, session, caller.now).await?),
            None => sessions::revoke_all(&tx, caller.user, None, caller.now).await?,
        }
        record(&tx, caller, &about(action, caller)).await?;
        tx.commit().await
    })
    .await
}

/// Verifies in a task of its own, so that hanging up early does not hide a failure from the count.
async fn verify_to_the_end(
    backends: &Arc<Backends>,
    visit: &Visit<'_>,
    login: &str,
    password: &str,
) -> Result<Account> {
    let (backends, address, now) = (Arc::clone(backends), visit.address, visit.now);
    let tried = refused_log_in(visit);
    let (login, password) = (login.trim().to_lowercase(), password.to_owned());
    let verifying =
        tokio::spawn(async move { verify(&backends, &login, &password, tried, address, now).await });
    verifying.await.map_err(Error::internal)?
}

async fn verify(
    backends: &Backends,
    login: &str,
    password: &str,
    tried: Deed,
    address: IpAddr,
    now: Timestamp,
) -> Result<Account> {
    let known =
        if login.contains('\0') { None } else { sessions::by_login(&backends.metadata, login).await? };
    let failures = Failures::of(&backends.coordination, &backends.login, address, login);
    failures.check(now).await?;
    let turn = backends.hashing.turn().await?;
    // While this one waited, others of the same volley have failed.
    failures.check(now).await?;
    let hash = known.as_ref().and_then(|account| account.password_hash.as_deref());
    let is_right = backends.hashing.verify(&turn, password, hash).await?;
    let actor = known.as_ref().map_or(Actor::Unknown, |account| Actor::User(account.user));
    match known.filter(|_| is_right) {
        Some(account) => {
            failures.forget().await;
            Ok(account)
        }
        None => {
            failures.record(now).await;
            backends.accesses.note(Deed { actor, ..tried });
            Err(wrong_credentials())
        }
    }
}

fn wrong_credentials() -> Error {
    refused(Code::WrongCredentials, "User name, e-mail address or password is wrong.")
}

/// What is written down of a wrong password. The name that was tried is not: whoever mistypes may give a password for it.
fn refused_log_in(visit: &Visit<'_>) -> Deed {
    Deed {
        actor: Actor::Unknown,
        at: visit.now,
        door: Door::Rest,
        address: Some(visit.address),
        request: Some(visit.request),
        outcome: Outcome::Refused,
        event: Event::new(Action::LogInRefused, "session", "", ""),
    }
}

fn may_come_in(account: &Account) -> Result<()> {
    let (code, sentence) = match account {
        Account { comes_in: true, .. } => return Ok(()),
        Account { active: true, confirmed: false, .. } => (
            Code::EmailNotVerified,
            "Open the link that was sent to your e-mail address first, or have another one sent.",
        ),
        Account { active: true, approved: false, .. } => {
            (Code::WaitingForApproval, "An admin of the server has to let you in first; you will get a mail.")
        }
        _ => (Code::AccountInactive, "This account may not come in; ask an admin of the server."),
    };
    Err(Error::Forbidden(Message::coded(code, sentence)))
}

fn caller(account: Account, session: SessionId, visit: &Visit<'_>) -> Caller {
    Caller {
        user: account.user,
        name: account.name,
        role: account.role,
        home: account.home,
        powers: if account.suspended_at.is_some() { Powers::Read } else { Powers::Full },
        session: Some(session),
        now: visit.now,
        request: visit.request,
        door: Door::Rest,
        address: Some(visit.address),
        once: None,
    }
}

async fn tokens(
    backends: &Backends,
    caller: Caller,
    session: SessionId,
    refresh: Token,
    refresh_expires_at: Timestamp,
) -> Result<Tokens> {
    let minutes = Duration::from_secs(backends.accounts.access_token_minutes.saturating_mul(60));
    let access_expires_at = caller.now.after(minutes);
    let (keys, metadata) = (&backends.keys, &backends.metadata);
    let access_token = keys.sign(metadata, caller.user, session, caller.now, access_expires_at).await?;
    Ok(Tokens {
        session,
        caller,
        access_token,
        access_expires_at,
        refresh_token: refresh.text(),
        refresh_expires_at,
    })
}

fn refresh_lifetime(backends: &Backends) -> Duration {
    Duration::from_secs(backends.accounts.refresh_token_days.saturating_mul(24 * 3600))
}

fn about(action: Action, caller: &Caller) -> Event {
    Event::new(action, "user", caller.user.0, caller.name.as_str())
}

fn reused() -> Error {
    let sentence = "This refresh token was used before. Somebody else may have it, so the session was ended; log in again.";
    refused(Code::RefreshReused, sentence)
}
