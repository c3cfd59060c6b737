//! Asking for the account password once more, before what somebody who found an unlocked screen should not do.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use domain::{Caller, Code, Error, Message, Result};
use metadata::users;

use super::Failures;
use crate::Backends;

/// Lets the caller go on who knows the account password. A wrong one counts as it does at the door.
///
/// # Errors
/// [`Forbidden`](Error::Forbidden) when it is wrong, [`TooMany`](Error::TooMany) when it was wrong too often.
pub(crate) async fn prove(caller: &Caller, backends: &Arc<Backends>, password: &str) -> Result<()> {
    let (backends, caller, password) = (Arc::clone(backends), caller.clone(), password.to_owned());
    // In a task of its own, so that hanging up early does not hide a failure from the count.
    let proving = tokio::spawn(async move { judge(&caller, &backends, &password).await });
    proving.await.map_err(Error::internal)?
}

async fn judge(caller: &Caller, backends: &Backends, password: &str) -> Result<()> {
    let address = caller.address.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
    let failures = Failures::of(&backends.coordination, &backends.login, address, Some(&caller.name));
    failures.check(caller.now).await?;
    let hash = users::password_hash(&backends.metadata, caller.user).await?;
    let turn = backends.hashing.turn().await?;
    // While this one waited, others of the same volley have failed.
    failures.check(caller.now).await?;
    if backends.hashing.verify(&turn, password, hash.as_deref()).await? {
        failures.forget().await;
        return Ok(());
    }
    failures.record(caller.now).await;
    let sentence = "This is not the password of your account; nothing was changed.";
    Err(Error::Forbidden(Message::coded(Code::WrongPassword, sentence)))
}
