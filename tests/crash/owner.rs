//! A client that has a folder for itself and knows exactly what must be in it.

use std::io;

use rand::RngExt;
use rand::rngs::StdRng;

use super::line::Line;
use super::operation::Operation;
use super::state::{LARGE, State, entry, trashed};

pub struct Owner {
    name: String,
    /// What was acknowledged.
    state: State,
    /// What there may be as well: a request was sent, and no answer came.
    doubtful: Option<(Operation, State)>,
    seeds: u64,
    /// Of so many of its files one is large; 0 for none.
    pub large_every: u32,
    pub acknowledged: u64,
    pub refused: u64,
    pub unanswered: u64,
}

/// From this many on, what is in the trash is purged.
const TRASH_FULL: usize = 8;

impl Owner {
    /// Somebody whose folder has been made.
    pub fn new(name: &str, number: u64) -> Self {
        let (name, state) = (name.to_owned(), State::new());
        let seeds = number << 40;
        Self {
            name,
            state,
            doubtful: None,
            seeds,
            large_every: 0,
            acknowledged: 0,
            refused: 0,
            unanswered: 0,
        }
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    /// One request after another, until there is no answer.
    pub fn work(&mut self, line: &Line, random: &mut StdRng) {
        while self.turn(line, random).is_ok() {}
    }

    /// One request; an error says that nobody knows what has become of it, until the next check.
    pub fn turn(&mut self, line: &Line, random: &mut StdRng) -> io::Result<()> {
        self.seeds += 1;
        let operation = match self.in_trash(line, random)? {
            Some(operation) => operation,
            None => self.outside(random),
        };
        let after = self.state.after(&operation);
        let expected = after.is_some();
        self.doubtful = Some((operation.clone(), after.unwrap_or_else(|| self.state.clone())));
        self.unanswered += 1;
        let status = operation.perform(line, &self.name)?;
        self.unanswered -= 1;
        let doubtful = self.doubtful.take();
        match status {
            200..300 => {
                assert!(expected, "{operation:?} was answered {status} on {:#?}", self.state);
                self.state = doubtful.map(|(_, after)| after).unwrap();
                self.acknowledged += 1;
            }
            _ => {
                assert!(
                    (400..500).contains(&status) && !expected,
                    "{operation:?}: {status} on {:#?}",
                    self.state
                );
                self.refused += 1;
            }
        }
        Ok(())
    }

    /// Mostly something that can be done.
    fn outside(&self, random: &mut StdRng) -> Operation {
        let is_large = self.large_every > 0 && random.random_ratio(1, self.large_every);
        let seed = if is_large { self.seeds | LARGE } else { self.seeds };
        loop {
            let operation = Operation::random(random, &self.name, seed);
            if self.state.after(&operation).is_some() || random.random_ratio(1, 8) {
                return operation;
            }
        }
    }

    /// Now and then something is done in the trash, and always when there is much in it.
    fn in_trash(&self, line: &Line, random: &mut StdRng) -> io::Result<Option<Operation>> {
        if self.state.trash.is_empty() || !(random.random_ratio(1, 6) || self.state.trash.len() > TRASH_FULL)
        {
            return Ok(None);
        }
        let names = trashed(line, &self.name)?;
        let name = names[random.random_range(0..names.len())].clone();
        let entry = entry(line, &self.name, "/.Trash", &name)?;
        Ok(Some(match self.state.trash.len() > TRASH_FULL {
            true => Operation::Purge { name, entry },
            false => Operation::in_trash(random, &self.name, name, entry),
        }))
    }

    /// Whatever is found is what is expected from now on.
    #[track_caller]
    pub fn check(&mut self, line: &Line) {
        self.try_check(line).unwrap();
    }

    /// The same, while it may be that the server does not answer.
    pub fn try_check(&mut self, line: &Line) -> io::Result<()> {
        let seen = State::see(line, &self.name)?;
        let doubtful = self.doubtful.take();
        let possible = seen == self.state || doubtful.as_ref().is_some_and(|(_, after)| seen == *after);
        assert!(
            possible,
            "there is {seen:#?}\nnot {:#?}\nand the last request was {doubtful:#?}",
            self.state
        );
        self.state = seen;
        Ok(())
    }
}
