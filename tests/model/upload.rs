//! An upload, as it should be, step by step: others may do something between any two of them.

use std::time::Duration;

use domain::Timestamp;
use services::files::Placed;

use super::companions;
use super::node::{Kind, Node};
use super::operation::{Ending, Text};
use super::tree::{Names, Outcome, Refused, Tree};

/// An upload under way.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Upload {
    path: Names,
    text: Text,
    ending: Ending,
    /// Whether it is kept in memory so far, because it may become a system file.
    in_memory: bool,
    /// Whether there was a limit when it began, so that room is set aside for it.
    is_limited: bool,
    came_bytes: u64,
    stored_bytes: u64,
    reserved_bytes: u64,
    /// What becomes of it, once that is certain; the steps that are left do nothing then.
    outcome: Option<Outcome>,
}

/// What happens to an upload at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// It is judged by what it is said to be, as things stand.
    Judge(Names, Text, Ending),
    /// Room is set aside for the length that was declared.
    SetAside,
    /// A piece comes, and what was in memory has to go into the store if it is too much now.
    Receive(usize),
    /// The piece goes into the store, if anything of it does.
    Store(usize),
    /// It is shown as a system file, if it is one.
    ShowInMemory,
    /// It is shown as an ordinary file.
    ShowInStore,
    /// The caller has gone away.
    BreakOff,
    /// What was refused, or was not needed after all, does not hold any room.
    GiveBack,
}

/// What an upload sets aside at once beyond what it needs, so that it need not ask with every piece.
const AHEAD_BYTES: u64 = 1 << 20;

impl Tree {
    /// The whole of it, with nobody else there.
    pub fn upload(&mut self, path: &[String], text: Text, ending: Ending, now: Timestamp) -> Outcome {
        let begin = [Step::Judge(path.to_vec(), text, ending), Step::SetAside];
        let pieces = [0, 1].into_iter().flat_map(|piece| [Step::Receive(piece), Step::Store(piece)]);
        let end = match ending {
            Ending::BrokenOff => vec![Step::BreakOff],
            _ => vec![Step::ShowInMemory, Step::ShowInStore],
        };
        for step in begin.into_iter().chain(pieces).chain(end).chain([Step::GiveBack]) {
            self.step(0, &step, now);
        }
        self.settle_upload(0).unwrap()
    }

    /// Lets one step of an upload happen.
    pub fn step(&mut self, number: u64, step: &Step, now: Timestamp) {
        if let Step::Judge(path, text, ending) = step {
            let upload = self.judge_upload(path, *text, *ending);
            self.uploads.insert(number, upload);
            return;
        }
        let Some(mut upload) = self.uploads.remove(&number) else { return };
        if upload.outcome.is_some() && *step == Step::GiveBack {
            upload.reserved_bytes = 0;
        } else if upload.outcome.is_none() {
            upload.outcome = self
                .go_on(&mut upload, step, now)
                .map_or_else(|refused| Some(Err(refused)), |shown| shown.map(|placed| Ok(Some(placed))));
        }
        self.uploads.insert(number, upload);
    }

    /// What has become of an upload, if that is certain; then it is over.
    pub fn settle_upload(&mut self, number: u64) -> Option<Outcome> {
        let outcome = self.uploads.get(&number)?.outcome?;
        self.uploads.remove(&number);
        Some(outcome)
    }

    /// What is set aside for uploads under way.
    pub fn reserved_bytes(&self) -> u64 {
        self.uploads.values().map(|upload| upload.reserved_bytes).sum()
    }

    fn judge_upload(&self, path: &[String], text: Text, ending: Ending) -> Upload {
        let declared = ending.declared_bytes(text).unwrap_or(0);
        let in_memory = companions::may_be_system(path, self.find(path)) && declared <= companions::BYTES_MAX;
        let needed = if in_memory { 0 } else { declared };
        let judged = self.admit(path).and_then(|()| self.has_room(needed));
        Upload {
            path: path.to_vec(),
            text,
            ending,
            in_memory,
            is_limited: self.limit_bytes.is_some(),
            came_bytes: 0,
            stored_bytes: 0,
            reserved_bytes: 0,
            outcome: judged.err().map(Err),
        }
    }

