//! The trash, as it should be.

use domain::Timestamp;

use super::node::Node;
use super::tree::Tree;

/// Something in the trash, with all that is below it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Trashed {
    pub node: Node,
    /// The folder it was in, and what it was called there.
    pub parent: u64,
    pub name: String,
    pub at: Timestamp,
    /// What it went along with and comes back with, if it is no entry of its own.
    pub with: Option<u64>,
}

impl Tree {
    /// Puts what is at a path into the trash. A system file is gone for good, unless it goes along with its owner.
    pub fn trash(&mut self, path: &[String], with: Option<u64>, is_event: bool, now: Timestamp) {
        let (name, above) = path.split_last().unwrap();
        let parent = self.find(above).unwrap().identity;
        let mut node = self.take(path, is_event);
        if node.is_system() && with.is_none() {
            return;
        }
        node.revise(self.changes, now, false);
        self.trash.push(Trashed { node, parent, name: name.clone(), at: now, with });
    }
}
