//! How often an address may send a wrong password. Addresses are counted, never accounts alone: whoever
//! guesses at an account from one place does not lock its owner out in another.

use std::net::{IpAddr, Ipv6Addr};
use std::time::Duration;

use coordination::Coordination;
use domain::{Error, Result, Timestamp, UserName};

use crate::LoginConfig;

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
    /// Those from this address with this account; names that cannot be one count as one account.
    pub(crate) fn of(
        coordination: &'a Coordination,
        config: &'a LoginConfig,
        address: IpAddr,
        name: Option<&UserName>,
    ) -> Self {
        let address = format!("login {}", network(address));
        let account = format!("{address} {}", name.map_or("", UserName::as_str));
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

/// What one customer of a provider has: one IPv4 address, or 2^64 IPv6 addresses (RFC 6177 §2).
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into(),
        address @ IpAddr::V4(_) => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_in_one_ipv6_network_are_one_address() {
        let network = |text: &str| network(text.parse().unwrap());
        assert_eq!(network("2001:db8:1:2:3:4:5:6"), network("2001:db8:1:2::1"));
        assert_ne!(network("2001:db8:1:2::1"), network("2001:db8:1:3::1"));
        assert_ne!(network("192.0.2.1"), network("192.0.2.2"));
        assert_eq!(network("::ffff:192.0.2.1"), network("192.0.2.1"));
    }
}
