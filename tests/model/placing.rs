//! What takes a place, and what leaves it: moving, copying and removing, as they should be.

use std::collections::BTreeMap;

use domain::Timestamp;
use services::files::Placed;

use super::companions;
use super::node::{Kind, Node};
use super::trash::TRASH;
use super::tree::{Names, Outcome, Refused, Tree, is_in_trash};

impl Tree {
    pub fn relocate(&mut self, from: &[String], to: &[String], overwrite: bool, now: Timestamp) -> Outcome {
        apart(from, to)?;
        outside(to)?;
        let source = self.look(from).ok_or(Refused::NotFound)?;
        if source.identity == 0 {
            return Err(Refused::Forbidden);
        }
        let to = &self.destination(from, to);
        let placed = self.may_place(to, overwrite)?;
        let promoted = source.text().filter(|_| source.is_system() && !companions::is_system(to));
        self.has_room(promoted.map_or(0, |text| text.bytes_count()))?;
        let is_event =
            !source.is_system() || promoted.is_some() || self.find(to).is_some_and(|old| !old.is_system());
        let owner = source.identity;
        self.changes += 1;
        let own = self.companion(from).filter(|own| own != to);
        let there = self.companion(to).filter(|there| there != from);
        let left = self.make_way(to, there, is_event, now);
        if let Some(own) = own {
            if let Some(left) = left {
                self.trash(&left, None, true, now);
            }
            // A name that a folder has is not free for it.
            match companions::place_of(to).filter(|place| self.find(place).is_none()) {
                Some(place) => self.carry(&own, &place, true, now),
                None => self.trash(&own, Some(owner), true, now),
            }
        } else {
            self.bring_along(owner, from, to, left, now);
        }
        if let Some(text) = promoted {
            let content = self.stored(text, now);
            self.reached(from, is_event).kind = Kind::File(content);
        }
        self.carry(from, to, is_event, now);
        Ok(Some(placed))
    }

    /// Where something really goes: an entry of the trash that is moved to the top of the drive under the name it has there
    /// goes back to where it was, if that can be.
    fn destination(&self, from: &[String], to: &[String]) -> Names {
        let entry = self.entries().find(|(name, _)| from == [TRASH, name] && to == [*name]);
        entry.and_then(|(_, entry)| self.way_back(entry)).unwrap_or_else(|| to.to_vec())
    }

    /// What went into the trash with something comes back with it, if there is room for its name.
    fn bring_along(
        &mut self,
        owner: u64,
        from: &[String],
        to: &[String],
        left: Option<Names>,
        now: Timestamp,
    ) {
        let is_beside = companions::place_of(from).is_some_and(|place| self.look(&place).is_some());
        if !is_in_trash(from) || from.len() > 2 && is_beside {
            return;
        }
        let Some(along) = self.along(owner).map(|along| along.node.identity) else { return };
        if let Some(left) = left {
            self.trash(&left, None, true, now);
        }
        let which = self.trash.iter().position(|trashed| trashed.node.identity == along).unwrap();
        match companions::place_of(to).filter(|place| self.find(place).is_none()) {
            Some(place) => {
                let mut node = self.trash.remove(which).node;
                node.change = self.changes;
                node.revise(self.changes, now, false);
                self.place(&place, node, true);
            }
            None => {
                let change = self.changes;
                let trashed = &mut self.trash[which];
                (trashed.at, trashed.node.change) = (now, change);
                trashed.node.revise_trashed(change, now);
            }
        }
    }

    fn carry(&mut self, from: &[String], to: &[String], is_event: bool, now: Timestamp) {
        let mut node = self.take(from, is_event);
        node.change = self.changes;
        node.revise(self.changes, now, false);
        self.place(to, node, is_event);
    }

    /// Takes away what is there, with its companion; what is left of that stands in the way of another.
    fn make_way(
        &mut self,
        path: &[String],
        companion: Option<Names>,
        is_event: bool,
        now: Timestamp,
    ) -> Option<Names> {
        let Some(node) = self.find(path) else { return companion };
        let (identity, is_placeholder) = (node.identity, node.is_placeholder(now));
        let stays = node.is_system() || is_placeholder;
        match is_placeholder {
            // Nobody wants it back.
            true => drop(self.take(path, is_event)),
            false => self.trash(path, None, is_event, now),
        }
        if stays {
            return companion;
        }
        companion.iter().for_each(|companion| self.trash(companion, Some(identity), true, now));
        None
    }

    pub fn copy(
        &mut self,
        from: &[String],
        to: &[String],
        overwrite: bool,
        deep: bool,
        now: Timestamp,
    ) -> Outcome {
        apart(from, to)?;
        outside(to)?;
        let source = self.look(from).ok_or(Refused::NotFound)?;
        if is_in_trash(from) && source.identity == 0 {
            return Err(Refused::Forbidden);
        }
        let placed = self.may_place(to, overwrite)?;
        let promoted = source.text().filter(|_| source.is_system() && !companions::is_system(to));
        self.has_room(promoted.map_or(source.weight(deep), |text| text.bytes_count()))?;
        let source = source.clone();
        let is_event =
            !source.is_system() || promoted.is_some() || self.find(to).is_some_and(|old| !old.is_system());
        self.changes += 1;
        let there = self.companion(to).filter(|there| there != from);
        self.make_way(to, there, is_event, now);
        let mut copy = self.copied(&source, deep, now);
        if let Some(text) = promoted {
            copy.kind = Kind::File(self.stored(text, now));
            copy.revise(self.changes, now, false);
        }
        self.place(to, copy, is_event);
        Ok(Some(placed))
    }

    pub fn remove(&mut self, path: &[String], now: Timestamp) -> Outcome {
        if path.is_empty() {
            return Err(Refused::Forbidden);
        }
        let is_event = !self.find(path).ok_or(Refused::NotFound)?.is_system();
        self.changes += 1;
        let companion = self.companion(path);
        self.make_way(path, companion, is_event, now);
        Ok(None)
    }

    /// Where the companion of what is, or would be, at a path is, if it has one.
    fn companion(&self, path: &[String]) -> Option<Names> {
        let place = companions::place_of(path).filter(|_| !is_in_trash(path) || path.len() > 2)?;
        self.look(&place).is_some_and(|node| !node.is_folder()).then_some(place)
    }

    fn may_place(&self, to: &[String], overwrite: bool) -> Result<Placed, Refused> {
        self.has_parent(to)?;
        match self.find(to) {
            None => Ok(Placed::Created),
            Some(_) if overwrite => Ok(Placed::Replaced),
            Some(_) => Err(Refused::Stale),
        }
    }

    /// A copy keeps the moment of the content and the properties, and is new in everything else.
    fn copied(&mut self, source: &Node, deep: bool, now: Timestamp) -> Node {
        let kind = match &source.kind {
            Kind::Folder(members) if deep => Kind::Folder(
                members.iter().map(|(name, node)| (name.clone(), self.copied(node, true, now))).collect(),
            ),
            Kind::Folder(_) => Kind::Folder(BTreeMap::new()),
            held => held.clone(),
        };
        let (modified_at, properties) = (source.modified_at, source.properties.clone());
        Node { modified_at, properties, ..self.made(kind, now) }
    }
}

fn apart(from: &[String], to: &[String]) -> Result<(), Refused> {
    match from.starts_with(to) || to.starts_with(from) {
        true => Err(Refused::Forbidden),
        false => Ok(()),
    }
}

/// Nothing goes into the trash but by being removed.
fn outside(to: &[String]) -> Result<(), Refused> {
    match is_in_trash(to) {
        true => Err(Refused::Forbidden),
        false => Ok(()),
    }
}
