//! What a caller demands of the state of things before a change: the conditions of HTTP (RFC 9110 §13)
//! and of WebDAV's `If` header (RFC 4918 §10.4), and the rule that locks need their tokens (§7).
//!
//! There is one judgement, and every door uses it: first on what a look shows, so that a request is
//! refused before its body is read, and again inside the transaction that writes.

use uuid::Uuid;

use crate::{
    Code, ETag, Error, Lock, LockDepth, LockToken, Message, Node, NodePath, Result, SyncToken, Timestamp,
    UserId,
};

/// Which entity tags are meant: any at all, or one of these.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ETagMatch {
    /// `*`
    Any,
    /// One of a list.
    OneOf(Vec<ETag>),
}

impl ETagMatch {
    /// Whether something with this tag, or nothing, is what is meant.
    pub fn holds(&self, etag: Option<&ETag>) -> bool {
        match (self, etag) {
            (_, None) => false,
            (Self::Any, Some(_)) => true,
            (Self::OneOf(tags), Some(etag)) => tags.contains(etag),
        }
    }
}

/// What one state of an `If` list speaks of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StateTest {
    /// The resource is locked with this token; none if the token cannot be one of this house.
    Token(Option<LockToken>),
    /// The resource has this entity tag.
    ETag(ETag),
    /// The resource is a folder that is as this token says (RFC 6578 §5).
    Sync(SyncToken),
}

/// What a list of an `If` header is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tested {
    /// The resource of the request.
    Target,
    /// The resource at this path.
    Path(NodePath),
    /// Something this house does not have, so nothing is true of it.
    Elsewhere,
}

/// One parenthesised list: true when every state, or its negation where there is a `Not`, is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateList {
    /// What it is about.
    pub about: Tested,
    /// The states, each with whether it must hold.
    pub states: Vec<(bool, StateTest)>,
}

/// Everything a request demands.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Conditions {
    /// `If-Match`
    pub if_match: Option<ETagMatch>,
    /// `If-None-Match`, for methods other than GET and HEAD
    pub if_none_match: Option<ETagMatch>,
    /// `If-Unmodified-Since`, in whole seconds
    pub if_unmodified_since: Option<Timestamp>,
    /// `If`: true when one of the lists is; none when the header was not sent.
    pub lists: Option<Vec<StateList>>,
    /// What must be at the path, for whoever means a file or folder and not a path.
    pub node: Option<Uuid>,
    /// The folder that the path must lead into, likewise.
    pub folder: Option<Uuid>,
}

/// How things stand at a path: what is there, and the locks that reach it.
#[derive(Debug, Clone, Default)]
pub struct Standing<'a> {
    /// What is there, if anything.
    pub node: Option<&'a Node>,
    /// The folder it lies in or would lie in.
    pub parent: Option<&'a Node>,
    /// The locks on the nodes of the path, from the root down to the target, not yet expired.
    pub locks: Vec<&'a Lock>,
    /// The locks on the target itself that have expired and may still be referred to (see [`GRACE`](crate::GRACE)).
    pub lapsed: Vec<&'a Lock>,
}

impl<'a> Standing<'a> {
    /// The locks that cover the resource itself: its own, and those from above that reach down.
    pub fn covering(&self) -> impl Iterator<Item = &'a Lock> {
        let own = self.node.map(|node| node.id);
        self.locks
            .iter()
            .copied()
            .filter(move |lock| Some(lock.node) == own || lock.depth == LockDepth::Infinity)
    }

    /// The expired lock of this user's own that a token may still mean: it lies on the resource itself, and
    /// no other has taken its place.
    pub fn in_grace(&self, user: UserId, token: LockToken) -> Option<&'a Lock> {
        let mine = |lock: &&&Lock| lock.token == token && lock.user == user;
        self.lapsed.iter().find(mine).copied().filter(|_| self.covering().next().is_none())
    }

    /// The locks that cover the list of members of the folder above it.
    fn covering_parent(&self) -> impl Iterator<Item = &'a Lock> {
        let (own, parent) = (self.node.map(|node| node.id), self.parent.map(|node| node.id));
        self.locks.iter().copied().filter(move |lock| {
            Some(lock.node) == parent || (lock.depth == LockDepth::Infinity && Some(lock.node) != own)
        })
    }
}

impl Conditions {
    /// What somebody hears who means a file or folder that is not where it was any more.
    pub fn moved() -> Error {
        Error::Stale(Message::coded(Code::Moved, "This was moved just now; nothing was changed, try again."))
    }

    /// The lock tokens the caller submits: all that stand in the `If` header (RFC 4918 §10.4.1).
    pub fn tokens(&self) -> impl Iterator<Item = LockToken> {
        self.lists.iter().flatten().flat_map(|list| &list.states).filter_map(|(_, state)| match state {
            StateTest::Token(token) => *token,
            StateTest::ETag(_) | StateTest::Sync(_) => None,
        })
    }

    /// Submits the tokens of locks on the target for a caller who has sent no `If` header.
    pub fn submit(&mut self, tokens: impl Iterator<Item = LockToken>) {
        let list =
            |token| StateList { about: Tested::Target, states: vec![(true, StateTest::Token(Some(token)))] };
        let lists: Vec<_> = tokens.map(list).collect();
        if self.lists.is_none() && !lists.is_empty() {
            self.lists = Some(lists);
        }
    }

