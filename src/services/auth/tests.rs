//! People at the door, with a real database behind it.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use blobs::{Blobs, BlobsConfig};
use coordination::Coordination;
use domain::{
    AppPassword, Caller, Door, Durability, Error, RequestId, Result, Role, Secret, StoreKind, Thinning,
    Timestamp, UserName,
};
use metadata::{Metadata, MetadataConfig, schema};
use outbound::Mailer;
use scratch::Database;
use tempfile::TempDir;
use uuid::Uuid;

use super::{Attempt, log_in};
use crate::SignUp;
use crate::users::{By, NewUser};
use crate::{
    AccountsConfig, AuditConfig, Backends, Creators, DownloadsConfig, FilesConfig, HistoryConfig,
    LimitsConfig, LoginConfig, NamesConfig, OrganizationsConfig, ProjectsConfig, ScrubConfig, ServicesConfig,
    TrashConfig, VersionsConfig, app_passwords, users,
};

pub(crate) const NOW: Timestamp = Timestamp::from_millis(1_000_000_000);
const HOME: &str = "192.0.2.1";
const ELSEWHERE: &str = "198.51.100.1";
const FAILURES_MAX: u32 = 3;
const DEVICES_MAX: u32 = 4;
const WRONG: &str = "00000-00000-00000-00000-00000";

/// The floors up to this one, in a folder of their own.
pub(crate) struct House {
    pub(crate) backends: Arc<Backends>,
    pub(crate) folder: TempDir,
    database: Option<Database>,
}

fn accounts() -> AccountsConfig {
    AccountsConfig {
        sign_up: SignUp::Open,
        approve: false,
        verify_email: true,
        password_chars_min: 8,
        verification_hours: 48,
        reset_minutes: 60,
        invitation_days: 7,
        access_token_minutes: 15,
        refresh_token_days: 30,
        locked_after_days: 30,
        deleted_after_days: 90,
    }
}

/// Letters are written and stay unsent.
fn mailer() -> Option<Mailer> {
    let mail = serde_json::json!({
        "url": "smtp://127.0.0.1:1?tls=none", "from": "larder@example.org", "timeout_seconds": 1,
    });
    Mailer::open(&serde_json::from_value(mail).unwrap()).unwrap()
}

impl House {
    /// Keeps Ann out, or lets her in again.
    pub(crate) async fn set_active(&self, active: bool) {
        let (backends, by) = (&self.backends, By::House { now: NOW, door: Door::Command });
        let ann = users::caller(NOW, backends, &ann()).await.unwrap().user;
        let changed = match active {
            true => users::activate(by, backends, ann, None).await,
            false => users::deactivate(by, backends, ann, None).await,
        };
        changed.unwrap();
    }

