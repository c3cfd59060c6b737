//! Writing a file: bytes stream into a registered blob first, then one transaction shows them in a node. Those of
//! a system file are few and go into the database with it.
//!
//! Whatever breaks before that transaction has not happened: the old content stays readable, and the
//! bytes written so far are removed.

use std::sync::Arc;

use blobs::BlobFacts;
use bytes::Bytes;
use coordination::{RunningUpload, UploadState};
use domain::{
    Action, BlobId, Caller, Checksum, Code, Conditions, Content, ETag, Error, Event, Message, Node, NodeId,
    NodeName, NodePath, NodeTimes, NumberedName, OnConflict, Result, Sha256, SystemFile, Timestamp,
};
use metadata::nodes::{self, Change, Located, NewNode};
use metadata::system_files::NewSystemFile;
use metadata::{Db, Tx, again, spaces, system_files};
use sha2::{Digest, Sha256 as Hasher};
use uuid::Uuid;

use super::intake::{self, Allowance, Intake, Stored, Taken};
use super::media_type;
use super::verification::Verification;
use crate::Backends;
use crate::steps::{
    change, discard, end_lapsed, free_name, is_in_the_way, judge, may_write, name_of, once, once_instead,
    parent_of, path_by_now, pen_of_system, pen_settling, record, spelled,
};

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
    /// What to do where there is something with the name; a file that is replaced gets a new version.
    pub on_conflict: OnConflict,
    /// What must hold.
    pub conditions: Conditions,
}

/// A file that is being written. Dropping it before [`finish`](Self::finish) undoes everything.
pub struct Upload {
    caller: Caller,
    backends: Arc<Backends>,
    request: UploadRequest,
    intake: Intake,
    hasher: Hasher,
    verification: Verification,
    head: Vec<u8>,
    size_bytes: u64,
    file_bytes_max: u64,
    running: RunningUpload,
}

/// What became of an upload.
#[derive(Debug, Clone)]
pub struct Uploaded {
    /// The file.
    pub id: NodeId,
    /// Its identity.
    pub uuid: Uuid,
    /// The entity tag of its content.
    pub etag: ETag,
    /// The digest of its content.
    pub sha256: Sha256,
    /// The moment of its content.
    pub modified_at: Timestamp,
    /// Whether the name was free.
    pub created: bool,
}

/// How often an upload follows a file or folder that is moved again and again.
const MOVES_MAX: usize = 3;

/// How much of the start of a file is kept to see what it is.
const HEAD_BYTES: usize = 4096;

/// Begins an upload. Everything that can be refused is refused here, before the first byte; where the quota has a limit,
/// a declared length is set aside.
///
/// # Errors
/// Those of the judgement: [`ParentMissing`](Error::ParentMissing), [`Exists`](Error::Exists) for a folder,
/// [`Stale`](Error::Stale), [`Locked`](Error::Locked), [`QuotaExceeded`](Error::QuotaExceeded),
/// [`TooLarge`](Error::TooLarge); and [`Unavailable`](Error::Unavailable) while the state that servers share cannot be
/// reached.
pub async fn upload(caller: &Caller, backends: &Arc<Backends>, request: UploadRequest) -> Result<Upload> {
    may_write(&backends.metadata, caller, caller.tree(&request.path).space).await?;
    let Admitted { located, is_taken } =
        admit(&backends.metadata, caller, &request, backends.files.path_chars_max).await?;
    let declared_bytes = request.declared_bytes.unwrap_or(0);
    let file_bytes_max = match backends.files.file_bytes_max {
        0 => u64::MAX,
        limit => limit,
    };
    if declared_bytes > file_bytes_max {
        return Err(too_large(file_bytes_max));
    }
    let quota = located.space.quota;
    let free_bytes = unchanged_bytes(&request, located.node());
    let in_memory = !is_taken
        && may_be_system(&request.path, located.node())
        && declared_bytes <= SystemFile::BYTES_MAX as u64;
    if !in_memory && declared_bytes > free_bytes && !quota.fits(declared_bytes) {
        return Err(Error::QuotaExceeded(
            format!(
                "This file has {declared_bytes} bytes and your quota has room for {}; nothing was changed.",
                quota.available_bytes().unwrap_or(0)
            )
            .into(),
        ));
    }
    let running = backends.coordination.begin_upload(announced(caller, backends, &request)).await?;
    let allowance = Allowance { space: quota.limit_bytes.map(|_| located.space.id), free_bytes };
    let facts = BlobFacts {
        original_path: Some(request.path.to_string()),
        media_type: request
            .path
            .name()
            .and_then(|name| media_type::by_name(name.as_str()))
            .map(str::to_owned),
        size_bytes: request.declared_bytes,
    };
    let mut intake = Intake::new(backends, caller.now, in_memory, allowance, facts);
    intake.expect(declared_bytes).await?;
    Ok(Upload {
        caller: caller.clone(),
        backends: Arc::clone(backends),
        verification: Verification::of(&request.checksums),
        request,
        intake,
        hasher: Hasher::new(),
        head: Vec::new(),
        size_bytes: 0,
        file_bytes_max,
        running,
    })
}

