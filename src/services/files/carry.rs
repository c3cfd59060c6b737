//! Moving into another tree: a copy there, which refers to the same blobs, and the original into the trash of its own, in
//! one transaction (docs/decisions/0031-projects-in-the-drive.md).

use domain::{
    Action, Caller, Conditions, Error, Node, NodeId, NodeName, NodePath, Result, Seq, Tree, VirtualFolder,
};
use metadata::copies::{self, CopyTo, Source};
use metadata::nodes::{self, Located, NewNode};
use metadata::{Tx, locks, properties, system_files, tasks};
use uuid::Uuid;

use super::promotion::{Ready, Shown, Tried};
use super::{Placed, Target};
use crate::Backends;
use crate::steps::{
    about, charge_copy, companions_of, judge, make_entry, may_remove, node_of, parent_of, pen_again, pens,
    placed, record, relabel_later, room_for, spelled, trash,
};

/// What is moved, and where to.
#[derive(Clone, Copy)]
pub(super) struct Carrying<'a> {
    pub caller: &'a Caller,
    pub from: &'a NodePath,
    pub to: &'a Target,
    pub name: &'a NodeName,
    pub conditions: &'a Conditions,
    pub ready: Option<&'a Ready>,
}

/// The tree it goes to, whose pen is held.
struct There<'a> {
    tree: Tree,
    seq: Seq,
    located: &'a Located,
}

