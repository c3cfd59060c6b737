//! One request at this door, as far as all methods share it.

use std::sync::Arc;

use domain::{Caller, Conditions, Node, NodePath, VirtualFolder};
use services::Backends;

use crate::client::Client;
use crate::naming::Naming;
use crate::places::Place;
use crate::ways::Ways;

/// Who asks, about which path, under which conditions.
pub struct Visit {
    /// Who asks.
    pub caller: Caller,
    /// What answers.
    pub backends: Arc<Backends>,
    /// The path, as the house knows it, in its tree.
    pub path: NodePath,
    /// How many names before those of the path lead into its tree.
    pub above: usize,
    /// Whether nothing there can be changed by the one who asks.
    pub read_only: bool,
    /// The projects that were looked up for it.
    pub ways: Ways,
    /// Where in the drive that is.
    pub place: &'static dyn Place,
    /// The path as the client spelled it, percent-encoded, with the prefix of the drive and without a
    /// slash at the end. Finder tells a folder from its members by the length of exactly this.
    pub href: String,
    /// Where on its address the drive is, without a slash at the end.
    pub prefix: String,
    /// What the client demands.
    pub conditions: Conditions,
    /// What kind of client asks.
    pub client: Client,
    /// How it is shown names.
    pub naming: Naming,
}

impl Visit {
    /// How names in its listing are shown.
    pub fn naming_of_listing(&self) -> Naming {
        match self.place.folder() {
            Some(VirtualFolder::History) => self.naming.of_the_past(),
            _ => self.naming,
        }
    }

    /// The href of what is at the path.
    pub fn href(&self, node: &Node) -> String {
        if node.is_folder() { format!("{}/", self.href) } else { self.href.clone() }
    }

    /// The href of what stands at this depth of the path: the node itself, or a folder above it.
    pub fn href_at(&self, depth: usize, node: Option<&Node>) -> String {
        if depth >= self.path.depth() {
            return node.map_or_else(|| self.href.clone(), |node| self.href(node));
        }
        let mut href = self.prefix.clone();
        let below = self.href.strip_prefix(&self.prefix).unwrap_or_default();
        // As the client spelled them: its names may not be the stored ones.
        for name in below.split('/').filter(|name| !name.is_empty()).take(self.above + depth) {
            href.push('/');
            href.push_str(name);
        }
        href.push('/');
        href
    }
}
