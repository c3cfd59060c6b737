//! Backing up, beside a running server or without one.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use blobs::{Copied, Store};
use domain::{BlobId, Error, Result, Timestamp};
use futures_util::{StreamExt, stream};
use metadata::snapshots::{self, Kept, Snapshot, stamp};
use metadata::{Metadata, again, holds};
use services::Backends;
use uuid::Uuid;

use super::archive::{Archive, DATABASE, Manifest, NamesWriter, Owner, no_room, rfc3339};
use super::visit;
use crate::config::Config;

/// Rows read at once.
const PAGE: u32 = 1_000;
/// Copies under way at once: while one is synced, another is read.
const SIDE_BY_SIDE: usize = 4;
/// Each listing goes through the whole folder, so there should be few.
const LISTED_AT_ONCE: usize = 100_000;
/// Ids looked up at once in the snapshots that are kept.
const ASKED_AT_ONCE: usize = 500;
/// How long nothing that the snapshot needs is removed, should this process die.
const HOLD: Duration = Duration::from_secs(3600);
const HOLD_RENEWED_EVERY: Duration = Duration::from_secs(300);

/// What somebody who watches is told.
pub enum Progress {
    /// So many bytes are to be looked at.
    Begun(u64),
    /// So many of them were copied, or were there already.
    Done(u64),
    /// This could not be copied.
    Lost(String),
}

/// What to back up to, and how.
pub struct BackupRequest<'a> {
    /// The folder of back-ups.
    pub folder: &'a Path,
    /// How many snapshots to keep, this one among them; at least one.
    pub keep: usize,
    /// Whether what is there already is read and compared as well.
    pub verify: bool,
}

/// What a back-up did.
pub struct Saved {
    /// Where the snapshot lies.
    pub snapshot: PathBuf,
    /// What it says of itself.
    pub manifest: Manifest,
    /// Contents that were not there before.
    pub new_blobs: u64,
    /// What those add up to in bytes.
    pub new_bytes: u64,
    /// Older snapshots that were removed.
    pub removed_snapshots: usize,
    /// Contents that only those referred to.
    pub removed_blobs: u64,
    /// What could not be saved or read.
    pub lost: u64,
}

/// Adds a snapshot to a folder of back-ups, with every content it refers to that is not there yet.
///
/// # Errors
/// As for [`visit`]; [`Invalid`](Error::Invalid) for a folder that cannot hold back-ups,
/// [`OutOfSpace`](Error::OutOfSpace) when it is full, [`Unavailable`](Error::Unavailable) when it cannot be used. What
/// was copied until then stays for the next run.
pub async fn back_up(
    config: &Config,
    now: Timestamp,
    request: BackupRequest<'_>,
    watch: &(dyn Fn(Progress) + Sync),
) -> Result<Saved> {
    let backends = visit(config).await?;
    let archive = Archive::open_to_write(request.folder, &config.data_folder)?;
    let hold = format!("back-up {}", Uuid::new_v4());
    take_hold(&backends.metadata, &hold).await?;
    let saved = tokio::select! {
        saved = save(&backends, &archive, now, &request, watch) => saved,
        error = renew_hold(&backends.metadata, &hold) => Err(error),
    };
    let released = release_hold(&backends.metadata, &hold).await;
    backends.close().await?;
    let saved = saved.map_err(|error| named(error, &archive))?;
    // It ends by itself.
    if let Err(error) = released {
        tracing::warn!(%error, "removed files are kept for up to an hour longer");
    }
    Ok(saved)
}

