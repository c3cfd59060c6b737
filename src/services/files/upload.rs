//! Writing a file: bytes stream into a registered blob first, then one transaction shows them in a node.
//!
//! Whatever breaks before that transaction has not happened: the old content stays readable, and the
//! bytes written so far are removed.

use std::sync::Arc;

use blobs::BlobWriter;
use bytes::Bytes;
use domain::{
    BlobId, Caller, Checksum, Conditions, Content, ETag, Error, Node, NodeId, NodePath, NodeTimes, Result,
    Sha256, Timestamp,
};
use metadata::nodes::{self, Change, Located, NewNode};
use metadata::{Db, Tx, spaces};
use sha2::{Digest, Sha256 as Hasher};
use uuid::Uuid;

use super::media_type;
use super::verification::Verification;
use crate::Backends;
use crate::steps::{discard, end_lapsed, judge, name_of, parent_of};

/// What a caller wants to write.
#[derive(Debug, Clone)]
pub struct UploadRequest {
    /// Where.
    pub path: NodePath,
    /// How many bytes it will be, if the caller knows; a different number is refused at the end.
    pub declared_bytes: Option<u64>,
    /// The moment the content is from, if not now, and the moment the file was made, if not when it came here.
    pub times: NodeTimes,
    /// What the bytes must add up to.
    pub checksums: Vec<Checksum>,
    /// What must hold.
    pub conditions: Conditions,
}

/// A file that is being written. Dropping it before [`finish`](Self::finish) undoes everything.
pub struct Upload {
    caller: Caller,
    backends: Arc<Backends>,
    request: UploadRequest,
    blob: Option<(BlobId, BlobWriter)>,
    hasher: Hasher,
    verification: Verification,
    head: Vec<u8>,
    size_bytes: u64,
    room_bytes: u64,
}

/// What became of an upload.
#[derive(Debug, Clone)]
pub struct Uploaded {
    /// The file.
    pub id: NodeId,
    /// The entity tag of its content.
    pub etag: ETag,
    /// The digest of its content.
    pub sha256: Sha256,
    /// The moment of its content.
    pub modified_at: Timestamp,
    /// Whether the name was free.
    pub created: bool,
}

/// How much of the start of a file is kept to see what it is.
const HEAD_BYTES: usize = 4096;

/// Begins an upload. Everything that can be refused is refused here, before the first byte.
///
/// # Errors
/// Those of the judgement: [`ParentMissing`](Error::ParentMissing), [`Exists`](Error::Exists) for a folder,
/// [`Stale`](Error::Stale), [`Locked`](Error::Locked), [`QuotaExceeded`](Error::QuotaExceeded),
/// [`TooLarge`](Error::TooLarge).
pub async fn upload(caller: &Caller, backends: &Arc<Backends>, request: UploadRequest) -> Result<Upload> {
    let located = admit(&backends.metadata, caller, &request, backends.files.path_chars_max).await?;
    let declared_bytes = request.declared_bytes.unwrap_or(0);
    let file_bytes_max = match backends.files.file_bytes_max {
        0 => u64::MAX,
        limit => limit,
    };
    if declared_bytes > file_bytes_max {
        return Err(too_large(file_bytes_max));
    }
    let quota = located.space.quota;
    if !quota.fits(declared_bytes) {
        return Err(Error::QuotaExceeded(
            format!(
                "This file has {declared_bytes} bytes and your quota has room for {}; nothing was changed.",
                quota.available_bytes().unwrap_or(0)
            )
            .into(),
        ));
    }
    Ok(Upload {
        caller: caller.clone(),
        backends: Arc::clone(backends),
        verification: Verification::of(&request.checksums),
        request,
        blob: None,
        hasher: Hasher::new(),
        head: Vec::new(),
        size_bytes: 0,
        room_bytes: quota.available_bytes().unwrap_or(u64::MAX).min(file_bytes_max),
    })
}

/// Whether the file may be written, as things stand now: asked before the body, and again in the
/// transaction that writes.
async fn admit(
    db: &impl Db,
    caller: &Caller,
    request: &UploadRequest,
    path_chars_max: usize,
) -> Result<Located> {
    let located = nodes::locate(db, caller.home.root, &request.path, caller.now).await?;
    if located.node().is_some_and(Node::is_folder) {
        return Err(Error::Exists("There is a folder with this name.".into()));
    }
    if located.node().is_none() {
        request.path.fits(path_chars_max)?;
    }
    parent_of(&located)?;
    judge(db, caller, &located, &request.conditions).await?;
    let standing = located.standing();
    request.conditions.may_change(caller.user, &standing)?;
    if located.node().is_none() {
        request.conditions.may_change_members(caller.user, &standing)?;
    }
    Ok(located)
}

impl Upload {
    /// Takes the next bytes.
    ///
    /// # Errors
    /// [`QuotaExceeded`](Error::QuotaExceeded) or [`TooLarge`](Error::TooLarge) as soon as there are too
    /// many, [`Invalid`](Error::Invalid) when there are more than declared; whatever the file store says.
    pub async fn write(&mut self, bytes: Bytes) -> Result<()> {
        if bytes.is_empty() {
            return Ok(());
        }
        self.size_bytes += bytes.len() as u64;
        if self.size_bytes > self.room_bytes {
            return Err(match self.backends.files.file_bytes_max {
                limit if limit != 0 && self.size_bytes > limit => too_large(limit),
                _ => Error::QuotaExceeded("This file does not fit your quota; nothing was changed.".into()),
            });
        }
        if self.request.declared_bytes.is_some_and(|declared| self.size_bytes > declared) {
            return Err(self.wrong_length());
        }
        self.hasher.update(&bytes);
        self.verification.update(&bytes);
        let missing = HEAD_BYTES.saturating_sub(self.head.len()).min(bytes.len());
        self.head.extend_from_slice(&bytes[..missing]);
        self.writer().await?.write(bytes).await
    }

