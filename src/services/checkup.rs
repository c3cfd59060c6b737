//! Whether the house is well: a short answer for whoever sends it requests, a long one for its operator.

mod bucket;

use std::time::Duration;

use blobs::Store;
use coordination::{Coordination, StoreFacts};
use domain::{OVERDUE_AFTER, QueueHealth, Result, StoreKind, Timestamp};
use metadata::description::{self, Description};
use metadata::schema::{self, Version};
use metadata::{Metadata, app_passwords, jobs, moves, users};

use crate::Backends;

/// Less free space than this is soon used up by a few large uploads.
const FREE_BYTES_MIN: u64 = 5 << 30;

/// What to do when PostgreSQL cannot be used.
pub const SEE_TO_POSTGRES: &str = "See that its server runs and can be reached, and that metadata.url is right: host, user, password and database.";

/// How one thing is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// As it should be.
    Good,
    /// It works, but somebody should see to it.
    Warning,
    /// It does not work.
    Bad,
}

/// What was found of one thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What was looked at.
    pub subject: &'static str,
    /// How it is.
    pub state: State,
    /// What was seen.
    pub says: String,
    /// What to do about it.
    pub advice: Option<String>,
}

/// Whether requests can be answered: the database answers and can be written to, and so can the disk with the files. A
/// bucket is not asked: where it is away it is so for all servers, and names are listed and changed all the same.
///
/// # Errors
/// [`Unavailable`](domain::Error::Unavailable), or what else is wrong.
pub async fn ready(backends: &Backends) -> Result<()> {
    backends.metadata.check().await?;
    backends.metadata.check_writing().await?;
    match backends.blobs.receiving() {
        store if store.kind() == StoreKind::Disk => store.check().await,
        _ => Ok(()),
    }
}

/// What does not work at the moment although requests are answered.
pub fn paused(backends: &Backends) -> Option<&'static str> {
    backends.coordination.is_down().then_some("uploads are paused: Redis does not answer")
}

/// Whether the state that servers share can be used; none where there is nothing to share.
pub fn shares(backends: &Backends) -> Option<bool> {
    backends.coordination.is_shared().then(|| !backends.coordination.is_down())
}

/// Looks at everything an operator has to see to. What cannot be looked at, because something else does not
/// work, is left out.
pub async fn examine(now: Timestamp, backends: &Backends) -> Vec<Finding> {
    // First of all, since it compares clocks.
    let shared_state = examine_shared_state(now, &backends.coordination).await;
    let mut findings = vec![examine_database(&backends.metadata).await];
    if findings[0].state == State::Good {
        let schema = schema(backends).await;
        let readable = schema.state == State::Good;
        findings.push(schema);
        if readable {
            findings.push(accounts(now, backends).await);
            findings.push(queue(now, backends).await);
        }
    }
    for store in backends.blobs.stores() {
        if store.kind() == StoreKind::S3 {
            findings.extend(examine_bucket(now, store).await);
            continue;
        }
        findings.push(file_store(store).await);
        findings.push(free_space(store).await);
    }
    findings.extend(shared_state);
    findings
}

/// Looks at the database, which need not be that of a house yet.
pub async fn examine_database(metadata: &Metadata) -> Finding {
    const SUBJECT: &str = "database";
    match description::describe(metadata).await {
        Ok(found) => match moves::refuse_moved(metadata).await {
            Ok(()) => Finding::good(SUBJECT, described(&found)),
            Err(error) => Finding::bad(
                SUBJECT,
                error.to_string(),
                "A database that was moved is kept, and refuses every change, so that none is lost.",
            ),
        },
        Err(error) => Finding::bad(
            SUBJECT,
            error.to_string(),
            match metadata.is_shared() {
                true => SEE_TO_POSTGRES,
                false => {
                    "See that the data folder is there, that this user may write to it, and that its disk is not full."
                }
            },
        ),
    }
}

fn described(found: &Description) -> String {
    let Description { engine, place, bytes, connections } = found;
    let tenths = bytes.saturating_mul(10) >> 20;
    let used = connections.map(|(used, allowed)| format!("; {used} of {allowed} connections are used"));
    format!("{engine} at {place}, {}.{} MiB{}.", tenths / 10, tenths % 10, used.unwrap_or_default())
}

