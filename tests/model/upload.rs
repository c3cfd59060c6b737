//! An upload, as it should be: it begins, its bytes come in two pieces, and it ends; others may do something in between.

use std::time::Duration;

use domain::Timestamp;
use services::files::Placed;

use super::companions;
use super::node::Kind;
use super::operation::{Ending, Text};
use super::tree::{Names, Outcome, Refused, Tree};

/// An upload that was let in.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Opened {
    path: Names,
    declared_bytes: Option<u64>,
    /// Whether it goes into memory, because it may become a system file.
    in_memory: bool,
    /// What there was room for when it began.
    room_bytes: Option<u64>,
}

impl Opened {
    /// What is said once so many bytes have come.
    fn take(&self, bytes: u64) -> Result<(), Refused> {
        let too_many = |room| bytes > 0 && bytes > room && !self.keeps_in_memory(bytes);
        if self.room_bytes.is_some_and(too_many) {
            return Err(Refused::QuotaExceeded);
        }
        match self.declared_bytes {
            Some(declared) if bytes > declared => Err(Refused::Invalid),
            _ => Ok(()),
        }
    }

    fn keeps_in_memory(&self, bytes: u64) -> bool {
        self.in_memory && bytes <= companions::BYTES_MAX
    }
}

impl Tree {
    /// The whole of it, with nobody else there.
    pub fn upload(&mut self, path: &[String], text: Text, ending: Ending, now: Timestamp) -> Outcome {
        let opened = self.begin_upload(path, text, ending)?;
        self.end_upload(&opened, text, now)
    }

    /// Judges it by the path and by what it is said to be, and then by its bytes as they come; that needs no more
    /// than what was known at the beginning.
    pub fn begin_upload(&self, path: &[String], text: Text, ending: Ending) -> Result<Opened, Refused> {
        self.admit(path)?;
        let declared_bytes = ending.declared_bytes(text);
        let declared = declared_bytes.unwrap_or(0);
        let in_memory = companions::may_be_system(path, self.find(path)) && declared <= companions::BYTES_MAX;
        if !in_memory {
            self.has_room(declared)?;
        }
        let room_bytes = self.limit_bytes.map(|limit| limit.saturating_sub(self.used_bytes()));
        let opened = Opened { path: path.to_vec(), declared_bytes, in_memory, room_bytes };
        for piece in text.pieces() {
            opened.take(piece)?;
        }
        match ending {
            Ending::Declared | Ending::Undeclared => Ok(opened),
            Ending::Short | Ending::Long => Err(Refused::Invalid),
            Ending::BrokenOff => Err(Refused::BrokenOff),
        }
    }

    /// Shows the file, as things stand now.
    pub fn end_upload(&mut self, opened: &Opened, text: Text, now: Timestamp) -> Outcome {
        let path = &opened.path;
        let in_memory = opened.keeps_in_memory(text.bytes_count());
        if in_memory {
            self.admit(path)?;
        }
        let is_system = in_memory && companions::may_be_system(path, self.find(path));
        if !is_system {
            self.has_room(text.bytes_count())?;
        }
        self.admit(path)?;
        let old = self.find(path);
        let placed = if old.is_none() { Placed::Created } else { Placed::Replaced };
        // What a file holds already is not kept again.
        let same = old.filter(|node| !node.is_system() && node.text() == Some(text)).map(|node| &node.kind);
        let same = same.cloned();
        self.changes += u64::from(!is_system);
        let kind = match same {
            _ if is_system => Kind::System(text),
            Some(same) => same,
            None => Kind::File(self.stored(text)),
        };
        let file = match placed {
            Placed::Created => self.made(kind, now),
            Placed::Replaced => {
                let mut file = self.take(path, !is_system);
                let amends = file.is_placeholder(now);
                (file.kind, file.modified_at) = (kind, next_moment(file.modified_at, now));
                file.revise(self.changes, now, amends);
                file
            }
        };
        self.place(path, file, !is_system);
        Ok(Some(placed))
    }

    /// Whether a file may be written there.
    fn admit(&self, path: &[String]) -> Result<(), Refused> {
        match self.find(path) {
            Some(node) if node.is_folder() => Err(Refused::Exists),
            _ => self.has_parent(path),
        }
    }
}

/// The moment of new content. A change within a second counts as of the next one, for clients that ask by date, unless the
/// date is so far ahead that somebody must have set it.
fn next_moment(last: Timestamp, now: Timestamp) -> Timestamp {
    let next_second = Timestamp::from_millis((last.seconds() + 1) * 1000);
    let is_set = now.until(next_second) > Duration::from_secs(60);
    if is_set { now } else { now.max(next_second) }
}
