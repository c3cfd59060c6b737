//! Bringing a folder back to how it was. What is in the way goes into the trash, so that even this can be taken back.

use std::collections::BTreeMap;

use domain::{
    Action, Caller, Conditions, Error, Moment, Node, NodeId, NodeName, NodePath, Result, Seq, VirtualFolder,
};
use metadata::copies::{self, CopyTo, Source};
use metadata::members::{self, Member};
use metadata::nodes;
use metadata::{Db, Tx, again, history};
use uuid::Uuid;

use crate::Backends;
use crate::steps::{
    NODES_MAX, about, charge_copy, companions_of, may_place, may_read, may_remove, nothing_here, parent_of,
    pen, pen_again, record, relabel_later, seq_at, trash,
};

/// How many members one call takes away or brings back: some twenty statements each, in one transaction.
const MEMBERS_MAX: usize = 2_000;
/// Members read at once.
const PAGE: u32 = 1_000;

/// What was done, or would be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rewound {
    /// What went into the trash.
    pub removed: Vec<NodePath>,
    /// What is back as it was, perhaps in the place of what went.
    pub restored: Vec<NodePath>,
    /// How many members stay, because they are as they were.
    pub unchanged: usize,
    /// How many files and folders were made, with those below.
    pub nodes: u64,
    /// What they hold, in bytes: their contents were kept all the time, and count again.
    pub bytes: u64,
}

/// Brings what is at a path back to how it was at a moment: each member of a folder, or a file, that has changed since
/// goes into the trash, and what was there then is copied into its place; all or nothing. System files stay. Without
/// `really` nothing is done but told.
///
/// # Errors
/// [`NotFound`](Error::NotFound) when nothing is and was at the path, or history does not reach the moment,
/// [`ParentMissing`](Error::ParentMissing), [`Locked`](Error::Locked), [`QuotaExceeded`](Error::QuotaExceeded), and
/// [`TooLarge`](Error::TooLarge) for more than one transaction should hold.
pub async fn rewind(
    caller: &Caller,
    backends: &Backends,
    path: &NodePath,
    moment: Moment,
    really: bool,
) -> Result<Rewound> {
    if !really {
        let db = &backends.metadata;
        may_read(db, caller, caller.tree(path).space).await?;
        let plan = Plan::make(db, caller, path, moment).await?;
        return plan.foretell(db).await;
    }
    let (rewound, relabels) = again(|| async {
        let tx = backends.metadata.begin().await?;
        pen(&tx, caller, caller.tree(path)).await?;
        let plan = Plan::make(&tx, caller, path, moment).await?;
        let rewound = plan.foretell(&tx).await?;
        let mut folder = None;
        for (path, change) in &plan.changes {
            folder = Some(plan.carry_out(&tx, caller, path, change).await?);
        }
        if let Some(subject) = plan.subject.as_ref().filter(|_| folder.is_some()) {
            let detail = format!("as of {}", moment.at().moment());
            record(&tx, caller, &about(Action::Rewind, subject, path).detailed(detail)).await?;
        }
        let relabels = match folder {
            Some(folder) => relabel_later(&tx, backends, caller.now, folder).await?,
            None => false,
        };
        tx.commit().await?;
        Ok((rewound, relabels))
    })
    .await?;
    if relabels {
        backends.coordination.wake_jobs();
    }
    Ok(rewound)
}

/// What has to be done.
struct Plan {
    /// The change to go back to.
    as_of: Seq,
    /// What is at the path or, where nothing is, what was there.
    subject: Option<Node>,
    /// By the paths of what changed.
    changes: Vec<(NodePath, Change)>,
    unchanged: usize,
}

/// What stands at a path, and what stood there.
#[derive(Default)]
struct Change {
    present: Option<Node>,
    past: Option<Node>,
}

impl Plan {
    async fn make(db: &impl Db, caller: &Caller, path: &NodePath, moment: Moment) -> Result<Self> {
        let tree = caller.tree(path);
        let as_of = seq_at(db, caller, tree.space, moment).await?;
        let present = nodes::locate(db, tree.root, path, caller.now).await?;
        let past = history::locate(db, tree.root, path, as_of).await?;
        // A system file would be gone for good.
        let present = present.node().filter(|node| !node.is_system());
        let both = Change { present: present.cloned(), past: past.node().cloned() };
        let subject = both.present.as_ref().or(both.past.as_ref()).cloned();
        let all = match &both {
            Change { present: None, past: None } => return Err(nothing_here()),
            Change { present: Some(present), past: Some(past) }
                if present.is_folder() && past.is_folder() =>
            {
                members(db, path, present, past).await?
            }
            _ => vec![(path.clone(), both)],
        };
        let count = all.len();
        // What was called like a virtual folder before there were any could not be found again under that name.
        let is_change =
            |(path, change): &(NodePath, Change)| !change.is_none(as_of) && VirtualFolder::of(path).is_none();
        let changes: Vec<_> = all.into_iter().filter(is_change).collect();
        if changes.len() > MEMBERS_MAX {
            let sentence = format!(
                "{} members of this folder have changed; at most {MEMBERS_MAX} are brought back at once. Name a folder \
                 in it.",
                changes.len()
            );
            return Err(Error::TooLarge(sentence.into()));
        }
        Ok(Self { as_of, subject, unchanged: count - changes.len(), changes })
    }

