//! What is done to the tree, made up at random so that paths and contents meet often.

use std::fmt::{self, Debug, Formatter};

use domain::{DeadProperty, NodeTimes, PropertyChange, PropertyName, Timestamp};
use rand::RngExt;
use rand::rngs::StdRng;

use super::node::Node;
use super::trash::TRASH;
use super::tree::{Names, Tree};

/// Few and short, so that most operations hit something; one of them has more bytes than letters, and two belong
/// to others.
const NAMES: [&str; 6] = ["a", "b", "c", "ü", "._a", "._b"];
/// More than these and more is removed than made: a step costs a look at every one of them.
const NODES_ENOUGH: usize = 40;

#[derive(Debug)]
pub enum Operation {
    CreateFolder(Names),
    Upload {
        path: Names,
        text: Text,
        ending: Ending,
    },
    Move {
        from: Names,
        to: Names,
        overwrite: bool,
    },
    Copy {
        from: Names,
        to: Names,
        overwrite: bool,
        deep: bool,
    },
    Remove(Names),
    SetProperties(Names, Vec<PropertyChange>, NodeTimes),
    SetQuota(Option<u64>),
    /// To what it was at a moment, which was after a change.
    RestoreVersion(Names, Timestamp, u64),
}

/// The content of a file: one letter, many times.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Text {
    letter: char,
    count: u32,
}

impl Debug for Text {
    fn fmt(&self, to: &mut Formatter) -> fmt::Result {
        write!(to, "{}*{}", self.count, self.letter)
    }
}

/// How an upload ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Ending {
    /// As announced.
    Declared,
    /// Without having been announced.
    Undeclared,
    /// With fewer bytes than announced.
    Short,
    /// With more bytes than announced.
    Long,
    /// Not at all: the caller goes away before the end.
    BrokenOff,
}

impl Text {
    pub const EMPTY: Self = Self { letter: ' ', count: 0 };

    fn random(random: &mut StdRng) -> Self {
        // 5000 is more than the house looks at to see what a file is, and 66,000 are too many for a system file.
        let count = pick(random, &[0, 0, 1, 1, 2, 60, 60, 5000, 5000, 66_000]);
        let letter = if count == 0 { ' ' } else { pick(random, &['x', 'y']) };
        Self { letter, count }
    }

    pub fn bytes(self) -> Vec<u8> {
        vec![self.letter as u8; self.count as usize]
    }

    /// That of a file that the model made.
    pub fn of_bytes(bytes: &[u8]) -> Self {
        let letter = bytes.first().map_or(' ', |byte| char::from(*byte));
        let text = Self { letter, count: bytes.len().try_into().unwrap() };
        assert!(
            bytes.iter().all(|byte| char::from(*byte) == letter),
            "{text:?} is mixed with something else"
        );
        text
    }

    /// The bytes in two pieces.
    pub fn halves(self) -> [Vec<u8>; 2] {
        let mut first = self.bytes();
        let second = first.split_off(first.len() / 2);
        [first, second]
    }

    /// How many bytes have come with each of them.
    pub fn pieces(self) -> [u64; 2] {
        [self.bytes_count() / 2, self.bytes_count()]
    }

    pub fn bytes_count(self) -> u64 {
        self.count.into()
    }
}

impl Ending {
    /// What the caller says the length will be.
    pub fn declared_bytes(self, text: Text) -> Option<u64> {
        match self {
            Self::Declared | Self::BrokenOff => Some(text.bytes_count()),
            Self::Undeclared => None,
            Self::Short => Some(text.bytes_count() + 1),
            Self::Long => Some(text.bytes_count() - 1),
        }
    }
}

impl Operation {
    pub fn random(random: &mut StdRng, tree: &Tree) -> Self {
        let removals = if tree.nodes().len() > NODES_ENOUGH { 25 } else { 5 };
        match random.random_range(0..95 + removals) {
            0..20 => Self::CreateFolder(place(random, tree)),
            20..50 => {
                let path = if random.random_bool(0.3) { node(random, tree) } else { place(random, tree) };
                Self::random_upload(random, path)
            }
            50..60 => Self::Move {
                from: node(random, tree),
                to: place(random, tree),
                overwrite: random.random_bool(0.5),
            },
            60..65 => Self::random_restoration(random, tree),
            65..80 => Self::Copy {
                from: node_or_trashed(random, tree),
                to: place(random, tree),
                overwrite: random.random_bool(0.5),
                deep: random.random_bool(0.7),
            },
            80..90 => Self::SetProperties(node(random, tree), property_changes(random), times(random)),
            90..95 => Self::SetQuota(quota_bytes(random, tree)),
            _ => Self::Remove(node_or_trashed(random, tree)),
        }
    }

