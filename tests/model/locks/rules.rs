//! The rules of locks as RFC 4918 tells them, over paths in plain memory.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::{Error, LockDepth, LockScope, LockToken, Timestamp};

use super::super::tree::Names;
use super::request::{Action, List, Request};

/// An expired lock is still good for its holder for so long.
const GRACE: Duration = Duration::from_secs(3600);
const TIMEOUT_MAX: Duration = Duration::from_secs(4 * 3600);

/// What comes of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Done,
    NotFound,
    ParentMissing,
    Exists,
    Forbidden,
    Stale,
    Locked,
}

impl From<Error> for Verdict {
    fn from(error: Error) -> Self {
        match error {
            Error::NotFound(_) => Self::NotFound,
            Error::ParentMissing(_) => Self::ParentMissing,
            Error::Exists(_) => Self::Exists,
            Error::Forbidden(_) => Self::Forbidden,
            Error::Stale(_) => Self::Stale,
            Error::Locked(_) => Self::Locked,
            surprise => panic!("the house says {surprise:?}"),
        }
    }
}

/// The space: what is a folder and what a file, and every lock that was not ended.
pub struct Rules {
    nodes: BTreeMap<Names, Kind>,
    locks: Vec<Lock>,
    /// Every token ever granted.
    tokens: Vec<LockToken>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Folder,
    File,
}

#[derive(Debug, Clone)]
struct Lock {
    token: LockToken,
    root: Names,
    user: usize,
    scope: LockScope,
    depth: LockDepth,
    expires: Timestamp,
}

impl Lock {
    fn is_live(&self, now: Timestamp) -> bool {
        now < self.expires
    }

    fn covers(&self, path: &[String]) -> bool {
        self.root == path || (self.depth == LockDepth::Infinity && path.starts_with(&self.root))
    }
}

impl Rules {
    pub fn new() -> Self {
        Self { nodes: BTreeMap::from([(Names::new(), Kind::Folder)]), locks: Vec::new(), tokens: Vec::new() }
    }

    /// Every token that was ever granted.
    pub fn tokens(&self) -> &[LockToken] {
        &self.tokens
    }

    /// What somebody has locked and not unlocked, expired or not.
    pub fn locks_of(&self, user: usize) -> Vec<(Names, LockToken)> {
        let own = self.locks.iter().filter(|lock| lock.user == user);
        own.map(|lock| (lock.root.clone(), lock.token)).collect()
    }

    /// Every path but the root's.
    pub fn paths(&self) -> Vec<Names> {
        self.nodes.keys().filter(|path| !path.is_empty()).cloned().collect()
    }

    /// What must come of a request.
    pub fn judge(&self, request: &Request, user: usize, now: Timestamp) -> Verdict {
        Judgement { rules: self, request, user, now }.verdict().err().unwrap_or(Verdict::Done)
    }

    fn covering(&self, path: &[String], now: Timestamp) -> impl Iterator<Item = &Lock> {
        self.locks.iter().filter(move |lock| lock.is_live(now) && lock.covers(path))
    }

    /// The lock a token means to this user at this path: one that covers it, or their own expired one on exactly this
    /// path, which no other has replaced.
    fn held(&self, path: &[String], user: usize, token: LockToken, now: Timestamp) -> Option<&Lock> {
        let mine = |lock: &&Lock| lock.token == token && lock.user == user;
        self.covering(path, now).find(mine).or_else(|| {
            let lapsed = self.locks.iter().filter(mine).find(|lock| !lock.is_live(now) && lock.root == path);
            lapsed.filter(|lock| now < lock.expires.after(GRACE) && self.covering(path, now).next().is_none())
        })
    }

