//! Copying: new rows that refer to the same blobs; no bytes move but those of system files.

use std::sync::Arc;

use domain::{BlobId, Caller, Conditions, Node, NodeId, NodeName, NodePath, Result, Seq};
use metadata::copies::{self, CopyTo, Source, Weight};
use metadata::nodes::{self, Located, NewNode};
use metadata::{Tx, again, properties, system_files};
use uuid::Uuid;

use super::promotion::{Promotion, Ready, Shown, Tried};
use super::{Placed, Target};
use crate::Backends;
use crate::steps::{
    apart, charge_copy, companions_of, judge, locate, name_of, node_of, not_made_up, parent_of,
    pens_to_copy, placed, room_for, trash,
};

/// Copies what is at `from`, with `deep` everything below it; what is at the target goes into the trash if
/// it may be replaced. The copy of a system file under an ordinary name is an ordinary file.
///
/// # Errors
/// As for [`relocate`](super::relocate), and [`QuotaExceeded`](domain::Error::QuotaExceeded), or
/// [`TooLarge`](domain::Error::TooLarge) for more nodes than one copy may have.
pub async fn copy(
    caller: &Caller,
    backends: &Arc<Backends>,
    from: &NodePath,
    to: &Target,
    deep: bool,
    conditions: &Conditions,
) -> Result<Placed> {
    apart(from, to)?;
    let name = name_of(backends, &to.path)?;
    let mut promotion = Promotion::new(caller, backends);
    loop {
        let copying = Copying { caller, from, to, name: &name, deep, conditions, ready: promotion.ready() };
        let tried = again(|| copying.attempt(backends)).await;
        if let Some(placed) = promotion.settle(tried).await? {
            return Ok(placed);
        }
    }
}

struct Copying<'a> {
    caller: &'a Caller,
    from: &'a NodePath,
    to: &'a Target,
    name: &'a NodeName,
    deep: bool,
    conditions: &'a Conditions,
    ready: Option<&'a Ready>,
}

impl Copying<'_> {
    async fn attempt(&self, backends: &Backends) -> Result<Tried<Placed>> {
        let caller = self.caller;
        let tx = backends.metadata.begin().await?;
        let seq = pens_to_copy(&tx, caller, caller.tree(self.from), caller.tree(&self.to.path)).await?;
        let source = locate(&tx, caller, self.from).await?;
        let target = nodes::locate(&tx, caller.tree(&self.to.path).root, &self.to.path, caller.now).await?;
        let node = node_of(&source)?;
        not_made_up(node)?;
        judge(&tx, caller, &source, self.conditions).await?;
        may_place(&tx, caller, &target, self.to.overwrite, self.conditions).await?;

        let promoted = node.is_system() && self.name.system().is_none();
        if promoted {
            let blob = match Ready::show(self.ready, &tx, node).await? {
                Shown::Blob(blob) => blob,
                Shown::Needs(bytes) => return Ok(Tried::Needs(bytes)),
            };
            self.make_way(&tx, seq, node, &target).await?;
            self.promoted(&tx, seq, node, blob, parent_of(&target)?.id).await?;
        } else {
            let weight = copies::weight(&tx, self.source(node)).await?;
            charge_copy(&tx, caller.tree(&self.to.path).space, weight).await?;
            self.make_way(&tx, seq, node, &target).await?;
            self.tree(&tx, seq, node, weight, parent_of(&target)?.id).await?;
        }
        let is_event = promoted || !node.is_system() || target.node().is_some_and(|old| !old.is_system());
        if is_event {
            nodes::stir(&tx, seq, target.ancestors()).await?;
        }
        failpoint::reach("copy.inserted");
        tx.commit().await?;
        failpoint::reach("copy.shown");
        Ok(Tried::Done(placed(&target)))
    }

    /// Takes away what is at the target; the source may be the companion of that, and stays.
    async fn make_way(&self, tx: &Tx, seq: Seq, source: &Node, target: &Located) -> Result<()> {
        if target.node().is_none() {
            return Ok(());
        }
        let [companion] = companions_of(tx, [(parent_of(target)?.id, self.name)]).await?;
        let companion = companion.filter(|companion| companion.id != source.id);
        trash(tx, self.caller, seq, target, companion).await?;
        failpoint::reach("copy.trashed");
        Ok(())
    }

    async fn tree(&self, tx: &Tx, seq: Seq, source: &Node, weight: Weight, parent: NodeId) -> Result<()> {
        let space = self.caller.tree(&self.to.path).space;
        let place = CopyTo { space, parent, name: self.name };
        copies::copy(tx, self.caller, seq, self.source(source), place).await?;
        match weight.system_files {
            0 => Ok(()),
            _ => system_files::copy_all(tx, space, seq).await,
        }
    }

    fn source(&self, node: &Node) -> Source {
        Source { node: node.id, deep: self.deep, as_of: None }
    }

    async fn promoted(
        &self,
        tx: &Tx,
        seq: Seq,
        source: &Node,
        blob: Option<BlobId>,
        parent: NodeId,
    ) -> Result<()> {
        let new = NewNode {
            uuid: Uuid::now_v7(),
            parent,
            name: self.name.clone(),
            folder: false,
            blob,
            created_at: self.caller.now,
            modified_at: source.modified_at,
        };
        let id = nodes::insert(tx, self.caller, self.caller.tree(&self.to.path).space, seq, new).await?;
        properties::copy(tx, source.id, id).await
    }
}