    /// Says so when the file is shown.
    fn go_on(&mut self, upload: &mut Upload, step: &Step, now: Timestamp) -> Result<Option<Placed>, Refused> {
        let declared = upload.ending.declared_bytes(upload.text);
        match step {
            Step::SetAside if !upload.in_memory => {
                let bytes = declared.unwrap_or(0);
                self.set_aside(upload, bytes, bytes)?;
            }
            Step::Receive(piece) => {
                let before = std::mem::replace(&mut upload.came_bytes, upload.text.pieces()[*piece]);
                if declared.is_some_and(|declared| upload.came_bytes > declared) {
                    return Err(Refused::Invalid);
                }
                if upload.in_memory && upload.came_bytes > companions::BYTES_MAX {
                    upload.in_memory = false;
                    self.store(upload, before)?;
                }
            }
            Step::Store(_) if !upload.in_memory => self.store(upload, upload.came_bytes)?,
            Step::ShowInMemory if declared.is_some_and(|declared| declared != upload.came_bytes) => {
                return Err(Refused::Invalid);
            }
            Step::ShowInMemory if upload.in_memory => {
                self.admit(&upload.path)?;
                if companions::may_be_system(&upload.path, self.find(&upload.path)) {
                    return Ok(Some(self.show(upload, true, now)));
                }
                // Somebody has put an ordinary file there meanwhile.
                upload.in_memory = false;
            }
            Step::ShowInStore => {
                self.admit(&upload.path)?;
                let bytes = upload.text.bytes_count();
                if !self.holds(&upload.path, upload.text) && bytes > upload.reserved_bytes {
                    self.has_room(bytes)?;
                }
                return Ok(Some(self.show(upload, false, now)));
            }
            Step::BreakOff => {
                upload.reserved_bytes = 0;
                return Err(Refused::BrokenOff);
            }
            _ => {}
        }
        Ok(None)
    }

    /// So many bytes in all are to be in the store.
    fn store(&self, upload: &mut Upload, bytes: u64) -> Result<(), Refused> {
        upload.stored_bytes = bytes;
        let needed = bytes.saturating_sub(upload.reserved_bytes);
        let wanted = needed.max(upload.reserved_bytes).max(AHEAD_BYTES);
        self.set_aside(upload, needed, wanted)
    }

    /// Sets aside what is needed, or more if more than twice as much is left: others want to begin as well.
    fn set_aside(&self, upload: &mut Upload, needed: u64, wanted: u64) -> Result<(), Refused> {
        if !upload.is_limited || needed == 0 {
            return Ok(());
        }
        let reserved = self.reserved_bytes() + upload.reserved_bytes;
        let taken = self.used_bytes() + reserved;
        let left = self.limit_bytes.map_or(u64::MAX, |limit| limit.saturating_sub(taken));
        if needed > left {
            return Err(Refused::QuotaExceeded);
        }
        upload.reserved_bytes += if wanted > needed { wanted.min(left / 2).max(needed) } else { needed };
        Ok(())
    }

    /// Shows the file; what was set aside for it is used now.
    fn show(&mut self, upload: &mut Upload, is_system: bool, now: Timestamp) -> Placed {
        let Upload { path, text, .. } = upload;
        let is_same = self.holds(path, *text);
        self.changes += u64::from(!is_system);
        let kind = match is_system {
            true => Kind::System(*text),
            false => Kind::File(self.stored(*text, now)),
        };
        let Some(old) = self.find(path) else {
            let file = self.made(kind, now);
            self.place(path, file, !is_system);
            upload.reserved_bytes = 0;
            return Placed::Created;
        };
        let modified_at = next_moment(old.modified_at, now);
        let mut file = self.take(path, !is_system);
        let amends = file.is_placeholder(now);
        file.modified_at = modified_at;
        // What a file holds already is not kept again, and what was set aside is given back in a moment.
        if !is_same {
            (file.kind, upload.reserved_bytes) = (kind, 0);
        }
        file.revise(self.changes, now, amends);
        self.place(path, file, !is_system);
        Placed::Replaced
    }

    /// Whether this is what an ordinary file holds.
    fn holds(&self, path: &[String], text: Text) -> bool {
        let file: Option<&Node> = self.find(path).filter(|node| !node.is_system());
        file.is_some_and(|file| file.text() == Some(text))
    }

    /// Whether a file may be written there.
    fn admit(&self, path: &[String]) -> Result<(), Refused> {
        match self.find(path) {
            Some(node) if node.is_folder() => Err(Refused::Exists),
            _ => self.has_parent(path),
        }
    }
}

/// The moment of new content. A change within a second counts as of the next one, for clients that ask by date, unless
/// the date is so far ahead that somebody must have set it.
pub fn next_moment(last: Timestamp, now: Timestamp) -> Timestamp {
    let next_second = Timestamp::from_millis((last.seconds() + 1) * 1000);
    let is_set = now.until(next_second) > Duration::from_secs(60);
    if is_set { now } else { now.max(next_second) }
}
