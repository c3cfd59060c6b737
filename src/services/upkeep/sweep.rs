//! Removing from the stores what nothing refers to: blobs that were condemned, uploads that were given up, and bytes that
//! the database does not know.

use std::sync::Arc;
use std::time::Duration;

use blobs::Store;
use domain::{BlobId, Error, Result, StoreKind, Timestamp};
use metadata::garbage::{self, Condemned};
use metadata::rules::{self, Rule};
use metadata::{again, holds};

use super::PAGE;
use crate::Backends;
use crate::steps::discard;

/// So many blobs are removed in one step, and their rows in one transaction.
const BATCH: usize = 200;

/// So many unknown blobs are remembered while the store is gone through. If there are more, the next sweep finds them.
const UNKNOWN_MAX: usize = 10_000;

/// Once all bytes of an upload are there, showing them takes a moment, however short the grace is set.
const ABANDONED_MIN: Duration = Duration::from_secs(3600);

/// A sweep through the whole store, step by step. It can be left after any step, and begun anew: whatever is done is
/// done, and nothing is half done.
pub struct Sweep {
    now: Timestamp,
    stage: Stage,
    swept: Swept,
    /// The first thing that could not be removed.
    failure: Option<Error>,
}

/// What a sweep has removed, and what it has left.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Swept {
    /// Blobs nothing referred to any more.
    pub condemned: u64,
    /// Uploads that were given up.
    pub abandoned: u64,
    /// Uploads in parts that were begun in a bucket and not ended, and are nobody's.
    pub unfinished: u64,
    /// Blobs in a store that the database did not know to be there.
    pub unknown: u64,
    /// Blobs that were moved to another store.
    pub moved: u64,
    /// Blobs the database does not know that were left, because they are too large a share of the store.
    pub refused: u64,
}

enum Stage {
    Unreferenced,
    Condemned(Option<Condemned>),
    Abandoned,
    Unfinished,
    Searching(Search),
    Unknown(Unknown),
    Over,
}

/// What going through a store has shown so far.
struct Search {
    store: StoreKind,
    after: Option<BlobId>,
    total: u64,
    unknown: u64,
    first: Vec<BlobId>,
}

/// What a store has that the database does not know to be there.
struct Unknown {
    store: StoreKind,
    rest: Vec<BlobId>,
}

impl Sweep {
    /// Begins a sweep. What has been garbage for longer than the grace, as of this moment, is removed.
    pub fn begin(now: Timestamp) -> Self {
        Self { now, stage: Stage::Unreferenced, swept: Swept::default(), failure: None }
    }

    /// What has been done so far.
    pub fn swept(&self) -> Swept {
        self.swept
    }

    /// Does a part of the work and says whether there is more.
    ///
    /// # Errors
    /// Whatever the database and the store say. What could not be removed is said at the end, after everything else was
    /// tried.
    pub async fn step(&mut self, backends: &Arc<Backends>) -> Result<bool> {
        self.stage = match std::mem::replace(&mut self.stage, Stage::Over) {
            Stage::Unreferenced => self.condemn_unreferenced(backends).await?,
            Stage::Condemned(after) => self.remove_condemned(backends, after).await?,
            Stage::Abandoned => self.give_up_abandoned(backends).await?,
            Stage::Unfinished => self.end_unfinished(backends).await?,
            Stage::Searching(search) => self.search(backends, search).await?,
            Stage::Unknown(unknown) => self.remove_unknown(backends, unknown).await?,
            Stage::Over => Stage::Over,
        };
        match (&self.stage, self.failure.take()) {
            (Stage::Over, Some(error)) => Err(error),
            (stage, failure) => {
                self.failure = failure;
                Ok(!matches!(stage, Stage::Over))
            }
        }
    }

    fn before(&self, backends: &Backends) -> Timestamp {
        self.now.before(backends.orphan_grace)
    }

