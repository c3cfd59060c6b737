//! Goes through the database and each store side by side, both in the order of ids, so that neither has to fit into memory.

use std::collections::VecDeque;
use std::time::Duration;

use blobs::{Store, StoredBlob};
use domain::{BlobId, Result, StoreKind, Timestamp};
use metadata::blobs::{self as rows, Registered, State};
use metadata::places;

use super::PAGE;
use super::check::{Aspect, Check, EXAMPLES_MAX, Progress};
use crate::Backends;

/// Whether the store works is tried with a few bytes that nobody registers and that are gone in a moment.
const PROBE_MAX: Duration = Duration::from_secs(60);

/// Compares every live blob with its store and everything in the stores with the database.
pub(super) async fn compare(
    backends: &Backends,
    now: Timestamp,
    check: &mut Check,
    progress: &mut (impl FnMut(Progress) + Send),
) -> Result<()> {
    let (mut orphaned, mut lost, mut bad) = (Vec::new(), Vec::new(), Vec::new());
    for store in backends.blobs.stores() {
        let mut comparison = Comparison { backends, store, now, orphaned, lost, bad };
        comparison.run(check, progress).await?;
        Comparison { orphaned, lost, bad, .. } = comparison;
    }
    check.note(Aspect::Orphaned, check.numbers.orphaned, orphaned);
    check.note(Aspect::Missing, check.numbers.missing, lost);
    check.note(Aspect::Damaged, check.numbers.damaged, bad);
    Ok(())
}

struct Comparison<'a> {
    backends: &'a Backends,
    store: &'a Store,
    now: Timestamp,
    orphaned: Vec<String>,
    lost: Vec<String>,
    bad: Vec<String>,
}

impl Comparison<'_> {
    async fn run(&mut self, check: &mut Check, progress: &mut (impl FnMut(Progress) + Send)) -> Result<()> {
        let (mut known, mut stored) = (Known::default(), Stored::default());
        let mut done = 0;
        // For a bar that need not be exact.
        let total = rows::count(&self.backends.metadata).await?;
        loop {
            let row = known.peek(self.backends, self.store.kind()).await?;
            let bytes = stored.peek(self.store, check).await?;
            let id = match (row.map(|row| row.id), bytes.map(|bytes| bytes.id)) {
                (None, None) => return Ok(()),
                (Some(id), None) | (None, Some(id)) => id,
                (Some(one), Some(other)) => one.min(other),
            };
            let row = row.filter(|row| row.id == id);
            let bytes = bytes.filter(|bytes| bytes.id == id);
            if row.is_some() {
                known.page.pop_front();
            }
            if bytes.is_some() {
                stored.page.pop_front();
            }
            if done % u64::from(PAGE) == 0 {
                progress(Progress { doing: "comparing blobs", done, total });
            }
            done += u64::from(row.is_some());
            self.judge(check, row, bytes).await?;
        }
    }

    /// What is amiss with a blob, of which database and store said this a moment ago. Each was asked at a moment of its
    /// own, and uploads and sweeps go on: what looks amiss is looked at again.
    async fn judge(
        &mut self,
        check: &mut Check,
        row: Option<Registered>,
        bytes: Option<StoredBlob>,
    ) -> Result<()> {
        match row.map(|row| (row, row.state)) {
            Some((row, State::Live)) => {
                check.blobs += 1;
                let is_whole = |bytes: StoredBlob| bytes.size_bytes == row.size_bytes;
                if !bytes.is_some_and(is_whole) && self.is_missing(row.id).await? {
                    check.numbers.missing += 1;
                    self.name(row.id, |this| &mut this.lost).await?;
                } else if row.is_damaged {
                    check.numbers.damaged += 1;
                    self.name(row.id, |this| &mut this.bad).await?;
                }
            }
            Some((_, State::Condemned)) => check.condemned += 1,
            Some((_, State::Pending)) => check.pending += 1,
            None => {
                if let Some(bytes) = bytes
                    && self.is_orphaned(bytes).await?
                {
                    check.numbers.orphaned += 1;
                    if self.orphaned.len() < EXAMPLES_MAX {
                        self.orphaned.push(format!("{}, {} bytes", bytes.id.key(), bytes.size_bytes));
                    }
                }
            }
        }
        Ok(())
    }

    /// The row is asked for after the bytes: once live, a blob never comes back from being anything else, so if it is live
    /// now its bytes had to be there.
    async fn is_missing(&self, id: BlobId) -> Result<bool> {
        let bytes = self.store.find(id).await?;
        let row = rows::find(&self.backends.metadata, id).await?.filter(|row| row.store == self.store.kind());
        Ok(row.is_some_and(|row| {
            row.state == State::Live && bytes.is_none_or(|bytes| bytes.size_bytes != row.size_bytes)
        }))
    }

    /// The row comes before the first byte and goes after the last: bytes that are there before and after it was asked
    /// for in vain have none.
    async fn is_orphaned(&self, bytes: StoredBlob) -> Result<bool> {
        if bytes.modified_at.until(self.now) < PROBE_MAX {
            return Ok(false);
        }
        // What was moved to another store is known; the sweep removes it here after the grace.
        let is_known = rows::find(&self.backends.metadata, bytes.id).await?.is_some();
        Ok(!is_known && self.store.find(bytes.id).await?.is_some())
    }

    /// Names the files that show a blob.
    async fn name(&mut self, id: BlobId, list: impl Fn(&mut Self) -> &mut Vec<String>) -> Result<()> {
        if list(self).len() < EXAMPLES_MAX {
            let example = shown_by(self.backends, id).await?;
            list(self).push(example);
        }
        Ok(())
    }
}

/// The files that show a blob, and its key.
pub(super) async fn shown_by(backends: &Backends, id: BlobId) -> Result<String> {
    let places = places::of_blob(&backends.metadata, id, EXAMPLES_MAX as u32).await?;
    let places: Vec<String> = places.iter().map(ToString::to_string).collect();
    Ok(format!("{}: {}", places.join(" and "), id.key()))
}

/// What the database knows, page by page.
#[derive(Default)]
struct Known {
    page: VecDeque<Registered>,
    last: Option<BlobId>,
    is_over: bool,
}

impl Known {
    async fn peek(&mut self, backends: &Backends, store: StoreKind) -> Result<Option<Registered>> {
        // Of a page perhaps nothing lies in this store.
        while self.page.is_empty() && !self.is_over {
            let mut page = rows::list(&backends.metadata, self.last, PAGE).await?;
            self.last = page.last().map(|row| row.id);
            self.is_over = self.last.is_none();
            // What lies in a store that is not configured cannot be compared with anything.
            page.iter().try_for_each(|row| backends.blobs.at(row.store).map(drop))?;
            page.retain(|row| row.store == store);
            self.page = page.into();
        }
        Ok(self.page.front().copied())
    }
}

/// What lies in a store, page by page.
#[derive(Default)]
struct Stored {
    page: VecDeque<StoredBlob>,
    last: Option<BlobId>,
    is_over: bool,
}

impl Stored {
    async fn peek(&mut self, store: &Store, check: &mut Check) -> Result<Option<StoredBlob>> {
        // A page may be empty though there are more.
        while self.page.is_empty() && !self.is_over {
            let listing = store.list(self.last, PAGE as usize).await?;
            check.strangers.add(listing.strangers);
            self.page = listing.blobs.into();
            self.last = listing.next;
            self.is_over = self.last.is_none();
        }
        Ok(self.page.front().copied())
    }
}
