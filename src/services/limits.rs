//! How many requests somebody may send, by what kind they are.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::time::Duration;

use coordination::{Bucket, Level, Rate};
use domain::{Error, Timestamp, UserId};

use crate::steps::network;
use crate::{Backends, LimitsConfig};

/// What a request is about, as far as limits are concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Class {
    /// To come in, or to be let in: of somebody who is not known yet.
    LogIn,
    /// To look.
    Read,
    /// To change something.
    Write,
    /// To send a content.
    Upload,
    /// To fetch a content.
    Download,
}

/// Who sends a request.
#[derive(Debug, Clone, Copy)]
pub struct Sender {
    /// Which user, if that is known.
    pub user: Option<UserId>,
    /// From where, if from elsewhere.
    pub address: Option<IpAddr>,
}

/// A limit that a request meets, and how it stands with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Met {
    /// What it is called.
    pub name: String,
    /// How many there may be at once.
    pub burst: u32,
    /// How long it takes until so many may come again.
    pub window: Duration,
    /// How many more there may be at once.
    pub remaining: u32,
    /// How long until there may be one more than that; zero when there may be as many as ever.
    pub more_after: Duration,
    /// How long this request has to wait.
    pub wait: Duration,
}

impl Class {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::LogIn, Self::Read, Self::Write, Self::Upload, Self::Download];

    /// As headers write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::LogIn => "log-in",
            Self::Read => "read",
            Self::Write => "write",
            Self::Upload => "upload",
            Self::Download => "download",
        }
    }

    fn rate(self, limits: &LimitsConfig) -> Option<Rate> {
        let (per_minute, burst) = match self {
            Self::LogIn => (limits.log_in_per_minute, limits.log_in_burst),
            Self::Read => (limits.read_per_minute, limits.read_burst),
            Self::Write => (limits.write_per_minute, limits.write_burst),
            Self::Upload => (limits.upload_per_minute, limits.upload_burst),
            Self::Download => (limits.download_per_minute, limits.download_burst),
        };
        let burst = NonZeroU32::new(burst).unwrap_or(NonZeroU32::MIN);
        NonZeroU32::new(per_minute).map(|per_minute| Rate { per_minute, burst })
    }
}

/// Counts a request with the limits it meets, or with none of them if it would have to wait for longer than `patience`.
/// The answer holds them all, none where there are none.
///
/// Of a user all programs count together, and so do all users of an address, of which IPv6 counts by network. Somebody who
/// is not known has what a user has, by address; only in the class [`LogIn`](Class::LogIn) that is all they meet.
pub async fn count(
    backends: &Backends,
    class: Class,
    sender: Sender,
    now: Timestamp,
    patience: Duration,
) -> Vec<Met> {
    let buckets = buckets(&backends.limits, class, sender);
    if buckets.is_empty() {
        return Vec::new();
    }
    let levels = backends.coordination.take(&buckets, now, patience).await;
    let met = buckets.into_iter().zip(levels).map(|(Bucket { key, rate }, level)| {
        let Level { remaining, more_after, wait } = level;
        let suffix = if key.starts_with("address") { "-by-address" } else { "" };
        let name = format!("{}{suffix}", class.as_str());
        Met { name, burst: rate.burst.get(), window: rate.window(), remaining, more_after, wait }
    });
    met.collect()
}

fn buckets(limits: &LimitsConfig, class: Class, sender: Sender) -> Vec<Bucket> {
    let Some(rate) = class.rate(limits) else { return Vec::new() };
    let mut buckets = Vec::new();
    if let Some(user) = sender.user {
        buckets.push(Bucket { key: format!("user {} {}", class.as_str(), user.0.simple()), rate });
    }
    let shared = match (sender.user, NonZeroU32::new(limits.address_factor)) {
        (None, _) => Some(rate),
        (Some(_), None) => None,
        (Some(_), Some(factor)) => {
            let (per_minute, burst) =
                (rate.per_minute.saturating_mul(factor), rate.burst.saturating_mul(factor));
            Some(Rate { per_minute, burst })
        }
    };
    if let (Some(rate), Some(address)) = (shared, sender.address) {
        // Strangers do not use up what those who are known have at the same address.
        let kind = if sender.user.is_some() { "address" } else { "address of strangers" };
        buckets.push(Bucket { key: format!("{kind} {} {}", class.as_str(), network(address)), rate });
    }
    buckets
}