    /// What takes the last reference to a blob away condemns it. Where that was missed, it is made up for here; not while
    /// something shows a content that is not kept, which may be what has lost it: that is for somebody who has looked.
    async fn condemn_unreferenced(&mut self, backends: &Backends) -> Result<Stage> {
        let found = metadata::blobs::unreferenced(&backends.metadata, BATCH as u32).await?;
        if found.is_empty() || rules::breaches(&backends.metadata, Rule::References, 1).await?.count > 0 {
            return Ok(Stage::Condemned(None));
        }
        again(|| async {
            let tx = backends.metadata.begin().await?;
            metadata::blobs::condemn(&tx, self.now, &found).await?;
            tx.commit().await
        })
        .await?;
        tracing::warn!(count = found.len(), "contents that belonged to no file were condemned");
        Ok(Stage::Unreferenced)
    }

    /// The bytes go first and the rows after them: wherever the process dies, the next sweep knows what is left.
    async fn remove_condemned(
        &mut self,
        backends: &Arc<Backends>,
        after: Option<Condemned>,
    ) -> Result<Stage> {
        if is_held(backends, self.now).await? {
            return Ok(Stage::Abandoned);
        }
        let before = self.before(backends);
        let batch = garbage::condemned(&backends.metadata, before, after, BATCH as u32).await?;
        let Some(last) = batch.last().copied() else { return Ok(Stage::Abandoned) };
        let mut removed = Vec::with_capacity(batch.len());
        for store in backends.blobs.stores() {
            let of_store = batch.iter().filter(|condemned| condemned.store == store.kind());
            let ids: Vec<BlobId> = of_store.map(|condemned| condemned.id).collect();
            removed.extend(self.remove(store, &ids).await?);
        }
        again(|| async {
            let tx = backends.metadata.begin().await?;
            garbage::forget(&tx, &removed).await?;
            tx.commit().await
        })
        .await?;
        failpoint::reach("sweep.forgotten");
        self.swept.condemned += removed.len() as u64;
        Ok(Stage::Condemned(Some(last)))
    }

    /// Uploads that never became files: those of servers that are gone, and of this one those that it has not noticed,
    /// though it tries for an hour. Of these neither the row nor the bytes may be younger than the grace, and this process
    /// must not be receiving any.
    async fn give_up_abandoned(&mut self, backends: &Arc<Backends>) -> Result<Stage> {
        for id in metadata::blobs::left_over(&backends.metadata).await? {
            // Another server may have given it up, and be gone itself.
            if !backends.under_way.holds(id) {
                discard(backends, id).await;
                self.swept.abandoned += 1;
            }
        }
        let before = self.now.before(backends.orphan_grace.max(ABANDONED_MIN));
        for id in metadata::blobs::pending(&backends.metadata, before).await? {
            let Some(row) = metadata::blobs::find(&backends.metadata, id).await? else { continue };
            // What lies in a store that is not configured any more waits for it.
            let Ok(store) = backends.blobs.at(row.store) else { continue };
            let bytes = store.find(id).await?;
            let is_idle = bytes.is_none_or(|bytes| bytes.modified_at < before);
            if is_idle && !backends.under_way.holds(id) {
                discard(backends, id).await;
                self.swept.abandoned += 1;
            }
        }
        Ok(Stage::Unfinished)
    }

    /// Uploads in parts that nobody will end: their blob is not on its way, and they are older than any that was begun
    /// for something else. What is on its way and was given up has gone before.
    async fn end_unfinished(&mut self, backends: &Arc<Backends>) -> Result<Stage> {
        // What is being moved or restored into a bucket comes in parts too, and its row is that of a file.
        if is_held(backends, self.now).await? {
            return Ok(Self::next_store(backends, None));
        }
        let before = self.now.before(backends.orphan_grace.max(ABANDONED_MIN));
        for store in backends.blobs.stores() {
            for unfinished in store.unfinished().await?.unwrap_or_default() {
                let row = metadata::blobs::find(&backends.metadata, unfinished.id).await?;
                let is_pending = row.is_some_and(|row| row.state == metadata::blobs::State::Pending);
                if unfinished.begun_at < before && !is_pending {
                    store.end_unfinished(&unfinished).await?;
                    self.swept.unfinished += 1;
                }
            }
        }
        Ok(Self::next_store(backends, None))
    }

    /// Goes on to the store that follows one.
    fn next_store(backends: &Backends, last: Option<StoreKind>) -> Stage {
        let mut stores = backends.blobs.stores().map(Store::kind);
        let next = match last {
            None => stores.next(),
            Some(last) => stores.skip_while(|store| *store != last).nth(1),
        };
        next.map_or(Stage::Over, |store| Stage::Searching(Search::of(store)))
    }

