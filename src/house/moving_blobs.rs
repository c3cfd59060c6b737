//! Moving contents from one store into another, blob by blob, beside running servers.

use std::fs::{File, TryLockError};
use std::time::{Duration, Instant};

use blobs::{Blobs, Copied, Store};
use domain::{BlobId, Error, Result, StoreKind, Timestamp};
use futures_util::{StreamExt, stream};
use metadata::relocations::{self, Staying, Turn};
use metadata::{again, holds};
use services::Backends;
use uuid::Uuid;

use super::{Progress, visit};
use crate::config::Config;

/// Rows read at once.
const PAGE: u32 = 500;
/// Copies under way at once: a bucket answers late, and takes many at a time.
const SIDE_BY_SIDE: usize = 8;
/// What is copied is switched in one transaction when it is this much, so that little is copied again after a crash.
const SWITCHED_AT_ONCE: usize = 100;
const SWITCHED_BYTES: u64 = 64 << 20;
/// Whoever goes on writing to the store that is left must not keep this going for ever.
const ROUNDS_MAX: u32 = 10;
/// The name under which nothing is removed from either store.
const HOLD: &str = "contents on the move";
/// How much longer than the grace that lasts, should this process die; how often it is renewed.
const HOLD_BEYOND: Duration = Duration::from_secs(3600);
const HOLD_RENEWED_EVERY: Duration = Duration::from_secs(300);
/// How often the database hears that this still goes on.
const TURN_KEPT_EVERY: Duration = Duration::from_secs(10);

/// What moving contents did.
#[derive(Debug, Default)]
pub struct MovedBlobs {
    /// Contents that lie in the other store now.
    pub blobs: u64,
    /// What those add up to in bytes.
    pub bytes: u64,
    /// Contents that are missing or damaged, and stay where they are.
    pub lost: u64,
    /// Contents that have come to the store that was to be left, and are still there.
    pub left: u64,
    /// Whether new contents still go into the store that was to be left.
    pub still_receives: bool,
    /// For how long the bytes in the old store stay.
    pub kept_for: Duration,
}

/// Where contents are to go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Destination {
    /// The folder in the data folder.
    Disk,
    /// A bucket, and what stands before every key in it.
    Bucket(String, String),
}

/// Moves every content that something shows into a store that the settings name: each is copied, compared with its
/// SHA-256, and only then read from there. Servers go on meanwhile; whatever has come to the store that is to be left is
/// found by going round again. What is broken off goes on with the next run. The bytes in the old store stay for the
/// grace, for whoever is reading them, and the sweep removes them.
///
/// # Errors
/// As for [`visit`]; [`Invalid`](Error::Invalid) when the settings do not name that store; what the stores and the
/// database say. What was moved until then stays moved.
pub async fn move_blobs(
    config: &Config,
    to: &Destination,
    bytes_per_second: Option<u64>,
    watch: &(dyn Fn(Progress) + Sync),
) -> Result<MovedBlobs> {
    let to = named(config, to)?;
    let backends = visit(config).await?;
    // Of two at once, one would write over, or take back, what the other has switched to.
    let _folder = alone_in(config)?;
    let turn = Turn::take(&backends.metadata).await?;
    let moved = tokio::select! {
        moved = move_held(&backends, to, bytes_per_second, watch) => moved,
        error = renew_hold(&backends) => Err(error),
        error = keep_turn(&turn) => Err(error),
    };
    drop(turn);
    backends.close().await?;
    moved
}

/// Where the database is a file, the folder it is in is held against others who move contents.
fn alone_in(config: &Config) -> Result<Option<File>> {
    if config.metadata.url.is_some() {
        return Ok(None);
    }
    let folder = &config.data_folder;
    let unusable = |error| Error::unavailable(format!("{} cannot be locked.", folder.display()), error);
    let opened = File::open(folder).map_err(unusable)?;
    match opened.try_lock() {
        Ok(()) => Ok(Some(opened)),
        Err(TryLockError::WouldBlock) => Err(Turn::taken()),
        Err(TryLockError::Error(error)) => Err(unusable(error)),
    }
}