    /// With a schema, and nobody in it.
    pub(crate) async fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let database = Database::if_scaled();
        let metadata = open(&folder, database.as_ref()).await;
        schema::migrate(&metadata, NOW).await.unwrap();
        let config = BlobsConfig {
            store: StoreKind::Disk,
            orphan_grace_hours: 24,
            durability: Durability::default(),
            s3: None,
        };
        let blobs = Blobs::open(&config, folder.path()).await.unwrap();
        let files = FilesConfig {
            path_chars_max: 1024,
            quota_bytes: 1000,
            file_bytes_max: 0,
            verify_downloads: false,
        };
        let names = NamesConfig { ascii_safe: false };
        let login = LoginConfig {
            failures_max: FAILURES_MAX,
            failures_window_seconds: 60,
            remember_seconds: 60,
            devices_max: DEVICES_MAX,
            device_idle_minutes: 15,
        };
        let trash = TrashConfig { days: 30, listed: true };
        let projects = ProjectsConfig { quota_bytes: 1000, personal_max: 0, objects_kept_days: 30 };
        let organizations = OrganizationsConfig { creators: Creators::Everybody };
        let history = HistoryConfig { listed: false };
        let versions = VersionsConfig { days: 180, count_max: 100, thinning: Thinning::default() };
        let scrub = ScrubConfig { days: 30, read_bytes_per_second: 0 };
        let audit = AuditConfig { accesses: true, days: 365 };
        let downloads = DownloadsConfig { redirect_bytes_min: 0 };
        let (orphan_grace, server_name) = (Duration::from_secs(86_400), "here".to_owned());
        let config = ServicesConfig {
            files,
            downloads,
            names,
            trash,
            organizations,
            projects,
            history,
            versions,
            scrub,
            login,
            limits: LimitsConfig::default(),
            accounts: accounts(),
            audit,
            orphan_grace,
            server_name,
            origin: Some("https://files.example.org".to_owned()),
            mailer: mailer(),
        };
        let backends = Backends::new(metadata, blobs, Coordination::in_process(), config);
        Self { backends: Arc::new(backends), folder, database }
    }

    /// With ann in it, who has this app password.
    pub(crate) async fn with_ann() -> (Self, String) {
        let house = Self::new().await;
        let password = Some("correct horse".to_owned());
        let new = NewUser { name: ann(), role: Role::User, password, quota_bytes: None };
        users::create(NOW, &house.backends, new).await.unwrap();
        let secret = house.issue("laptop", None).await;
        (house, secret)
    }

    pub(crate) async fn issue(&self, name: &str, expires_at: Option<Timestamp>) -> String {
        app_passwords::create(NOW, &self.backends, &ann(), name, expires_at).await.unwrap().secret
    }

    pub(crate) async fn try_from(
        &self,
        address: &str,
        name: &str,
        secret: &str,
        now: Timestamp,
    ) -> Result<Caller> {
        let address: IpAddr = address.parse().unwrap();
        let request = RequestId(Uuid::from_u128(1));
        let attempt = Attempt { name, secret, address, product: "tests", door: Door::WebDav, request, now };
        log_in(&self.backends, attempt).await
    }

    /// Ann, with a program of this name.
    async fn ann_uses(&self, product: &str, secret: &str, now: Timestamp) -> Result<Caller> {
        let (address, request) = (HOME.parse().unwrap(), RequestId(Uuid::from_u128(1)));
        let attempt = Attempt { name: "ann", secret, address, product, door: Door::WebDav, request, now };
        log_in(&self.backends, attempt).await
    }

    pub(crate) async fn ann_tries(&self, secret: &str) -> Result<Caller> {
        self.try_from(HOME, "ann", secret, NOW).await
    }

    fn hashes(&self) -> u64 {
        self.backends.hashing.done()
    }

    /// Ann's oldest app password, once the task beside the last request has noted its use.
    async fn used(&self) -> AppPassword {
        let _written = self.backends.memory.noting.acquire().await.unwrap();
        app_passwords::list(&self.backends, &ann()).await.unwrap().remove(0)
    }
}

async fn open(folder: &TempDir, database: Option<&Database>) -> Metadata {
    Metadata::open(
        &MetadataConfig {
            url: database.map(|database| Secret::new(database.url())),
            connections: 4,
            readers: 2,
            busy_seconds: 5,
            durability: Durability::default(),
        },
        folder.path(),
    )
    .await
    .unwrap()
}

pub(crate) fn ann() -> UserName {
    UserName::parse("ann").unwrap()
}

#[track_caller]
fn assert_refused(result: Result<Caller>) {
    assert!(matches!(result, Err(Error::Unauthenticated(_))), "{result:?}");
}

#[track_caller]
fn assert_too_many(result: Result<Caller>, wait: Duration) {
    assert!(matches!(result, Err(Error::TooMany { retry_after, .. }) if retry_after == wait), "{result:?}");
}

#[tokio::test]
async fn an_app_password_opens_the_door_however_it_is_typed() {
    let (house, secret) = House::with_ann().await;
    let caller = house.ann_tries(&secret).await.unwrap();
    assert_eq!((caller.name, caller.role, caller.now), (ann(), Role::User, NOW));
    let sloppy = secret.replace('-', " ").to_uppercase();
    let again = house.try_from(HOME, "Ann", &sloppy, NOW).await.unwrap();
    assert_eq!((again.user, again.home), (caller.user, caller.home));
}

#[tokio::test]
async fn the_account_password_opens_nothing() {
    let (house, _) = House::with_ann().await;
    assert_refused(house.ann_tries("correct horse").await);
}

#[tokio::test]
async fn whatever_is_wrong_takes_the_same_work_and_says_the_same() {
    let (house, secret) = House::with_ann().await;
    let other_secret = format!("{}{}", &secret[..6], &WRONG[6..]);
    let attempts = [("ann", WRONG), ("ann", &other_secret), ("bob", &secret), ("a b", &secret), ("ann", "x")];
    for (number, (name, secret)) in attempts.into_iter().enumerate() {
        let before = house.hashes();
        let result = house.try_from(&format!("192.0.2.{number}"), name, secret, NOW).await;
        assert_eq!(result.as_ref().unwrap_err().to_string(), super::refused().to_string());
        assert_refused(result);
        assert_eq!(house.hashes(), before + 1, "{name} {secret}");
    }
}

