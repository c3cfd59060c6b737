//! Asking for the account password once more, before what somebody who found an unlocked screen should not do.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use domain::{Caller, Code, Error, Message, Result};
use metadata::{Tx, sessions, users};

use super::Failures;
use crate::Backends;

/// That somebody knew the account password when it was asked for; how long ago that is depends on who else waited.
pub(crate) struct Proof {
    /// The PHC string that the password was found to be behind.
    hash: String,
}

impl Proof {
    /// Waits for whoever else changes the caller's account, until the end of the transaction, and sees that what was proved
    /// is so still: that the password is this one, and the session has not ended.
    ///
    /// # Errors
    /// [`Forbidden`](Error::Forbidden) when the password is another one by now,
    /// [`Unauthenticated`](Error::Unauthenticated) when the session has ended.
    pub(crate) async fn still_holds(&self, tx: &Tx, caller: &Caller) -> Result<()> {
        own_turn(tx, caller).await?;
        match users::password_hash(tx, caller.user).await? == Some(self.hash.as_str().to_owned()) {
            true => Ok(()),
            false => Err(wrong_password()),
        }
    }
}

/// Waits for whoever else changes the caller's account, until the end of the transaction, and sees that the session they
/// came in has not ended meanwhile.
///
/// # Errors
/// [`Unauthenticated`](Error::Unauthenticated) when it has.
pub(crate) async fn own_turn(tx: &Tx, caller: &Caller) -> Result<()> {
    users::take_turn(tx, caller.user).await?;
    let Some(session) = caller.session else { return Ok(()) };
    let known = sessions::access(tx, caller.user, session).await?.and_then(|(_, known)| known);
    match known.filter(|known| known.revoked_at.is_none()) {
        Some(_) => Ok(()),
        None => Err(session_ended()),
    }
}

/// What whoever comes with a session hears that has ended.
pub(crate) fn session_ended() -> Error {
    Error::Unauthenticated(Message::coded(Code::SessionEnded, "This session was ended; log in again."))
}

/// Lets the caller go on who knows the account password. A wrong one counts as it does at the door. What is done then asks
/// in its transaction whether [the proof still holds](Proof::still_holds).
///
/// # Errors
/// [`Forbidden`](Error::Forbidden) when it is wrong, [`TooMany`](Error::TooMany) when it was wrong too often.
pub(crate) async fn prove(caller: &Caller, backends: &Arc<Backends>, password: &str) -> Result<Proof> {
    let (backends, caller, password) = (Arc::clone(backends), caller.clone(), password.to_owned());
    // In a task of its own, so that hanging up early does not hide a failure from the count.
    let proving = tokio::spawn(async move { judge(&caller, &backends, &password).await });
    proving.await.map_err(Error::internal)?
}

async fn judge(caller: &Caller, backends: &Backends, password: &str) -> Result<Proof> {
    let address = caller.address.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
    let failures = Failures::of(&backends.coordination, &backends.login, address, caller.name.as_str());
    failures.check(caller.now).await?;
    let hash = users::password_hash(&backends.metadata, caller.user).await?;
    let turn = backends.hashing.turn().await?;
    // While this one waited, others of the same volley have failed.
    failures.check(caller.now).await?;
    let is_right = backends.hashing.verify(&turn, password, hash.as_deref()).await?;
    match hash.filter(|_| is_right) {
        Some(hash) => {
            failures.forget().await;
            Ok(Proof { hash })
        }
        None => {
            failures.record(caller.now).await;
            Err(wrong_password())
        }
    }
}

fn wrong_password() -> Error {
    let sentence = "This is not the password of your account; nothing was changed.";
    Error::Forbidden(Message::coded(Code::WrongPassword, sentence))
}