    async fn foretell(&self, db: &impl Db) -> Result<Rewound> {
        let mut rewound = Rewound { unchanged: self.unchanged, ..Rewound::default() };
        for (path, Change { present, past }) in &self.changes {
            rewound.removed.extend(present.is_some().then(|| path.clone()));
            let Some(past) = past else { continue };
            let weight = copies::weight(db, self.source(past)).await?;
            rewound.restored.push(path.clone());
            rewound.nodes += weight.nodes;
            rewound.bytes += weight.bytes;
        }
        match rewound.nodes > NODES_MAX {
            true => {
                let nodes = rewound.nodes;
                let sentence = format!(
                    "{nodes} files and folders are too many to be brought back at once, which can be {NODES_MAX}; name \
                     a folder below."
                );
                Err(Error::TooLarge(sentence.into()))
            }
            false => Ok(rewound),
        }
    }

    /// Says in which folder that was.
    async fn carry_out(&self, tx: &Tx, caller: &Caller, path: &NodePath, change: &Change) -> Result<NodeId> {
        let (tree, any) = (caller.tree(path), Conditions::default());
        // A number for each, by which the copies of one find their folders.
        let seq = pen_again(tx, tree).await?;
        let target = nodes::locate(tx, tree.root, path, caller.now).await?;
        // A companion has gone with its owner already.
        if let Some(node) = target.node() {
            may_remove(tx, caller, &target, &any).await?;
            let [companion] = companions_of(tx, [(parent_of(&target)?.id, &node.name)]).await?;
            trash(tx, caller, seq, &target, companion).await?;
        }
        if let (Some(past), Some(name)) = (&change.past, path.name()) {
            if target.node().is_none() {
                may_place(tx, caller, &target, false, &any).await?;
            }
            let (source, created_at) = (self.source(past), Some(caller.now));
            charge_copy(tx, tree.space, copies::weight(tx, source).await?).await?;
            let (uuid, parent) = (Uuid::now_v7(), parent_of(&target)?.id);
            let to = CopyTo { uuid, space: tree.space, parent, name, created_at };
            copies::copy(tx, caller, seq, source, to).await?;
        }
        nodes::stir(tx, seq, target.ancestors()).await?;
        Ok(parent_of(&target)?.id)
    }

    fn source(&self, past: &Node) -> Source {
        Source { node: past.id, deep: true, as_of: Some(self.as_of) }
    }
}

impl Change {
    /// Whether it is as it was: the same folder, with nothing changed in it since, or a file with the same content.
    fn is_none(&self, as_of: Seq) -> bool {
        match (&self.present, &self.past) {
            (Some(present), Some(past)) if present.is_folder() || past.is_folder() => {
                present.id == past.id && present.tree_seq <= as_of
            }
            (Some(present), Some(past)) => present.sha256() == past.sha256(),
            _ => false,
        }
    }
}

/// The members of a folder now and then, side by side.
async fn members(
    db: &impl Db,
    path: &NodePath,
    present: &Node,
    past: &Node,
) -> Result<Vec<(NodePath, Change)>> {
    let mut all: BTreeMap<NodeName, Change> = BTreeMap::new();
    let mut after: Option<NodeName> = None;
    loop {
        let page = members::list(db, present.id, after.as_ref(), PAGE, false).await?;
        after = last_of(&page);
        for Member { node, .. } in page.into_iter().filter(|member| !member.node.is_system()) {
            let change: &mut Change = all.entry(node.name.clone()).or_default();
            change.present = Some(node);
        }
        if after.is_none() {
            break;
        }
    }
    loop {
        let page = history::members(db, past.id, past.tree_seq, after.as_ref(), PAGE, false).await?;
        after = last_of(&page);
        for Member { node, .. } in page {
            let change = all.entry(node.name.clone()).or_default();
            change.past = Some(node);
        }
        if after.is_none() {
            break;
        }
    }
    Ok(all.into_iter().map(|(name, change)| (path.join(name), change)).collect())
}

fn last_of(page: &[Member]) -> Option<NodeName> {
    page.last().filter(|_| page.len() == PAGE as usize).map(|last| last.node.name.clone())
}
