//! A whole house in this process, on a free port and an empty folder.
//!
//! Dropping it asserts what must hold after everything a test did, by the very check that an operator has: all rows fit
//! each other, the store holds what the database knows and nothing else, and no quota is off by a byte.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use ::jobs::{Outcome, Ran};
use domain::{BlobId, Role, Timestamp, UserName};
use larder::config::{Config, Sources};
use larder::house::{House, Listeners};
use metadata::blobs::{self, State};
use services::mails::SEND_MAIL;
use services::passwords::SEND_LINK;
use services::users::NewUser;
use services::{Backends, app_passwords, upkeep, users};
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::Api;
use super::ground;
use super::mail_server::{MailServer, Taken};
use super::wire::{Answer, Wire};

pub struct TestHouse {
    runtime: Runtime,
    backends: Arc<Backends>,
    folder: TempDir,
    config: Config,
    address: SocketAddr,
    drive_address: Option<SocketAddr>,
    shutdown: CancellationToken,
    server: Option<JoinHandle<()>>,
    user: String,
    password: String,
    mail_server: Option<MailServer>,
}

impl TestHouse {
    /// A running house that nobody lives in yet.
    pub fn new() -> Self {
        Self::with_settings(&[])
    }

    /// A running house with settings of its own, such as `("files.quota_bytes", "1000")`.
    pub fn with_settings(settings: &[(&str, &str)]) -> Self {
        Self::on_folder(tempfile::tempdir().unwrap(), settings)
    }

    /// A running house on a folder another one has left.
    pub fn on_folder(folder: TempDir, settings: &[(&str, &str)]) -> Self {
        let runtime = Runtime::new().unwrap();
        let config = config(folder.path(), settings);
        let shutdown = CancellationToken::new();
        let stop = shutdown.clone();
        let (backends, addresses, server) = runtime.block_on(async {
            let house = House::open(Timestamp::now(), config.clone()).await.unwrap();
            let backends = Arc::clone(&house.backends);
            let listeners = Listeners::bind(&config).await.unwrap();
            let addresses = listeners.addresses().unwrap();
            let server = tokio::spawn(async move { house.serve(listeners, stop).await.unwrap() });
            (backends, addresses, server)
        });
        Self {
            runtime,
            backends,
            folder,
            config,
            address: addresses.main,
            drive_address: addresses.webdav,
            shutdown,
            server: Some(server),
            user: String::new(),
            password: String::new(),
            mail_server: None,
        }
    }

    /// A running house that sends mails, with settings of its own; what it sends is read with [`mails_to`](Self::mails_to).
    pub fn with_mail(settings: &[(&str, &str)]) -> Self {
        let server = MailServer::start();
        let url = server.url();
        let mail = [
            ("mail.url", url.as_str()),
            ("mail.from", "Larder <larder@example.org>"),
            ("mail.timeout_seconds", "5"),
            ("public_url", "https://files.example.org/dav/"),
        ];
        let mut house = Self::with_settings(&[&mail, settings].concat());
        house.mail_server = Some(server);
        house
    }

    /// Where the mails of a house go that was made by [`with_mail`](Self::with_mail).
    pub fn mail_server(&self) -> &MailServer {
        self.mail_server.as_ref().expect("this house sends no mail")
    }

    /// Sends what waits to be sent, and gives all mails to an address, the oldest first.
    #[track_caller]
    pub fn mails_to(&self, address: &str) -> Vec<Taken> {
        // Links that were asked for become mails first.
        for kind in [SEND_LINK, SEND_MAIL] {
            let job = ::jobs::JOBS.iter().position(|job| job.kind == kind).unwrap();
            let ran = self.run(::jobs::run_due(&self.backends, &::jobs::JOBS[job..=job], Timestamp::now()));
            for Ran { outcome, .. } in ran.unwrap() {
                assert!(matches!(outcome, Outcome::Done | Outcome::More), "{outcome:?}");
            }
        }
        self.mail_server().mails_to(address)
    }

    /// Asserts that a data folder nobody uses holds a house in order; it is gone afterwards.
    pub fn assert_in_order(data_folder: &Path) {
        let folder = tempfile::tempdir_in(data_folder.parent().unwrap()).unwrap();
        std::fs::remove_dir(folder.path()).unwrap();
        std::fs::rename(data_folder, folder.path()).unwrap();
        ground::moved(data_folder, folder.path());
        drop(Self::on_folder(folder, &[]));
    }

    /// Lets somebody move in; requests are made in the name of whoever came last.
    pub fn with_user(self, name: &str) -> Self {
        self.with_user_and_quota(name, None)
    }

