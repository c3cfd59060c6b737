//! The servers of one house: each says that it is there, and what one leaves behind that is gone is cleared away.

use std::time::Duration;

use domain::{Result, Server, ServerId, Timestamp};
use metadata::{again, servers};
use uuid::Uuid;

use crate::Backends;

/// Clocks of servers that differ by more than this from the database's are complained of: the leases of jobs and the
/// ends of locks are judged by them, and a third of a lease is all they may be wrong by.
const SKEW_MAX: Duration = Duration::from_secs(5);

/// This process among the servers of its house.
pub struct Presence {
    id: ServerId,
    name: String,
    started_at: Timestamp,
}

/// Says that this process serves from here on, under this name. On a database of its own all others are gone.
///
/// # Errors
/// Whatever the database says.
pub async fn arrive(backends: &Backends, name: &str) -> Result<Presence> {
    let id = ServerId(Uuid::now_v7());
    let started_at = servers::arrive(&backends.metadata, id, name, env!("CARGO_PKG_VERSION")).await?;
    Ok(Presence { id, name: name.to_owned(), started_at })
}

impl Presence {
    /// Says so again, now and then, until this is dropped; only where there may be other servers. What the database does
    /// not hear is said again a moment later.
    pub async fn stay(&self, backends: &Backends) {
        if !backends.metadata.is_shared() {
            return std::future::pending().await;
        }
        let (mut is_silent, mut is_skewed) = (false, false);
        loop {
            tokio::time::sleep(Server::BEAT).await;
            let version = env!("CARGO_PKG_VERSION");
            let heard =
                servers::beat(&backends.metadata, self.id, &self.name, version, Some(self.started_at)).await;
            match heard {
                Ok(at) => {
                    is_silent = false;
                    let now = Timestamp::now();
                    let skew = at.until(now).max(now.until(at));
                    let was_skewed = std::mem::replace(&mut is_skewed, skew > SKEW_MAX);
                    if is_skewed && !was_skewed {
                        let seconds = skew.as_secs();
                        tracing::warn!(
                            seconds,
                            "this machine's clock and the database's differ: set both by NTP, or locks end too early or too late"
                        );
                    }
                }
                Err(error) if !std::mem::replace(&mut is_silent, true) => {
                    tracing::warn!(%error, "the database does not hear that this server is there");
                }
                Err(_) => {}
            }
        }
    }

    /// Says that this server has ended: nothing of its own is on its way any more.
    ///
    /// # Errors
    /// Whatever the database says; the others notice within a minute.
    pub async fn leave(self, backends: &Backends) -> Result<()> {
        servers::leave(&backends.metadata, self.id).await
    }
}

/// All servers, in the order in which they came. Those that are gone without a word stay for an hour.
///
/// # Errors
/// Whatever the database says.
pub async fn list(backends: &Backends) -> Result<Vec<Server>> {
    servers::list(&backends.metadata).await
}

/// Forgets servers that have been gone for an hour.
///
/// # Errors
/// Whatever the database says.
pub async fn forget_gone(backends: &Backends) -> Result<()> {
    again(|| async {
        let tx = backends.metadata.begin().await?;
        servers::forget_gone(&tx).await?;
        tx.commit().await
    })
    .await
}
