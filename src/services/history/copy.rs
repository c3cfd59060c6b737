//! Copying out of the past: new rows that refer to the blobs that were there then.

use domain::{Action, Caller, Conditions, NodePath, Result};
use metadata::copies::{self, CopyTo, Source};
use metadata::{again, nodes};
use uuid::Uuid;

use super::look::{Past, locate};
use crate::Backends;
use crate::files::{Placed, Target};
use crate::steps::{
    about, charge_copy, companions_of, concerned, judge, name_of, node_of, parent_of, pens_to_copy, placed,
    record, room_for, spelled, trash,
};

/// Copies what was at a path of the past, with `deep` everything that was below it, into the present; what is at the
/// target goes into the trash if it may be replaced.
///
/// # Errors
/// As for [`files::copy`](crate::files::copy).
pub async fn copy(
    caller: &Caller,
    backends: &Backends,
    from: &NodePath,
    to: &Target,
    deep: bool,
    conditions: &Conditions,
) -> Result<Placed> {
    let name = name_of(backends, &to.path)?;
    let tree = caller.tree(&to.path);
    again(|| async {
        let tx = backends.metadata.begin().await?;
        let seq = pens_to_copy(&tx, caller, caller.tree(from), tree).await?;
        let Past { located: source, seq: as_of } = locate(&tx, caller, from).await?;
        let target = nodes::locate(&tx, tree.root, &to.path, caller.now).await?;
        let source_node = node_of(&source)?;
        judge(&tx, caller, &source, conditions).await?;
        let (target, name) =
            room_for(&tx, caller, to, (target, name.clone()), source_node.is_folder(), conditions).await?;

        let concerned = concerned(caller, source.space.id, tree.space);
        let copied = about(Action::CopyNode, source_node, from).in_space(concerned);
        let copied = copied.detailed(spelled(&target, &name));
        let source = Source { node: source_node.id, deep, as_of: Some(as_of) };
        charge_copy(&tx, tree.space, copies::weight(&tx, source).await?).await?;
        let parent = parent_of(&target)?.id;
        if target.node().is_some() {
            let [companion] = companions_of(&tx, [(parent, &name)]).await?;
            trash(&tx, caller, seq, &target, companion).await?;
        }
        let to = CopyTo {
            uuid: Uuid::now_v7(),
            space: tree.space,
            parent,
            name: &name,
            created_at: Some(caller.now),
        };
        copies::copy(&tx, caller, seq, source, to).await?;
        nodes::stir(&tx, seq, target.ancestors()).await?;
        record(&tx, caller, &copied).await?;
        tx.commit().await?;
        Ok(placed(&target))
    })
    .await
}
