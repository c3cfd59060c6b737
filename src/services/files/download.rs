//! Reading a file. A small one, and any that is read whole where the settings want it, is compared with its SHA-256 on
//! the way: whoever reads it gets what was stored, or an error.

use std::sync::Arc;

use blobs::BlobReader;
use bytes::{Bytes, BytesMut};
use domain::audit::Deed;
use domain::{Action, Blob, Caller, Error, Node, NodePath, Result};
use metadata::system_files;
use sha2::{Digest, Sha256 as Hasher};

use crate::Backends;
use crate::steps::{Accesses, about, may_read};

/// A file open for reading. It goes on reading the content it was opened with, whatever happens to the
/// node meanwhile.
pub struct Download {
    node: Node,
    source: Source,
    /// What is to be noted with the first byte that is read.
    access: Option<(Arc<Accesses>, Deed)>,
}

/// What is read whole before anything of it is handed out, so that damage is found before the headers are gone. The
/// store has it in memory by then.
const WHOLE_BYTES_MAX: u64 = 64 * 1024;

enum Source {
    Store(Box<Stored>),
    /// What is still to come of a file that is in memory.
    Memory {
        whole: Bytes,
        rest: Bytes,
    },
}

impl Download {
    /// Opens a file that a look has shown at a path. That it was read is noted when it is.
    ///
    /// # Errors
    /// Whatever the file store says; [`Unavailable`](Error::Unavailable) when a system file was replaced since
    /// the look.
    pub async fn open(caller: &Caller, backends: &Backends, path: &NodePath, node: &Node) -> Result<Self> {
        may_read(&backends.metadata, caller, node.space).await?;
        let access = Deed::of(caller, about(Action::ReadFile, node, path));
        let access = (!node.is_system()).then(|| (Arc::clone(&backends.accesses), access));
        Ok(Self { access, ..Self::open_unnoted(backends, node).await? })
    }

    /// The same for whoever may read it, where another note tells of it.
    pub(crate) async fn open_unnoted(backends: &Backends, node: &Node) -> Result<Self> {
        let source = match node.blob() {
            Some(blob) => {
                let reader = backends.blobs.at(blob.store)?.read(blob.id, blob.content.size_bytes).await?;
                Source::Store(Box::new(Stored::new(blob, reader, backends.files.verify_downloads)))
            }
            None if node.size_bytes() > 0 => {
                let bytes = system_files::read(&backends.metadata, node).await?.ok_or_else(replaced)?;
                Source::memory(bytes.into())
            }
            None => Source::memory(Bytes::new()),
        };
        Ok(Self { node: node.clone(), source, access: None })
    }

    /// The file.
    pub fn node(&self) -> &Node {
        &self.node
    }

    /// Goes on reading from this many bytes after the start; behind the end there is nothing to read.
    pub fn seek(&mut self, offset_bytes: u64) {
        match &mut self.source {
            Source::Store(stored) => stored.seek(offset_bytes),
            Source::Memory { whole, rest } => {
                let offset = usize::try_from(offset_bytes).unwrap_or(usize::MAX).min(whole.len());
                *rest = whole.slice(offset..);
            }
        }
    }

    /// Says that nothing from this many bytes after the start on will be asked for, so that a store elsewhere is not asked
    /// for it. Whoever reads on all the same gets it.
    pub fn expect_until(&mut self, offset_bytes: u64) {
        if let Source::Store(stored) = &mut self.source {
            stored.reader.expect_until(offset_bytes);
        }
    }

    /// The next bytes, at most so many; none at the end and only there.
    ///
    /// # Errors
    /// Whatever the file store says; a blob that ends early is an error, never silence. So are other bytes than were
    /// stored, as far as they are compared: at once of a small file, and with the setting `files.verify_downloads` at
    /// the last byte of another that is read whole.
    pub async fn read(&mut self, bytes_max: usize) -> Result<Bytes> {
        if let Some((accesses, access)) = self.access.take() {
            accesses.note(access);
        }
        if let Source::Store(stored) = &mut self.source
            && stored.blob.content.size_bytes <= WHOLE_BYTES_MAX
        {
            let (position, whole) = (stored.position, stored.whole().await?);
            self.source = Source::memory(whole);
            self.seek(position);
        }
        match &mut self.source {
            Source::Store(stored) => stored.read(bytes_max).await,
            Source::Memory { rest, .. } => Ok(rest.split_to(bytes_max.min(rest.len()))),
        }
    }
}

impl Source {
    fn memory(whole: Bytes) -> Self {
        Self::Memory { rest: whole.clone(), whole }
    }
}

/// A blob on its way out.
struct Stored {
    blob: Blob,
    reader: BlobReader,
    position: u64,
    /// Of all bytes before the position, unless they are not compared or some were passed over.
    hasher: Option<Hasher>,
}

impl Stored {
    fn new(blob: &Blob, reader: BlobReader, verify: bool) -> Self {
        let verify = verify || blob.content.size_bytes <= WHOLE_BYTES_MAX;
        Self { blob: blob.clone(), reader, position: 0, hasher: verify.then(Hasher::new) }
    }

    /// All bytes from the start, which are few.
    async fn whole(&mut self) -> Result<Bytes> {
        let size_bytes = self.blob.content.size_bytes;
        self.reader.seek(0);
        self.reader.expect_until(size_bytes);
        (self.position, self.hasher) = (0, Some(Hasher::new()));
        let mut whole = BytesMut::new();
        loop {
            let part = self.read(WHOLE_BYTES_MAX as usize).await?;
            match part.is_empty() {
                // Mostly all of it came at once, and is not copied.
                false if part.len() as u64 == size_bytes => return Ok(part),
                false => whole.extend_from_slice(&part),
                true => return Ok(whole.freeze()),
            }
        }
    }

    fn seek(&mut self, offset_bytes: u64) {
        if offset_bytes != self.position {
            self.hasher = None;
        }
        self.position = offset_bytes;
        self.reader.seek(offset_bytes);
    }

    async fn read(&mut self, bytes_max: usize) -> Result<Bytes> {
        let part = self.reader.read(bytes_max).await?;
        self.position += part.len() as u64;
        if let Some(hasher) = &mut self.hasher {
            hasher.update(&part);
            if self.position == self.blob.content.size_bytes {
                self.judge()?;
            }
        }
        Ok(part)
    }

    fn judge(&mut self) -> Result<()> {
        let Some(hasher) = self.hasher.take() else { return Ok(()) };
        let Blob { id, content, .. } = &self.blob;
        match <[u8; 32]>::from(hasher.finalize()) == content.sha256.0 {
            true => Ok(()),
            false => Err(Error::internal(format!(
                "{} is damaged: its {} bytes are not those with the SHA-256 {}; restore it from a back-up",
                id.key(),
                content.size_bytes,
                content.sha256.hex()
            ))),
        }
    }
}

fn replaced() -> Error {
    Error::Unavailable("This file was replaced just now; try again.".into())
}