#[tokio::test]
async fn a_remembered_password_costs_one_statement_and_no_hash() {
    let (house, secret) = House::with_ann().await;
    house.ann_tries(&secret).await.unwrap();
    house.used().await;
    let (hashes, statements) = (house.hashes(), house.backends.metadata.statements());
    house.ann_tries(&secret).await.unwrap();
    assert_eq!(house.backends.metadata.statements() - statements, 1);
    assert_eq!(house.hashes(), hashes);
}

#[tokio::test]
async fn a_crowd_with_one_new_password_is_verified_once() {
    let (house, secret) = House::with_ann().await;
    let before = house.hashes();
    let crowd = (0..50).map(|_| house.ann_tries(&secret));
    assert!(futures_util::future::join_all(crowd).await.into_iter().all(|result| result.is_ok()));
    assert_eq!(house.hashes(), before + 1);
}

#[tokio::test]
async fn a_revoked_password_opens_nothing_at_once_whoever_revoked_it() {
    let (house, secret) = House::with_ann().await;
    house.ann_tries(&secret).await.unwrap();
    let other_process = open(&house.folder, house.database.as_ref()).await;
    let id = app_passwords::list(&house.backends, &ann()).await.unwrap()[0].id;
    let tx = other_process.begin().await.unwrap();
    metadata::app_passwords::revoke(&tx, id, NOW).await.unwrap();
    tx.commit().await.unwrap();
    assert_refused(house.ann_tries(&secret).await);
}

#[tokio::test]
async fn a_password_expires_while_it_is_remembered() {
    let (house, _) = House::with_ann().await;
    let end = NOW.after(Duration::from_secs(10));
    let secret = house.issue("guest", Some(end)).await;
    house.ann_tries(&secret).await.unwrap();
    assert_refused(house.try_from(HOME, "ann", &secret, end).await);
}

#[tokio::test]
async fn a_disabled_user_is_out_at_once_and_an_enabled_one_back_in() {
    let (house, secret) = House::with_ann().await;
    house.ann_tries(&secret).await.unwrap();
    house.set_active(false).await;
    assert_refused(house.ann_tries(&secret).await);
    house.set_active(true).await;
    house.ann_tries(&secret).await.unwrap();
}

#[tokio::test]
async fn who_guesses_has_to_wait_and_locks_nobody_out_elsewhere() {
    let (house, secret) = House::with_ann().await;
    for _ in 0..FAILURES_MAX {
        assert_refused(house.ann_tries(WRONG).await);
    }
    let before = house.hashes();
    assert_too_many(house.ann_tries(&secret).await, Duration::from_secs(60));
    assert_eq!(house.hashes(), before, "no hash is made for who has to wait");
    house.try_from(ELSEWHERE, "ann", &secret, NOW).await.unwrap();
    house.ann_tries(&secret).await.expect("what is remembered passes wherever it comes from");
    house
        .try_from(HOME, "ann", &house.issue("new", None).await, NOW.after(Duration::from_secs(60)))
        .await
        .unwrap();
}

#[tokio::test]
async fn a_right_password_wipes_the_slate_of_its_account() {
    let (house, _) = House::with_ann().await;
    for round in 0..3 {
        for _ in 1..FAILURES_MAX {
            assert_refused(house.ann_tries(WRONG).await);
        }
        house.ann_tries(&house.issue(&format!("new {round}"), None).await).await.unwrap();
    }
}

#[tokio::test]
async fn an_address_has_an_allowance_over_all_accounts() {
    let (house, secret) = House::with_ann().await;
    let names: Vec<String> = (0..FAILURES_MAX * 5).map(|number| format!("user{number}")).collect();
    for name in &names {
        assert_refused(house.try_from("2001:db8::1", name, WRONG, NOW).await);
    }
    assert_too_many(house.try_from("2001:db8::2", "ann", &secret, NOW).await, Duration::from_secs(60));
    house.ann_tries(&secret).await.unwrap();
}

#[tokio::test]
async fn a_volley_of_guesses_is_not_waved_through() {
    let (house, _) = House::with_ann().await;
    let before = house.hashes();
    let guesses: Vec<String> = (10..50).map(|number| WRONG.replacen("00", &number.to_string(), 1)).collect();
    let results = futures_util::future::join_all(guesses.iter().map(|guess| house.ann_tries(guess))).await;
    assert!(results.into_iter().all(|result| result.is_err()));
    // Two hashes are made at a time, so one more than allowed may be under way already.
    assert!(house.hashes() - before <= u64::from(FAILURES_MAX) + 1);
}