    /// The paths other than the target's that the `If` header speaks of.
    pub fn tagged_paths(&self) -> impl Iterator<Item = &NodePath> {
        self.lists.iter().flatten().filter_map(|list| match &list.about {
            Tested::Path(path) => Some(path),
            Tested::Target | Tested::Elsewhere => None,
        })
    }

    /// The same, to be put as the house knows them.
    pub fn tagged_paths_mut(&mut self) -> impl Iterator<Item = &mut NodePath> {
        self.lists.iter_mut().flatten().filter_map(|list| match &mut list.about {
            Tested::Path(path) => Some(path),
            Tested::Target | Tested::Elsewhere => None,
        })
    }

    /// Judges everything but the locks.
    ///
    /// # Errors
    /// [`Error::Stale`] names the condition that does not hold.
    pub fn judge<'a>(
        &self,
        user: UserId,
        target: &Standing<'a>,
        elsewhere: impl Fn(&NodePath) -> Option<Standing<'a>>,
    ) -> Result<()> {
        let is_other = |wanted: Option<Uuid>, node: Option<&Node>| {
            wanted.is_some_and(|id| node.is_none_or(|node| node.uuid != id))
        };
        if is_other(self.node, target.node) || is_other(self.folder, target.parent) {
            return Err(Self::moved());
        }
        let etag = target.node.map(Node::etag);
        // Of a file the tag of its content is one, and that of all that is known of it another.
        let state = target.node.map(Node::state_etag);
        let is_meant = |wanted: &ETagMatch| wanted.holds(etag.as_ref()) || wanted.holds(state.as_ref());
        if self.if_match.as_ref().is_some_and(|wanted| !is_meant(wanted)) {
            return Err(Error::Stale("If-Match: the file is not the version you know.".into()));
        }
        if self.if_none_match.as_ref().is_some_and(|unwanted| unwanted.holds(etag.as_ref())) {
            return Err(Error::Stale("If-None-Match: the file is already there.".into()));
        }
        // RFC 9110 §13.1.4: If-Match, where there is one, has the last word.
        if let (None, Some(since)) = (&self.if_match, self.if_unmodified_since)
            && target.node.is_none_or(|node| node.modified_at.seconds() > since.seconds())
        {
            return Err(Error::Stale("If-Unmodified-Since: the file has changed since.".into()));
        }
        match &self.lists {
            Some(lists) if !lists.iter().any(|list| list_holds(list, user, target, &elsewhere)) => {
                Err(Error::Stale("If: none of the lists of conditions holds.".into()))
            }
            _ => Ok(()),
        }
    }

    /// Whether the caller may change the resource despite its locks (RFC 4918 §7).
    ///
    /// # Errors
    /// [`Error::Locked`] when a lock covers it whose token the caller did not submit, or that is not theirs.
    pub fn may_change(&self, user: UserId, standing: &Standing<'_>) -> Result<()> {
        self.opens(user, standing.covering())
    }

    /// Whether the caller may add the name to, or take it from, the folder above (RFC 4918 §7.4).
    ///
    /// # Errors
    /// [`Error::Locked`], as for [`may_change`](Self::may_change).
    pub fn may_change_members(&self, user: UserId, standing: &Standing<'_>) -> Result<()> {
        self.opens(user, standing.covering_parent())
    }

    /// Whether the tokens open every one of the nodes these locks lie on.
    ///
    /// # Errors
    /// [`Error::Locked`], as for [`may_change`](Self::may_change).
    pub fn may_change_all<'a>(&self, user: UserId, locks: &'a [Lock]) -> Result<()> {
        let on_node = |node| move |lock: &&'a Lock| lock.node == node;
        locks.iter().try_for_each(|lock| self.opens(user, locks.iter().filter(on_node(lock.node))))
    }

    /// Exclusive locks cover a resource alone, and of shared ones each holder's own token is enough
    /// (RFC 4918 §6.2), so one token of the caller's opens the whole set.
    fn opens<'a>(&self, user: UserId, locks: impl Iterator<Item = &'a Lock>) -> Result<()> {
        let mut locked = false;
        for lock in locks {
            if lock.user == user && self.tokens().any(|token| token == lock.token) {
                return Ok(());
            }
            locked = true;
        }
        match locked {
            true => Err(Error::Locked("This is locked by somebody who is working on it.".into())),
            false => Ok(()),
        }
    }
}

fn list_holds<'a>(
    list: &StateList,
    user: UserId,
    target: &Standing<'a>,
    elsewhere: impl Fn(&NodePath) -> Option<Standing<'a>>,
) -> bool {
    let standing = match &list.about {
        Tested::Target => Some(target.clone()),
        Tested::Path(path) => elsewhere(path),
        Tested::Elsewhere => None,
    };
    list.states.iter().all(|(wanted, state)| {
        let holds = standing.as_ref().is_some_and(|standing| match state {
            StateTest::Token(Some(token)) => {
                // `Not` asks whether the lock is gone, and an expired one is.
                let in_grace = || *wanted && standing.in_grace(user, *token).is_some();
                standing.covering().any(|lock| lock.token == *token) || in_grace()
            }
            StateTest::Token(None) => false,
            StateTest::ETag(etag) => standing.node.is_some_and(|node| node.etag() == *etag),
            StateTest::Sync(token) => standing.node.is_some_and(|node| token.is_current(node)),
        });
        holds == *wanted
    })
}
