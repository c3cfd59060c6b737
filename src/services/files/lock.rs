//! Taking, refreshing and ending write locks (RFC 4918 §9.10, §9.11).

use std::time::Duration;

use domain::{
    Action, Caller, Conditions, Content, Error, Event, Lock, LockDepth, LockScope, LockToken, Node, NodeId,
    NodeName, NodePath, Result, Seq, Sha256, TIMEOUT_MAX,
};
use metadata::nodes::{self, Located, NewNode};
use metadata::system_files::NewSystemFile;
use metadata::{Tx, again, locks, system_files};
use uuid::Uuid;

use crate::Backends;
use crate::steps::{judge, may_write, name_of, nothing_here, parent_of, pen, record};

/// How many locks may lie along one path. Only shared ones can be many, and every look along the path reads
/// them all.
const LOCKS_MAX: usize = 64;

/// What lock a caller wants.
#[derive(Debug, Clone)]
pub struct LockRequest {
    /// Exclusive or shared.
    pub scope: LockScope,
    /// How far down.
    pub depth: LockDepth,
    /// The `DAV:owner` element, as well-formed XML by itself.
    pub owner_xml: String,
    /// For how long; more than the house grants is cut.
    pub timeout: Duration,
}

/// A lock that was granted.
#[derive(Debug, Clone)]
pub struct Locked {
    /// The lock.
    pub lock: Lock,
    /// The depth in the path of the node it lies on.
    pub root_depth: usize,
    /// What is at the path; nothing if that is a new empty file.
    pub node: Option<Node>,
    /// Whether the name was free and is an empty file now (RFC 4918 §7.3).
    pub created: bool,
}

/// Locks what is at a path; a free name becomes an empty file in the same transaction.
///
/// # Errors
/// [`Locked`](Error::Locked) when another lock is in the way, [`ParentMissing`](Error::ParentMissing),
/// [`Stale`](Error::Stale).
pub async fn lock(
    caller: &Caller,
    backends: &Backends,
    path: &NodePath,
    wanted: LockRequest,
    conditions: &Conditions,
) -> Result<Locked> {
    // Windows waits for the answer with whatever it is doing, and in a transaction it may be long in coming.
    may_write(&backends.metadata, caller, caller.tree(path).space).await?;
    again(|| async {
        let tx = backends.metadata.begin().await?;
        let seq = pen(&tx, caller, caller.tree(path)).await?;
        let located = nodes::locate(&tx, caller.tree(path).root, path, caller.now).await?;
        judge(&tx, caller, &located, conditions).await?;
        admit(&tx, caller, &located, wanted.scope, wanted.depth).await?;
        let created = located.node().is_none();
        let node = match located.node() {
            Some(node) => node.id,
            None => reserve(&tx, backends, caller, seq, path, &located, conditions).await?,
        };
        let timeout = wanted.timeout.min(TIMEOUT_MAX);
        let lock = Lock {
            token: LockToken(Uuid::new_v4()),
            space: located.space.id,
            node,
            user: caller.user,
            scope: wanted.scope,
            depth: wanted.depth,
            owner_xml: wanted.owner_xml.clone(),
            timeout,
            expires_at: caller.now.after(timeout),
        };
        locks::insert(&tx, &lock, caller.now).await?;
        failpoint::reach("lock.inserted");
        tx.commit().await?;
        failpoint::reach("lock.granted");
        Ok(Locked { lock, root_depth: path.depth(), node: located.node().cloned(), created })
    })
    .await
}

/// Whether the lock can stand beside those that reach the path, and beside those below it if it reaches
/// down itself.
async fn admit(
    tx: &Tx,
    caller: &Caller,
    located: &Located,
    scope: LockScope,
    depth: LockDepth,
) -> Result<()> {
    let below = match (depth, located.node()) {
        (LockDepth::Infinity, Some(node)) if node.is_folder() => {
            locks::within(tx, located.space.id, node.id, caller.now).await?
        }
        _ => Vec::new(),
    };
    if located.locks.len() >= LOCKS_MAX {
        return Err(Error::Locked("Too many locks are held here; end some of them first.".into()));
    }
    match located.standing().covering().chain(&below).any(|lock| lock.excludes(scope)) {
        true => Err(Error::Locked("Somebody else has locked this.".into())),
        false => Ok(()),
    }
}

