//! Compares everything with everything: the rows with each other, with the store, and with what is counted.

use blobs::Strangers;
use domain::{Result, Timestamp};
use metadata::rules::{self, Offender, Rule};
use metadata::{Db, places, spaces};

use super::comparison;
use crate::Backends;

/// So many examples show what is wrong, and still fit on a screen.
pub(super) const EXAMPLES_MAX: usize = 5;

/// What a check has found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Check {
    /// What is not as it must be; nothing else is in here.
    pub found: Vec<Found>,
    /// The same in numbers.
    pub numbers: Numbers,
    /// How many live blobs were compared with the store.
    pub blobs: u64,
    /// Blobs nothing refers to any more, whose bytes wait for the sweep.
    pub condemned: u64,
    /// Blobs that are registered and show nothing yet: uploads under way, and those that were given up.
    pub pending: u64,
    /// What lies in the store and is nothing of the house.
    pub strangers: Strangers,
}

/// What a graph of the house's health is made of; all of them are 0.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Numbers {
    /// Blobs in the store that the database does not know.
    pub orphaned: u64,
    /// Live blobs that are not in the store, or not with their size.
    pub missing: u64,
    /// Live blobs whose bytes are known to be others than they must be.
    pub damaged: u64,
    /// What the counters of the spaces differ by from what their rows add up to, in bytes.
    pub drift_bytes: u64,
    /// Rows that do not fit the others.
    pub broken_rows: u64,
}

/// One thing that is not as it must be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// What it is about.
    pub aspect: Aspect,
    /// How often it was found.
    pub count: u64,
    /// The first few, by path or key.
    pub examples: Vec<String>,
}

/// What a check looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Aspect {
    /// The file of the database itself.
    Database,
    /// What the rows say of each other.
    Rows(Rule),
    /// What the spaces count.
    Drift,
    /// Bytes in the store that nobody knows.
    Orphaned,
    /// Bytes that should be in the store.
    Missing,
    /// Bytes that are not what they were.
    Damaged,
}

/// How far a check has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// What it is at.
    pub doing: &'static str,
    /// How much of that is done.
    pub done: u64,
    /// How much there is, as far as that is known.
    pub total: u64,
}

/// Looks at all rows, as they are at one moment, and then at all blobs. It works beside a running server: what changes
/// meanwhile is looked at again before anything is said of it. Nothing is changed.
///
/// # Errors
/// Whatever the database and the store say.
pub async fn check(
    backends: &Backends,
    now: Timestamp,
    mut progress: impl FnMut(Progress) + Send,
) -> Result<Check> {
    let mut check = Check::default();
    check_rows(backends, &mut check, &mut progress).await?;
    comparison::compare(backends, now, &mut check, &mut progress).await?;
    Ok(check)
}

impl Check {
    /// Notes what was found, if it was.
    pub(super) fn note(&mut self, aspect: Aspect, count: u64, examples: Vec<String>) {
        if count > 0 {
            self.found.push(Found { aspect, count, examples });
        }
    }
}

async fn check_rows(
    backends: &Backends,
    check: &mut Check,
    progress: &mut (impl FnMut(Progress) + Send),
) -> Result<()> {
    let total = Rule::ALL.len() as u64 + 2;
    let mut done = 0;
    let mut step = || {
        progress(Progress { doing: "comparing rows", done, total });
        done += 1;
    };
    let view = backends.metadata.view().await?;
    for rule in Rule::ALL {
        step();
        let breaches = rules::breaches(&view, rule, EXAMPLES_MAX as u32).await?;
        let mut examples = Vec::new();
        for offender in breaches.examples {
            examples.push(named(&view, offender).await?);
        }
        check.numbers.broken_rows += breaches.count;
        check.note(Aspect::Rows(rule), breaches.count, examples);
    }
    step();
    check_counters(&view, check).await?;
    step();
    let broken = rules::integrity(&view, EXAMPLES_MAX as u32).await?;
    check.numbers.broken_rows += broken.len() as u64;
    check.note(Aspect::Database, broken.len() as u64, broken);
    Ok(())
}

async fn check_counters(db: &impl Db, check: &mut Check) -> Result<()> {
    let drifts = spaces::drifts(db).await?;
    let mut examples = Vec::new();
    for drift in &drifts {
        check.numbers.drift_bytes += drift.counted_bytes.abs_diff(drift.stored_bytes);
        if examples.len() < EXAMPLES_MAX {
            let owner = places::owner(db, drift.space).await?.unwrap_or_else(|| "nobody".to_owned());
            let (counted, stored) = (drift.counted_bytes, drift.stored_bytes);
            examples.push(format!("{owner}: {counted} bytes counted, {stored} stored"));
        }
    }
    check.note(Aspect::Drift, drifts.len() as u64, examples);
    Ok(())
}

async fn named(db: &impl Db, offender: Offender) -> Result<String> {
    Ok(match offender {
        Offender::Node(id) => match places::of_node(db, id).await? {
            Some(place) => format!("{place}, number {}", id.0),
            None => format!("number {}, which is not there", id.0),
        },
        Offender::Blob(id) => id.key(),
        Offender::Space(id) => {
            let owner = places::owner(db, id).await?.unwrap_or_else(|| "nobody".to_owned());
            format!("the drive of {owner}, {}", id.0)
        }
    })
}