async fn save(
    backends: &Backends,
    archive: &Archive,
    now: Timestamp,
    request: &BackupRequest<'_>,
    watch: &(dyn Fn(Progress) + Sync),
) -> Result<Saved> {
    let had_remains = archive.has_remains()?;
    let unfinished = archive.begin()?;
    let database = unfinished.join(DATABASE);
    snapshots::write(&backends.metadata, &database).await?;
    failpoint::reach("backup.copied");
    let snapshot = Snapshot::open(&database).await?;
    let (files, totals) = (write_names(&snapshot, &unfinished).await?, snapshot.totals().await?);
    watch(Progress::Begun(totals.bytes));
    let source = |kept: &Kept| backends.blobs.at(kept.store);
    let tally = carry_all(source, &archive.blobs, &snapshot, !request.verify, watch, |_| {}).await?;
    snapshot.close().await?;
    let mut manifest = Manifest::new(&unfinished, rfc3339(now))?;
    (manifest.users, manifest.files) = (totals.users, files);
    (manifest.blobs, manifest.bytes, manifest.damaged) = (totals.blobs, totals.bytes, tally.lost);
    manifest.write(&unfinished)?;
    failpoint::reach("backup.written");
    let name = free_name(archive, now)?;
    archive.publish(&name)?;
    failpoint::reach("backup.shown");
    let mut saved = Saved {
        snapshot: archive.snapshot(&name),
        manifest,
        new_blobs: tally.new_blobs,
        new_bytes: tally.new_bytes,
        removed_snapshots: 0,
        removed_blobs: 0,
        lost: tally.lost,
    };
    prune(archive, &name, request.keep, had_remains, &mut saved, watch).await?;
    Ok(saved)
}

async fn write_names(snapshot: &Snapshot, folder: &Path) -> Result<u64> {
    let mut names = NamesWriter::begin(folder)?;
    let mut number = 0;
    while let Some((last, entries)) = snapshot.nodes_after(number, PAGE).await? {
        number = last;
        entries.into_iter().try_for_each(|entry| names.add(entry))?;
    }
    number = 0;
    while let Some((last, entries)) = snapshot.versions_after(number, PAGE).await? {
        number = last;
        entries.into_iter().try_for_each(|entry| names.add(entry))?;
    }
    names.finish()
}

/// What carrying contents from one store to another came to.
#[derive(Default)]
pub(super) struct Tally {
    pub new_blobs: u64,
    pub new_bytes: u64,
    pub lost: u64,
}

enum Carried {
    Had,
    New,
    Lost(Error),
}

