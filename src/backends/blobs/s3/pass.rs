//! A part whose length is known, passed on to the store as it comes in: it takes no memory to speak of, but it cannot be
//! sent again.

use std::collections::VecDeque;
use std::io::{Error as IoError, ErrorKind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use aws_sdk_s3::primitives::{ByteStream, SdkBody};
use aws_sdk_s3::types::CompletedPart;
use bytes::Bytes;
use domain::{BlobId, Error, Result};
use http_body::{Body, Frame, SizeHint};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::bucket::Bucket;
use super::budget::Lease;

/// How long a store has to answer once it has all of a part.
const ANSWER_MAX: Duration = Duration::from_secs(120);

/// A part on its way. Dropped before its end, the store never has it.
pub(super) struct Pass {
    frames: Option<mpsc::Sender<Bytes>>,
    left_bytes: u64,
    sending: JoinHandle<Result<CompletedPart>>,
}

/// What of a part has come in before it was passed on, with the memory it lies in.
pub(super) type Begun = (Vec<u8>, Option<Lease>);

impl Pass {
    pub(super) fn begin(
        bucket: &Arc<Bucket>,
        id: BlobId,
        upload: String,
        number: u32,
        bytes: u64,
        begun: Begun,
    ) -> Self {
        let (frames, coming) = mpsc::channel(1);
        let left_bytes = bytes.saturating_sub(begun.0.len() as u64);
        let bucket = Arc::clone(bucket);
        let sending = tokio::spawn(async move {
            let body = SdkBody::from_body_1_x(Coming::new(begun, coming, bytes));
            bucket.put_part(id, &upload, number, ByteStream::new(body), bytes).await
        });
        Self { frames: Some(frames), left_bytes, sending }
    }

    pub(super) fn left_bytes(&self) -> u64 {
        self.left_bytes
    }

    /// Passes on bytes, which are no more than are left.
    pub(super) async fn send(&mut self, frame: Bytes) -> Result<()> {
        self.left_bytes -= frame.len() as u64;
        let sent = match &self.frames {
            Some(frames) => frames.send(frame).await.is_ok(),
            None => false,
        };
        // Nobody takes them any more: the call has come to an end that says why.
        if sent { Ok(()) } else { self.answer().await.and_then(|_| Err(gone())) }
    }

    /// What the store says once it has everything.
    pub(super) async fn answer(&mut self) -> Result<CompletedPart> {
        self.frames = None;
        match timeout(ANSWER_MAX, &mut self.sending).await {
            Ok(answer) => answer.unwrap_or_else(|error| Err(Error::internal(error))),
            Err(_) => Err(gone()),
        }
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        self.sending.abort();
    }
}

fn gone() -> Error {
    Error::unavailable(
        "The file store does not answer; try again shortly.",
        "it took a part and said nothing",
    )
}

/// The body of the call.
struct Coming {
    begun: VecDeque<Bytes>,
    lease: Option<Lease>,
    coming: mpsc::Receiver<Bytes>,
    left_bytes: u64,
}

impl Coming {
    fn new((begun, lease): Begun, coming: mpsc::Receiver<Bytes>, left_bytes: u64) -> Self {
        let begun = if begun.is_empty() { VecDeque::new() } else { VecDeque::from([Bytes::from(begun)]) };
        Self { begun, lease, coming, left_bytes }
    }
}

impl Body for Coming {
    type Data = Bytes;
    type Error = IoError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, IoError>>> {
        let frame = match self.begun.pop_front() {
            Some(frame) => Some(frame),
            None => {
                self.lease = None;
                match self.coming.poll_recv(context) {
                    Poll::Ready(frame) => frame,
                    Poll::Pending => return Poll::Pending,
                }
            }
        };
        Poll::Ready(match frame {
            Some(frame) => {
                self.left_bytes = self.left_bytes.saturating_sub(frame.len() as u64);
                Some(Ok(Frame::data(frame)))
            }
            None if self.left_bytes == 0 => None,
            None => Some(Err(IoError::new(ErrorKind::UnexpectedEof, "the upload was given up"))),
        })
    }

    fn is_end_stream(&self) -> bool {
        self.left_bytes == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left_bytes)
    }
}