async fn schema(backends: &Backends) -> Finding {
    const SUBJECT: &str = "schema";
    let (says, advice) = match schema::version(&backends.metadata).await {
        Ok(Version::Current) => return Finding::good(SUBJECT, "It is the one this program knows."),
        Ok(Version::Behind(steps)) => (
            format!("It lacks {}.", steps.join(", ")),
            "Run `larder migrate`; `larder serve` does so by itself.",
        ),
        Ok(Version::Newer(steps)) => (
            format!("A newer Larder made it: this program does not know {}.", steps.join(", ")),
            "Use the version of Larder that made it, or a later one.",
        ),
        Err(error) => {
            return Finding::bad(SUBJECT, error.to_string(), "Restore the database from a back-up.");
        }
    };
    Finding::bad(SUBJECT, says, advice)
}

async fn accounts(now: Timestamp, backends: &Backends) -> Finding {
    const SUBJECT: &str = "accounts";
    let db = &backends.metadata;
    let warning = |says, advice| Finding::warning(SUBJECT, says, advice);
    match (users::any(db).await, app_passwords::any_active(db, now).await) {
        (Ok(_), Ok(true)) => Finding::good(SUBJECT, "Somebody can log in."),
        (Ok(false), Ok(false)) => warning(
            "There is no account yet.",
            "Start `larder serve`, which makes the first one, or run `larder admin user create`.",
        ),
        (Ok(true), Ok(false)) => warning(
            "Nobody can log in: no active user has an active app password.",
            "Run `larder admin app-password create`, and `larder admin user enable` for a disabled user.",
        ),
        (Err(error), _) | (_, Err(error)) => Finding::bad(
            SUBJECT,
            error.to_string(),
            "Try again; if it stays, restore the database from a back-up.",
        ),
    }
}

async fn queue(now: Timestamp, backends: &Backends) -> Finding {
    const SUBJECT: &str = "jobs";
    let QueueHealth { waiting, dead, due_since } = match jobs::health(&backends.metadata, now).await {
        Ok(health) => health,
        Err(error) => {
            let advice = "Try again; if it stays, restore the database from a back-up.";
            return Finding::bad(SUBJECT, error.to_string(), advice);
        }
    };
    let waited = due_since.map(|since| since.until(now)).filter(|waited| *waited >= OVERDUE_AFTER);
    match (dead, waited) {
        (0, None) => Finding::good(SUBJECT, format!("None was given up; {waiting} wait for their time.")),
        (0, Some(waited)) => Finding::warning(
            SUBJECT,
            format!("{waiting} wait, and one could have run {} minutes ago.", waited.as_secs() / 60),
            "They run in `larder serve`: see that it runs, that its jobs.workers is not 0, and what its log says.",
        ),
        (dead, _) => Finding::warning(
            SUBJECT,
            format!("{dead} failed too often and were given up."),
            "`larder admin jobs list` says why; see to it, then run `larder admin jobs retry all`.",
        ),
    }
}

/// Looks a bucket over, which need not be that of a house yet; of another store there is nothing to say.
pub async fn examine_bucket(now: Timestamp, store: &Store) -> Vec<Finding> {
    store.probe().await.map_or_else(Vec::new, |probed| bucket::findings(now, &probed))
}

async fn file_store(store: &Store) -> Finding {
    const SUBJECT: &str = "file store";
    match store.check().await {
        Ok(()) => Finding::good(SUBJECT, "A small file was written, read and removed."),
        Err(error) => Finding::bad(
            SUBJECT,
            error.to_string(),
            "See that the data folder is there, that this user may write to it, and that its disk is not full.",
        ),
    }
}

async fn free_space(store: &Store) -> Finding {
    const SUBJECT: &str = "free space";
    match store.free_bytes().await {
        Ok(None) => Finding::good(SUBJECT, "The store has no limit of its own."),
        Ok(Some(free)) if free >= FREE_BYTES_MIN => Finding::good(SUBJECT, gibibytes(free)),
        Ok(Some(free)) => Finding::warning(
            SUBJECT,
            gibibytes(free),
            "Make room, or move the data folder to a larger disk: uploads fail when it is full.",
        ),
        Err(error) => Finding::bad(
            SUBJECT,
            error.to_string(),
            "See that the data folder is there and its disk is mounted.",
        ),
    }
}

/// From this version on everything is there that is needed.
const REDIS_MIN: (u32, u32) = (6, 2);

/// Clocks that differ by more are set by nobody; rate limits and idle times become wrong by it.
const CLOCKS_DIFFER_MAX_MS: i64 = 5_000;

/// What begins like this drops counters although they count on: every key has an end, so `volatile` spares none.
const EVICTIONS_OF_GUESSES: [&str; 4] = ["allkeys", "volatile-lru", "volatile-lfu", "volatile-random"];