/// Goes on as long as it is asked to; the error is that others may begin. A database that does not answer for as long may
/// have given the turn away already.
async fn keep_turn(turn: &Turn) -> Error {
    loop {
        tokio::time::sleep(TURN_KEPT_EVERY).await;
        match tokio::time::timeout(TURN_KEPT_EVERY, turn.keep()).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => return error,
            Err(late) => return Error::unavailable("The database does not answer; run this again.", late),
        }
    }
}

/// The store, if the settings name just this one.
fn named(config: &Config, to: &Destination) -> Result<StoreKind> {
    let refuse = |says: String| Err(Error::Invalid(says.into()));
    let Destination::Bucket(bucket, prefix) = to else { return Ok(StoreKind::Disk) };
    let settings = &config.s3;
    if settings.bucket.is_empty() {
        return refuse(format!(
            "The settings name no bucket. Set s3.bucket = \"{bucket}\", s3.prefix = \"{prefix}\" and what opens it, start \
             every server again so that each can read from there, and run this again."
        ));
    }
    if (&settings.bucket, settings.prefix.trim_matches('/')) != (bucket, prefix.trim_matches('/')) {
        let (bucket, prefix) = (&settings.bucket, &settings.prefix);
        return refuse(format!(
            "The settings name s3://{bucket}/{prefix}, and that is where servers read. Name that one, or change s3.bucket \
             and s3.prefix, start every server again, and run this again."
        ));
    }
    Ok(StoreKind::S3)
}

async fn move_held(
    backends: &Backends,
    to: StoreKind,
    bytes_per_second: Option<u64>,
    watch: &(dyn Fn(Progress) + Sync),
) -> Result<MovedBlobs> {
    let from = if to == StoreKind::S3 { StoreKind::Disk } else { StoreKind::S3 };
    let target = store(&backends.blobs, to)?;
    if relocations::amount(&backends.metadata, from).await?.blobs == 0 {
        return Ok(MovedBlobs {
            still_receives: backends.blobs.receiving().kind() == from,
            ..MovedBlobs::default()
        });
    }
    let source = store(&backends.blobs, from)?;
    // Before anything is done: the store has to answer.
    target.check().await?;
    take_hold(backends).await?;
    target.clear_incoming().await?;
    let mut movement = Movement {
        backends,
        source,
        target,
        pace: Pace { begun: Instant::now(), bytes: 0, bytes_per_second },
        moved: MovedBlobs { kept_for: backends.orphan_grace, ..MovedBlobs::default() },
        watch,
    };
    watch(Progress::Begun(relocations::amount(&backends.metadata, from).await?.bytes));
    for _ in 0..ROUNDS_MAX {
        let before = movement.moved.blobs;
        movement.round().await?;
        if movement.moved.blobs == before {
            break;
        }
    }
    // An empty folder of it would be a stranger among the blobs.
    target.clear_incoming().await?;
    // Those who read from the old store have the whole grace from here on.
    take_hold(backends).await?;
    let mut moved = movement.moved;
    moved.left = relocations::amount(&backends.metadata, from).await?.blobs.saturating_sub(moved.lost);
    moved.still_receives = backends.blobs.receiving().kind() == from;
    Ok(moved)
}

fn store(blobs: &Blobs, kind: StoreKind) -> Result<&Store> {
    blobs.at(kind).map_err(|_| {
        Error::Invalid(match kind {
            StoreKind::Disk => {
                "The settings name no disk: set blobs.store = \"disk\", start every server again so that \
                                new files go there, and run this again."
                    .into()
            }
            StoreKind::S3 => {
                "The settings name no bucket: set s3.bucket and what opens it, and run this again.".into()
            }
        })
    })
}

struct Movement<'a> {
    backends: &'a Backends,
    source: &'a Store,
    target: &'a Store,
    pace: Pace,
    moved: MovedBlobs,
    watch: &'a (dyn Fn(Progress) + Sync),
}

