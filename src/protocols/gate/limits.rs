//! How many requests there may be, judged once it is known who asks. At one door a request too many is refused; at another,
//! whose clients would take that for a broken drive, it waits its turn.

use std::collections::HashMap;
use std::fmt::Write;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use domain::{Caller, Result, Timestamp, UserId};
use http::{HeaderMap, HeaderName, HeaderValue, request};
use parking_lot::Mutex;
use services::Backends;
use services::limits::{Class, Met, Sender, count, refusal};
use tokio::time::sleep;

use crate::origin::Peer;

/// How long a request waits its turn. Clients give up on an answer after 20 seconds and more, and the work itself is to be
/// done in that time as well.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// How many requests of one user wait at once: enough for every mounted drive, which sends some ten side by side, and few
/// enough that one user does not take up all connections by waiting.
pub const WAITING_MAX: usize = 32;

// draft-ietf-httpapi-ratelimit-headers-11
const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const STANDING: HeaderName = HeaderName::from_static("ratelimit");

/// The limits before a door.
#[derive(Clone)]
pub struct Limits {
    backends: Arc<Backends>,
    waiting: Waiting,
}

/// The limits that a request has met, for its answer.
#[derive(Clone, Default)]
struct Noted(Arc<OnceLock<Vec<Met>>>);

impl Limits {
    /// Those of these back ends.
    pub fn new(backends: Arc<Backends>) -> Self {
        Self { backends, waiting: Waiting::default() }
    }

    /// Lets a request through, or refuses it; its answer tells of its limits where [`tell_limits`] is around the door.
    ///
    /// # Errors
    /// [`TooMany`](domain::Error::TooMany), with when to come again.
    pub async fn admit(&self, parts: &request::Parts, class: Class, caller: Option<&Caller>) -> Result<()> {
        let now = caller.map_or_else(Timestamp::now, |caller| caller.now);
        let met = count(&self.backends, class, sender(parts, caller), now, Duration::ZERO).await;
        let verdict = if fits(&met, Duration::ZERO) { Ok(()) } else { Err(refusal(&met)) };
        if let Some(noted) = parts.extensions.get::<Noted>() {
            // The first one counts: a request is of one class.
            let _ = noted.0.set(met);
        }
        verdict
    }

    /// Lets a request through when it is its turn.
    ///
    /// # Errors
    /// [`TooMany`](domain::Error::TooMany) when that is not within [`PATIENCE`], or [`WAITING_MAX`] others of the same
    /// user wait already.
    pub async fn wait_for_turn(&self, parts: &request::Parts, class: Class, caller: &Caller) -> Result<()> {
        let place = self.waiting.enter(caller.user);
        let patience = if place.is_some() { PATIENCE } else { Duration::ZERO };
        let met = count(&self.backends, class, sender(parts, Some(caller)), caller.now, patience).await;
        if !fits(&met, patience) {
            return Err(refusal(&met));
        }
        let wait = met.iter().map(|met| met.wait).max().unwrap_or_default();
        if !wait.is_zero() {
            tracing::debug!(user = %caller.name, class = class.as_str(), ?wait, "a request waits its turn");
            sleep(wait).await;
        }
        drop(place);
        Ok(())
    }
}

/// Writes into answers how their requests stood with their limits.
pub async fn tell_limits(mut request: Request, next: Next) -> Response {
    let noted = Noted::default();
    request.extensions_mut().insert(noted.clone());
    let mut answer = next.run(request).await;
    if let Some(met) = noted.0.get() {
        tell(answer.headers_mut(), met);
    }
    answer
}

fn sender(parts: &request::Parts, caller: Option<&Caller>) -> Sender {
    let address = parts.extensions.get::<Peer>().map(|Peer(address)| *address);
    Sender { user: caller.map(|caller| caller.user), address }
}

fn fits(met: &[Met], patience: Duration) -> bool {
    met.iter().all(|met| met.wait <= patience)
}

/// Lists of structured fields (RFC 9651): strings with parameters.
fn tell(headers: &mut HeaderMap, met: &[Met]) {
    let (mut policy, mut standing) = (String::new(), String::new());
    for Met { name, burst, window, remaining, more_after, .. } in met {
        let comma = if policy.is_empty() { "" } else { ", " };
        // Writing into a text cannot fail.
        let _ = write!(policy, "{comma}\"{name}\";q={burst};w={}", seconds(*window).max(1));
        let _ = write!(standing, "{comma}\"{name}\";r={remaining};t={}", seconds(*more_after));
    }
    for (name, value) in [(POLICY, policy), (STANDING, standing)] {
        if let Some(value) = HeaderValue::from_str(&value).ok().filter(|value| !value.is_empty()) {
            headers.insert(name, value);
        }
    }
}

fn seconds(span: Duration) -> u64 {
    span.as_secs() + u64::from(span.subsec_nanos() > 0)
}

/// How many requests of each user wait, or are just being judged.
#[derive(Clone, Default)]
struct Waiting(Arc<Mutex<HashMap<UserId, usize>>>);

/// One of them; dropping it makes room for another.
struct Place {
    user: UserId,
    all: Waiting,
}

impl Waiting {
    fn enter(&self, user: UserId) -> Option<Place> {
        let mut all = self.0.lock();
        let count = all.entry(user).or_default();
        if *count >= WAITING_MAX {
            return None;
        }
        *count += 1;
        Some(Place { user, all: self.clone() })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut all = self.all.0.lock();
        if let Some(count) = all.get_mut(&self.user) {
            *count -= 1;
            if *count == 0 {
                all.remove(&self.user);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn so_many_wait_and_whoever_leaves_makes_room() {
        let waiting = Waiting::default();
        let (ann, bob) = (UserId(Uuid::from_u128(1)), UserId(Uuid::from_u128(2)));
        let mut places: Vec<Place> = (0..WAITING_MAX).map(|_| waiting.enter(ann).unwrap()).collect();
        assert!(waiting.enter(ann).is_none() && waiting.enter(bob).is_some());
        places.pop();
        assert!(waiting.enter(ann).is_some());
        drop(places);
        assert!(waiting.0.lock().is_empty(), "nobody who waits takes memory");
    }

    #[test]
    fn an_answer_tells_each_limit_in_structured_fields() {
        let met = |name: &str, burst, remaining, wait: u64| Met {
            name: name.to_owned(),
            burst,
            window: Duration::from_millis(2500),
            remaining,
            more_after: Duration::from_millis(wait * 1000 + 1),
            wait: Duration::ZERO,
        };
        let mut headers = HeaderMap::new();
        tell(&mut headers, &[met("read", 100, 99, 0), met("read-by-address", 400, 0, 2)]);
        assert_eq!(headers[POLICY], r#""read";q=100;w=3, "read-by-address";q=400;w=3"#);
        assert_eq!(headers[STANDING], r#""read";r=99;t=1, "read-by-address";r=0;t=3"#);
        let mut none = HeaderMap::new();
        tell(&mut none, &[]);
        assert!(none.is_empty());
    }
}
