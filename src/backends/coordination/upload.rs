//! Which uploads run, for operators: nothing depends on it.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use domain::{RequestId, Timestamp, UserName};
use parking_lot::Mutex;
use tokio::sync::Notify;

/// An upload as an operator sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UploadState {
    /// The request that brings it, as it stands in the log.
    pub request: RequestId,
    /// Who uploads.
    pub user: UserName,
    /// The path in their drive.
    pub path: String,
    /// The server that receives it.
    pub server: String,
    /// How many bytes were announced, if that is known.
    pub declared_bytes: Option<u64>,
    /// How many bytes have come, to within a few seconds.
    pub received_bytes: u64,
    /// When it began.
    pub started_at: Timestamp,
}

/// The uploads of this process.
#[derive(Default)]
pub(crate) struct Uploads {
    running: Mutex<HashMap<RequestId, (UploadState, Arc<AtomicU64>)>>,
    /// Those that have ended since somebody asked last; none where nobody asks.
    ended: Option<Mutex<Vec<RequestId>>>,
    /// Called when one has ended.
    pub(crate) changed: Notify,
}

/// An upload that runs; dropping it says that it has ended, well or not.
pub struct RunningUpload {
    request: RequestId,
    received_bytes: Arc<AtomicU64>,
    all: Arc<Uploads>,
}

impl RunningUpload {
    /// Says how many bytes have come in all. It costs nothing: who looks on is told now and then.
    pub fn advance(&self, received_bytes: u64) {
        self.received_bytes.store(received_bytes, Ordering::Relaxed);
    }
}

impl Drop for RunningUpload {
    fn drop(&mut self) {
        self.all.running.lock().remove(&self.request);
        if let Some(ended) = &self.all.ended {
            ended.lock().push(self.request);
            self.all.changed.notify_one();
        }
    }
}

impl Uploads {
    /// With a list of those that have ended, which somebody takes now and then.
    pub(crate) fn reported() -> Self {
        Self { ended: Some(Mutex::default()), ..Self::default() }
    }

    pub(crate) fn begin(self: &Arc<Self>, upload: UploadState) -> RunningUpload {
        let request = upload.request;
        let received_bytes = Arc::new(AtomicU64::new(upload.received_bytes));
        self.running.lock().insert(request, (upload, Arc::clone(&received_bytes)));
        RunningUpload { request, received_bytes, all: Arc::clone(self) }
    }

    /// Those that run, the oldest first.
    pub(crate) fn list(&self) -> Vec<UploadState> {
        let running = self.running.lock();
        let now = |(upload, received): &(UploadState, Arc<AtomicU64>)| UploadState {
            received_bytes: received.load(Ordering::Relaxed),
            ..upload.clone()
        };
        let mut all: Vec<UploadState> = running.values().map(now).collect();
        all.sort_by_key(|upload| upload.started_at);
        all
    }

    pub(crate) fn take_ended(&self) -> Vec<RequestId> {
        self.ended.as_ref().map(|ended| std::mem::take(&mut *ended.lock())).unwrap_or_default()
    }
}
