//! Writing down what is done, and doing it once.

use domain::audit::Deed;
use domain::{Action, Caller, Door, Event, Node, NodeName, NodePath, Result, SpaceId, Timestamp};
use metadata::nodes::Located;
use metadata::{Db, Tx, audit, once};
use uuid::Uuid;

use crate::Backends;

/// Writes down what a transaction does, in the same transaction. On PostgreSQL it goes with the next change of the
/// transaction, so it comes before that.
///
/// # Errors
/// Whatever the database says.
pub(crate) async fn record(tx: &Tx, caller: &Caller, event: &Event) -> Result<()> {
    audit::record(tx, caller, event).await
}

/// The same of what nobody who is known has asked for: a command, or a job.
///
/// # Errors
/// Whatever the database says.
pub(crate) async fn record_here(tx: &Tx, now: Timestamp, door: Door, event: Event) -> Result<()> {
    audit::record_deed(tx, &Deed::here(now, door, event)).await
}

/// Notes what a caller reads, to be written down a moment later: reading waits for nothing.
pub(crate) fn note(backends: &Backends, caller: &Caller, event: Event) {
    backends.accesses.note(Deed::of(caller, event));
}

/// Something done to what is at a path.
pub(crate) fn about(action: Action, node: &Node, path: &NodePath) -> Event {
    let kind = if node.is_folder() { "folder" } else { "file" };
    Event::new(action, kind, node.uuid, path.to_string()).in_space(node.space)
}

/// Where something goes, as the people of that space write it.
pub(crate) fn spelled(target: &Located, name: &NodeName) -> String {
    let above = target.found.iter().take(target.depth).skip(1).map(|folder| &folder.name);
    above.chain([name]).map(|name| format!("/{name}")).collect()
}

/// The space that something between two spaces is written down for: that of others, where one of them is the caller's own.
pub(crate) fn concerned(caller: &Caller, from: SpaceId, to: SpaceId) -> SpaceId {
    if to == caller.home.space { from } else { to }
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

/// What the same request has made before, for what is not to be prepared twice.
///
/// # Errors
/// [`Invalid`](domain::Error::Invalid) when its key came with another request.
pub(crate) async fn made_before(db: &impl Db, caller: &Caller) -> Result<Option<Uuid>> {
    match &caller.once {
        Some(key) => once::find(db, caller.user, key).await,
        None => Ok(None),
    }
}

/// Notes that what is made is something that was there already.
///
/// # Errors
/// Whatever the database says.
pub(crate) async fn once_instead(tx: &Tx, caller: &Caller, resource: Uuid) -> Result<()> {
    match &caller.once {
        Some(key) => once::correct(tx, caller.user, key, resource).await,
        None => Ok(()),
    }
}