impl Carrying<'_> {
    pub(super) async fn attempt(&self, backends: &Backends) -> Result<Tried<Placed>> {
        let Self { caller, from, to, conditions, .. } = *self;
        if VirtualFolder::of(from).is_some() {
            let sentence = "What is in the trash goes back to where it was; move it from there, or copy it.";
            return Err(Error::Forbidden(sentence.into()));
        }
        let (here, there) = (caller.tree(from), caller.tree(&to.path));
        let tx = backends.metadata.begin().await?;
        let (seq, new_seq) = pens(&tx, caller, here, there).await?;
        let source = nodes::locate(&tx, here.root, from, caller.now).await?;
        let node = node_of(&source)?;
        let target = nodes::locate(&tx, there.root, &to.path, caller.now).await?;
        judge(&tx, caller, &source, conditions).await?;
        may_remove(&tx, caller, &source, conditions).await?;
        let (target, name) =
            room_for(&tx, caller, to, (target, self.name.clone()), node.is_folder(), conditions).await?;
        let this = Carrying { name: &name, ..*self };

        let there = There { tree: there, seq: new_seq, located: &target };
        let folder = parent_of(&target)?.id;
        let places = [(parent_of(&source)?.id, &node.name), (folder, this.name)];
        let [own, beside] = companions_of(&tx, places).await?;
        let own = own.filter(|own| !own.is_folder());
        let Some((made, left)) = this.arrive(&tx, &there, node, beside).await? else {
            return match system_files::read(&tx, node).await? {
                Some(bytes) => Ok(Tried::Needs(bytes)),
                None => Err(Error::Unavailable("This file is being replaced; try again in a moment.".into())),
            };
        };
        failpoint::reach("carry.arrived");
        let last_seq = match &own {
            Some(own) => this.bring_along(&tx, &there, own, left).await?,
            None => new_seq,
        };
        this.leave(&tx, seq, &source, own).await?;
        failpoint::reach("carry.left");
        let is_event = !node.is_system() || this.name.system().is_none();
        if is_event || target.node().is_some_and(|old| !old.is_system()) {
            nodes::stir(&tx, last_seq, target.ancestors()).await?;
            this.note(&tx, node, here, &there).await?;
        }
        let relabels = match made {
            Some(made) => relabel_later(&tx, backends, caller.now, made).await?,
            None => false,
        };
        tx.commit().await?;
        failpoint::reach("carry.shown");
        if relabels {
            backends.coordination.wake_jobs();
        }
        Ok(Tried::Done(placed(&target)))
    }

    /// Writes it down in each of the two trees that is not the caller's own.
    async fn note(&self, tx: &Tx, node: &Node, here: Tree, there: &There<'_>) -> Result<()> {
        let to = spelled(there.located, self.name);
        for tree in [here, there.tree] {
            if tree.space != self.caller.home.space {
                let moved = about(Action::MoveNode, node, self.from).in_space(tree.space);
                record(tx, self.caller, &moved.detailed(to.clone())).await?;
            }
        }
        Ok(())
    }

    /// Makes what is moved anew in the other tree, in the place of what is there. Gives its number, and what stayed in the
    /// place of its companion; nothing if bytes have to be in the store first.
    async fn arrive(
        &self,
        tx: &Tx,
        there: &There<'_>,
        node: &Node,
        beside: Option<Node>,
    ) -> Result<Option<(Option<NodeId>, Option<Node>)>> {
        let (caller, parent) = (self.caller, parent_of(there.located)?.id);
        if node.is_system() && self.name.system().is_none() {
            let blob = match Ready::show(self.ready, tx, node, there.tree.space).await? {
                Shown::Blob(blob) => blob,
                Shown::Needs(_) => return Ok(None),
            };
            let left = trash(tx, caller, there.seq, there.located, beside).await?;
            let new = NewNode {
                uuid: Uuid::now_v7(),
                parent,
                name: self.name.clone(),
                folder: false,
                blob,
                created_at: node.created_at,
                modified_at: node.modified_at,
            };
            let id = nodes::insert(tx, caller, there.tree.space, there.seq, new).await?;
            properties::copy(tx, node.id, id).await?;
            return Ok(Some((Some(id), left)));
        }
        let left = trash(tx, caller, there.seq, there.located, beside).await?;
        let made = self.copy(tx, there.tree, there.seq, node, (parent, self.name)).await?;
        Ok(Some((made, left)))
    }

    /// Gives the number of the copy, where that matters.
    async fn copy(
        &self,
        tx: &Tx,
        tree: Tree,
        seq: Seq,
        node: &Node,
        (parent, name): (NodeId, &NodeName),
    ) -> Result<Option<NodeId>> {
        let source = Source { node: node.id, deep: true, as_of: None };
        let weight = copies::weight(tx, source).await?;
        charge_copy(tx, tree.space, weight).await?;
        // Over REST it stays what it is; what lies in the trash is another one from now on.
        let uuid = node.uuid;
        nodes::identify(tx, node.id, Uuid::now_v7()).await?;
        let to = CopyTo { uuid, space: tree.space, parent, name, created_at: None };
        copies::copy(tx, self.caller, seq, source, to).await?;
        // Tasks are those of a project; what lies in its trash for good could not be taken off them.
        if node.space != self.caller.home.space {
            tasks::detach_copied(tx, tree.space, seq).await?;
        }
        if weight.system_files > 0 {
            system_files::copy_all(tx, tree.space, seq).await?;
        }
        match node.is_folder() || node.blob().is_some() {
            true => copies::made(tx, tree.space, seq, node.id).await.map(Some),
            false => Ok(None),
        }
    }

    /// Copies the companion too, under a number of its own. Where its name is too long or a folder has it, it stays with
    /// the original.
    async fn bring_along(&self, tx: &Tx, there: &There<'_>, own: &Node, left: Option<Node>) -> Result<Seq> {
        let free = left.as_ref().is_none_or(|other| !other.is_folder());
        let Some(name) = self.name.companion().filter(|_| free) else { return Ok(there.seq) };
        let seq = pen_again(tx, there.tree).await?;
        if let Some(other) = left {
            self.take_away(tx, seq, &other).await?;
        }
        self.copy(tx, there.tree, seq, own, (parent_of(there.located)?.id, &name)).await?;
        Ok(seq)
    }

    /// Takes the original away, and its companion with it.
    async fn leave(&self, tx: &Tx, seq: Seq, source: &Located, own: Option<Node>) -> Result<()> {
        if !node_of(source)?.is_system() {
            nodes::stir(tx, seq, source.ancestors()).await?;
        }
        match trash(tx, self.caller, seq, source, own).await? {
            Some(stayed) => self.take_away(tx, seq, &stayed).await,
            None => Ok(()),
        }
    }

    async fn take_away(&self, tx: &Tx, seq: Seq, file: &Node) -> Result<()> {
        if file.is_system() {
            return system_files::purge(tx, file).await;
        }
        locks::remove_within(tx, file.space, file.id, self.caller.now).await?;
        make_entry(tx, self.caller, seq, file).await
    }
}
