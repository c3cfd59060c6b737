//! Whether the tree as it is looks like the tree as it should be.

use std::collections::BTreeMap;

use super::drive::{Seen, Sight};
use super::node::Node;
use super::trash::Trashed;
use super::tree::{Names, Tree};

impl Tree {
    /// The first thing that is not as it should be, if anything is.
    pub fn difference(&self, sight: &Sight) -> Option<String> {
        let found = difference(&self.nodes(), &sight.nodes).or_else(|| {
            let trashed = difference(&self.trashed_in(sight), &sight.trash);
            let trashed = trashed.map(|what| format!("in the trash, {what}"));
            trashed.or_else(|| self.removals_difference(sight))
        });
        if found.is_some() {
            return found;
        }
        let counts = (sight.seq, sight.quota);
        let expected = (i64::try_from(self.changes).unwrap(), self.quota());
        (counts != expected)
            .then(|| format!("the space has the number and the quota {counts:?}, not {expected:?}"))
    }
}

impl Tree {
    fn removals_difference(&self, sight: &Sight) -> Option<String> {
        self.entries().find_map(|(name, entry)| {
            let seen = &sight.trash[&[shown_as(name, entry, sight)][..]].removal;
            let expected = (self.origin(entry), entry.at);
            (seen.as_ref() != Some(&expected))
                .then(|| format!("{name:?} was removed from {seen:?} and not {expected:?}"))
        })
    }
}

impl Tree {
    /// Everything in the trash by the paths it has in what was seen.
    pub fn trashed_in(&self, sight: &Sight) -> BTreeMap<Names, &Node> {
        let mut nodes = BTreeMap::new();
        for (name, entry) in self.entries() {
            entry.node.collect(vec![shown_as(name, entry, sight)], &mut nodes);
        }
        nodes
    }
}

/// The name of an entry. What came and went while nobody looked has a number that nobody knows yet: it is the one that was
/// removed at the same moment.
fn shown_as(name: &str, entry: &Trashed, sight: &Sight) -> String {
    let Some((stem, _)) =
        name.split_once(" (#").filter(|_| !sight.trash.contains_key(&[name.to_owned()][..]))
    else {
        return name.to_owned();
    };
    let is_it = |(path, seen): &(&Names, &Seen)| {
        let removed_at = seen.removal.as_ref().map(|(_, at)| *at);
        path.len() == 1
            && path[0].split_once(" (").is_some_and(|(other, _)| other == stem)
            && removed_at == Some(entry.at)
    };
    sight.trash.iter().find(is_it).map_or_else(|| name.to_owned(), |(path, _)| path[0].clone())
}

fn difference(expected: &BTreeMap<Names, &Node>, seen: &BTreeMap<Names, Seen>) -> Option<String> {
    if !seen.keys().eq(expected.keys()) {
        let (listed, expected): (Vec<_>, Vec<_>) = (seen.keys().collect(), expected.keys().collect());
        return Some(format!("{listed:?} are listed, not {expected:?}"));
    }
    expected.iter().find_map(|(path, node)| {
        let (seen, what) = (&seen[path], node.difference(&seen[path])?);
        Some(format!("{path:?}: {what} is not as it should be: {seen:#?}, not {node:#?}"))
    })
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
