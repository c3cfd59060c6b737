//! Looking: what is at a path, what a folder holds. No statement here writes.

use domain::{Caller, DeadProperty, Lock, Node, NodeName, NodePath, Quota, Removal, Result, Space};
use metadata::members::{self, Member};
use metadata::nodes::{self, Located};

use crate::Backends;
use crate::steps::{may_read, node_of};

/// What a look at a path shows.
#[derive(Debug, Clone)]
pub struct Look {
    located: Located,
    removal: Option<Removal>,
}

impl Look {
    pub(crate) fn new(located: Located, removal: Option<Removal>) -> Self {
        Self { located, removal }
    }

    /// How what is there came to be in the trash, if it is an entry there.
    pub fn removal(&self) -> Option<&Removal> {
        self.removal.as_ref()
    }

    /// What is there, if anything.
    pub fn node(&self) -> Option<&Node> {
        self.located.node()
    }

    /// What is there.
    ///
    /// # Errors
    /// [`NotFound`](domain::Error::NotFound) when nothing is.
    pub fn get(&self) -> Result<&Node> {
        node_of(&self.located)
    }

    /// The folder it lies in, or would lie in, if that exists.
    pub fn parent(&self) -> Option<&Node> {
        self.located.parent()
    }

    /// The space, as it was when the path was walked.
    pub fn space(&self) -> &Space {
        &self.located.space
    }

    /// What the space may hold and holds.
    pub fn quota(&self) -> Quota {
        self.located.space.quota
    }

    /// The locks that cover what is there, each with the depth in the path of the node it lies on.
    pub fn locks(&self) -> impl Iterator<Item = (usize, &Lock)> {
        self.located
            .standing()
            .covering()
            .collect::<Vec<_>>()
            .into_iter()
            .map(|lock| (self.located.found.iter().position(|node| node.id == lock.node).unwrap_or(0), lock))
    }
}

/// Looks at a path, in one statement.
///
/// # Errors
/// Whatever the database says; an empty place is no error.
pub async fn look(caller: &Caller, backends: &Backends, path: &NodePath) -> Result<Look> {
    may_read(&backends.metadata, caller, caller.tree(path).space).await?;
    let located = nodes::locate(&backends.metadata, caller.tree(path).root, path, caller.now).await?;
    Ok(Look::new(located, None))
}

/// The next members of a folder in the order of their names, after a given one, in one statement; with
/// their dead properties if asked.
///
/// # Errors
/// Whatever the database says.
pub async fn members(
    caller: &Caller,
    backends: &Backends,
    folder: &Node,
    after: Option<&NodeName>,
    count_max: u32,
    with_properties: bool,
) -> Result<Vec<Member>> {
    may_read(&backends.metadata, caller, folder.space).await?;
    members::list(&backends.metadata, folder.id, after, count_max, with_properties).await
}

/// The locks on the members of a folder themselves.
///
/// # Errors
/// Whatever the database says.
pub async fn member_locks(caller: &Caller, backends: &Backends, folder: &Node) -> Result<Vec<Lock>> {
    may_read(&backends.metadata, caller, folder.space).await?;
    metadata::locks::on_members(&backends.metadata, folder.id, caller.now).await
}

/// The locks on a node and on everything below it.
///
/// # Errors
/// Whatever the database says.
pub async fn locks_within(caller: &Caller, backends: &Backends, node: &Node) -> Result<Vec<Lock>> {
    may_read(&backends.metadata, caller, node.space).await?;
    metadata::locks::within(&backends.metadata, node.space, node.id, caller.now).await
}

/// The dead properties of a node.
///
/// # Errors
/// Whatever the database says.
pub async fn properties(caller: &Caller, backends: &Backends, node: &Node) -> Result<Vec<DeadProperty>> {
    may_read(&backends.metadata, caller, node.space).await?;
    metadata::properties::list(&backends.metadata, node.id).await
}