    /// The store is asked first and the database after it: bytes that were there before their row was looked for in vain
    /// have none, and get none.
    async fn search(&mut self, backends: &Arc<Backends>, mut search: Search) -> Result<Stage> {
        let listing = backends.blobs.at(search.store)?.list(search.after, PAGE as usize).await?;
        let ids: Vec<BlobId> = listing.blobs.iter().map(|blob| blob.id).collect();
        let known = garbage::known(&backends.metadata, &ids).await?;
        let before = self.before(backends);
        search.total += listing.blobs.len() as u64;
        for blob in listing.blobs {
            let place = known.get(&blob.id);
            if blob.modified_at < before && place != Some(&search.store) {
                // What was moved to another store is known, though it is garbage here.
                search.unknown += u64::from(place.is_none());
                if search.first.len() < UNKNOWN_MAX {
                    search.first.push(blob.id);
                }
            }
        }
        search.after = listing.next;
        Ok(match search.after {
            Some(_) => Stage::Searching(search),
            None => self.judge(backends, search),
        })
    }

    /// A store of which the database does not know the better part is a sign that one of them is not the other's.
    fn judge(&mut self, backends: &Backends, search: Search) -> Stage {
        let Search { store, total, unknown, first, .. } = search;
        if first.is_empty() {
            return Self::next_store(backends, Some(store));
        }
        if unknown > total / 2 {
            tracing::error!(
                unknown,
                total,
                "the database does not know most of what lies in the file store, so nothing of that was removed; \
                 see whether both belong together, or whether an old database was put back"
            );
            self.swept.refused += unknown;
            return Self::next_store(backends, Some(store));
        }
        Stage::Unknown(Unknown { store, rest: first })
    }

    async fn remove_unknown(&mut self, backends: &Arc<Backends>, unknown: Unknown) -> Result<Stage> {
        let Unknown { store, mut rest } = unknown;
        // Whoever has put an old database back holds what it may not know.
        if is_held(backends, self.now).await? {
            return Ok(Stage::Over);
        }
        let batch = rest.split_off(rest.len().saturating_sub(BATCH));
        let known = garbage::known(&backends.metadata, &batch).await?;
        let unknown: Vec<BlobId> = batch.iter().filter(|id| !known.contains_key(id)).copied().collect();
        let removed = self.remove(backends.blobs.at(store)?, &unknown).await?;
        for id in &removed {
            tracing::warn!(blob = %id, "bytes that the database did not know were removed");
        }
        for id in known.into_iter().filter(|(_, place)| *place != store).map(|(id, _)| id) {
            // Somebody may begin to move it back here: they take a hold before anything else.
            let is_elsewhere = garbage::known(&backends.metadata, &[id]).await?.get(&id) != Some(&store);
            if is_elsewhere && !is_held(backends, self.now).await? {
                self.swept.moved += self.remove(backends.blobs.at(store)?, &[id]).await?.len() as u64;
            }
        }
        self.swept.unknown += removed.len() as u64;
        Ok(match rest.is_empty() {
            true => Self::next_store(backends, Some(store)),
            false => Stage::Unknown(Unknown { store, rest }),
        })
    }

    /// Removes bytes and says which are gone. One that cannot be removed must not keep the others; if none can be, the
    /// store is at fault.
    async fn remove(&mut self, store: &Store, ids: &[BlobId]) -> Result<Vec<BlobId>> {
        let mut removed = Vec::with_capacity(ids.len());
        let mut failure = None;
        for id in ids {
            match store.remove(*id).await {
                Ok(()) => removed.push(*id),
                Err(error) => {
                    tracing::warn!(blob = %id, %error, "bytes nothing refers to could not be removed");
                    failure = Some(error);
                }
            }
            failpoint::reach("sweep.removed");
        }
        match failure {
            Some(error) if removed.is_empty() => Err(error),
            failure => {
                self.failure = self.failure.take().or(failure);
                Ok(removed)
            }
        }
    }
}

impl Search {
    fn of(store: StoreKind) -> Self {
        Self { store, after: None, total: 0, unknown: 0, first: Vec::new() }
    }
}

async fn is_held(backends: &Backends, now: Timestamp) -> Result<bool> {
    holds::any(&backends.metadata, now).await
}
