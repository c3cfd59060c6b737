//! What must hold over time: numbers stay with their nodes, and ETags say exactly when something changed.

use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap};
use std::fmt::Debug;
use std::hash::Hash;

use domain::{BlobId, ETag, NodeId};
use uuid::Uuid;

use super::node::{self, Kind};
use super::operation::Text;

/// Everything that was ever seen in one space.
#[derive(Default)]
pub struct History {
    ids: OneToOne<u64, NodeId>,
    uuids: OneToOne<u64, Uuid>,
    /// A folder with a change at or below it has an ETag that no folder had before, not even one that
    /// had its name.
    folders: OneToOne<(u64, u64), ETag>,
    files: HashMap<u64, OneToOne<Text, ETag>>,
    blobs: OneToOne<u64, BlobId>,
}

impl History {
    #[track_caller]
    pub fn record(&mut self, path: &[String], expected: &node::Node, seen: &domain::Node) {
        let identity = expected.identity;
        assert!(seen.id.0 > 0, "{path:?} has the number {:?}", seen.id);
        self.ids.record(path, identity, seen.id);
        self.uuids.record(path, identity, seen.uuid);
        if let (Kind::File(content), Some(blob)) = (&expected.kind, seen.blob()) {
            self.blobs.record(path, content.blob, blob.id);
        }
        match expected.text() {
            None => self.folders.record(path, (identity, expected.change), seen.etag()),
            Some(text) => self.files.entry(identity).or_default().record(path, text, seen.etag()),
        }
    }
}

impl History {
    /// The blobs of these contents, and those of all others, as far as anybody saw them.
    pub fn blobs(&self, contents: &BTreeSet<u64>) -> (BTreeSet<BlobId>, BTreeSet<BlobId>) {
        let (kept, gone): (Vec<_>, Vec<_>) =
            self.blobs.forth.iter().partition(|(number, _)| contents.contains(number));
        let ids = |pairs: Vec<(&u64, &BlobId)>| pairs.into_iter().map(|(_, id)| *id).collect();
        (ids(kept), ids(gone))
    }
}

/// Pairs of which each half belongs to one other half for ever.
struct OneToOne<A, B> {
    forth: HashMap<A, B>,
    back: HashMap<B, A>,
}

impl<A, B> Default for OneToOne<A, B> {
    fn default() -> Self {
        Self { forth: HashMap::new(), back: HashMap::new() }
    }
}

impl<A: Clone + Debug + Eq + Hash, B: Clone + Debug + Eq + Hash> OneToOne<A, B> {
    #[track_caller]
    fn record(&mut self, path: &[String], expected: A, seen: B) {
        agree(path, self.forth.entry(expected.clone()), &seen);
        agree(path, self.back.entry(seen), &expected);
    }
}

#[track_caller]
fn agree<K: Debug, V: Clone + Debug + Eq>(path: &[String], known: Entry<'_, K, V>, now: &V) {
    match known {
        Entry::Vacant(vacant) => drop(vacant.insert(now.clone())),
        Entry::Occupied(before) => {
            assert_eq!(before.get(), now, "{path:?}: {:?} stood for another one before", before.key());
        }
    }
}
