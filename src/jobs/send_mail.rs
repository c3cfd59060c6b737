//! Sends the mails that use cases have written, each by a job of its own; and once a day forgets those that never could be.

use std::sync::Arc;
use std::time::Duration;

use domain::Result;
use services::Backends;
use services::mails::{self, Sent};

use crate::{Job, Progress, Turn};

pub const JOB: Job = Job {
    kind: mails::SEND_MAIL,
    every: |_| Some(Duration::from_secs(24 * 3600)),
    body: |backends, turn| Box::pin(run(backends, turn)),
};

async fn run(backends: Arc<Backends>, turn: Turn) -> Result<Progress> {
    if turn.key.is_empty() {
        return mails::forget(turn.now, &backends).await.map(Progress::more_if);
    }
    Ok(match mails::send(&backends, &turn.key).await? {
        Sent::Done => Progress::Done,
        Sent::Refused(says) => Progress::Hopeless(says),
    })
}