    /// Changes what a request that was granted changes.
    pub fn apply(&mut self, request: &Request, user: usize, now: Timestamp, granted: Option<LockToken>) {
        let path = &request.path;
        match &request.action {
            Action::Put(_) => {
                self.nodes.insert(path.clone(), Kind::File);
                self.locks.retain(|lock| {
                    lock.root != *path
                        || lock.is_live(now)
                        || request.tokens().any(|token| token == lock.token)
                });
            }
            Action::Delete => drop(self.take(path)),
            Action::MakeFolder => drop(self.nodes.insert(path.clone(), Kind::Folder)),
            Action::Move(to) => {
                self.take(to);
                let moved = self.take(path);
                self.put(to, path, moved);
            }
            Action::Copy(to) => {
                self.take(to);
                let copied: Vec<_> = self.within(path).map(|(path, kind)| (path.clone(), *kind)).collect();
                self.put(to, path, copied);
            }
            Action::Lock { scope, depth, timeout } => {
                self.nodes.entry(path.clone()).or_insert(Kind::File);
                self.locks.retain(|lock| lock.root != *path || lock.is_live(now));
                let token = granted.unwrap();
                let expires = now.after((*timeout).min(TIMEOUT_MAX));
                let root = path.clone();
                self.locks.push(Lock { token, root, user, scope: *scope, depth: *depth, expires });
                self.tokens.push(token);
            }
            Action::Refresh(timeout) => {
                let held = request.tokens().find_map(|token| self.held(path, user, token, now));
                let token = held.unwrap().token;
                let lock = self.locks.iter_mut().find(|lock| lock.token == token).unwrap();
                lock.expires = now.after((*timeout).min(TIMEOUT_MAX));
            }
            Action::Unlock(token) => self.locks.retain(|lock| lock.token != *token),
        }
    }

    fn within(&self, path: &[String]) -> impl Iterator<Item = (&Names, &Kind)> {
        self.nodes.iter().filter(move |(found, _)| found.starts_with(path))
    }

    /// Takes what is at a path away with everything below it; locks stay with neither.
    fn take(&mut self, path: &[String]) -> Vec<(Names, Kind)> {
        let taken: Vec<_> = self.within(path).map(|(path, kind)| (path.clone(), *kind)).collect();
        self.nodes.retain(|found, _| !found.starts_with(path));
        self.locks.retain(|lock| !lock.root.starts_with(path));
        taken
    }

    fn put(&mut self, to: &[String], from: &[String], nodes: Vec<(Names, Kind)>) {
        self.nodes.extend(nodes.into_iter().map(|(path, kind)| ([to, &path[from.len()..]].concat(), kind)));
    }
}

/// One request as it meets the rules.
struct Judgement<'a> {
    rules: &'a Rules,
    request: &'a Request,
    user: usize,
    now: Timestamp,
}