impl Movement<'_> {
    /// Goes through everything that is in the source once.
    async fn round(&mut self) -> Result<()> {
        self.moved.lost = 0;
        let mut after = BlobId(Uuid::nil());
        loop {
            let db = &self.backends.metadata;
            let page = relocations::list(db, self.source.kind(), after, PAGE).await?;
            let Some(last) = page.last() else { return Ok(()) };
            after = last.id;
            self.carry(page).await?;
        }
    }

    async fn carry(&mut self, page: Vec<Staying>) -> Result<()> {
        let (source, target) = (self.source, self.target);
        let copies = stream::iter(page).map(|blob| async move {
            // Whatever is there already is replaced: the sweep may be about to remove it.
            let copied = target.copy_from(source, blob.id, blob.size_bytes, blob.sha256).await?;
            Ok::<_, Error>((blob, copied))
        });
        let mut copies = copies.buffer_unordered(SIDE_BY_SIDE);
        let mut copied = Vec::new();
        let mut bytes = 0;
        let mut outcome = Ok(());
        while let Some(done) = copies.next().await {
            match done {
                Ok((blob, Copied::Whole)) => {
                    failpoint::reach("relocation.copied");
                    bytes += blob.size_bytes;
                    copied.push(blob);
                    self.pace.keep(blob.size_bytes).await;
                }
                Ok((blob, Copied::Damaged(error))) => self.lose(blob.id, &error).await?,
                Err(error) => {
                    outcome = Err(error);
                    break;
                }
            }
            if copied.len() >= SWITCHED_AT_ONCE || bytes >= SWITCHED_BYTES {
                self.switch(std::mem::take(&mut copied)).await?;
                bytes = 0;
            }
        }
        drop(copies);
        // What is whole is not copied again.
        self.switch(copied).await?;
        outcome
    }

    async fn switch(&mut self, copied: Vec<Staying>) -> Result<()> {
        if copied.is_empty() {
            return Ok(());
        }
        let ids: Vec<BlobId> = copied.iter().map(|blob| blob.id).collect();
        let (from, to) = (self.source.kind(), self.target.kind());
        let switched = again(|| async {
            let tx = self.backends.metadata.begin().await?;
            let switched = relocations::switch(&tx, &ids, from, to).await?;
            tx.commit().await?;
            Ok(switched)
        })
        .await?;
        failpoint::reach("relocation.switched");
        let bytes = copied.iter().map(|blob| blob.size_bytes).sum();
        self.moved.blobs += switched;
        self.moved.bytes += bytes;
        (self.watch)(Progress::Done(bytes));
        Ok(())
    }

    /// Tells of a content that cannot be read, unless it was removed meanwhile.
    async fn lose(&mut self, id: BlobId, error: &Error) -> Result<()> {
        let db = &self.backends.metadata;
        let row = metadata::blobs::find(db, id).await?;
        if row.is_none_or(|row| row.state != metadata::blobs::State::Live) {
            return Ok(());
        }
        self.moved.lost += 1;
        let message = error.message();
        let why = message.log().unwrap_or(message.user());
        (self.watch)(Progress::Lost(format!("{} ({why})", id.key())));
        Ok(())
    }
}

/// How fast it may go.
struct Pace {
    begun: Instant,
    bytes: u64,
    bytes_per_second: Option<u64>,
}

impl Pace {
    /// Waits until what was copied is no more than the time that has passed allows.
    async fn keep(&mut self, bytes: u64) {
        self.bytes += bytes;
        if let Some(rate) = self.bytes_per_second {
            let due = Duration::from_secs_f64(self.bytes as f64 / rate.max(1) as f64);
            tokio::time::sleep(due.saturating_sub(self.begun.elapsed())).await;
        }
    }
}

/// Nothing is removed from a store until the grace is over for whoever may still read there.
async fn take_hold(backends: &Backends) -> Result<()> {
    again(|| async {
        let tx = backends.metadata.begin().await?;
        let until = Timestamp::now().after(backends.orphan_grace + HOLD_BEYOND);
        holds::take(&tx, HOLD, until).await?;
        tx.commit().await
    })
    .await
}

/// Goes on as long as it is asked to; the error is that the hold is about to end.
async fn renew_hold(backends: &Backends) -> Error {
    let mut renewed = Instant::now();
    loop {
        tokio::time::sleep(HOLD_RENEWED_EVERY).await;
        match take_hold(backends).await {
            Ok(()) => renewed = Instant::now(),
            Err(error) if renewed.elapsed() > HOLD_BEYOND - 2 * HOLD_RENEWED_EVERY => return error,
            Err(error) => tracing::warn!(%error, "the hold of the move could not be renewed yet"),
        }
    }
}
