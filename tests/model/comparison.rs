//! Whether the tree as it is looks like the tree as it should be.

use super::drive::{Seen, Sight};
use super::node::Node;
use super::tree::Tree;

impl Tree {
    /// The first thing that is not as it should be, if anything is.
    pub fn difference(&self, sight: &Sight) -> Option<String> {
        let expected = self.nodes();
        if !sight.nodes.keys().eq(expected.keys()) {
            let (listed, expected): (Vec<_>, Vec<_>) =
                (sight.nodes.keys().collect(), expected.keys().collect());
            return Some(format!("{listed:?} are listed, not {expected:?}"));
        }
        for (path, node) in &expected {
            let seen = &sight.nodes[path];
            if let Some(what) = node.difference(seen) {
                return Some(format!("{path:?}: {what} is not as it should be: {seen:#?}, not {node:#?}"));
            }
        }
        let counts = (sight.seq, sight.quota);
        let expected = (i64::try_from(self.changes).unwrap(), self.quota());
        (counts != expected)
            .then(|| format!("the space has the number and the quota {counts:?}, not {expected:?}"))
    }
}

impl Node {
    fn difference(&self, seen: &Seen) -> Option<&'static str> {
        let node = &seen.node;
        let is_same_kind = match self.text() {
            None => node.is_folder(),
            Some(text) => !node.is_folder() && seen.bytes == text.bytes(),
        };
        let is_same_change = !node.is_folder() || i64::try_from(self.change) == Ok(node.tree_seq.0);
        let all = [
            ("kind or content", is_same_kind),
            ("latest change", is_same_change),
            ("being a system file", node.is_system() == self.is_system()),
            ("size", node.size_bytes() == seen.bytes.len() as u64),
            ("set of properties", seen.properties == self.properties),
            ("moment it was made", node.created_at == self.created_at),
            ("moment it was changed", node.modified_at == self.modified_at),
        ];
        all.into_iter().find(|(_, is_right)| !is_right).map(|(what, _)| what)
    }
}
