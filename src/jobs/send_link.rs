//! Sends the links that people ask for because they have forgotten something or lost a mail: whoever asks learns by nothing
//! whether there is an account.

use std::sync::Arc;

use domain::Result;
use services::{Backends, passwords};

use crate::{Job, Progress, Turn};

pub const JOB: Job =
    Job { kind: passwords::SEND_LINK, every: |_| None, body: |backends, turn| Box::pin(run(backends, turn)) };

async fn run(backends: Arc<Backends>, turn: Turn) -> Result<Progress> {
    passwords::send_link(turn.now, &backends, &turn.key).await?;
    Ok(Progress::Done)
}
