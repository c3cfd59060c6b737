//! Whoever is taken in somewhere has to stay.

use domain::{Caller, Code, Error, Message, Result};
use metadata::{Tx, users};

/// Waits for whoever ends the caller's account, and refuses a request that was let in before that: what they are taken into
/// after it nobody would let them out of.
///
/// # Errors
/// [`Unauthenticated`](Error::Unauthenticated) when the account has ended.
pub(crate) async fn stays(tx: &Tx, caller: &Caller) -> Result<()> {
    match users::stays(tx, caller.user).await? {
        true => Ok(()),
        false => Err(account_gone()),
    }
}

/// What somebody hears whose account is gone.
pub(crate) fn account_gone() -> Error {
    let sentence = "The account of this token does not exist any more.";
    Error::Unauthenticated(Message::coded(Code::AccountGone, sentence))
}