/// The refusal of a request that would have to wait for longer than it can.
pub fn refusal(met: &[Met]) -> Error {
    let wait = met.iter().map(|met| met.wait).max().unwrap_or_default();
    let seconds = wait.as_millis().div_ceil(1000).max(1);
    let plural = if seconds == 1 { "" } else { "s" };
    let text = format!("Too many requests came from you; try again in {seconds} second{plural}.");
    Error::TooMany { message: text.into(), retry_after: wait }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use uuid::Uuid;

    use super::*;
    use crate::auth::tests::{House, NOW};

    async fn house(limits: LimitsConfig) -> House {
        let mut house = House::new().await;
        Arc::get_mut(&mut house.backends).unwrap().limits = limits;
        house
    }

    fn limits() -> LimitsConfig {
        LimitsConfig { read_per_minute: 60, read_burst: 3, address_factor: 2, ..LimitsConfig::default() }
    }

    fn sender(user: u128, address: &str) -> Sender {
        let user = (user > 0).then(|| UserId(Uuid::from_u128(user)));
        Sender { user, address: Some(address.parse().unwrap()) }
    }

    /// How many of these are let through at once.
    async fn admitted(house: &House, class: Class, senders: impl IntoIterator<Item = Sender>) -> usize {
        let mut admitted = 0;
        for sender in senders {
            let met = count(&house.backends, class, sender, NOW, Duration::ZERO).await;
            admitted += usize::from(met.iter().all(|met| met.wait.is_zero()));
        }
        admitted
    }

    #[tokio::test]
    async fn a_user_has_a_limit_wherever_they_are_and_an_address_has_one_for_all() {
        let house = house(limits()).await;
        let one = (0..5).map(|number| sender(1, &format!("192.0.2.{number}")));
        assert_eq!(admitted(&house, Class::Read, one).await, 3);
        let many = (10..20).map(|user| sender(user, "198.51.100.1"));
        assert_eq!(admitted(&house, Class::Read, many).await, 6);
        let elsewhere = (20..23).map(|user| sender(user, "198.51.100.2"));
        assert_eq!(admitted(&house, Class::Read, elsewhere).await, 3);
        let other_class = (0..9).map(|_| sender(1, "192.0.2.1"));
        assert_eq!(admitted(&house, Class::Write, other_class).await, 9, "of that class there is no limit");
    }

    #[tokio::test]
    async fn strangers_count_by_address_and_a_network_of_ipv6_is_one() {
        let house = house(limits()).await;
        let strangers = (1..9).map(|host| sender(0, &format!("2001:db8:1:2::{host}")));
        assert_eq!(admitted(&house, Class::Read, strangers).await, 3);
        assert_eq!(admitted(&house, Class::Read, [sender(0, "2001:db8:1:3::1")]).await, 1);
        assert_eq!(admitted(&house, Class::Read, [sender(1, "2001:db8:1:2::1")]).await, 1);
    }

    #[tokio::test]
    async fn a_request_learns_each_limit_it_meets() {
        let house = house(limits()).await;
        let met = count(&house.backends, Class::Read, sender(1, "192.0.2.1"), NOW, Duration::ZERO).await;
        let shown: Vec<_> = met.iter().map(|met| (met.name.as_str(), met.burst, met.remaining)).collect();
        assert_eq!(shown, [("read", 3, 2), ("read-by-address", 6, 5)]);
        assert_eq!(met[0].window, Duration::from_secs(3));
        let none = count(&house.backends, Class::Upload, sender(1, "192.0.2.1"), NOW, Duration::ZERO).await;
        assert_eq!(none, []);
    }

    #[test]
    fn a_refusal_says_when_to_come_again() {
        let wait = Duration::from_millis(2500);
        let met = |wait| Met {
            name: "read".to_owned(),
            burst: 1,
            window: wait,
            remaining: 0,
            more_after: wait,
            wait,
        };
        let Error::TooMany { retry_after, .. } = refusal(&[met(Duration::ZERO), met(wait)]) else { panic!() };
        assert_eq!(retry_after, wait);
    }
}
