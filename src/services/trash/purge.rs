//! Purging: out of the trash at once and for good, and then, in batches, the contents of everything below.

use std::time::Duration;

use domain::{
    Action, Caller, Conditions, Door, Error, Event, JobKind, NodePath, ProjectId, Result, SpaceId, Timestamp,
    UserName, VirtualFolder,
};
use metadata::{again, jobs, nodes, purge, users};

use crate::Backends;
use crate::steps::{
    ENTRY_DEPTH, about, companions_of, judge, locate, may_remove, node_of, not_made_up, parent_of, pen,
    pen_of_house, record, record_here, tree_of,
};

/// How many nodes one transaction purges, or takes out of the trash: whoever else wants to write waits that long.
const NODES_MAX: u32 = 1_000;

/// The job that goes on with what one transaction has not done, and purges what is too old.
pub const PURGE: JobKind = JobKind::named("purge");

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Purges what is at a path, in the trash or not: it is gone with the answer, and so is what it took of the quota if that are
/// not more than a thousand files. Of more of them the job [`PURGE`] purges the rest.
///
/// # Errors
/// [`NotFound`](domain::Error::NotFound), [`Forbidden`](domain::Error::Forbidden) for the trash itself and the top of a drive,
/// [`Stale`](domain::Error::Stale), [`Locked`](domain::Error::Locked).
pub async fn purge(
    caller: &Caller,
    backends: &Backends,
    path: &NodePath,
    conditions: &Conditions,
) -> Result<()> {
    again(|| async {
        let tx = backends.metadata.begin().await?;
        let tree = caller.tree(path);
        let seq = pen(&tx, caller, tree).await?;
        if path.is_root() {
            return Err(Error::Forbidden("The top folder of a drive cannot be deleted.".into()));
        }
        let is_trashed = VirtualFolder::of(path).is_some();
        let located = locate(&tx, caller, path).await?;
        let node = node_of(&located)?;
        not_made_up(node)?;
        judge(&tx, caller, &located, conditions).await?;
        may_remove(&tx, caller, &located, conditions).await?;
        // What went into the trash along with an entry is known by its mark, and what lies beside it in a folder by its name.
        let [companion] = companions_of(&tx, [(parent_of(&located)?.id, &node.name)]).await?;
        let companion = companion.filter(|companion| !companion.is_folder());
        if !node.is_system() {
            record(&tx, caller, &about(Action::PurgeNode, node, path)).await?;
        }
        for id in [node.id].into_iter().chain(companion.map(|companion| companion.id)) {
            match path.depth() {
                ENTRY_DEPTH if is_trashed => purge::doom(&tx, id).await?,
                _ => purge::doom_within(&tx, caller, seq, id).await?,
            }
        }
        if !is_trashed && !node.is_system() {
            nodes::stir(&tx, seq, located.ancestors()).await?;
        }
        failpoint::reach("trash.doomed");
        purge::purge(&tx, tree.space, seq, caller.now, NODES_MAX).await?;
        let more = purge::doomed(&tx).await?.is_some();
        if more {
            jobs::enqueue(&tx, caller.now, &PURGE, "", caller.now).await?;
        }
        tx.commit().await?;
        if more {
            backends.coordination.wake_jobs();
        }
        Ok(())
    })
    .await
}

/// Purges the next of what was taken out of the trash for good, and says whether there is more.
///
/// # Errors
/// Whatever the database says.
pub async fn purge_batch(backends: &Backends, now: Timestamp) -> Result<bool> {
    let Some(space) = purge::doomed(&backends.metadata).await? else { return Ok(false) };
    again(|| async {
        let tx = backends.metadata.begin().await?;
        let seq = pen_of_house(&tx, space).await?;
        purge::purge(&tx, space, seq, now, NODES_MAX).await?;
        failpoint::reach("trash.batch");
        tx.commit().await?;
        Ok(purge::doomed(&backends.metadata).await?.is_some())
    })
    .await
}

/// Takes the next of what was removed too long ago (the setting `trash.days`) out of the trash for good, and says whether
/// there is more. [`purge_batch`] does the rest.
///
/// # Errors
/// Whatever the database says.
pub async fn purge_expired(backends: &Backends, now: Timestamp) -> Result<bool> {
    if backends.trash.days == 0 {
        return Ok(false);
    }
    let before = now.before(DAY * backends.trash.days);
    let Some(space) = purge::expired(&backends.metadata, before).await? else { return Ok(false) };
    doom_entries(backends, now, Door::Job, space, before).await?;
    Ok(purge::expired(&backends.metadata, before).await?.is_some())
}

/// Purges everything in the trash of a user, and says how many entries that were.
///
/// # Errors
/// [`NotFound`](domain::Error::NotFound) when nobody has this name.
pub async fn empty(now: Timestamp, backends: &Backends, name: &UserName) -> Result<u64> {
    let space = users::space_of(&backends.metadata, name).await?;
    let mut entries = 0;
    // Whatever is removed meanwhile stays.
    loop {
        match doom_entries(backends, now, Door::Command, space, now).await? {
            0 => break,
            doomed => entries += doomed,
        }
    }
    purge_all(backends, now).await?;
    Ok(entries)
}

async fn purge_all(backends: &Backends, now: Timestamp) -> Result<()> {
    while purge_batch(backends, now).await? {}
    Ok(())
}

/// Takes everything that is in the caller's trash, or in a project's, out of it for good, and says how many entries that
/// were. The job [`PURGE`] purges what is left of it.
///
/// # Errors
/// [`NotFound`](Error::NotFound) and [`Forbidden`](Error::Forbidden) for who may not.
pub async fn empty_tree(caller: &Caller, backends: &Backends, project: Option<ProjectId>) -> Result<u64> {
    let tree = tree_of(&backends.metadata, caller, project).await?;
    let mut entries = 0;
    loop {
        let doomed = again(|| async {
            let tx = backends.metadata.begin().await?;
            pen(&tx, caller, tree).await?;
            let doomed = purge::doom_entries(&tx, tree.space, caller.now, NODES_MAX).await?;
            if doomed > 0 {
                let purged = Event::new(Action::PurgeNode, "trash", tree.space.0, "/.Trash");
                let purged = purged.in_space(tree.space).detailed(format!("{doomed} entries"));
                record(&tx, caller, &purged).await?;
                jobs::enqueue(&tx, caller.now, &PURGE, "", caller.now).await?;
            }
            tx.commit().await?;
            Ok(doomed)
        });
        match doomed.await? {
            0 => break,
            doomed => entries += doomed,
        }
    }
    // Mostly that is all there is, and gone with the answer.
    purge_batch(backends, caller.now).await?;
    backends.coordination.wake_jobs();
    Ok(entries)
}

/// Takes entries that were removed before a moment out of the trash, and says how many.
async fn doom_entries(
    backends: &Backends,
    now: Timestamp,
    door: Door,
    space: SpaceId,
    before: Timestamp,
) -> Result<u64> {
    again(|| async {
        let tx = backends.metadata.begin().await?;
        pen_of_house(&tx, space).await?;
        let doomed = purge::doom_entries(&tx, space, before, NODES_MAX).await?;
        if doomed > 0 {
            let purged = Event::new(Action::PurgeNode, "trash", space.0, "/.Trash").in_space(space);
            record_here(&tx, now, door, purged.detailed(format!("{doomed} entries"))).await?;
        }
        tx.commit().await?;
        Ok(doomed)
    })
    .await
}
