//! Renaming and moving: in one tree one row changes, however much lies below it, and one more if it has a companion.

use std::sync::Arc;

use domain::{Action, Caller, Conditions, Error, NodeId, NodeName, NodePath, Result, Seq, VirtualFolder};
use metadata::nodes::{self, Change, Located};
use metadata::{Tx, again, locks, system_files, trash as trashed};

use super::carry::Carrying;
use super::promotion::{Promotion, Ready, Shown, Tried};
use super::{Placed, Target};
use crate::Backends;
use crate::steps::{
    about, apart, companions_of, concerned, destination, follow, judge, locate, may_remove, name_of, node_of,
    not_made_up, parent_of, pen, placed, record, relabel_later, room_for, spelled, trash,
};

/// Moves what is at `from`; what is at the target goes into the trash if it may be replaced. A system file that
/// gets an ordinary name becomes an ordinary file. What is in the trash is restored: an entry that is moved to the top of
/// the drive under the name it has there goes back to its folder and gets its own name back, if the folder is still
/// there and the name is free. Into another tree it is a copy that goes, and the original goes into the trash.
///
/// # Errors
/// [`NotFound`](domain::Error::NotFound), [`ParentMissing`](domain::Error::ParentMissing), [`Stale`](domain::Error::Stale) (also when
/// the target exists and may not be replaced), [`Locked`](domain::Error::Locked), and [`Forbidden`](domain::Error::Forbidden)
/// when one of the two paths lies within the other; [`QuotaExceeded`](domain::Error::QuotaExceeded) for a system
/// file that becomes an ordinary one and does not fit.
pub async fn relocate(
    caller: &Caller,
    backends: &Arc<Backends>,
    from: &NodePath,
    to: &Target,
    conditions: &Conditions,
) -> Result<Placed> {
    apart(caller, from, to)?;
    if from.is_root() {
        let sentence = "The top folder of a drive or project stays where it is; move what is in it.";
        return Err(Error::Forbidden(sentence.into()));
    }
    let name = name_of(backends, &to.path)?;
    let mut promotion = Promotion::new(caller, backends);
    loop {
        let ready = promotion.ready();
        let tried = match caller.tree(from) == caller.tree(&to.path) {
            true => again(|| attempt(caller, backends, from, to, &name, conditions, ready)).await,
            false => {
                let carrying = Carrying { caller, from, to, name: &name, conditions, ready };
                again(|| carrying.attempt(backends)).await
            }
        };
        if let Some(placed) = promotion.settle(tried).await? {
            return Ok(placed);
        }
    }
}

async fn attempt(
    caller: &Caller,
    backends: &Backends,
    from: &NodePath,
    to: &Target,
    name: &NodeName,
    conditions: &Conditions,
    ready: Option<&Ready>,
) -> Result<Tried<Placed>> {
    let tx = backends.metadata.begin().await?;
    let seq = pen(&tx, caller, caller.tree(from)).await?;
    let source = locate(&tx, caller, from).await?;
    let node = node_of(&source)?;
    not_made_up(node)?;
    let (target, name) = destination(&tx, caller, (from, node), (to, name)).await?;
    judge(&tx, caller, &source, conditions).await?;
    may_remove(&tx, caller, &source, conditions).await?;
    let (target, name) = room_for(&tx, caller, to, (target, name), node.is_folder(), conditions).await?;

    let promoted = node.is_system() && name.system().is_none();
    if promoted {
        let blob = match Ready::show(ready, &tx, node, node.space).await? {
            Shown::Blob(blob) => blob,
            Shown::Needs(bytes) => return Ok(Tried::Needs(bytes)),
        };
        system_files::release(&tx, node, blob).await?;
    }
    make_way(&tx, caller, seq, &source, &target, &name).await?;
    failpoint::reach("relocate.trashed");
    // Locks do not move along (RFC 4918 §7.6).
    locks::remove_within(&tx, source.space.id, node.id, caller.now).await?;
    let is_event = promoted || !node.is_system() || target.node().is_some_and(|old| !old.is_system());
    if is_event {
        nodes::stir(&tx, seq, source.ancestors().into_iter().chain(target.ancestors())).await?;
        let restores = VirtualFolder::of(from).is_some();
        let action = if restores { Action::RestoreNode } else { Action::MoveNode };
        let space = concerned(caller, source.space.id, target.space.id);
        let moved = about(action, node, from).in_space(space).detailed(spelled(&target, &name));
        record(&tx, caller, &moved).await?;
    }
    let has_bytes = node.is_folder() || promoted || node.blob().is_some();
    let relabels = has_bytes && relabel_later(&tx, backends, caller.now, node.id).await?;
    let place = Change::Place(parent_of(&target)?.id, &name);
    nodes::change(&tx, caller, seq, node.id, place).await?;
    if VirtualFolder::of(from).is_some() {
        failpoint::reach("restore.placed");
    }
    failpoint::reach("relocate.placed");
    tx.commit().await?;
    failpoint::reach("relocate.shown");
    if relabels {
        backends.coordination.wake_jobs();
    }
    Ok(Tried::Done(placed(&target)))
}

/// Takes away what is at the target, with its companion, and lets the companion of the source go ahead.
async fn make_way(
    tx: &Tx,
    caller: &Caller,
    seq: Seq,
    source: &Located,
    target: &Located,
    name: &NodeName,
) -> Result<()> {
    let (node, folder) = (node_of(source)?, parent_of(target)?.id);
    let [own, there] = companions_of(tx, [(parent_of(source)?.id, &node.name), (folder, name)]).await?;
    // `x` may be moved onto its own companion, and `._x` onto its `x`.
    let own = match own {
        None if source.found.iter().any(|above| above.id == NodeId::MADE_UP) => {
            trashed::companion_of(tx, node.id).await?
        }
        own => own,
    };
    let own = own.filter(|own| !own.is_folder() && target.node().is_none_or(|old| old.id != own.id));
    let there = there.filter(|there| there.id != node.id);
    let left = trash(tx, caller, seq, target, there).await?;
    match own {
        Some(own) => follow(tx, caller, seq, &own, node.id, (folder, name), left.as_ref()).await,
        None => Ok(()),
    }
}
