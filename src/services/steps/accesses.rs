//! What was read, and what was refused: kept in memory for a moment, so that reading waits for no write.

use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::audit::Deed;
use domain::{Action, Timestamp};

/// How many wait at most; some 10 MB, and what ten seconds of a busy server bring.
const WAITING_MAX: usize = 10_000;
/// For how long what comes again is the same access: players and file managers read a file in many parts.
const SAME_FOR: Duration = Duration::from_secs(5 * 60);
/// How many are remembered for that.
const SEEN_MAX: usize = 20_000;

/// The accesses that have not been written down yet.
pub(crate) struct Accesses {
    is_on: bool,
    hasher: RandomState,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Deed>,
    seen: HashMap<u64, Timestamp>,
    lost: u64,
}

impl Accesses {
    /// Keeps them, or none.
    pub(crate) fn new(is_on: bool) -> Self {
        Self { is_on, hasher: RandomState::new(), state: Mutex::default() }
    }

    /// Keeps one, unless it is the same as another a few minutes ago, or too many wait.
    pub(crate) fn note(&self, deed: Deed) {
        if !self.is_on {
            return;
        }
        // Each guess counts; how many there can be is limited where passwords are judged.
        let repeats = deed.event.action != Action::LogInRefused;
        let key = self.key(&deed);
        let mut state = self.state();
        if repeats && state.seen.get(&key).is_some_and(|last| is_recent(*last, deed.at)) {
            return;
        }
        if state.waiting.len() >= WAITING_MAX {
            state.lost += 1;
            return;
        }
        if repeats {
            state.remember(key, deed.at);
        }
        state.waiting.push_back(deed);
    }

    /// Takes out the oldest, at most so many, and says how many were lost since the last time.
    pub(crate) fn take(&self, count_max: usize) -> (Vec<Deed>, u64) {
        let mut state = self.state();
        let count = count_max.min(state.waiting.len());
        (state.waiting.drain(..count).collect(), std::mem::take(&mut state.lost))
    }

    /// Puts back what could not be written.
    pub(crate) fn give_back(&self, deeds: Vec<Deed>) {
        let mut state = self.state();
        for deed in deeds.into_iter().rev() {
            state.waiting.push_front(deed);
        }
    }

    fn key(&self, deed: &Deed) -> u64 {
        let subject = &deed.event.subject;
        let what = (deed.event.action, deed.outcome, subject.kind, &subject.id, &subject.name);
        self.hasher.hash_one((&deed.actor, deed.door, deed.address, what))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // The lists are whole whoever panicked.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn remember(&mut self, key: u64, at: Timestamp) {
        if self.seen.len() >= SEEN_MAX {
            self.seen.retain(|_, last| is_recent(*last, at));
        }
        if self.seen.len() >= SEEN_MAX {
            self.seen.clear();
        }
        self.seen.insert(key, at);
    }
}

/// A clock that was put back makes nothing recent.
fn is_recent(last: Timestamp, now: Timestamp) -> bool {
    last <= now && last.until(now) < SAME_FOR
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use domain::audit::Actor;
    use domain::{Door, Event};

    use super::*;

    fn deed(second: u64, name: &str) -> Deed {
        let at = Timestamp::from_millis(0).after(Duration::from_secs(second));
        Deed {
            actor: Actor::Unknown,
            ..Deed::here(at, Door::WebDav, Event::new(Action::ReadFile, "file", name, name))
        }
    }

    #[test]
    fn a_file_that_is_read_in_many_parts_is_one_access_for_some_minutes() {
        let accesses = Accesses::new(true);
        for second in [0, 1, 299, 300, 301] {
            accesses.note(deed(second, "film"));
        }
        accesses.note(Deed { address: Some(IpAddr::from([192, 0, 2, 1])), ..deed(2, "film") });
        accesses.note(deed(2, "song"));
        let at: Vec<i64> = accesses.take(9).0.iter().map(|deed| deed.at.seconds()).collect();
        assert_eq!(at, [0, 300, 2, 2]);
    }

    #[test]
    fn every_wrong_password_counts() {
        let accesses = Accesses::new(true);
        let guess = Event::new(Action::LogInRefused, "user", "", "");
        for _ in 0..3 {
            accesses.note(Deed { event: guess.clone(), ..deed(0, "") }.refused());
        }
        assert_eq!(accesses.take(9).0.len(), 3);
    }

    #[test]
    fn too_many_are_lost_and_counted_and_what_could_not_be_written_waits_in_its_place() {
        let accesses = Accesses::new(true);
        for number in 0..WAITING_MAX + 3 {
            accesses.note(deed(0, &number.to_string()));
        }
        let (taken, lost) = accesses.take(2);
        assert_eq!((taken.len(), lost), (2, 3));
        accesses.give_back(taken.clone());
        let (again, lost) = accesses.take(usize::MAX);
        assert_eq!((&again[..2], again.len(), lost), (&taken[..], WAITING_MAX, 0));
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let accesses = Accesses::new(true);
        for number in 0..SEEN_MAX + 10 {
            accesses.note(deed(0, &number.to_string()));
            accesses.take(1);
        }
        assert!(accesses.state().seen.len() <= SEEN_MAX);
    }

    #[test]
    fn where_the_setting_says_so_nothing_is_kept() {
        let accesses = Accesses::new(false);
        accesses.note(deed(0, "film"));
        assert!(accesses.take(9).0.is_empty());
    }
}