    /// Out of the trash to where something was, or anywhere else.
    fn random_restoration(random: &mut StdRng, tree: &Tree) -> Self {
        let (from, overwrite) = (trashed(random, tree), random.random_bool(0.5));
        let back =
            tree.entries().find(|(name, entry)| from == [TRASH, name] && tree.way_back(entry).is_some());
        let to = match back {
            Some((name, _)) if random.random_bool(0.8) => vec![name.to_owned()],
            _ => place(random, tree),
        };
        Self::Move { from, to, overwrite }
    }

    pub fn random_upload(random: &mut StdRng, path: Names) -> Self {
        let text = Text::random(random);
        let ending = match random.random_range(0..12) {
            0..6 => Ending::Declared,
            6..9 => Ending::Undeclared,
            9 => Ending::Short,
            10 if text.count > 0 => Ending::Long,
            _ => Ending::BrokenOff,
        };
        Self::Upload { path, text, ending }
    }
}

/// Mostly something that is there, or was.
fn node_or_trashed(random: &mut StdRng, tree: &Tree) -> Names {
    if random.random_bool(0.15) { trashed(random, tree) } else { node(random, tree) }
}

/// Mostly something that is there.
pub fn node(random: &mut StdRng, tree: &Tree) -> Names {
    match random.random_bool(0.9) {
        true => nodes(random, tree, |_| true),
        false => anywhere(random),
    }
}

/// Mostly something in the trash.
fn trashed(random: &mut StdRng, tree: &Tree) -> Names {
    let nodes = tree.trashed_nodes();
    let suitable: Vec<&Names> = nodes.keys().collect();
    let path = match random.random_range(0..20) {
        0 => Names::new(),
        1 => anywhere(random),
        _ if suitable.is_empty() => Names::new(),
        _ => pick(random, &suitable).clone(),
    };
    [vec![TRASH.to_owned()], path].concat()
}

/// Mostly a name, taken or not, in a folder that is there.
fn place(random: &mut StdRng, tree: &Tree) -> Names {
    match random.random_range(0..60) {
        0..6 => anywhere(random),
        6..12 => nodes(random, tree, |_| true),
        _ => [nodes(random, tree, Node::is_folder), vec![pick(random, &NAMES).to_owned()]].concat(),
    }
}

fn anywhere(random: &mut StdRng) -> Names {
    let depth = random.random_range(0..=4);
    (0..depth).map(|_| pick(random, &NAMES).to_owned()).collect()
}

fn nodes(random: &mut StdRng, tree: &Tree, suits: impl Fn(&Node) -> bool) -> Names {
    let nodes = tree.nodes();
    let suitable: Vec<&Names> = nodes.iter().filter(|(_, node)| suits(node)).map(|(path, _)| path).collect();
    pick(random, &suitable).clone()
}

pub fn property_changes(random: &mut StdRng) -> Vec<PropertyChange> {
    let count = random.random_range(0..4);
    let change = |random: &mut StdRng| {
        let (namespace, local) = (pick(random, &["", "urn:x"]), pick(random, &["color", "rating"]));
        let name = PropertyName::new(namespace, local);
        match random.random_bool(0.7) {
            true => {
                let value = random.random_range(0..10);
                let xml = format!("<{local} xmlns=\"{namespace}\">{value}</{local}>");
                PropertyChange::Set(DeadProperty { name, xml })
            }
            false => PropertyChange::Remove(name),
        }
    };
    (0..count).map(|_| change(random)).collect()
}

/// Few enough that some are set which the node has already.
pub fn times(random: &mut StdRng) -> NodeTimes {
    let time = |random: &mut StdRng| {
        random.random_bool(0.4).then(|| Timestamp::from_millis(random.random_range(-1..2) * 1_000_000_000))
    };
    NodeTimes { created_at: time(random), modified_at: time(random) }
}

/// Tight more often than not, and now and then less than what is there.
pub fn quota_bytes(random: &mut StdRng, tree: &Tree) -> Option<u64> {
    let used_bytes = tree.used_bytes();
    match random.random_range(0..6) {
        0 => None,
        5 => Some(used_bytes + 150_000),
        1 => Some(used_bytes / 2),
        2 => Some(used_bytes + 61),
        _ => Some(used_bytes + 12_000),
    }
}

pub fn pick<T: Copy>(random: &mut StdRng, from: &[T]) -> T {
    from[random.random_range(0..from.len())]
}
