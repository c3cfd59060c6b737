//! Going through the folder of all blobs, which may hold millions, with little memory.

use std::collections::BinaryHeap;
use std::fs::{self, DirEntry};
use std::io::{self, ErrorKind};
use std::path::Path;

use domain::{BlobId, Result, Timestamp};
use uuid::Uuid;

use super::{FILES, fault, folder_of};
use crate::listing::{Listing, StoredBlob, Strangers};

/// The blobs that follow an id, at most so many. A folder has no order of its own, so each listing goes through all
/// names of it and keeps the smallest; only those are looked at further. Waits for the disk.
pub(super) fn list(root: &Path, after: Option<BlobId>, count_max: usize) -> Result<Listing> {
    let files = root.join(FILES);
    let mut listing = Listing::default();
    if after.is_none() {
        strangers_beside(root, &mut listing.strangers).map_err(fault("listing", root))?;
    }
    let found = smallest(&files, after, count_max, &mut listing.strangers);
    let (ids, is_all) = found.map_err(fault("listing", &files))?;
    listing.next = ids.last().copied().filter(|_| !is_all);
    for id in ids {
        match look(&root.join(id.key()))? {
            Found::Blob { size_bytes, modified_at } => {
                listing.blobs.push(StoredBlob { id, size_bytes, modified_at });
            }
            Found::Stranger => listing.strangers.note(|| format!("{FILES}/{id}")),
            Found::Nothing => {}
        }
    }
    Ok(listing)
}

/// One blob, if anything of it is there. Waits for the disk.
pub(super) fn find(root: &Path, id: BlobId) -> Result<Option<StoredBlob>> {
    Ok(match look(&root.join(id.key()))? {
        Found::Blob { size_bytes, modified_at } => Some(StoredBlob { id, size_bytes, modified_at }),
        Found::Stranger | Found::Nothing => None,
    })
}

enum Found {
    Blob {
        size_bytes: u64,
        modified_at: Timestamp,
    },
    /// Something else at the place of a blob.
    Stranger,
    Nothing,
}

fn look(content: &Path) -> Result<Found> {
    // A link is nothing the house made.
    let outcome = fs::symlink_metadata(content).and_then(|metadata| match metadata.is_file() {
        true => Ok(Found::Blob { size_bytes: metadata.len(), modified_at: metadata.modified()?.into() }),
        false => Ok(Found::Stranger),
    });
    match outcome {
        Err(error) if error.kind() == ErrorKind::NotFound => look_at_folder(folder_of(content)),
        outcome => outcome.map_err(fault("looking at", content)),
    }
}

/// A folder without its file: begun a moment ago, or all that a loss of power has left. Then it is a blob without a
/// byte, and goes the way of one.
fn look_at_folder(folder: &Path) -> Result<Found> {
    let outcome = fs::read_dir(folder).and_then(|mut entries| match entries.next() {
        Some(_) => Ok(Found::Stranger),
        None => Ok(Found::Blob { size_bytes: 0, modified_at: folder.metadata()?.modified()?.into() }),
    });
    match outcome {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Found::Nothing),
        outcome => outcome.map_err(fault("looking at", folder)),
    }
}

/// The smallest ids after one, in order, and whether those are all there are.
fn smallest(
    files: &Path,
    after: Option<BlobId>,
    count_max: usize,
    strangers: &mut Strangers,
) -> io::Result<(Vec<BlobId>, bool)> {
    let mut kept = BinaryHeap::new();
    let mut is_all = true;
    for entry in fs::read_dir(files)? {
        let entry = entry?;
        let Some(id) = blob_of(&entry)? else {
            if after.is_none() {
                strangers.note(|| format!("{FILES}/{}", entry.file_name().to_string_lossy()));
            }
            continue;
        };
        if after.is_some_and(|after| id <= after) {
            continue;
        }
        kept.push(id);
        if kept.len() > count_max {
            kept.pop();
            is_all = false;
        }
    }
    Ok((kept.into_sorted_vec(), is_all))
}

fn blob_of(entry: &DirEntry) -> io::Result<Option<BlobId>> {
    let name = entry.file_name();
    // Only as the house writes it: what is spelled otherwise lies at no blob's key.
    let id = name.to_str().and_then(|name| Some(BlobId(Uuid::try_parse(name).ok()?)));
    let id = id.filter(|id| name.to_str() == Some(id.to_string().as_str()));
    Ok(id.filter(|_| entry.file_type().is_ok_and(|kind| kind.is_dir())))
}

fn strangers_beside(root: &Path, strangers: &mut Strangers) -> io::Result<()> {
    for entry in fs::read_dir(root)? {
        let name = entry?.file_name();
        if name != FILES {
            strangers.note(|| name.to_string_lossy().into_owned());
        }
    }
    Ok(())
}
