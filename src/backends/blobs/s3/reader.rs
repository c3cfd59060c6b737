//! Reading an object: nothing is asked for before the first bytes are wanted, and then only what will be.

use std::sync::Arc;
use std::time::Duration;

use aws_sdk_s3::operation::get_object::GetObjectOutput;
use aws_sdk_s3::primitives::ByteStream;
use bytes::Bytes;
use domain::{BlobId, Error, Result};

use super::bucket::Bucket;
use super::fault::broken_off;

/// How often it is gone on with in vain, each time where it was, when a connection is lost.
const TRIES: u32 = 5;
const WAIT_FIRST: Duration = Duration::from_millis(100);

/// The way of bytes out of a bucket. What is read ahead is what the connection holds: some hundred KiB.
pub struct S3Reader {
    bucket: Arc<Bucket>,
    id: BlobId,
    size_bytes: u64,
    /// The offset of the next byte to hand out.
    position: u64,
    /// Where whoever reads will stop, as far as that is known.
    until: u64,
    /// What was read from the position on and not yet handed out.
    chunk: Bytes,
    /// What follows the chunk.
    stream: Option<Stream>,
    failures: u32,
}

struct Stream {
    body: ByteStream,
    /// The offset at which it ends.
    end: u64,
}

impl S3Reader {
    pub(super) fn new(bucket: Arc<Bucket>, id: BlobId, size_bytes: u64) -> Self {
        let chunk = Bytes::new();
        Self { bucket, id, size_bytes, position: 0, until: size_bytes, chunk, stream: None, failures: 0 }
    }

    pub(crate) async fn read(&mut self, bytes_max: usize) -> Result<Bytes> {
        while self.chunk.is_empty() {
            // An empty object is asked for too, once: it has to be there.
            if self.position >= self.size_bytes && (self.size_bytes > 0 || self.stream.is_some()) {
                return Ok(Bytes::new());
            }
            self.fill().await?;
        }
        let part = self.chunk.split_to(self.chunk.len().min(bytes_max));
        self.position += part.len() as u64;
        Ok(part)
    }

    pub(crate) fn seek(&mut self, offset: u64) {
        let offset = offset.min(self.size_bytes);
        match offset.checked_sub(self.position).and_then(|skipped| usize::try_from(skipped).ok()) {
            Some(skipped) if skipped <= self.chunk.len() => drop(self.chunk.split_to(skipped)),
            _ => {
                self.chunk = Bytes::new();
                self.stream = None;
            }
        }
        self.position = offset;
    }

    pub(crate) fn expect_until(&mut self, offset: u64) {
        self.until = offset.min(self.size_bytes);
    }

    /// Takes the next bytes from the store, or asks it again.
    async fn fill(&mut self) -> Result<()> {
        let Some(stream) = &mut self.stream else {
            self.stream = Some(self.open().await?);
            return Ok(());
        };
        match stream.body.next().await {
            Some(Ok(chunk)) => {
                let left = usize::try_from(stream.end - self.position).unwrap_or(usize::MAX);
                if chunk.len() > left {
                    let key = self.bucket.key(self.id);
                    return Err(Error::internal(format!("{key} has more bytes than it says")));
                }
                self.failures = 0;
                self.chunk = chunk;
                Ok(())
            }
            // What was expected is over, and more is wanted all the same.
            None if self.position == stream.end => {
                self.stream = None;
                Ok(())
            }
            None => self.lost(&std::io::Error::from(std::io::ErrorKind::UnexpectedEof)).await,
            Some(Err(error)) => self.lost(&error).await,
        }
    }

    /// The connection was lost in the middle: the next one goes on where it was.
    async fn lost(&mut self, error: &(dyn std::error::Error + Send + Sync)) -> Result<()> {
        self.stream = None;
        self.failures += 1;
        if self.failures > TRIES {
            return Err(broken_off(&self.bucket.key(self.id), error));
        }
        tokio::time::sleep(WAIT_FIRST * (1 << self.failures.min(5))).await;
        Ok(())
    }

    async fn open(&self) -> Result<Stream> {
        let (from, size) = (self.position, self.size_bytes);
        let end = if self.until > from { self.until } else { size };
        let range = (from > 0 || end < size).then(|| format!("bytes={from}-{}", end - 1));
        let is_whole = range.is_none();
        let answer = self.bucket.get(self.id, range).await?;
        let sent = answer.content_length.and_then(|bytes| u64::try_from(bytes).ok());
        if sent != Some(end - from) || (!is_whole && whole_bytes(&answer) != Some(size)) {
            let key = self.bucket.key(self.id);
            let found = whole_bytes(&answer).or(sent).unwrap_or(0);
            return Err(Error::internal(format!("{key} has {found} bytes, not {size}")));
        }
        Ok(Stream { body: answer.body, end })
    }
}

/// How large the whole object is, beside a part of it: `bytes 5-9/100`.
fn whole_bytes(answer: &GetObjectOutput) -> Option<u64> {
    answer.content_range.as_deref()?.rsplit_once('/')?.1.parse().ok()
}