/// Makes an empty file of a free name.
async fn reserve(
    tx: &Tx,
    backends: &Backends,
    caller: &Caller,
    seq: Seq,
    path: &NodePath,
    located: &Located,
    conditions: &Conditions,
) -> Result<NodeId> {
    let parent = parent_of(located)?.id;
    conditions.may_change_members(caller.user, &located.standing())?;
    let name = name_of(backends, path)?;
    if name.system().is_some() {
        return empty_system_file(tx, caller, located, seq, &name).await;
    }
    let new = NewNode {
        uuid: Uuid::now_v7(),
        parent,
        name,
        folder: false,
        blob: None,
        created_at: caller.now,
        modified_at: caller.now,
    };
    nodes::stir(tx, seq, located.ancestors()).await?;
    let made = Event::new(Action::WriteFile, "file", new.uuid, path.to_string());
    record(tx, caller, &made.in_space(located.space.id)).await?;
    nodes::insert(tx, caller, located.space.id, seq, new).await
}

async fn empty_system_file(
    tx: &Tx,
    caller: &Caller,
    located: &Located,
    seq: Seq,
    name: &NodeName,
) -> Result<NodeId> {
    let content = Content { size_bytes: 0, sha256: Sha256::EMPTY, media_type: None };
    let new = NewSystemFile {
        uuid: Uuid::now_v7(),
        parent: parent_of(located)?.id,
        name,
        content: &content,
        bytes: Vec::new(),
        created_at: caller.now,
        modified_at: caller.now,
    };
    system_files::insert(tx, located.space.id, seq, new).await
}

/// Gives a lock of the caller's that covers the path a new timeout; its token comes in the conditions. One that
/// has expired begins again, if its grace lasts.
///
/// # Errors
/// [`Stale`](Error::Stale) when the caller holds no such lock, [`NotFound`](Error::NotFound) when nothing is
/// at the path.
pub async fn refresh_lock(
    caller: &Caller,
    backends: &Backends,
    path: &NodePath,
    timeout: Duration,
    conditions: &Conditions,
) -> Result<Locked> {
    again(|| async {
        let tx = backends.metadata.begin().await?;
        pen(&tx, caller, caller.tree(path)).await?;
        let located = nodes::locate(&tx, caller.tree(path).root, path, caller.now).await?;
        located.node().ok_or_else(nothing_here)?;
        judge(&tx, caller, &located, conditions).await?;
        let mut tokens = conditions.tokens();
        let mut lock = tokens.find_map(|token| own(&located, caller, token).cloned()).ok_or_else(not_held)?;
        if lock.has_lapsed(caller.now) {
            admit(&tx, caller, &located, lock.scope, lock.depth).await?;
        }
        lock.timeout = timeout.min(TIMEOUT_MAX);
        lock.expires_at = caller.now.after(lock.timeout);
        // Who removes what is past its grace takes no pen, and may have a clock of its own.
        if !locks::refresh(&tx, &lock).await? {
            return Err(not_held());
        }
        tx.commit().await?;
        let root_depth = located.found.iter().position(|node| node.id == lock.node).unwrap_or(0);
        Ok(Locked { lock, root_depth, node: located.node().cloned(), created: false })
    })
    .await
}

/// Ends a lock of the caller's that covers the path.
///
/// # Errors
/// [`Stale`](Error::Stale) when the caller holds no such lock.
pub async fn unlock(caller: &Caller, backends: &Backends, path: &NodePath, token: LockToken) -> Result<()> {
    again(|| async {
        let tx = backends.metadata.begin().await?;
        pen(&tx, caller, caller.tree(path)).await?;
        let located = nodes::locate(&tx, caller.tree(path).root, path, caller.now).await?;
        own(&located, caller, token).ok_or_else(not_held)?;
        locks::remove(&tx, token).await?;
        failpoint::reach("lock.removed");
        tx.commit().await?;
        failpoint::reach("lock.ended");
        Ok(())
    })
    .await
}

fn own<'a>(located: &'a Located, caller: &Caller, token: LockToken) -> Option<&'a Lock> {
    let standing = located.standing();
    let held = standing.covering().find(|lock| lock.token == token && lock.user == caller.user);
    held.or_else(|| standing.in_grace(caller.user, token))
}

fn not_held() -> Error {
    Error::Stale("You hold no such lock here (any more).".into())
}
