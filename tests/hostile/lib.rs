//! Attacks whatever reads what the network sends: thousands of inputs, and what must hold of each.
//!
//! A [`Target`] is one reader. Its inputs are made by a grammar, so that they get past the first bytes, or are
//! known trouble from [`seeds`]; most of both are damaged before they are sent.

mod damage;
pub mod seeds;
pub mod text;

use std::cell::Cell;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

pub use proptest;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};

/// Asks for this many inputs for each target instead of [`CASES`], from another beginning each time.
const ASKED_CASES: &str = "FUZZ_CASES";

/// Enough to meet every branch, and a second or so for each target in a debug build.
const CASES: u32 = 1500;

/// One in so many inputs must be accepted, or else the grammar makes nothing but rubbish and shows nothing.
const ACCEPTED_ONE_IN: u64 = 20;

/// Longer ones are tried as they are, but not damaged: each would take as long as a hundred others.
const DAMAGED_BYTES_MAX: usize = 16 * 1024;

/// A reader under attack.
pub struct Target<T> {
    /// Input as a client could have sent it.
    pub grammar: BoxedStrategy<Vec<u8>>,
    /// Input that is known to be trouble.
    pub seeds: Vec<Vec<u8>>,
    /// What the reader may hold at one time.
    pub memory: Memory,
    /// Reads an input; none if it is refused.
    pub read: fn(&[u8]) -> Option<T>,
    /// Asserts what must hold of an input that was accepted, and of what was read.
    pub holds: fn(&[u8], T),
}

/// How many bytes a reader may have allocated at one time.
#[derive(Debug, Clone, Copy)]
pub struct Memory {
    /// For each byte of the input,
    pub times: usize,
    /// and for any input at all.
    pub plus: usize,
}

/// An input that shows itself as a Rust literal, to be kept as a seed.
#[derive(Clone)]
struct Input(Vec<u8>);

impl fmt::Debug for Input {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "b\"{}\"", self.0.escape_ascii())
    }
}

impl<T> Target<T> {
    /// Sends everything.
    ///
    /// # Panics
    /// With the smallest input found that breaks the reader.
    #[track_caller]
    pub fn attack(self) {
        let asked = std::env::var(ASKED_CASES).ok();
        let cases = asked.as_ref().map_or(CASES, |text| text.parse().unwrap_or(CASES));
        // Failures are kept as seeds, where people see them, not in files of the library's own.
        let config = Config { cases, failure_persistence: None, ..Config::default() };
        let mut runner = match asked {
            Some(_) => TestRunner::new(config),
            // The same every time: a change is blamed only for what it breaks.
            None => TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha)),
        };
        let (tried, accepted) = (Cell::new(0), Cell::new(0));
        let attempt = |Input(bytes): Input| {
            tried.set(tried.get() + 1);
            accepted.set(accepted.get() + u64::from(self.withstands(&bytes)));
            Ok::<_, TestCaseError>(())
        };
        for seed in &self.seeds {
            let Ok(tree) = Just(Input(seed.clone())).new_tree(&mut runner) else { continue };
            report(runner.run_one(tree, attempt).map(drop));
        }
        report(runner.run(&self.inputs(), attempt));
        let (tried, accepted): (u64, u64) = (tried.get(), accepted.get());
        assert!(accepted * ACCEPTED_ONE_IN >= tried, "only {accepted} of {tried} inputs were accepted");
    }

    fn inputs(&self) -> impl Strategy<Value = Input> + use<T> {
        let small = self.seeds.iter().filter(|seed| seed.len() <= DAMAGED_BYTES_MAX).cloned();
        let small: Vec<_> = small.chain([Vec::new()]).collect();
        let whole = prop_oneof![3 => self.grammar.clone(), 1 => proptest::sample::select(small)];
        let damage = prop_oneof![1 => Just(Vec::new()), 2 => damage::several()];
        (whole, damage).prop_map(|(whole, damage)| Input(damage::apply(whole, &damage)))
    }

    /// Whether the input was accepted; panics if it broke something.
    fn withstands(&self, input: &[u8]) -> bool {
        let mut read = None;
        let attempt = || read = Some(catch_unwind(AssertUnwindSafe(|| (self.read)(input))));
        let peak = allocation_counter::measure(attempt).bytes_max;
        let read = match read {
            Some(Ok(read)) => read,
            Some(Err(panic)) => resume_unwind(panic),
            None => None,
        };
        let Memory { times, plus } = self.memory;
        let bytes_max = (times * input.len() + plus) as u64;
        assert!(peak <= bytes_max, "{} bytes made the reader take {peak}, over {bytes_max}", input.len());
        read.map(|read| (self.holds)(input, read)).is_some()
    }
}

#[track_caller]
fn report(outcome: Result<(), TestError<Input>>) {
    assert!(outcome.is_ok(), "{}", outcome.map_or_else(|error| error.to_string(), |()| String::new()));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(read: fn(&[u8]) -> Option<()>) -> Target<()> {
        let grammar = any::<Vec<u8>>().boxed();
        Target {
            grammar,
            seeds: vec![b"seed".to_vec()],
            memory: Memory { times: 1, plus: 64 },
            read,
            holds: |_, ()| {},
        }
    }

    #[test]
    fn a_reader_that_only_reads_withstands() {
        target(|_| Some(())).attack();
    }

    #[test]
    #[should_panic(expected = "minimal failing input: b\"")]
    fn a_reader_that_falls_over_is_shown_the_smallest_input_that_did_it() {
        target(|input| {
            assert!(!input.contains(&b'%'));
            Some(())
        })
        .attack();
    }

    #[test]
    #[should_panic(expected = "bytes made the reader take")]
    fn a_reader_that_takes_memory_without_measure_is_found() {
        target(|input| (vec![0; 100 * input.len()].len() < usize::MAX).then_some(())).attack();
    }

    #[test]
    #[should_panic(expected = "inputs were accepted")]
    fn a_grammar_that_makes_only_rubbish_is_found() {
        target(|_| None).attack();
    }
}
