//! Clients that synchronize while the tree changes at random, a few entries at a time, and in the end know it all.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use domain::{ETag, Error, Known, NodeId, PropertyName, SyncToken, Timestamp};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use services::files::{Change, ChangesRequest};

use super::drive::{Drive, Seen, Sight, Told};
use super::operation::Operation;
use super::tree::{Names, Tree};
use super::{Journal, SEED, STEPS, number};
use crate::support::TestHouse;

const STEPS_DEFAULT: u64 = 300;
/// More requests than any client needs once nothing changes any more.
const REQUESTS_MAX: usize = 1_000;

#[test]
fn whatever_changes_between_partial_answers_a_client_ends_up_with_the_tree_as_it_is() {
    let seed = number(SEED).unwrap_or_else(|| rand::rng().random());
    let mut journal = Journal::new(seed);
    let mut random = StdRng::seed_from_u64(seed);
    let house = TestHouse::new().with_user("ann");
    let mut drive = house.run(Drive::enter(&house));
    let mut tree = Tree::new(None);
    let mut clients = Client::several();
    let mut now = Timestamp::now();
    for _ in 0..number(STEPS).unwrap_or(STEPS_DEFAULT) {
        now = now.after(Duration::from_millis(random.random_range(0..2000)));
        let operation = Operation::random(&mut random, &tree);
        if matches!(operation, Operation::SetQuota(_)) {
            continue;
        }
        let expected = tree.apply(&operation, now);
        journal.note(format!("{operation:?} -> {expected:?}"));
        assert_eq!(house.run(drive.perform(&operation, now)), expected);
        let ids = house.run(drive.ids());
        drive.learn(tree.nodes().into_values().zip(ids.into_values()));
        let sight = house.run(drive.see());
        for client in &mut clients {
            client.come_across_something(&mut random, &sight);
            if random.random_bool(0.6) {
                client.ask(&mut random, &house, &drive, &sight, &mut journal);
            }
        }
    }
    let sight = house.run(drive.see());
    for client in &mut clients {
        for requests in 0.. {
            let is_done = client.ask(&mut random, &house, &drive, &sight, &mut journal);
            if is_done {
                break;
            }
            assert!(requests < REQUESTS_MAX, "{:?} is told something again and again", client.folder);
        }
    }
}

/// Somebody who keeps a copy of a folder.
struct Client {
    folder: Names,
    deep: bool,
    with_properties: bool,
    kept: BTreeMap<Names, Entry>,
    token: Option<String>,
}

/// What a client keeps of an entry.
#[derive(Debug, PartialEq, Eq)]
struct Entry {
    id: NodeId,
    is_folder: bool,
    etag: ETag,
    modified_at: Timestamp,
    properties: BTreeMap<PropertyName, String>,
}

impl Client {
    fn several() -> Vec<Self> {
        let client = |path: &[&str], deep, with_properties| Self {
            folder: path.iter().map(ToString::to_string).collect(),
            deep,
            with_properties,
            kept: BTreeMap::new(),
            token: None,
        };
        vec![
            client(&[], true, true),
            client(&[], true, false),
            client(&[], false, true),
            client(&["a"], true, false),
            client(&["a", "b"], true, true),
            client(&["b"], false, false),
        ]
    }

    /// What there is for the client to know, as paths below its folder; it is told of no system files.
    fn present(&self, sight: &Sight) -> BTreeMap<Names, Entry> {
        let below = |path: &Names| Some(path.strip_prefix(self.folder.as_slice())?.to_vec());
        let shown = sight.nodes.iter().filter(|(_, seen)| !seen.node.is_system());
        let present = shown.filter_map(|(path, seen)| Some((below(path)?, self.entry(seen))));
        present.filter(|(path, _)| !path.is_empty() && (self.deep || path.len() == 1)).collect()
    }

