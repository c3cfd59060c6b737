//! The trash, as it should be: entries side by side, each under a name of its own, and what went along with them.

use std::collections::{BTreeMap, HashMap};

use domain::Timestamp;

use super::companions;
use super::node::Node;
use super::tree::{Names, Outcome, Refused, Tree};

/// The first name of a path into the trash.
pub const TRASH: &str = ".Trash";

const DAY_MILLIS: i64 = 24 * 60 * 60 * 1000;

/// Something in the trash, with all that is below it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Trashed {
    pub node: Node,
    /// The folder it was in, and what it was called there.
    pub parent: u64,
    pub name: String,
    pub at: Timestamp,
    pub way: Way,
}

/// How something is in the trash.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Way {
    /// As an entry, under this name.
    Entry(String),
    /// Along with this node, with which it comes back.
    Along(u64),
}

impl Trashed {
    /// The name it has in the trash, if it is an entry.
    pub fn entry(&self) -> Option<&str> {
        match &self.way {
            Way::Entry(name) => Some(name),
            Way::Along(_) => None,
        }
    }
}

impl Tree {
    /// Puts what is at a path into the trash, with an owner or as an entry. A system file is gone for good, unless it goes
    /// along with its owner.
    pub fn trash(&mut self, path: &[String], owner: Option<u64>, is_event: bool, now: Timestamp) {
        let (name, above) = path.split_last().unwrap();
        let parent = self.look(above).unwrap().identity;
        let mut node = self.take(path, is_event);
        if node.is_system() && owner.is_none() {
            return;
        }
        node.change = self.changes;
        node.revise_trashed(self.changes, now);
        let way = match owner {
            Some(owner) => Way::Along(owner),
            None => Way::Entry(self.entry_name(name, node.identity, now)),
        };
        self.trash.push(Trashed { node, parent, name: name.clone(), at: now, way });
    }

    /// Its own name if no entry has that, else with the day, else with its number too.
    fn entry_name(&self, name: &str, identity: u64, now: Timestamp) -> String {
        let is_free = |name: &String| self.trash.iter().all(|other| other.entry() != Some(name));
        let day = format!("{name} {}", date(now));
        let numbered = format!("{day} (#{identity})");
        [name.to_owned(), day].into_iter().find(is_free).unwrap_or(numbered)
    }

    pub fn entries(&self) -> impl Iterator<Item = (&str, &Trashed)> {
        self.trash.iter().filter_map(|trashed| Some((trashed.entry()?, trashed)))
    }

    /// Everything that can be seen in the trash, with its path in it.
    pub fn trashed_nodes(&self) -> BTreeMap<Names, &Node> {
        let mut nodes = BTreeMap::new();
        for (name, entry) in self.entries() {
            entry.node.collect(vec![name.to_owned()], &mut nodes);
        }
        nodes
    }

    /// Where an entry was, by the names that the folders above it have now.
    pub fn origin(&self, entry: &Trashed) -> Names {
        let places = self.places();
        let (mut path, mut parent) = (vec![entry.name.clone()], entry.parent);
        while let Some((name, above)) = places.get(&parent) {
            path.push(name.clone());
            parent = *above;
        }
        path.reverse();
        path
    }

    /// The place that an entry goes back to, if its folder is there and its name is free in it.
    pub fn way_back(&self, entry: &Trashed) -> Option<Names> {
        let origin = self.origin(entry);
        let folder = self.find(&origin[..origin.len() - 1])?;
        (folder.identity == entry.parent && self.find(&origin).is_none()).then_some(origin)
    }

    /// The name and the folder of every folder, those that were purged too.
    fn places(&self) -> HashMap<u64, (String, u64)> {
        fn collect(node: &Node, places: &mut HashMap<u64, (String, u64)>) {
            for (name, member) in node.members().into_iter().flatten() {
                places.insert(member.identity, (name.clone(), node.identity));
                collect(member, places);
            }
        }
        let mut places: HashMap<u64, (String, u64)> = self.ghosts.clone().into_iter().collect();
        collect(&self.root, &mut places);
        for trashed in &self.trash {
            places.insert(trashed.node.identity, (trashed.name.clone(), trashed.parent));
            collect(&trashed.node, &mut places);
        }
        places
    }

    /// What went into the trash with a node and comes back with it.
    pub fn along(&self, owner: u64) -> Option<&Trashed> {
        let with = |trashed: &&Trashed| trashed.way == Way::Along(owner);
        self.trash.iter().filter(with).max_by_key(|trashed| (trashed.at, trashed.node.identity))
    }

    /// Takes something out of the trash for good, with its companion if it lies in a folder there.
    pub fn purge(&mut self, path: &[String]) -> Outcome {
        let node = self.look(path).ok_or(Refused::NotFound)?;
        if node.identity == 0 {
            return Err(Refused::Forbidden);
        }
        self.changes += 1;
        let beside = companions::place_of(path).filter(|_| path.len() > 2);
        let beside = beside.filter(|place| self.look(place).is_some_and(|node| !node.is_folder()));
        for path in [Some(path.to_vec()), beside].into_iter().flatten() {
            let (name, above) = path.split_last().unwrap();
            let entry = self.entries().find(|(entry, _)| path.len() == 2 && entry == name);
            let place = match entry {
                Some((_, entry)) => (entry.name.clone(), entry.parent),
                None => (name.clone(), self.look(above).unwrap().identity),
            };
            let node = self.take(&path, false);
            self.bury(&node, place);
        }
        Ok(None)
    }

    /// Forgets a node and what is below it, with what went into the trash along with any of that; but not what was
    /// removed from below it before.
    fn bury(&mut self, node: &Node, place: (String, u64)) {
        let (gone, left) = std::mem::take(&mut self.trash)
            .into_iter()
            .partition(|trashed| trashed.way == Way::Along(node.identity));
        self.trash = left;
        for trashed in Vec::<Trashed>::into_iter(gone) {
            self.bury(&trashed.node, (trashed.name, trashed.parent));
        }
        for (name, member) in node.members().into_iter().flatten() {
            self.bury(member, (name.clone(), node.identity));
        }
        if node.is_folder() {
            self.ghosts.insert(node.identity, place);
        }
    }

    /// Purges the entries that were removed so many days ago or earlier; each of the two steps of that is a change.
    pub fn expire(&mut self, days: i64, now: Timestamp) {
        let before = now.millis() - days * DAY_MILLIS;
        let is_old = |trashed: &Trashed| trashed.entry().is_some() && trashed.at.millis() <= before;
        let (old, left): (Vec<_>, Vec<_>) = std::mem::take(&mut self.trash).into_iter().partition(is_old);
        self.trash = left;
        self.changes += if old.is_empty() { 0 } else { 2 };
        for trashed in old {
            self.bury(&trashed.node, (trashed.name, trashed.parent));
        }
    }
}

/// The day in UTC, by the rules of the calendar.
pub fn date(now: Timestamp) -> String {
    let (mut year, mut day) = (1970, now.millis().div_euclid(DAY_MILLIS));
    let is_leap = |year: i64| year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    while day >= 365 + i64::from(is_leap(year)) {
        day -= 365 + i64::from(is_leap(year));
        year += 1;
    }
    let february = 28 + i64::from(is_leap(year));
    let mut month = 1;
    for days in [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] {
        if day < days {
            break;
        }
        day -= days;
        month += 1;
    }
    format!("{year:04}-{month:02}-{:02}", day + 1)
}
