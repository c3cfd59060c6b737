//! Reading a file.

use blobs::BlobReader;
use bytes::Bytes;
use domain::{Caller, Error, Node, Result};
use metadata::system_files;

use crate::Backends;
use crate::steps::own;

/// A file open for reading. It goes on reading the content it was opened with, whatever happens to the
/// node meanwhile.
pub struct Download {
    node: Node,
    source: Source,
}

enum Source {
    Store(BlobReader),
    /// What is still to come of a file that is in memory.
    Memory {
        whole: Bytes,
        rest: Bytes,
    },
}

impl Download {
    /// Opens a file that a look has shown.
    ///
    /// # Errors
    /// Whatever the file store says; [`Unavailable`](Error::Unavailable) when a system file was replaced since
    /// the look.
    pub async fn open(caller: &Caller, backends: &Backends, node: &Node) -> Result<Self> {
        own(caller, node)?;
        let source = match node.blob() {
            Some(blob) => Source::Store(backends.blobs.read(blob.id, blob.content.size_bytes).await?),
            None if node.size_bytes() > 0 => {
                let bytes = system_files::read(&backends.metadata, node).await?.ok_or_else(replaced)?;
                Source::memory(bytes.into())
            }
            None => Source::memory(Bytes::new()),
        };
        Ok(Self { node: node.clone(), source })
    }

    /// The file.
    pub fn node(&self) -> &Node {
        &self.node
    }

    /// Goes on reading from this many bytes after the start; behind the end there is nothing to read.
    pub fn seek(&mut self, offset_bytes: u64) {
        match &mut self.source {
            Source::Store(reader) => reader.seek(offset_bytes),
            Source::Memory { whole, rest } => {
                let offset = usize::try_from(offset_bytes).unwrap_or(usize::MAX).min(whole.len());
                *rest = whole.slice(offset..);
            }
        }
    }

    /// The next bytes, at most so many; none at the end and only there.
    ///
    /// # Errors
    /// Whatever the file store says; a blob that ends early is an error, never silence.
    pub async fn read(&mut self, bytes_max: usize) -> Result<Bytes> {
        match &mut self.source {
            Source::Store(reader) => reader.read(bytes_max).await,
            Source::Memory { rest, .. } => Ok(rest.split_to(bytes_max.min(rest.len()))),
        }
    }
}

impl Source {
    fn memory(whole: Bytes) -> Self {
        Self::Memory { rest: whole.clone(), whole }
    }
}

fn replaced() -> Error {
    Error::Unavailable("This file was replaced just now; try again.".into())
}
