//! What the system asks of a running server (signal(7)).

use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// The signals a server listens to.
pub struct Signals {
    interrupt: Signal,
    terminate: Signal,
    hang_up: Signal,
}

impl Signals {
    /// From here on no signal ends the process by itself.
    pub fn catch() -> io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hang_up: signal(SignalKind::hangup())?,
        })
    }

    /// The first SIGINT or SIGTERM asks for an orderly end, the second one is the end.
    pub async fn follow(mut self, shutdown: CancellationToken) {
        loop {
            tokio::select! {
                _ = self.interrupt.recv() => {}
                _ = self.terminate.recv() => {}
                _ = self.hang_up.recv() => {
                    tracing::info!("SIGHUP changes nothing: settings are read at the start");
                    continue;
                }
            }
            if shutdown.is_cancelled() {
                tracing::warn!("asked to stop a second time; stopping without waiting for running requests");
                std::process::exit(1);
            }
            tracing::info!("stopping once running requests have finished; ask again to stop at once");
            shutdown.cancel();
        }
    }
}
