//! What becomes of a companion `._x` when its `x` is moved or removed.
//!
//! A lock on it does not hold up its owner: most clients do not even see the file, and macOS, which does, asks
//! for it under its new name.

use domain::{Caller, Node, NodeId, NodeName, Result, Seq};
use metadata::nodes::{self, Change};
use metadata::{Tx, companions, locks, system_files};

use super::place::make_entry;

/// What is where the companions would be of what has, or would have, these names in these folders: one statement
/// for all, and none where none can be. A folder there is somebody's own and no companion.
pub(crate) async fn companions_of<const N: usize>(
    tx: &Tx,
    owners: [(NodeId, &NodeName); N],
) -> Result<[Option<Node>; N]> {
    let places = owners.map(|(folder, name)| Some((folder, name.companion()?)));
    let asked: Vec<_> = places.iter().flatten().cloned().collect();
    let found = companions::find(tx, &asked).await?;
    Ok(places.map(|place| {
        let (folder, name) = place?;
        found.iter().find(|node| node.parent == Some(folder) && node.name == name).cloned()
    }))
}

/// Lets a companion go where its owner goes. A file that has its name there already is nobody's any more; and
/// where the name is too long or a folder has it, the companion goes into the trash as if with its owner, so that
/// nothing is lost.
pub(crate) async fn follow(
    tx: &Tx,
    caller: &Caller,
    seq: Seq,
    companion: &Node,
    owner: NodeId,
    (folder, name): (NodeId, &NodeName),
    in_its_place: Option<&Node>,
) -> Result<()> {
    let free = in_its_place.is_none_or(|other| !other.is_folder());
    let Some(name) = name.companion().filter(|_| free) else {
        return go_along(tx, caller, seq, companion, owner).await;
    };
    if let Some(other) = in_its_place {
        match other.is_system() {
            true => system_files::purge(tx, other).await?,
            false => {
                locks::remove_within(tx, other.space, other.id, caller.now).await?;
                make_entry(tx, caller, seq, other).await?;
            }
        }
    }
    locks::remove_within(tx, companion.space, companion.id, caller.now).await?;
    nodes::change(tx, caller, seq, companion.id, Change::Place(folder, &name)).await
}

/// Puts a companion into the trash with its owner, to come back with it.
pub(crate) async fn go_along(
    tx: &Tx,
    caller: &Caller,
    seq: Seq,
    companion: &Node,
    owner: NodeId,
) -> Result<()> {
    locks::remove_within(tx, companion.space, companion.id, caller.now).await?;
    nodes::change(tx, caller, seq, companion.id, Change::TrashedWith(caller.now, owner)).await
}
