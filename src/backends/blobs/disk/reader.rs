//! Reading a file in chunks, the next one on its way from the disk while the last is sent.

use std::fs::File;
use std::io::ErrorKind;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use domain::{Error, Result};
use tokio::task::{JoinHandle, spawn_blocking};

use super::{fault, joined, mounted};

/// The first chunk after opening or seeking: a player that jumps about wants little from each place.
const CHUNK_BYTES_FIRST: u64 = 64 * 1024;
/// What chunks grow to: of each download one is being read, one handed out and one on its way to the client.
const CHUNK_BYTES_MAX: u64 = 128 * 1024;

/// The way of bytes out of a file.
pub struct DiskReader {
    file: Arc<OpenFile>,
    /// The offset of the next byte to hand out.
    position: u64,
    /// What was read from there on and not yet handed out.
    chunk: Bytes,
    /// What follows the chunk.
    ahead: Option<JoinHandle<Result<Bytes>>>,
    /// How much to read next.
    next_bytes: u64,
}

struct OpenFile {
    file: File,
    size_bytes: u64,
    content: PathBuf,
}

impl DiskReader {
    /// What [`open`](Self::open) fills: all of a small file, for most files are small, and one is then read
    /// here and now instead of by a task of its own.
    pub(super) fn first_buffer(size_bytes: u64) -> Vec<u8> {
        match usize::try_from(size_bytes) {
            Ok(size) if size_bytes <= CHUNK_BYTES_FIRST => buffer(size),
            _ => Vec::new(),
        }
    }

    /// Opens a file that must be there with this size; waits for the disk.
    pub(super) fn open(content: &Path, size_bytes: u64, first: Vec<u8>) -> Result<Self> {
        let opened = failpoint::suffer("blobs.read").and_then(|()| File::open(content));
        let file = opened.map_err(|error| match error.kind() {
            ErrorKind::NotFound => match mounted(content) {
                Ok(()) => Error::internal(format!("{} is missing", content.display())),
                Err(error) => error,
            },
            _ => fault("opening", content)(error),
        })?;
        let found_bytes = file.metadata().map_err(fault("opening", content))?.len();
        if found_bytes != size_bytes {
            let log = format!("{} has {found_bytes} bytes, not {size_bytes}", content.display());
            return Err(Error::internal(log));
        }
        let file = OpenFile { file, size_bytes, content: content.to_owned() };
        let chunk = file.read(0, first)?;
        Ok(Self { file: Arc::new(file), position: 0, chunk, ahead: None, next_bytes: CHUNK_BYTES_FIRST })
    }

    pub(crate) async fn read(&mut self, bytes_max: usize) -> Result<Bytes> {
        if self.chunk.is_empty() {
            self.read_ahead();
            let Some(ahead) = &mut self.ahead else { return Ok(Bytes::new()) };
            let chunk = joined(ahead.await);
            self.ahead = None;
            self.chunk = chunk?;
            self.read_ahead();
        }
        let part = self.chunk.split_to(self.chunk.len().min(bytes_max));
        self.position += part.len() as u64;
        Ok(part)
    }

    pub(crate) fn seek(&mut self, offset: u64) {
        let offset = offset.min(self.file.size_bytes);
        match offset.checked_sub(self.position).and_then(|skipped| usize::try_from(skipped).ok()) {
            Some(skipped) if skipped <= self.chunk.len() => drop(self.chunk.split_to(skipped)),
            _ => {
                self.chunk = Bytes::new();
                self.ahead = None;
                self.next_bytes = CHUNK_BYTES_FIRST;
            }
        }
        self.position = offset;
    }

    /// Begins to read what follows the chunk, unless that is under way or there is nothing.
    fn read_ahead(&mut self) {
        let offset = self.position + self.chunk.len() as u64;
        let length = self.next_bytes.min(self.file.size_bytes - offset);
        if length > 0 && self.ahead.is_none() {
            let file = Arc::clone(&self.file);
            let buffer = buffer(usize::try_from(length).unwrap_or(0));
            self.ahead = Some(spawn_blocking(move || file.read(offset, buffer)));
            self.next_bytes = (self.next_bytes * 2).min(CHUNK_BYTES_MAX);
        }
    }
}

/// Memory to read into. It is made where it will be dropped, outside the tasks that wait for the disk: what one
/// of their many threads made would stay its own until that very thread is used again.
fn buffer(length: usize) -> Vec<u8> {
    vec![0; length]
}

impl OpenFile {
    /// Fills the whole buffer from the file.
    fn read(&self, offset: u64, mut buffer: Vec<u8>) -> Result<Bytes> {
        let read =
            failpoint::suffer("blobs.read").and_then(|()| self.file.read_exact_at(&mut buffer, offset));
        read.map_err(|error| match error.kind() {
            ErrorKind::UnexpectedEof => {
                let end = offset + buffer.len() as u64;
                Error::internal(format!("{} ends before {end}", self.content.display()))
            }
            _ => fault("reading", &self.content)(error),
        })?;
        Ok(buffer.into())
    }
}
