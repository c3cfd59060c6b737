//! What a job is made of.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use domain::{JobKind, Result, Timestamp};
use services::Backends;
use tokio_util::sync::CancellationToken;

/// One kind of work.
pub struct Job {
    /// What it is called.
    pub kind: JobKind,
    /// After what time it comes again by itself; none where it only comes when a use case asks for it.
    pub every: fn(&Backends) -> Option<Duration>,
    /// What it does.
    pub body: fn(Arc<Backends>, Turn) -> Body,
}

/// One run of a job.
pub type Body = Pin<Box<dyn Future<Output = Result<Progress>> + Send>>;

/// What a run is given.
#[derive(Debug, Clone)]
pub struct Turn {
    /// What the use case that asked for it has named; empty for a job on a schedule.
    pub key: String,
    /// When the run began.
    pub now: Timestamp,
    /// Called when the run should come to an end at the next good moment, with [`Progress::More`] if there is more to do:
    /// the server stops, others have waited for a minute, or the job has become somebody else's.
    pub stop: CancellationToken,
}

/// How far a run came. What takes long is done in many runs, each a short transaction or a few.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// There is nothing left to do.
    Done,
    /// There is more: it goes on at once, once other kinds have had their turn.
    More,
    /// It cannot be done, for this reason, and trying again is of no use: it is given up.
    Hopeless(String),
}

impl Progress {
    /// Of a use case that says whether there is more to do.
    pub fn more_if(more: bool) -> Self {
        if more { Self::More } else { Self::Done }
    }
}
