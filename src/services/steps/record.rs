//! Writing down what is done, and doing it once.

use domain::{Caller, Event, Result};
use metadata::{Tx, audit, once};
use uuid::Uuid;

/// Writes down what a transaction does, in the same transaction.
///
/// # Errors
/// Whatever the database says.
pub(crate) async fn record(tx: &Tx, caller: &Caller, event: &Event) -> Result<()> {
    audit::record(tx, caller, event).await
}

/// Notes the identity of what a request is about to make; or says what it has made already, if it comes a second time.
///
/// # Errors
/// [`Invalid`](domain::Error::Invalid) when its key came with another request.
pub(crate) async fn once(tx: &Tx, caller: &Caller, resource: Uuid) -> Result<Option<Uuid>> {
    match &caller.once {
        Some(key) => once::claim(tx, caller.user, key, resource, caller.now).await,
        None => Ok(None),
    }
}
