//! Logging in: a user name and an app password, or a session, become a caller.

mod devices;
mod memory;
pub mod sessions;
mod tokens;

#[cfg(test)]
pub(crate) mod tests;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::audit::{Actor, Deed, Outcome};
use domain::{
    Action, AppPassword, AppPasswordId, Caller, Door, Error, Event, RequestId, Result, Timestamp, UserName,
};
use metadata::again;
use metadata::app_passwords::{self, Access};

use crate::Backends;
use crate::steps::{AppSecret, Failures};

pub use memory::Memory;
pub(crate) use tokens::Keys;

/// How exactly it is known when an app password was last used: finer would be a write with every request.
const NOTE_EVERY: Duration = Duration::from_secs(5 * 60);

/// Somebody at the door.
pub struct Attempt<'a> {
    /// The name they give.
    pub name: &'a str,
    /// The app password they give.
    pub secret: &'a str,
    /// Where they come from.
    pub address: IpAddr,
    /// The name of the program they use, without its version; empty when it gives none.
    pub product: &'a str,
    /// Which door.
    pub door: Door,
    /// The request that brought them.
    pub request: RequestId,
    /// When.
    pub now: Timestamp,
}

/// Lets somebody in who gives the name of an active user and an active app password of theirs; the account
/// password opens nothing here.
///
/// A pair that was right a short while ago costs one statement, any other also one argon2 hash. Being
/// revoked, expired or disabled counts from the next request on, whoever did it. Where every revocation is heard, what the
/// statement said holds for a moment, and a revocation counts within a second whatever is lost on the way.
///
/// # Errors
/// [`Unauthenticated`](Error::Unauthenticated) whatever of it is wrong, after the same work,
/// [`TooMany`](Error::TooMany) when this address was wrong too often; a pair that is remembered passes even then; and
/// [`Forbidden`](Error::Forbidden) for a device too many.
pub async fn log_in(backends: &Arc<Backends>, attempt: Attempt<'_>) -> Result<Caller> {
    let memory = &backends.memory;
    let id = memory.recall(attempt.name, attempt.secret, verify_to_the_end(backends, &attempt)).await?;
    let (access, is_read) = access(backends, id).await?;
    let access = access.filter(|access| access.user_active && access.app_password.is_active(attempt.now));
    let access = access.ok_or_else(refused)?;
    devices::admit(backends, &attempt, &access).await?;
    // What is remembered does not know what was noted since.
    if is_read {
        note_use(backends, &access.app_password, attempt.now);
    }
    let powers = access.powers();
    Ok(Caller {
        user: access.app_password.user,
        name: access.name,
        role: access.role,
        home: access.home,
        powers,
        session: None,
        now: attempt.now,
        request: attempt.request,
        door: attempt.door,
        address: Some(attempt.address),
        once: None,
    })
}

/// What an app password gives access to, and whether the database was asked for it just now.
async fn access(backends: &Backends, id: AppPasswordId) -> Result<(Option<Access>, bool)> {
    let memory = &backends.memory;
    // In this order: what is announced while the database is read must not be taken for heard.
    let (heard, at) = (backends.coordination.revocations_heard(), Instant::now());
    if let Some(access) = memory.access(id, heard).await {
        return Ok((Some(access), false));
    }
    let access = app_passwords::access(&backends.metadata, id).await?;
    if let Some(access) = &access {
        memory.keep_access(access, at, heard).await;
    }
    Ok((access, true))
}

/// Verifies in a task of its own, so that hanging up early neither hides a failure from the count nor
/// frees a turn while its hash is still being made.
async fn verify_to_the_end(backends: &Arc<Backends>, attempt: &Attempt<'_>) -> Result<AppPasswordId> {
    let backends = Arc::clone(backends);
    let name = UserName::parse(attempt.name).ok();
    let secret = AppSecret::parse(attempt.secret);
    let (typed, address, now) = (attempt.name.to_owned(), attempt.address, attempt.now);
    let tried = tried(attempt, name.clone());
    let verifying = tokio::spawn(async move {
        let verified = verify(&backends, &typed, name, secret, address, now).await;
        match &verified {
            Ok(id) => {
                let event = Event::new(Action::LogIn, "app_password", id.0, "");
                backends.accesses.note(Deed { event, ..tried });
            }
            Err(Error::Unauthenticated(_)) => backends.accesses.note(tried.refused()),
            // Nobody has looked at the password.
            Err(_) => {}
        }
        verified
    });
    verifying.await.map_err(Error::internal)?
}

/// What is written down of an attempt that comes to nothing. Whoever mistypes may give a password for the name, so that is
/// kept only where it is somebody's.
fn tried(attempt: &Attempt<'_>, name: Option<UserName>) -> Deed {
    Deed {
        actor: name.map_or(Actor::Unknown, Actor::Named),
        at: attempt.now,
        door: attempt.door,
        address: Some(attempt.address),
        request: Some(attempt.request),
        outcome: Outcome::Done,
        event: Event::new(Action::LogInRefused, "app_password", "", ""),
    }
}

async fn verify(
    backends: &Backends,
    typed: &str,
    name: Option<UserName>,
    secret: Option<AppSecret>,
    address: IpAddr,
    now: Timestamp,
) -> Result<AppPasswordId> {
    let failures = Failures::of(&backends.coordination, &backends.login, address, typed);
    failures.check(now).await?;
    let hashing = &backends.hashing;
    let turn = hashing.turn().await?;
    // While this one waited, others of the same volley have failed.
    failures.check(now).await?;
    let found = match (&name, &secret) {
        (Some(name), Some(secret)) => {
            app_passwords::find_secret(&backends.metadata, name, secret.lookup()).await?
        }
        _ => None,
    };
    let (id, hash) = found.unzip();
    let secret = secret.as_ref().map_or("", AppSecret::secret);
    let right = hashing.verify(&turn, secret, hash.as_deref()).await?;
    match id.filter(|_| right) {
        Some(id) => {
            failures.forget().await;
            Ok(id)
        }
        None => {
            failures.record(now).await;
            Err(refused())
        }
    }
}

fn note_use(backends: &Arc<Backends>, app_password: &AppPassword, now: Timestamp) {
    if app_password.last_used_at.is_some_and(|last| last.until(now) < NOTE_EVERY) {
        return;
    }
    // Who finds another note being written leaves it to the next request.
    let Ok(turn) = Arc::clone(&backends.memory.noting).try_acquire_owned() else { return };
    let (backends, id) = (Arc::clone(backends), app_password.id);
    tokio::spawn(async move {
        let _turn = turn;
        if let Err(error) = write_use(&backends, id, now).await {
            tracing::debug!(%error, "the last use of an app password was not noted");
        }
    });
}

async fn write_use(backends: &Backends, id: AppPasswordId, now: Timestamp) -> Result<()> {
    again(|| async {
        let tx = backends.metadata.begin().await?;
        app_passwords::note_use(&tx, id, now).await?;
        tx.commit().await
    })
    .await
}

fn refused() -> Error {
    Error::Unauthenticated(
        "User name or app password is wrong. The account password does not work here: use an app password, or, in the REST \
         API, log in with it at /api/v1/auth/log-in."
            .into(),
    )
}
