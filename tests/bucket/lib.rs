//! An S3 server in the test's own process: a bucket in a folder of its own, on a free port, which counts what it is
//! asked, fails on demand, and is as strict as the strictest of the real ones.
#![expect(clippy::unwrap_used, clippy::panic, reason = "for tests: what cannot be prepared fails them")]

mod faults;
mod front;
mod outside;
mod setup;
mod uploads;

use std::collections::BTreeMap;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_s3::Client;
use aws_sdk_s3::config::{BehaviorVersion, Credentials, Region};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use s3s::auth::SimpleAuth;
use s3s::service::S3ServiceBuilder;
use s3s_fs::FileSystem;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::task::JoinHandle;

pub use faults::Fault;
use front::Front;
pub use outside::Outside;

/// The name of the bucket.
pub const NAME: &str = "larder";
/// The key that opens it.
pub const ACCESS_KEY: &str = "larder-test";
/// Its secret.
pub const SECRET_KEY: &str = "larder-test-secret";

/// A bucket that is served until it is dropped.
pub struct Bucket {
    address: SocketAddr,
    front: Arc<Front>,
    serving: JoinHandle<()>,
    folder: TempDir,
    runtime: Option<Runtime>,
}

impl Bucket {
    /// Serves an empty bucket.
    pub async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join(NAME)).unwrap();
        let mut service = S3ServiceBuilder::new(FileSystem::new(folder.path()).unwrap());
        service.set_auth(SimpleAuth::from_single(ACCESS_KEY, SECRET_KEY));
        let front = Arc::new(Front::new(service.build()));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let open = Arc::clone(&front);
        let serving = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                // Head and body of an answer are written one after the other, and neither waits for the other to be there.
                stream.set_nodelay(true).unwrap();
                let front = Arc::clone(&open);
                tokio::spawn(async move {
                    let server = auto::Builder::new(TokioExecutor::new());
                    let answer = service_fn(move |request| {
                        let front = Arc::clone(&front);
                        async move { front.answer(request).await }
                    });
                    // An answer that is to be lost ends the connection with an error.
                    let _ = server.serve_connection(TokioIo::new(stream), answer).await;
                });
            }
        });
        Self { address, front, serving, folder, runtime: None }
    }

    /// Serves one from threads of its own, for a test that has no runtime, or not one that always runs.
    pub fn start_on_thread() -> Self {
        let made = std::thread::spawn(|| {
            let runtime = Runtime::new().unwrap();
            let mut bucket = runtime.block_on(Self::start());
            bucket.runtime = Some(runtime);
            bucket
        });
        made.join().unwrap()
    }

    /// Where it is, as a setting says it.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The settings that make a house keep its files in it.
    pub fn settings(&self) -> Vec<(String, String)> {
        settings(&self.endpoint(), NAME, ACCESS_KEY, SECRET_KEY)
    }

    /// How often it was asked to do something, such as `PutObject`.
    pub fn calls(&self, operation: &str) -> u64 {
        self.front.calls().get(operation).copied().unwrap_or(0)
    }

    /// How often it was asked for each thing, and forgets it.
    pub fn take_calls(&self) -> BTreeMap<String, u64> {
        self.front.take_calls()
    }

    /// Lets the next few calls of an operation go wrong.
    pub fn fail(&self, operation: &str, times: u64, fault: Fault) {
        self.front.faults.add(operation, times, fault);
    }

    /// Lets everything go right again.
    pub fn mend(&self) {
        self.front.faults.clear();
    }

    /// What lies in it: keys and sizes in bytes.
    pub fn objects(&self) -> BTreeMap<String, u64> {
        let top = self.folder.path().join(NAME);
        let mut found = BTreeMap::new();
        collect(&top, &top, &mut found);
        found
    }

    /// Puts something into it that nobody uploaded.
    pub fn place(&self, key: &str, bytes: &[u8]) {
        let file = self.folder.path().join(NAME).join(key);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, bytes).unwrap();
    }

    /// The folder in which the keys of what lies in it are paths.
    pub fn folder(&self) -> PathBuf {
        self.folder.path().join(NAME)
    }

    /// The keys of uploads in parts that were begun and not ended.
    pub fn unfinished(&self) -> Vec<String> {
        self.front.uploads.keys()
    }

    /// Begins an upload in parts that nobody will end.
    pub async fn begin_upload(&self, key: &str) {
        self.client().create_multipart_upload().bucket(NAME).key(key).send().await.unwrap();
    }

    /// Whether it says which uploads in parts are not ended; some stores do not.
    pub fn lists_unfinished(&self, does: bool) {
        self.front.uploads.set_listed(does);
    }

    /// Lets all uploads in parts have been begun so much earlier.
    pub fn age_unfinished(&self, by: Duration) {
        self.front.uploads.age(by);
    }

    /// How often somebody came with an address that was signed for them, and how many of those showed credentials too,
    /// which is refused.
    pub fn visits(&self) -> (u64, u64) {
        self.front.visits()
    }

    /// How many bodies came with their SHA-256 in the signature of the request.
    pub fn summed(&self) -> u64 {
        self.front.summed()
    }

    /// Puts its clock forward, or back, by so many seconds.
    pub fn set_clock(&self, ahead_seconds: i64) {
        self.front.setup.set_clock(ahead_seconds);
    }

    /// Whether what is deleted is kept as a version, as far as it says.
    pub fn set_versioning(&self, is_on: bool) {
        self.front.setup.set_versioning(is_on);
    }

    /// The rules by which objects are deleted, as far as it says: for each its name and what the keys begin with.
    pub fn set_rules(&self, rules: &[(&str, &str)]) {
        self.front.setup.set_rules(rules);
    }

    /// A client of its own, for looking at what Larder has made of it.
    pub fn client(&self) -> Client {
        client(&self.endpoint(), ACCESS_KEY, SECRET_KEY)
    }
}

impl Drop for Bucket {
    fn drop(&mut self) {
        self.serving.abort();
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
        let broken = self.front.take_broken();
        if !std::thread::panicking() && !broken.is_empty() {
            panic!("some stores do not take this: {broken:?}");
        }
    }
}

fn settings(endpoint: &str, name: &str, access_key: &str, secret_key: &str) -> Vec<(String, String)> {
    let settings = [
        ("blobs.store", "s3"),
        ("s3.endpoint", endpoint),
        ("s3.bucket", name),
        ("s3.access_key", access_key),
        ("s3.secret_key", secret_key),
    ];
    settings.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
}

fn client(endpoint: &str, access_key: &str, secret_key: &str) -> Client {
    let config = aws_sdk_s3::Config::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new(access_key, secret_key, None, None, "test"))
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .endpoint_url(endpoint)
        .force_path_style(true);
    Client::from_conf(config.build())
}

fn collect(top: &Path, folder: &Path, found: &mut BTreeMap<String, u64>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => collect(top, &path, found),
            false => {
                let key = path.strip_prefix(top).unwrap().to_str().unwrap().to_owned();
                found.insert(key, path.metadata().unwrap().len());
            }
        }
    }
}