/// Carries every content of a snapshot from one store into another. What is there already is believed to be what it
/// should be, or read and compared. What is lost is told, and the rest is carried on.
pub(super) async fn carry_all<'a>(
    source: impl Fn(&Kept) -> Result<&'a Store>,
    target: &Store,
    snapshot: &Snapshot,
    believe: bool,
    watch: &(dyn Fn(Progress) + Sync),
    mut on_lost: impl FnMut(BlobId),
) -> Result<Tally> {
    target.clear_incoming().await?;
    let mut tally = Tally::default();
    let mut after = BlobId(Uuid::nil());
    loop {
        let page = snapshot.kept_after(after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = last.id;
        let carried = stream::iter(page).map(|kept| {
            let source = source(&kept);
            async move {
                let outcome = carry(source?, target, &kept, believe).await?;
                Ok::<_, Error>((kept, outcome))
            }
        });
        let mut carried = carried.buffer_unordered(SIDE_BY_SIDE);
        while let Some(outcome) = carried.next().await {
            let (kept, outcome) = outcome?;
            match outcome {
                Carried::Had => {}
                Carried::New => {
                    tally.new_blobs += 1;
                    tally.new_bytes += kept.size_bytes;
                    failpoint::reach("blob.carried");
                }
                Carried::Lost(error) => {
                    tally.lost += 1;
                    on_lost(kept.id);
                    watch(Progress::Lost(describe(snapshot, kept.id, &error).await));
                }
            }
            watch(Progress::Done(kept.size_bytes));
        }
    }
    target.clear_incoming().await?;
    Ok(tally)
}

async fn carry(source: &Store, target: &Store, kept: &Kept, believe: bool) -> Result<Carried> {
    let Kept { id, size_bytes, sha256, .. } = *kept;
    let there = target.find(id).await?;
    if there.is_some_and(|there| there.size_bytes == size_bytes)
        && (believe || matches!(target.verify(id, size_bytes, sha256).await, Copied::Whole))
    {
        return Ok(Carried::Had);
    }
    Ok(match target.copy_from(source, id, size_bytes, sha256).await? {
        Copied::Whole => Carried::New,
        Copied::Damaged(error) => Carried::Lost(error),
    })
}

/// Which files a content that is lost belongs to, and why it is.
async fn describe(snapshot: &Snapshot, id: BlobId, error: &Error) -> String {
    // A snapshot of an older version has no columns for this.
    let places = snapshot.places_of(id).await.unwrap_or_default();
    let places: Vec<String> =
        places.iter().map(|place| format!("{}:/{}", Owner::from(place.owner.clone()), place.path)).collect();
    let message = error.message();
    let why = message.log().unwrap_or(message.user());
    if places.is_empty() { format!("{} ({why})", id.key()) } else { format!("{} ({why})", places.join(", ")) }
}

/// The name of a snapshot of this moment; a second one within a second is given the next.
fn free_name(archive: &Archive, now: Timestamp) -> Result<String> {
    let taken = archive.snapshots()?;
    let mut moment = now;
    while taken.contains(&stamp(moment)) {
        moment = moment.after(Duration::from_secs(1));
    }
    Ok(stamp(moment))
}

/// Removes the snapshots that are not to be kept, and then what only they, or a run that was broken off, had put there.
async fn prune(
    archive: &Archive,
    newest: &str,
    keep: usize,
    had_remains: bool,
    saved: &mut Saved,
    watch: &(dyn Fn(Progress) + Sync),
) -> Result<()> {
    let mut others = archive.snapshots()?;
    // Whatever the clock says, what was just written stays.
    others.retain(|name| name != newest);
    let surplus = others.len().saturating_sub(keep.max(1) - 1);
    for name in others.drain(..surplus) {
        archive.withdraw(&name)?;
        saved.removed_snapshots += 1;
    }
    if surplus == 0 && !had_remains {
        return Ok(());
    }
    failpoint::reach("backup.withdrawn");
    others.extend(archive.renamed()?);
    let mut kept = Vec::new();
    for name in others.iter().map(String::as_str).chain([newest]) {
        match Snapshot::open(&archive.snapshot(name).join(DATABASE)).await {
            Ok(snapshot) => kept.push(snapshot),
            Err(error) => {
                // Nobody can know what it refers to, so nothing is removed.
                saved.lost += 1;
                watch(Progress::Lost(format!("the snapshot {name} ({error})")));
                return Ok(());
            }
        }
    }
    let mut after = None;
    loop {
        let page = archive.blobs.list(after, LISTED_AT_ONCE).await?;
        for listed in page.blobs.chunks(ASKED_AT_ONCE) {
            let ids: Vec<BlobId> = listed.iter().map(|blob| blob.id).collect();
            let mut referred = HashSet::new();
            for snapshot in &kept {
                referred.extend(snapshot.kept_among(&ids).await?);
            }
            for id in ids.iter().filter(|id| !referred.contains(id)) {
                archive.blobs.remove(*id).await?;
                saved.removed_blobs += 1;
            }
        }
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    archive.remove_remains()
}

async fn take_hold(metadata: &Metadata, name: &str) -> Result<()> {
    again(|| async {
        let tx = metadata.begin().await?;
        holds::take(&tx, name, Timestamp::now().after(HOLD)).await?;
        tx.commit().await
    })
    .await
}

async fn release_hold(metadata: &Metadata, name: &str) -> Result<()> {
    again(|| async {
        let tx = metadata.begin().await?;
        holds::release(&tx, name).await?;
        tx.commit().await
    })
    .await
}

/// Goes on as long as it is asked to; the error is that the hold is about to end.
async fn renew_hold(metadata: &Metadata, name: &str) -> Error {
    let mut renewed_at = Timestamp::now();
    loop {
        tokio::time::sleep(HOLD_RENEWED_EVERY).await;
        match take_hold(metadata, name).await {
            Ok(()) => renewed_at = Timestamp::now(),
            Err(error) if renewed_at.until(Timestamp::now()) > HOLD - 2 * HOLD_RENEWED_EVERY => return error,
            Err(error) => tracing::warn!(%error, "the hold of the back-up could not be renewed yet"),
        }
    }
}

/// A disk that is full is that of the back-up.
fn named(error: Error, archive: &Archive) -> Error {
    match error {
        Error::OutOfSpace(_) => no_room(&archive.folder().display().to_string()),
        error => error,
    }
}
