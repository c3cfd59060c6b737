//! Files and folders that somebody means by their identity and not by a path.
//!
//! They are looked for first, and then changed by the use case that takes a path, on the condition that what is at the
//! path is what was meant. Where somebody has moved it in between, it is looked for again.

use std::sync::Arc;

use domain::{Caller, Code, Conditions, Error, NodeName, NodePath, OnConflict, Result, Standing};
use metadata::nodes;
use uuid::Uuid;

use super::{Found, Placed, Target, copy, relocate};
use crate::Backends;
use crate::steps::{self, may_write, nothing_here};

/// How often something is looked for that is moved again and again.
const TRIES_MAX: usize = 4;

/// Where something is to go.
#[derive(Debug, Clone)]
pub struct Destination {
    /// The folder; none for the one it is in.
    pub folder: Option<Uuid>,
    /// The name; none for the one it has.
    pub name: Option<NodeName>,
    /// What to do where that is taken.
    pub on_conflict: OnConflict,
}

/// Finds a file or folder, wherever it is, the trash included.
///
/// # Errors
/// [`NotFound`](Error::NotFound), also for what the caller may not even know of.
pub async fn find(caller: &Caller, backends: &Backends, id: Uuid) -> Result<Found> {
    steps::find(&backends.metadata, caller, id).await
}

/// The identity of the top folder of the caller's own drive.
///
/// # Errors
/// Whatever the database says.
pub async fn home(caller: &Caller, backends: &Backends) -> Result<Uuid> {
    let located = nodes::locate(&backends.metadata, caller.home.root, &NodePath::root(), caller.now).await?;
    located.node().map(|top| top.uuid).ok_or_else(nothing_here)
}

/// Does something with what has an identity, where it is; once more if it was moved meanwhile.
///
/// # Errors
/// Those of what is done, and [`NotFound`](Error::NotFound).
pub async fn at<T, F>(caller: &Caller, backends: &Backends, id: Uuid, act: impl Fn(Found) -> F) -> Result<T>
where
    F: Future<Output = Result<T>>,
{
    let mut found = find(caller, backends, id).await?;
    for _ in 1..TRIES_MAX {
        let path = found.path.clone();
        let error = match act(found).await {
            Err(error) => error,
            done => return done,
        };
        found = find(caller, backends, id).await?;
        let has_moved = matches!(error.code(), Code::Moved | Code::ParentMissing) || found.path != path;
        if !has_moved {
            return Err(error);
        }
    }
    act(found).await
}

/// Moves or renames a file or folder that is in no trash.
///
/// # Errors
/// As for [`relocate`](super::relocate), and [`Invalid`](Error::Invalid) for a folder that is none.
pub async fn relocate_to(
    caller: &Caller,
    backends: &Arc<Backends>,
    id: Uuid,
    to: &Destination,
    conditions: &Conditions,
) -> Result<()> {
    at(caller, backends, id, |found| async move {
        let found = found.live()?;
        let Some((target, name)) = place(caller, backends, &found, to).await? else {
            return Err(Error::Forbidden("The top folder of a drive stays where it is.".into()));
        };
        let conditions = Conditions { node: Some(id), ..conditions.clone() };
        let path = target.path.join(name);
        if path == found.path {
            may_write(&backends.metadata, caller, found.node.space).await?;
            let standing = Standing { node: Some(&found.node), ..Standing::default() };
            return conditions.judge(caller.user, &standing, |_| None);
        }
        let target = Target { path, ..target };
        relocate(caller, backends, &found.path, &target, &conditions).await.map(drop)
    })
    .await
}

/// Copies a file, or a folder with everything below it, and says which the copy is.
///
/// # Errors
/// As for [`copy`](super::copy), and [`Invalid`](Error::Invalid) for a folder that is none.
pub async fn copy_to(
    caller: &Caller,
    backends: &Arc<Backends>,
    id: Uuid,
    to: &Destination,
    conditions: &Conditions,
) -> Result<Uuid> {
    at(caller, backends, id, |found| async move {
        let found = found.live()?;
        let Some((target, name)) = place(caller, backends, &found, to).await? else {
            return Err(Error::Forbidden("The top folder of a drive cannot be copied.".into()));
        };
        let conditions = Conditions { node: Some(id), ..conditions.clone() };
        let target = Target { path: target.path.join(name), ..target };
        copy(caller, backends, &found.path, &target, true, &conditions)
            .await
            .map(|(copy, _): (_, Placed)| copy)
    })
    .await
}

/// Takes an entry out of the trash: back to the folder it was in under its own name, or elsewhere.
///
/// # Errors
/// As for [`relocate`](super::relocate); [`ParentMissing`](Error::ParentMissing) where the folder it was in is not there
/// any more and no other is given.
pub async fn restore(
    caller: &Caller,
    backends: &Arc<Backends>,
    id: Uuid,
    to: &Destination,
    conditions: &Conditions,
) -> Result<()> {
    at(caller, backends, id, |found| async move {
        if found.removal.is_none() {
            return Err(Error::NotFound("This is no entry of the trash.".into()));
        }
        let entry = Found { path: origin(&found, to)?, ..found.clone() };
        let Some((target, name)) = place(caller, backends, &entry, to).await? else {
            return Err(nothing_here());
        };
        let conditions = Conditions { node: Some(id), ..conditions.clone() };
        let target = Target { path: target.path.join(name), ..target };
        relocate(caller, backends, &found.path, &target, &conditions).await.map(drop)
    })
    .await
}

/// Where an entry of the trash was.
fn origin(found: &Found, to: &Destination) -> Result<NodePath> {
    if to.folder.is_none() && !found.has_way_back {
        let sentence = "The folder this was in is not there any more; say which folder it shall go into.";
        return Err(Error::ParentMissing(sentence.into()));
    }
    found.removal.as_ref().map(|removal| removal.origin.clone()).ok_or_else(nothing_here)
}

/// The folder a destination means, as a target, and the name; none for the top of a drive, which has neither.
async fn place(
    caller: &Caller,
    backends: &Backends,
    found: &Found,
    to: &Destination,
) -> Result<Option<(Target, NodeName)>> {
    let Some(name) = to.name.as_ref().or(found.path.name()).filter(|_| found.folder.is_some()) else {
        return Ok(None);
    };
    let (path, folder) = match to.folder {
        Some(id) => {
            let folder = find(caller, backends, id).await?.folder()?;
            (Some(folder.path), Some(id))
        }
        None => (found.path.parent(), found.folder.as_ref().map(|folder| folder.uuid)),
    };
    let target = path.map(|path| Target { path, on_conflict: to.on_conflict, folder });
    Ok(target.map(|target| (target, name.clone())))
}