    fn entry(&self, seen: &Seen) -> Entry {
        let node = &seen.node;
        let properties = if self.with_properties { seen.properties.clone() } else { BTreeMap::new() };
        Entry {
            id: node.id,
            is_folder: node.is_folder(),
            etag: node.etag(),
            modified_at: node.modified_at,
            properties,
        }
    }

    /// Between two answers the client learns of something by itself, as by an upload of its own. When that is gone
    /// by the next answer it must be told so (RFC 6578 §3.5.2).
    fn come_across_something(&mut self, random: &mut StdRng, sight: &Sight) {
        let present = self.present(sight);
        if self.token.is_some() && !present.is_empty() && random.random_bool(0.5) {
            let which = random.random_range(0..present.len());
            self.kept.extend(present.into_iter().nth(which));
        }
    }

    /// One request; says whether the client knows everything now, or has nothing to know.
    fn ask(
        &mut self,
        random: &mut StdRng,
        house: &TestHouse,
        drive: &Drive,
        sight: &Sight,
        journal: &mut Journal,
    ) -> bool {
        let Some(folder) = sight.nodes.get(&self.folder).filter(|seen| seen.node.is_folder()) else {
            self.begin_anew();
            return true;
        };
        let token = self.token.as_deref().map(|token| SyncToken::parse(token).unwrap());
        let request = ChangesRequest {
            token: token.clone(),
            deep: self.deep,
            entries_max: random.random_bool(0.8).then(|| random.random_range(1..6)),
            with_properties: self.with_properties,
        };
        journal.note(format!("{:?} asks: {request:?}", self.folder));
        let entries_max = request.entries_max.map_or(usize::MAX, |count| count as usize);
        match house.run(drive.changes(&self.folder, request)) {
            Ok(told) => {
                let entries: Vec<_> = told.entries.iter().map(|(path, _)| path).collect();
                journal.note(format!("-> {entries:?} {} {}", told.token, told.is_all));
                assert!(entries.len() <= entries_max);
                let knows_something = match token.map(|token| token.known) {
                    None => false,
                    Some(Known::Part(round)) => round.since.is_some(),
                    Some(Known::Everything(_)) => true,
                };
                self.hear(told, &self.present(sight), knows_something)
            }
            Err(Error::Forbidden(_)) => {
                let refused = token.unwrap();
                assert_ne!(refused.folder, folder.node.uuid, "a good token is refused");
                self.begin_anew();
                false
            }
            Err(error) => panic!("{error:?}"),
        }
    }

    fn begin_anew(&mut self) {
        self.kept.clear();
        self.token = None;
    }

    #[track_caller]
    fn hear(&mut self, told: Told, present: &BTreeMap<Names, Entry>, knows_something: bool) -> bool {
        let mut heard = BTreeSet::new();
        for (path, change) in told.entries {
            assert!(heard.insert(path.clone()), "{path:?} is told twice");
            match change {
                Change::Changed { member, .. } => {
                    let properties =
                        member.properties.into_iter().map(|found| (found.name, found.xml)).collect();
                    let entry =
                        self.entry(&Seen { node: member.node, properties, bytes: Vec::new(), removal: None });
                    assert_eq!(Some(&entry), present.get(&path), "{path:?}");
                    if !entry.is_folder {
                        // Nothing can be in a file.
                        self.kept.retain(|kept, _| !kept.starts_with(&path));
                    }
                    self.kept.insert(path, entry);
                }
                Change::Removed { .. } => {
                    assert!(knows_something, "{path:?} is told as removed to somebody who knows nothing");
                    assert!(!present.contains_key(&path), "{path:?} is told as removed and is there");
                    let above = &path[..path.len() - 1];
                    let is_folder =
                        above.is_empty() || present.get(above).is_some_and(|entry| entry.is_folder);
                    assert!(is_folder, "{path:?} is told as removed, and so is what it was in");
                    self.kept.retain(|kept, _| !kept.starts_with(&path));
                }
            }
        }
        self.token = Some(told.token.to_string());
        if told.is_all {
            assert_eq!(self.kept, *present, "{:?}", self.folder);
        }
        told.is_all
    }
}