/// Every upload waits for it once.
const LATENCY_MAX: Duration = Duration::from_millis(50);

/// Looks at what servers share; of what one process keeps for itself there is nothing to say.
pub async fn examine_shared_state(now: Timestamp, coordination: &Coordination) -> Option<Finding> {
    const SUBJECT: &str = "redis";
    let facts = match coordination.examine(now).await {
        Ok(facts) => facts?,
        Err(error) => {
            let advice = "See that redis.url is right and the server runs. Uploads are refused until it answers; all \
                          else goes on.";
            return Some(Finding::bad(SUBJECT, error.to_string(), advice));
        }
    };
    let StoreFacts { product, version, latency, clock_ahead_ms, eviction } = facts;
    let says = format!(
        "{product} {version} answers within {} ms; its clock differs by {} ms; when its memory is full: {eviction}.",
        latency.as_millis().max(1),
        clock_ahead_ms.abs()
    );
    let mut numbers = version.split('.').map_while(|number| number.parse::<u32>().ok());
    let is_old = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0)) < REDIS_MIN;
    let advice = if is_old {
        "Use Redis 6.2 or newer, or Valkey."
    } else if clock_ahead_ms.abs() > CLOCKS_DIFFER_MAX_MS {
        "Set the clocks of all machines by NTP."
    } else if EVICTIONS_OF_GUESSES.iter().any(|policy| eviction.starts_with(policy)) {
        "Set maxmemory-policy to noeviction or volatile-ttl: evicted counters let guessers try again."
    } else if latency > LATENCY_MAX {
        "Put Redis nearer to the servers: every upload waits for it once."
    } else {
        return Some(Finding::good(SUBJECT, says));
    };
    Some(Finding::warning(SUBJECT, says, advice))
}

impl Finding {
    /// As it should be.
    pub fn good(subject: &'static str, says: impl Into<String>) -> Self {
        Self { subject, state: State::Good, says: says.into(), advice: None }
    }

    /// It works, but somebody should see to it.
    pub fn warning(subject: &'static str, says: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { subject, state: State::Warning, says: says.into(), advice: Some(advice.into()) }
    }

    /// It does not work.
    pub fn bad(subject: &'static str, says: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { subject, state: State::Bad, says: says.into(), advice: Some(advice.into()) }
    }
}

fn gibibytes(bytes: u64) -> String {
    let tenths = (u128::from(bytes) * 10) >> 30;
    format!("{}.{} GiB are free.", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app_passwords;
    use crate::auth::tests::{House, NOW, ann};

    async fn accounts_of(house: &House) -> State {
        let findings = examine(NOW, &house.backends).await;
        let subjects: Vec<_> = findings.iter().map(|finding| finding.subject).collect();
        assert_eq!(subjects, ["database", "schema", "accounts", "jobs", "file store", "free space"]);
        assert!(findings.iter().all(|found| (found.state == State::Good) == found.advice.is_none()));
        findings[2].state
    }

    #[tokio::test]
    async fn a_house_is_well_as_long_as_somebody_can_come_in() {
        let (house, _) = House::with_ann().await;
        ready(&house.backends).await.unwrap();
        assert_eq!(accounts_of(&house).await, State::Good);
        house.set_active(false).await;
        assert_eq!(accounts_of(&house).await, State::Warning);
        house.set_active(true).await;
        app_passwords::revoke(NOW, &house.backends, &ann(), "laptop").await.unwrap();
        assert_eq!(accounts_of(&house).await, State::Warning);
    }

    #[tokio::test]
    async fn an_empty_house_says_how_to_begin() {
        let house = House::new().await;
        let findings = examine(NOW, &house.backends).await;
        assert!(findings[2].advice.as_ref().unwrap().contains("larder serve"), "{:?}", findings[2]);
    }

    #[tokio::test]
    async fn a_database_that_does_not_answer_is_found_bad_and_the_rest_still_looked_at() {
        let house = House::new().await;
        house.backends.close().await.unwrap();
        assert!(ready(&house.backends).await.is_err());
        let findings = examine(NOW, &house.backends).await;
        assert_eq!((findings[0].subject, findings[0].state), ("database", State::Bad));
        assert_eq!((findings[1].subject, findings[1].state), ("file store", State::Good));
    }

    #[test]
    fn free_space_is_told_in_gibibytes() {
        assert_eq!(gibibytes(FREE_BYTES_MIN + FREE_BYTES_MIN / 40), "5.1 GiB are free.");
    }
}