    /// Lets somebody move in whose space has a limit.
    pub fn with_user_and_quota(mut self, name: &str, quota_bytes: Option<u64>) -> Self {
        let name = UserName::parse(name).unwrap();
        let backends = Arc::clone(&self.backends);
        let new = NewUser { name: name.clone(), role: Role::User, password: None, quota_bytes };
        let issued = self.run(async {
            users::create(Timestamp::now(), &backends, new).await.unwrap();
            app_passwords::create(Timestamp::now(), &backends, &name, "test", None).await.unwrap()
        });
        self.user = name.as_str().to_owned();
        self.password = issued.secret;
        self
    }

    /// The REST API for somebody who lives here, logged in with an account password they get for it.
    pub fn api(&self, user: &str) -> Api {
        let name = UserName::parse(user).unwrap();
        // Once: another password ends the sessions that others hold.
        let sql = format!("SELECT COUNT(*) FROM users WHERE name = '{name}' AND password_hash IS NULL");
        if self.run(super::database::number(self.folder(), &sql)) > 0 {
            let set = users::set_password(Timestamp::now(), &self.backends, &name, Api::PASSWORD);
            self.run(set).unwrap();
        }
        Api::log_in(self.address, user, Api::PASSWORD)
    }

    /// The REST API for nobody in particular.
    pub fn anonymous_api(&self) -> Api {
        Api::anonymous(self.address)
    }

    /// Keeps somebody out, or lets them in again.
    pub fn set_active(&self, user: &str, active: bool) {
        self.run(super::set_active(&self.backends, user, active)).unwrap();
    }

    /// Sets what somebody may store; none for no limit.
    pub fn set_quota(&self, user: &str, quota_bytes: Option<u64>) {
        self.run(super::set_quota(&self.backends, user, quota_bytes)).unwrap();
    }

    /// Gives somebody an e-mail address that counts at once.
    pub fn set_email(&self, user: &str, email: &str) {
        self.run(super::set_email(&self.backends, user, email)).unwrap();
    }

    /// Makes somebody an admin of the house.
    pub fn promote(&self, user: &str) {
        let sql = "UPDATE users SET role = 'admin' WHERE name = $1";
        self.run(super::database::alter(self.folder(), sql, [user.into()]));
    }

    /// The main address.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The drive's address with a slash at the end.
    pub fn url(&self) -> String {
        format!("http://{}/dav/", self.address)
    }

    pub fn user(&self) -> &str {
        &self.user
    }

    pub fn password(&self) -> &str {
        &self.password
    }

    pub fn backends(&self) -> &Arc<Backends> {
        &self.backends
    }

    /// With which a command would work beside the house.
    pub fn config(&self) -> &Config {
        &self.config
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Runs something of the house's own on its runtime.
    pub fn run<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.block_on(work)
    }

    /// A connection of its own, without credentials.
    pub fn wire(&self) -> Wire {
        Wire::open(self.address)
    }

    /// A connection to the drive's own address.
    pub fn drive_wire(&self) -> Wire {
        Wire::open(self.drive_address.expect("webdav.listen is set"))
    }

