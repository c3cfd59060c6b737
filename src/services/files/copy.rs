//! Copying: new rows that refer to the same blobs; no bytes move but those of system files.

use std::sync::Arc;

use domain::{Action, BlobId, Caller, Conditions, Node, NodeName, NodePath, Result, Seq};
use metadata::copies::{self, CopyTo, Source, Weight};
use metadata::nodes::{self, Located, NewNode};
use metadata::{Tx, again, properties, system_files};
use uuid::Uuid;

use super::promotion::{Promotion, Ready, Shown, Tried};
use super::{Placed, Target};
use crate::Backends;
use crate::steps::{
    about, apart, charge_copy, companions_of, concerned, judge, locate, name_of, node_of, not_made_up, once,
    parent_of, pens_to_copy, placed, record, room_for, spelled, trash,
};

/// Copies what is at `from`, with `deep` everything below it; what is at the target goes into the trash if
/// it may be replaced. The copy of a system file under an ordinary name is an ordinary file. Says which the copy is.
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
) -> Result<(Uuid, Placed)> {
    apart(caller, from, to)?;
    let name = name_of(backends, &to.path)?;
    let mut promotion = Promotion::new(caller, backends);
    loop {
        let copying = Copying { caller, from, to, name: &name, deep, conditions, ready: promotion.ready() };
        let tried = again(|| copying.attempt(backends)).await;
        if let Some(copied) = promotion.settle(tried).await? {
            return Ok(copied);
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
    async fn attempt(&self, backends: &Backends) -> Result<Tried<(Uuid, Placed)>> {
        let caller = self.caller;
        let tx = backends.metadata.begin().await?;
        let seq = pens_to_copy(&tx, caller, caller.tree(self.from), caller.tree(&self.to.path)).await?;
        let uuid = Uuid::now_v7();
        if let Some(made) = once(&tx, caller, uuid).await? {
            return Ok(Tried::Done((made, Placed::Created)));
        }
        let source = locate(&tx, caller, self.from).await?;
        let target = nodes::locate(&tx, caller.tree(&self.to.path).root, &self.to.path, caller.now).await?;
        let node = node_of(&source)?;
        not_made_up(node)?;
        judge(&tx, caller, &source, self.conditions).await?;
        let name = self.name.clone();
        let (target, name) =
            room_for(&tx, caller, self.to, (target, name), node.is_folder(), self.conditions).await?;

        let promoted = node.is_system() && name.system().is_none();
        if promoted {
            let blob = match Ready::show(self.ready, &tx, node, target.space.id).await? {
                Shown::Blob(blob) => blob,
                Shown::Needs(bytes) => return Ok(Tried::Needs(bytes)),
            };
            self.make_way(&tx, seq, node, (&target, &name)).await?;
            let to = self.place(uuid, &target, &name)?;
            self.promoted(&tx, seq, node, blob, to).await?;
        } else {
            let weight = copies::weight(&tx, self.source(node)).await?;
            charge_copy(&tx, caller.tree(&self.to.path).space, weight).await?;
            self.make_way(&tx, seq, node, (&target, &name)).await?;
            self.tree(&tx, seq, node, weight, self.place(uuid, &target, &name)?).await?;
        }
        let is_event = promoted || !node.is_system() || target.node().is_some_and(|old| !old.is_system());
        if is_event {
            nodes::stir(&tx, seq, target.ancestors()).await?;
            let space = concerned(caller, source.space.id, target.space.id);
            let copied = about(Action::CopyNode, node, self.from).in_space(space);
            record(&tx, caller, &copied.detailed(spelled(&target, &name))).await?;
        }
        failpoint::reach("copy.inserted");
        tx.commit().await?;
        failpoint::reach("copy.shown");
        Ok(Tried::Done((uuid, placed(&target))))
    }

    /// Takes away what is at the target; the source may be the companion of that, and stays.
    async fn make_way(
        &self,
        tx: &Tx,
        seq: Seq,
        source: &Node,
        (target, name): (&Located, &NodeName),
    ) -> Result<()> {
        if target.node().is_none() {
            return Ok(());
        }
        let [companion] = companions_of(tx, [(parent_of(target)?.id, name)]).await?;
        let companion = companion.filter(|companion| companion.id != source.id);
        trash(tx, self.caller, seq, target, companion).await?;
        failpoint::reach("copy.trashed");
        Ok(())
    }

    fn place<'b>(&self, uuid: Uuid, target: &Located, name: &'b NodeName) -> Result<CopyTo<'b>> {
        let space = self.caller.tree(&self.to.path).space;
        Ok(CopyTo { uuid, space, parent: parent_of(target)?.id, name, created_at: Some(self.caller.now) })
    }

    async fn tree(&self, tx: &Tx, seq: Seq, source: &Node, weight: Weight, to: CopyTo<'_>) -> Result<()> {
        let space = to.space;
        copies::copy(tx, self.caller, seq, self.source(source), to).await?;
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
        to: CopyTo<'_>,
    ) -> Result<()> {
        let new = NewNode {
            uuid: to.uuid,
            parent: to.parent,
            name: to.name.clone(),
            folder: false,
            blob,
            created_at: self.caller.now,
            modified_at: source.modified_at,
        };
        let id = nodes::insert(tx, self.caller, to.space, seq, new).await?;
        properties::copy(tx, source.id, id).await
    }
}