#[tokio::test]
async fn hanging_up_early_does_not_hide_a_guess() {
    let (house, secret) = House::with_ann().await;
    let before = house.hashes();
    for guess in ["1", "2", "3"] {
        let guess = WRONG.replacen('0', guess, 1);
        let mut attempt = std::pin::pin!(house.ann_tries(&guess));
        assert!(futures_util::poll!(attempt.as_mut()).is_pending());
    }
    while house.hashes() < before + u64::from(FAILURES_MAX) {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    // A turn is kept until its failure is counted.
    let hashing = &house.backends.hashing;
    drop((hashing.turn().await.unwrap(), hashing.turn().await.unwrap()));
    assert_too_many(house.ann_tries(&secret).await, Duration::from_secs(60));
}

#[tokio::test]
async fn the_last_use_is_noted_every_five_minutes() {
    let (house, secret) = House::with_ann().await;
    house.ann_tries(&secret).await.unwrap();
    assert_eq!(house.used().await.last_used_at, Some(NOW));
    let after = |minutes: u64| NOW.after(Duration::from_secs(60 * minutes));
    house.try_from(HOME, "ann", &secret, after(4)).await.unwrap();
    assert_eq!(house.used().await.last_used_at, Some(NOW));
    house.try_from(HOME, "ann", &secret, after(6)).await.unwrap();
    assert_eq!(house.used().await.last_used_at, Some(after(6)));
}

#[tokio::test]
async fn a_device_too_many_waits_until_another_one_has_been_idle_for_long_enough() {
    let (house, secret) = House::with_ann().await;
    let after = |minutes: u64| NOW.after(Duration::from_secs(60 * minutes));
    for (product, minute) in [("a", 0), ("b", 1), ("c", 2), ("", 3), ("b", 4)] {
        house.ann_uses(product, &secret, after(minute)).await.unwrap();
    }
    for minute in [5, 14] {
        let refused = house.ann_uses("new", &secret, after(minute)).await.unwrap_err();
        assert!(matches!(refused, Error::Forbidden(_)), "{refused:?}");
        let says = refused.to_string();
        let ago = if minute == 5 { "a minute ago" } else { "10 minutes ago" };
        assert!(says.contains(&format!("\u{201c}laptop\u{201d} (b) at 192.0.2.1, {ago}, ")), "{says}");
        assert!(says.contains("(no name)") && says.contains("try again 15 minutes later"), "{says}");
    }
    house.ann_uses("new", &secret, after(15)).await.unwrap();
    let known = crate::devices::list(&house.backends, &ann()).await.unwrap();
    assert_eq!(known.iter().map(|device| device.product.as_str()).collect::<Vec<_>>(), ["c", "", "b", "new"]);
    assert!(house.ann_uses("a", &secret, after(15)).await.is_err(), "whose place was taken");
    assert!(house.ann_uses("c", &secret, after(15)).await.is_ok());
}

#[tokio::test]
async fn a_device_is_noted_now_and_then() {
    let (house, secret) = House::with_ann().await;
    let seen_after = async |millis: u64| {
        house.ann_uses("a", &secret, NOW.after(Duration::from_millis(millis))).await.unwrap();
        let known = crate::devices::list(&house.backends, &ann()).await.unwrap();
        NOW.until(known[0].seen_at).as_millis()
    };
    for (after, noted) in [(0, 0), (4_999, 0), (5_000, 5_000), (9_999, 5_000), (10_001, 10_001)] {
        assert_eq!(seen_after(after).await, noted);
    }
}

#[tokio::test]
async fn what_a_revoked_password_was_used_by_makes_room_at_once() {
    let (house, secret) = House::with_ann().await;
    let borrowed = house.issue("borrowed", None).await;
    house.ann_uses("x", &borrowed, NOW).await.unwrap();
    for product in ["a", "b", "c"] {
        house.ann_uses(product, &secret, NOW).await.unwrap();
    }
    assert!(house.ann_uses("d", &secret, NOW).await.is_err());
    app_passwords::revoke(NOW, &house.backends, &ann(), "borrowed").await.unwrap();
    house.ann_uses("d", &secret, NOW).await.unwrap();
}

#[tokio::test]
async fn a_wrong_password_is_no_device() {
    let (house, _) = House::with_ann().await;
    assert_refused(house.ann_uses("a", WRONG, NOW).await);
    assert!(crate::devices::list(&house.backends, &ann()).await.unwrap().is_empty());
}