    /// One request in the name of the user, at a path of the drive such as `/a.txt`.
    pub fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: impl AsRef<[u8]>) -> Answer {
        let authorization = self.authorization();
        let mut all = vec![("Authorization", authorization.as_str())];
        all.extend(headers);
        self.wire().ask(method, &format!("/dav{path}"), &all, body)
    }

    /// What an `Authorization` header says for the user.
    pub fn authorization(&self) -> String {
        Wire::basic(&self.user, &self.password)
    }

    pub fn put(&self, path: &str, body: impl AsRef<[u8]>) -> Answer {
        self.ask("PUT", path, &[], body)
    }

    pub fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, &[], "")
    }

    pub fn mkcol(&self, path: &str) -> Answer {
        self.ask("MKCOL", path, &[], "")
    }

    pub fn delete(&self, path: &str) -> Answer {
        self.ask("DELETE", path, &[], "")
    }

    /// MOVE or COPY to a path of the drive.
    pub fn relocate(&self, method: &str, from: &str, to: &str) -> Answer {
        let destination = format!("http://{}/dav{to}", self.address);
        self.ask(method, from, &[("Destination", &destination)], "")
    }

    pub fn propfind(&self, path: &str, depth: &str, body: &str) -> Answer {
        self.ask("PROPFIND", path, &[("Depth", depth)], body)
    }

    /// The names a listing shows, without the folder itself, as they are in the hrefs.
    pub fn list(&self, path: &str) -> Vec<String> {
        let answer = self.propfind(path, "1", "");
        assert_eq!(answer.status, 207, "{answer:?}");
        let hrefs = answer.texts("href");
        hrefs[1..]
            .iter()
            .map(|href| href.trim_end_matches('/').rsplit('/').next().unwrap().to_owned())
            .collect()
    }

    /// Does everything that starts by itself and is due at this moment, and all of it well.
    #[track_caller]
    pub fn run_due_jobs(&self, now: Timestamp) -> Vec<Ran> {
        let ran = self.run(::jobs::run_due(&self.backends, ::jobs::JOBS, now)).unwrap();
        let went_wrong: Vec<&Ran> =
            ran.iter().filter(|ran| !matches!(ran.outcome, Outcome::Done | Outcome::More)).collect();
        assert!(went_wrong.is_empty(), "{went_wrong:?}");
        ran
    }

    /// The registered blobs of which this has become.
    pub fn blobs(&self, state: State) -> Vec<BlobId> {
        let all = self.run(blobs::list(&self.backends.metadata, None, u32::MAX)).unwrap();
        all.into_iter().filter(|blob| blob.state == state).map(|blob| blob.id).collect()
    }

    /// How many statements the database is sent while something is done.
    pub fn statements<T>(&self, work: impl FnOnce() -> T) -> (T, u64) {
        // Where servers share Redis, the one for the credential would be left out now and then.
        self.run(self.backends.coordination.announce_revocation());
        let before = self.backends.metadata.statements();
        let done = work();
        (done, self.backends.metadata.statements() - before)
    }

    /// Stops serving and gives the folder away, for another house to be built on it.
    pub fn close(mut self) -> TempDir {
        self.stop();
        std::mem::replace(&mut self.folder, tempfile::tempdir().unwrap())
    }

    fn stop(&mut self) {
        let Some(server) = self.server.take() else { return };
        let left = self.run(settled(&self.backends));
        self.shutdown.cancel();
        self.run(server).unwrap();
        if !std::thread::panicking() {
            assert_eq!(left, Vec::<String>::new(), "the house is not in order");
        }
    }
}

impl Drop for TestHouse {
    fn drop(&mut self) {
        self.stop();
        ground::left(self.folder());
    }
}

fn config(folder: &Path, settings: &[(&str, &str)]) -> Config {
    let mut command_line = vec![
        ("data_folder", folder.to_str().unwrap()),
        ("server.listen", "127.0.0.1:0"),
        ("server.shutdown_grace_seconds", "5"),
        // Nothing happens by itself, unless a test asks for it.
        ("jobs.workers", "0"),
        ("audit.accesses", "false"),
        // Tests speak as many clients at once.
        ("login.devices_max", "0"),
        // And send as much as they can.
        ("limits.log_in_per_minute", "0"),
        ("limits.read_per_minute", "0"),
        ("limits.write_per_minute", "0"),
        ("limits.upload_per_minute", "0"),
        ("limits.download_per_minute", "0"),
    ];
    let ground = ground::settings(folder);
    command_line.extend(ground.iter().map(|(key, value)| (key.as_str(), value.as_str())));
    command_line.extend(settings);
    let command_line = command_line.into_iter();
    let command_line = command_line.map(|(key, value)| ("test".into(), key.into(), value.into())).collect();
    Config::load(&Sources { file: None, environment: Vec::new(), command_line }).unwrap().0
}

/// What is out of order, once refused uploads have been cleared away: that happens a moment after the answer.
pub async fn settled(backends: &Backends) -> Vec<String> {
    let mut left = Vec::new();
    for _ in 0..100 {
        left = disorder(backends).await;
        if left.is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    left
}

/// What the house itself finds when it looks at everything, and uploads that nobody ended.
async fn disorder(backends: &Backends) -> Vec<String> {
    // Later than anything a test did, so that nothing passes for being under way.
    let later = Timestamp::now().after(Duration::from_secs(3600));
    let check = upkeep::check(backends, later, |_| ()).await.unwrap();
    let mut left: Vec<String> = check.found.iter().map(|found| format!("{found:?}")).collect();
    if check.pending > 0 {
        left.push(format!("{} blobs are registered and neither live nor being written", check.pending));
    }
    if check.strangers.count > 0 {
        left.push(format!("{:?} are in the store", check.strangers));
    }
    assert_eq!(
        left.is_empty(),
        check.numbers == Default::default() && check.pending + check.strangers.count == 0
    );
    left
}
