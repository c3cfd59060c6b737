//! Reading a file.

use blobs::BlobReader;
use bytes::Bytes;
use domain::{Caller, Node, Result};

use crate::Backends;
use crate::steps::own;

/// A file open for reading. It goes on reading the content it was opened with, whatever happens to the
/// node meanwhile.
pub struct Download {
    node: Node,
    reader: Option<BlobReader>,
}

impl Download {
    /// Opens a file that a look has shown.
    ///
    /// # Errors
    /// Whatever the file store says.
    pub async fn open(caller: &Caller, backends: &Backends, node: &Node) -> Result<Self> {
        own(caller, node)?;
        let reader = match node.blob() {
            Some(blob) => Some(backends.blobs.read(blob.id, blob.content.size_bytes).await?),
            None => None,
        };
        Ok(Self { node: node.clone(), reader })
    }

    /// The file.
    pub fn node(&self) -> &Node {
        &self.node
    }

    /// Goes on reading from this many bytes after the start; behind the end there is nothing to read.
    pub fn seek(&mut self, offset_bytes: u64) {
        if let Some(reader) = &mut self.reader {
            reader.seek(offset_bytes);
        }
    }

    /// The next bytes, at most so many; none at the end and only there.
    ///
    /// # Errors
    /// Whatever the file store says; a blob that ends early is an error, never silence.
    pub async fn read(&mut self, bytes_max: usize) -> Result<Bytes> {
        match &mut self.reader {
            Some(reader) => reader.read(bytes_max).await,
            None => Ok(Bytes::new()),
        }
    }
}