/// What operators see of an upload.
fn announced(caller: &Caller, backends: &Backends, request: &UploadRequest) -> UploadState {
    UploadState {
        request: caller.request,
        user: caller.name.clone(),
        path: request.path.to_string(),
        server: backends.server_name.clone(),
        declared_bytes: request.declared_bytes,
        received_bytes: 0,
        started_at: caller.now,
    }
}

/// How many bytes need no room because the caller says, by their SHA-256, that they are what the file holds already. If
/// that is not so, they are refused at the end.
fn unchanged_bytes(request: &UploadRequest, old: Option<&Node>) -> u64 {
    let Some(old) = old.filter(|node| !node.is_system()) else { return 0 };
    let is_same =
        |checksum: &Checksum| matches!(checksum, Checksum::Sha256(sent) if Some(*sent) == old.sha256());
    match request.checksums.iter().any(is_same) {
        true => old.size_bytes(),
        false => 0,
    }
}

/// Whether a file would be a system file if it is small. An ordinary file stays one whatever it is called, and
/// keeps its versions.
fn may_be_system(path: &NodePath, old: Option<&Node>) -> bool {
    path.name().and_then(NodeName::system).is_some() && old.is_none_or(Node::is_system)
}

/// Whether the file may be written, as things stand now: asked before the body, and again in the
/// transaction that writes.
async fn admit(
    db: &impl Db,
    caller: &Caller,
    request: &UploadRequest,
    path_chars_max: usize,
) -> Result<Admitted> {
    let located = nodes::locate(db, caller.tree(&request.path).root, &request.path, caller.now).await?;
    if located.node().is_some() && request.on_conflict == OnConflict::Fail {
        return Err(NumberedName::taken());
    }
    let is_taken = is_in_the_way(&located, request.on_conflict);
    let located = if is_taken { located.vacant() } else { located };
    if located.node().is_some_and(Node::is_folder) {
        return Err(Error::Exists(Message::coded(Code::NameTaken, "There is a folder with this name.")));
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
    Ok(Admitted { located, is_taken })
}

/// A place that a file may be written to.
struct Admitted {
    located: Located,
    /// Whether something else has the name, so that the file gets another one; as if nothing was there.
    is_taken: bool,
}

impl Upload {
    /// Takes the next bytes.
    ///
    /// # Errors
    /// [`QuotaExceeded`](Error::QuotaExceeded) or [`TooLarge`](Error::TooLarge) as soon as there are too
    /// many, [`Invalid`](Error::Invalid) when there are more than declared; whatever the file store says. Nothing is
    /// left then.
    pub async fn write(&mut self, bytes: Bytes) -> Result<()> {
        let taken = self.take(bytes).await;
        if taken.is_err() {
            self.intake.discard().await;
        }
        taken
    }

    async fn take(&mut self, bytes: Bytes) -> Result<()> {
        if bytes.is_empty() {
            return Ok(());
        }
        self.size_bytes += bytes.len() as u64;
        if self.size_bytes > self.file_bytes_max {
            return Err(too_large(self.file_bytes_max));
        }
        if self.request.declared_bytes.is_some_and(|declared| self.size_bytes > declared) {
            return Err(self.wrong_length());
        }
        self.hasher.update(&bytes);
        self.verification.update(&bytes);
        let missing = HEAD_BYTES.saturating_sub(self.head.len()).min(bytes.len());
        self.head.extend_from_slice(&bytes[..missing]);
        self.running.advance(self.size_bytes);
        self.intake.write(bytes).await
    }

    /// Makes the bytes durable and shows them in the node. Once it runs it runs to its end, even if the
    /// caller hangs up.
    ///
    /// # Errors
    /// [`Invalid`](Error::Invalid) when fewer bytes came than declared, or others by a checksum, and again those
    /// of the judgement.
    pub async fn finish(mut self) -> Result<Uploaded> {
        let content = match self.content() {
            Ok(content) => content,
            Err(error) => {
                self.intake.discard().await;
                return Err(error);
            }
        };
        media_type::warn_of_mismatch(&self.request.path, content.media_type.as_deref());
        tokio::spawn(async move { self.commit(content).await }).await.map_err(Error::internal)?
    }

    /// What came, if it is what was announced.
    fn content(&mut self) -> Result<Content> {
        if self.request.declared_bytes.is_some_and(|declared| self.size_bytes != declared) {
            return Err(self.wrong_length());
        }
        let sha256 = Sha256(std::mem::take(&mut self.hasher).finalize().into());
        std::mem::take(&mut self.verification).judge(sha256)?;
        let media_type = media_type::of_bytes(&self.head).map(str::to_owned);
        Ok(Content { size_bytes: self.size_bytes, sha256, media_type })
    }

    async fn commit(self, content: Content) -> Result<Uploaded> {
        let Self { caller, backends, mut request, intake, .. } = self;
        let show = Showing { caller: &caller, backends: &backends, request: &request, content: &content };
        let stored = match intake.finish().await? {
            Taken::Stored(stored) => stored,
            Taken::Memory(bytes) => match again(|| show.in_database(&bytes)).await? {
                Some(uploaded) => return Ok(uploaded),
                None => intake::stored(&backends, caller.now, bytes).await?,
            },
        };
        failpoint::reach("upload.stored");
        let mut shown = again(|| show.in_store(stored.as_ref())).await;
        for _ in 0..MOVES_MAX {
            if shown.is_ok() {
                break;
            }
            // What is meant by its identity may have been moved while the bytes came.
            let now = path_by_now(&backends.metadata, &caller, &request.path, &request.conditions).await;
            let Ok(Some(path)) = now else { break };
            request.path = path;
            let show = Showing { caller: &caller, backends: &backends, request: &request, content: &content };
            shown = again(|| show.in_store(stored.as_ref())).await;
        }
        // Not shown: refused, or the same content was there already and stays.
        if let (Some(Stored { blob, .. }), Err(_) | Ok((_, false))) = (&stored, &shown) {
            discard(&backends, *blob).await;
        }
        shown.map(|(uploaded, _)| uploaded)
    }

    fn wrong_length(&self) -> Error {
        let declared = self.request.declared_bytes.unwrap_or(0);
        Error::Invalid(
            format!("{declared} bytes were announced and another number came; nothing was changed.").into(),
        )
    }
}

/// The one transaction of an upload, which shows what was sent.
struct Showing<'a> {
    caller: &'a Caller,
    backends: &'a Backends,
    request: &'a UploadRequest,
    content: &'a Content,
}