    /// The blob is registered with the first byte, so an empty file needs none.
    async fn writer(&mut self) -> Result<&mut BlobWriter> {
        if self.blob.is_none() {
            let id = BlobId(Uuid::now_v7());
            metadata::blobs::register(&self.backends.metadata, id, self.caller.now).await?;
            match self.backends.blobs.create(id).await {
                Ok(writer) => self.blob = Some((id, writer)),
                Err(error) => {
                    discard(&self.backends, id).await;
                    return Err(error);
                }
            }
        }
        self.blob.as_mut().map(|(_, writer)| writer).ok_or_else(|| Error::internal("no blob to write to"))
    }

    /// Makes the bytes durable and shows them in the node. Once it runs it runs to its end, even if the
    /// caller hangs up.
    ///
    /// # Errors
    /// [`Invalid`](Error::Invalid) when fewer bytes came than declared, or others by a checksum, and again those
    /// of the judgement.
    pub async fn finish(mut self) -> Result<Uploaded> {
        if self.request.declared_bytes.is_some_and(|declared| self.size_bytes != declared) {
            return Err(self.wrong_length());
        }
        let sha256 = Sha256(std::mem::take(&mut self.hasher).finalize().into());
        std::mem::take(&mut self.verification).judge(sha256)?;
        let content = Content {
            size_bytes: self.size_bytes,
            sha256,
            media_type: media_type::of_bytes(&self.head).map(str::to_owned),
        };
        media_type::warn_of_mismatch(&self.request.path, content.media_type.as_deref());
        tokio::spawn(async move { self.commit(content).await }).await.map_err(Error::internal)?
    }

    async fn commit(mut self, content: Content) -> Result<Uploaded> {
        let backends = Arc::clone(&self.backends);
        let blob = match self.blob.take() {
            Some((id, writer)) => match writer.finish().await {
                Ok(()) => Some(id),
                Err(error) => {
                    discard(&backends, id).await;
                    return Err(error);
                }
            },
            None => None,
        };
        let shown = self.show(blob, &content).await;
        // Not shown: refused, or the same content was there already and stays.
        if let (Some(id), Err(_) | Ok((_, false))) = (blob, &shown) {
            discard(&backends, id).await;
        }
        shown.map(|(uploaded, _)| uploaded)
    }

    /// The one transaction: pen, judgement, blob, node, folders above. Says whether the node refers to the
    /// new blob.
    async fn show(&self, blob: Option<BlobId>, content: &Content) -> Result<(Uploaded, bool)> {
        let caller = &self.caller;
        let tx = self.backends.metadata.begin().await?;
        let space = caller.home.space;
        let seq = spaces::take_pen(&tx, space, content.size_bytes).await?;
        let located = admit(&tx, caller, &self.request, self.backends.files.path_chars_max).await?;
        let old = located.node();
        let created_at = self.request.times.created_at;
        let modified_at = self.request.times.modified_at.unwrap_or_else(|| moment(caller.now, old));
        let times = NodeTimes { created_at, modified_at: Some(modified_at) };
        let etag = content.sha256.etag();
        let same = old.is_some_and(|node| node.sha256() == Some(content.sha256));
        let id = match old {
            Some(node) if same => {
                spaces::give_back(&tx, space, content.size_bytes).await?;
                nodes::change(&tx, caller, seq, node.id, Change::Touched(times)).await?;
                node.id
            }
            Some(node) => {
                enliven(&tx, blob, content).await?;
                nodes::change(&tx, caller, seq, node.id, Change::Content(blob, times)).await?;
                node.id
            }
            None => {
                enliven(&tx, blob, content).await?;
                let new = NewNode {
                    uuid: Uuid::now_v7(),
                    parent: parent_of(&located)?.id,
                    name: name_of(&self.backends, &self.request.path)?,
                    folder: false,
                    blob,
                    created_at: created_at.unwrap_or(caller.now),
                    modified_at,
                };
                nodes::insert(&tx, caller, space, seq, new).await?
            }
        };
        end_lapsed(&tx, &located, &self.request.conditions).await?;
        nodes::stir(&tx, seq, located.ancestors()).await?;
        tx.commit().await?;
        Ok((Uploaded { id, etag, sha256: content.sha256, modified_at, created: old.is_none() }, !same))
    }

    fn wrong_length(&self) -> Error {
        let declared = self.request.declared_bytes.unwrap_or(0);
        Error::Invalid(
            format!("{declared} bytes were announced and another number came; nothing was changed.").into(),
        )
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        let Some((id, writer)) = self.blob.take() else { return };
        drop(writer);
        let backends = Arc::clone(&self.backends);
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move { discard(&backends, id).await });
        }
    }
}

/// The moment of new content. HTTP's dates have whole seconds: a change within the second of the last one
/// would look like none to a client that asks by date, so it counts as of the next (RFC 9110 §8.8.2.2).
fn moment(now: Timestamp, old: Option<&Node>) -> Timestamp {
    let next_second = |node: &Node| Timestamp::from_millis((node.modified_at.seconds() + 1) * 1000);
    old.map_or(now, |node| now.max(next_second(node)))
}

async fn enliven(tx: &Tx, blob: Option<BlobId>, content: &Content) -> Result<()> {
    match blob {
        Some(id) => metadata::blobs::enliven(tx, id, content).await,
        None => Ok(()),
    }
}

fn too_large(file_bytes_max: u64) -> Error {
    Error::TooLarge(
        format!("A file may have at most {file_bytes_max} bytes here; nothing was changed.").into(),
    )
}
