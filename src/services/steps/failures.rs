//! How often an address may send a wrong password. Addresses are counted, never accounts alone: whoever
//! guesses at an account from one place does not lock its owner out in another.

use std::net::IpAddr;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use coordination::Coordination;
use domain::{Error, Result, Timestamp};
use sha2::{Digest, Sha256};

use crate::LoginConfig;
use crate::steps::network;

/// How much more an address may fail with all accounts than with one: behind one address there may be an
/// office, but hardly one that has forgotten more passwords than this.
const ACCOUNTS_FACTOR: u32 = 5;

/// The wrong passwords from one address, with one account and with any.
pub(crate) struct Failures<'a> {
    coordination: &'a Coordination,
    config: &'a LoginConfig,
    address: String,
    account: String,
}

impl<'a> Failures<'a> {
    /// Those from this address with what was typed for an account. Whether there is one plays no part, so being made to wait
    /// tells nobody that there is; of what was typed, which may be long, or a password, a digest is counted.
    pub(crate) fn of(
        coordination: &'a Coordination,
        config: &'a LoginConfig,
        address: IpAddr,
        login: &str,
    ) -> Self {
        let address = format!("login {}", network(address));
        let login = Sha256::digest(login.trim().to_lowercase());
        let account = format!("{address} {}", URL_SAFE_NO_PAD.encode(login));
        Self { coordination, config, address, account }
    }

    /// Whether one more attempt is allowed.
    ///
    /// # Errors
    /// [`TooMany`](Error::TooMany) when it is not.
    pub(crate) async fn check(&self, now: Timestamp) -> Result<()> {
        let limit = self.config.failures_max.max(1);
        self.check_one(&self.account, limit, now).await?;
        self.check_one(&self.address, limit.saturating_mul(ACCOUNTS_FACTOR), now).await
    }

    async fn check_one(&self, key: &str, limit: u32, now: Timestamp) -> Result<()> {
        let failures = self.coordination.failures(key, now).await;
        let Some(retry_after) = failures.retry_after.filter(|_| failures.count >= limit) else {
            return Ok(());
        };
        let wait = match retry_after.as_secs().div_ceil(60) {
            0 | 1 => "a minute".to_owned(),
            minutes => format!("{minutes} minutes"),
        };
        let text = format!(
            "Too many wrong passwords came from your address; check the saved one and try again in {wait}."
        );
        Err(Error::TooMany { message: text.into(), retry_after })
    }

    /// Counts one more.
    pub(crate) async fn record(&self, now: Timestamp) {
        let window = Duration::from_secs(self.config.failures_window_seconds);
        self.coordination.record_failure(&self.account, now, window).await;
        self.coordination.record_failure(&self.address, now, window).await;
    }

    /// Forgets those with this account. Those of the address stay, or an account of one's own would make
    /// guessing at others free.
    pub(crate) async fn forget(&self) {
        self.coordination.forget(&self.account).await;
    }
}