impl Showing<'_> {
    /// Pen, judgement, blob, node, folders above. Says whether the node refers to the new blob.
    async fn in_store(&self, stored: Option<&Stored>) -> Result<(Uploaded, bool)> {
        let Self { caller, content, .. } = *self;
        let (blob, reserved_bytes) =
            stored.map_or((None, 0), |stored| (Some(stored.blob), stored.reserved_bytes));
        let tx = self.backends.metadata.begin().await?;
        let tree = caller.tree(&self.request.path);
        let space = tree.space;
        let (seq, no_room) = pen_settling(&tx, caller, tree, content.size_bytes, reserved_bytes).await?;
        let made = Uuid::now_v7();
        if let Some(made) = once(&tx, caller, made).await? {
            return Ok((self.uploaded((NodeId::MADE_UP, made), None), false));
        }
        let Admitted { located, is_taken } = self.admit(&tx).await?;
        let old = located.node();
        let times = self.times(old);
        let same = old.is_some_and(|node| !node.is_system() && node.sha256() == Some(content.sha256));
        end_lapsed(&tx, &located, &self.request.conditions).await?;
        nodes::stir(&tx, seq, located.ancestors()).await?;
        let uuid = self.identity(&tx, made, old).await?;
        let (parent, name) = (parent_of(&located)?.id, name_of(self.backends, &self.request.path)?);
        let name = if is_taken { free_name(&tx, parent, &name, false).await? } else { name };
        let written = Event::new(Action::WriteFile, "file", uuid, spelled(&located, &name));
        record(&tx, caller, &written.in_space(space)).await?;
        let id = match (old, no_room) {
            (Some(node), no_room) if same => {
                if no_room.is_none() {
                    spaces::unsettle(&tx, space, content.size_bytes, reserved_bytes).await?;
                }
                change(&tx, caller, seq, node, Change::Touched(times)).await?;
                node.id
            }
            (_, Some(no_room)) => return Err(no_room),
            (Some(node), None) => {
                enliven(&tx, blob, content).await?;
                change(&tx, caller, seq, node, Change::Content(blob, times)).await?;
                node.id
            }
            (None, None) => {
                enliven(&tx, blob, content).await?;
                let new = NewNode {
                    uuid,
                    parent,
                    name,
                    folder: false,
                    blob,
                    created_at: times.created_at.unwrap_or(caller.now),
                    modified_at: self.moment(old),
                };
                nodes::insert(&tx, caller, space, seq, new).await?
            }
        };
        failpoint::reach("upload.placed");
        tx.commit().await?;
        failpoint::reach("upload.shown");
        Ok((self.uploaded((id, uuid), old), !same))
    }

    /// Pen, judgement, node, bytes; nobody else has to hear of a system file. Nothing is done when somebody has
    /// put an ordinary file there meanwhile.
    async fn in_database(&self, bytes: &[u8]) -> Result<Option<Uploaded>> {
        let Self { caller, content, .. } = *self;
        let tx = self.backends.metadata.begin().await?;
        let tree = caller.tree(&self.request.path);
        let seq = pen_of_system(&tx, caller, tree, content.size_bytes).await?;
        let made = Uuid::now_v7();
        if let Some(made) = once(&tx, caller, made).await? {
            return Ok(Some(self.uploaded((NodeId::MADE_UP, made), None)));
        }
        let Admitted { located, is_taken } = self.admit(&tx).await?;
        let old = located.node();
        if is_taken || !may_be_system(&self.request.path, old) {
            return Ok(None);
        }
        let times = self.times(old);
        let uuid = self.identity(&tx, made, old).await?;
        let bytes = bytes.to_vec();
        let id = match old {
            Some(node) => {
                system_files::replace(&tx, node, content, bytes, times).await?;
                node.id
            }
            None => {
                let name = name_of(self.backends, &self.request.path)?;
                let parent = parent_of(&located)?.id;
                let created_at = times.created_at.unwrap_or(caller.now);
                let modified_at = self.moment(old);
                let new =
                    NewSystemFile { uuid, parent, name: &name, content, bytes, created_at, modified_at };
                system_files::insert(&tx, tree.space, seq, new).await?
            }
        };
        end_lapsed(&tx, &located, &self.request.conditions).await?;
        failpoint::reach("system.placed");
        tx.commit().await?;
        failpoint::reach("system.shown");
        Ok(Some(self.uploaded((id, uuid), old)))
    }

    /// The identity of the file: a new one, or that of the file that gets another content.
    async fn identity(&self, tx: &Tx, made: Uuid, old: Option<&Node>) -> Result<Uuid> {
        let Some(old) = old else { return Ok(made) };
        once_instead(tx, self.caller, old.uuid).await?;
        Ok(old.uuid)
    }

    async fn admit(&self, tx: &Tx) -> Result<Admitted> {
        admit(tx, self.caller, self.request, self.backends.files.path_chars_max).await
    }

    /// The moment of the content.
    fn moment(&self, old: Option<&Node>) -> Timestamp {
        let now = self.caller.now;
        let next = || old.map_or(now, |node| node.next_moment(now));
        self.request.times.modified_at.unwrap_or_else(next)
    }

    /// The times that come with the content; the file keeps the moment it was made at unless another is given.
    fn times(&self, old: Option<&Node>) -> NodeTimes {
        NodeTimes { created_at: self.request.times.created_at, modified_at: Some(self.moment(old)) }
    }

    fn uploaded(&self, (id, uuid): (NodeId, Uuid), old: Option<&Node>) -> Uploaded {
        let sha256 = self.content.sha256;
        let (etag, modified_at) = (sha256.etag(), self.moment(old));
        Uploaded { id, uuid, etag, sha256, modified_at, created: old.is_none() }
    }
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
