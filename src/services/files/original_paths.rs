//! Writing anew the paths that stand with bytes in the store, once files are called something else.
//!
//! It is done a batch at a time, by whoever has time for it, and as often as one likes: what is right is left alone. How far
//! it has come is known to this process only; another one begins again, which costs it some reading.

use std::collections::HashMap;

use blobs::Store;
use domain::{BlobId, Error, NodeId, Result, StoreKind};
use futures_util::{StreamExt, stream};
use metadata::again;
use metadata::original_paths::{self, Label};
use tokio::sync::Mutex;

use crate::Backends;

/// How many members of a folder, or blobs, are looked at in one go.
const PAGE: u32 = 1_000;
/// After so many paths that were written it is noted that they were: whoever dies in between writes those again.
const NOTED_AFTER: usize = 100;
/// How many are written at once. Each is a copy in the store, which others are waiting for.
const AT_ONCE: usize = 4;
/// How many walks are remembered; more are begun anew.
const WALKS_MAX: usize = 64;

/// The walks this process is on, by the keys of their jobs.
#[derive(Default)]
pub(crate) struct Walks(Mutex<HashMap<String, Walk>>);

/// How far one has come.
enum Walk {
    /// Through a folder that is here.
    Tree(String, Vec<Place>),
    /// Through all blobs.
    Blobs(Option<BlobId>),
}

/// A folder to go on in.
struct Place {
    folder: NodeId,
    path: String,
    /// The last member that has been looked at.
    after: String,
}

/// Writes some of the paths at and below the node that the key of a job names, or of all without one, and says whether
/// there is more to look at.
///
/// # Errors
/// [`Invalid`](Error::Invalid) for a key that is none; whatever the database and the store say. Then it is begun anew.
pub async fn refresh_original_paths(backends: &Backends, key: &str) -> Result<bool> {
    if !backends.blobs.keep_paths() {
        return Ok(false);
    }
    let known = backends.walks.0.lock().await.remove(key);
    let next = match key {
        "" => all(backends, known).await?,
        key => below(backends, known, node(key)?).await?,
    };
    let Some(walk) = next else { return Ok(false) };
    let mut walks = backends.walks.0.lock().await;
    if walks.len() >= WALKS_MAX {
        walks.clear();
    }
    walks.insert(key.to_owned(), walk);
    Ok(true)
}

fn node(key: &str) -> Result<NodeId> {
    let id = key.parse().map_err(|_| Error::Invalid(format!("{key:?} is no file or folder.").into()))?;
    Ok(NodeId(id))
}

async fn all(backends: &Backends, known: Option<Walk>) -> Result<Option<Walk>> {
    let after = match known {
        Some(Walk::Blobs(after)) => after,
        _ => None,
    };
    let page = original_paths::blobs(&backends.metadata, after, PAGE).await?;
    write(backends, &page).await?;
    let last = page.last().copied().filter(|_| page.len() == PAGE as usize);
    Ok(last.map(|last| Walk::Blobs(Some(last))))
}

async fn below(backends: &Backends, known: Option<Walk>, node: NodeId) -> Result<Option<Walk>> {
    let db = &backends.metadata;
    // What went into the trash gets its path when it comes back.
    let Some(top) = original_paths::top(db, node).await? else { return Ok(None) };
    if !top.is_folder {
        let blob: Vec<BlobId> = top.blob.into_iter().collect();
        return write(backends, &blob).await.map(|()| None);
    }
    let mut places = match known {
        // Moved again meanwhile, it has another path in all of it.
        Some(Walk::Tree(path, places)) if path == top.path => places,
        _ => vec![Place { folder: node, path: top.path.clone(), after: String::new() }],
    };
    let Some(place) = places.pop() else { return Ok(None) };
    let page = original_paths::below(db, place.folder, &place.path, &place.after, PAGE).await?;
    let blobs: Vec<BlobId> = page.iter().filter_map(|member| member.blob).collect();
    write(backends, &blobs).await?;
    if let Some(last) = page.last().filter(|_| page.len() == PAGE as usize) {
        places.push(Place { folder: place.folder, path: place.path.clone(), after: last.name.clone() });
    }
    let folders = page.into_iter().filter(|member| member.is_folder);
    places.extend(folders.map(|member| Place {
        folder: member.id,
        path: format!("{}/{}", place.path, member.name),
        after: String::new(),
    }));
    Ok((!places.is_empty()).then_some(Walk::Tree(top.path, places)))
}

/// Writes the paths that are not right with some blobs. One that cannot be written must not keep the others.
async fn write(backends: &Backends, blobs: &[BlobId]) -> Result<()> {
    if blobs.is_empty() {
        return Ok(());
    }
    let mut failure = None;
    for labels in original_paths::wrong(&backends.metadata, blobs).await?.chunks(NOTED_AFTER) {
        let store = backends.blobs.at(StoreKind::S3)?;
        let written = stream::iter(labels.iter().cloned().map(|label| relabel(store, label)));
        let written: Vec<_> = written.buffer_unordered(AT_ONCE).collect().await;
        let mut done = Vec::with_capacity(labels.len());
        for (label, written) in written {
            match written {
                Ok(()) => done.push(label),
                Err(error) => failure = keep_worse(failure, &label, error),
            }
        }
        failpoint::reach("relabel.written");
        note(backends, &done).await?;
    }
    failure.map_or(Ok(()), Err)
}

async fn relabel(store: &Store, label: Label) -> (Label, Result<()>) {
    let written = store.relabel(label.blob, &label.path).await.map(drop);
    (label, written)
}

/// Bytes that are missing are for others to speak of, who look for that; the path of what is not there is no matter.
fn keep_worse(failure: Option<Error>, label: &Label, error: Error) -> Option<Error> {
    tracing::warn!(blob = %label.blob, %error, "the path beside the bytes of a file could not be written");
    match error {
        Error::Internal(_) => failure,
        error => failure.or(Some(error)),
    }
}

async fn note(backends: &Backends, done: &[Label]) -> Result<()> {
    if done.is_empty() {
        return Ok(());
    }
    let strange = again(|| async {
        let tx = backends.metadata.begin().await?;
        let mut strange = Vec::new();
        for label in done {
            let is_noted = original_paths::note(&tx, label).await?;
            // What was moved to another store stays here for as long as somebody may still read it here.
            if !is_noted && metadata::blobs::find(&tx, label.blob).await?.is_none() {
                strange.push(label.blob);
            }
        }
        tx.commit().await?;
        Ok(strange)
    })
    .await?;
    // A copy that ended after the bytes were removed has brought them back.
    let store = backends.blobs.at(StoreKind::S3)?;
    for blob in strange {
        store.remove(blob).await?;
    }
    Ok(())
}