impl Judgement<'_> {
    fn verdict(&self) -> Result<(), Verdict> {
        let path = &self.request.path;
        match &self.request.action {
            Action::Put(_) => {
                if self.kind(path) == Some(Kind::Folder) {
                    return Err(Verdict::Exists);
                }
                self.has_parent(path)?;
                self.conditions_hold()?;
                self.may_write(path)?;
                if self.kind(path).is_none() { self.may_change_members(path) } else { Ok(()) }
            }
            Action::Delete => {
                self.exists(path)?;
                self.conditions_hold()?;
                self.may_remove(path)
            }
            Action::MakeFolder => {
                if self.kind(path).is_some() {
                    return Err(Verdict::Exists);
                }
                self.has_parent(path)?;
                self.conditions_hold()?;
                self.may_change_members(path)
            }
            Action::Move(to) => {
                self.apart(to)?;
                self.exists(path)?;
                self.conditions_hold()?;
                self.may_remove(path)?;
                self.may_place(to)
            }
            Action::Copy(to) => {
                self.apart(to)?;
                self.exists(path)?;
                self.conditions_hold()?;
                self.may_place(to)
            }
            Action::Lock { scope, depth, .. } => self.may_lock(path, *scope, *depth),
            Action::Refresh(_) => self.may_refresh(path),
            Action::Unlock(token) => {
                self.rules.held(path, self.user, *token, self.now).map(drop).ok_or(Verdict::Stale)
            }
        }
    }

    /// §9.10.4 and the table of §9.10.5.
    fn may_lock(&self, path: &[String], scope: LockScope, depth: LockDepth) -> Result<(), Verdict> {
        self.conditions_hold()?;
        self.can_stand(path, scope, depth)?;
        if self.kind(path).is_none() {
            self.has_parent(path)?;
            self.may_change_members(path)?;
        }
        Ok(())
    }

    fn can_stand(&self, path: &[String], scope: LockScope, depth: LockDepth) -> Result<(), Verdict> {
        let excludes = |lock: &&Lock| lock.scope == LockScope::Exclusive || scope == LockScope::Exclusive;
        let below = |lock: &&Lock| depth == LockDepth::Infinity && lock.root.starts_with(path);
        let live = || self.rules.locks.iter().filter(|lock| lock.is_live(self.now));
        match live().filter(|lock| lock.covers(path) || below(lock)).any(|lock| excludes(&lock)) {
            true => Err(Verdict::Locked),
            false => Ok(()),
        }
    }

    fn may_refresh(&self, path: &[String]) -> Result<(), Verdict> {
        self.exists(path)?;
        self.conditions_hold()?;
        let held = self.request.tokens().find_map(|token| self.rules.held(path, self.user, token, self.now));
        let lock = held.ok_or(Verdict::Stale)?;
        if lock.is_live(self.now) { Ok(()) } else { self.can_stand(path, lock.scope, lock.depth) }
    }

    /// §10.4: one of the lists must hold.
    fn conditions_hold(&self) -> Result<(), Verdict> {
        match &self.request.lists {
            Some(lists) if !lists.iter().any(|list| self.holds(list)) => Err(Verdict::Stale),
            _ => Ok(()),
        }
    }

    fn holds(&self, list: &List) -> bool {
        let about = list.about.as_deref().unwrap_or(&self.request.path);
        list.tokens.iter().all(|(wanted, token)| {
            let is_locked_with = self.rules.covering(about, self.now).any(|lock| lock.token == *token);
            // A lock on something that is not there (any more) covers nothing but the name.
            let in_grace = || self.rules.held(about, self.user, *token, self.now).is_some();
            match wanted {
                true => is_locked_with || in_grace(),
                false => !is_locked_with,
            }
        })
    }

    /// §7: a write needs a token of the writer's own among the locks on the resource.
    fn opens<'l>(&self, locks: impl Iterator<Item = &'l Lock>) -> Result<(), Verdict> {
        let locks: Vec<&Lock> = locks.collect();
        let key =
            |lock: &&&Lock| lock.user == self.user && self.request.tokens().any(|token| token == lock.token);
        match locks.is_empty() || locks.iter().any(|lock| key(&lock)) {
            true => Ok(()),
            false => Err(Verdict::Locked),
        }
    }

    fn may_write(&self, path: &[String]) -> Result<(), Verdict> {
        self.opens(self.rules.covering(path, self.now))
    }

    /// §7.4: which names are in a folder is part of its state.
    fn may_change_members(&self, path: &[String]) -> Result<(), Verdict> {
        self.opens(self.rules.covering(&path[..path.len() - 1], self.now))
    }

    /// §9.6.1: everything below goes along, so every lock there must be opened.
    fn may_remove(&self, path: &[String]) -> Result<(), Verdict> {
        self.may_change_members(path)?;
        self.may_write(path)?;
        let live = || self.rules.locks.iter().filter(|lock| lock.is_live(self.now));
        let below: Vec<&Lock> = live().filter(|lock| lock.root.starts_with(path)).collect();
        below.iter().try_for_each(|lock| self.opens(live().filter(|other| other.root == lock.root)))
    }

    fn may_place(&self, to: &[String]) -> Result<(), Verdict> {
        self.has_parent(to)?;
        match self.kind(to) {
            Some(_) => self.may_remove(to),
            None => self.may_change_members(to),
        }
    }

    fn apart(&self, to: &[String]) -> Result<(), Verdict> {
        let from = &self.request.path;
        match from.starts_with(to) || to.starts_with(from) {
            true => Err(Verdict::Forbidden),
            false => Ok(()),
        }
    }

    fn kind(&self, path: &[String]) -> Option<Kind> {
        self.rules.nodes.get(path).copied()
    }

    fn exists(&self, path: &[String]) -> Result<(), Verdict> {
        self.kind(path).map(drop).ok_or(Verdict::NotFound)
    }

    fn has_parent(&self, path: &[String]) -> Result<(), Verdict> {
        match self.kind(&path[..path.len() - 1]) {
            Some(Kind::Folder) => Ok(()),
            _ => Err(Verdict::ParentMissing),
        }
    }
}
