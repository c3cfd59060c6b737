//! What a house in a test stands on: its data folder alone, or a database, a bucket and a Redis of its own beside it.
//!
//! `LARDER_TEST_ON=scaled` says which; `LARDER_TEST_POSTGRES` and `LARDER_TEST_REDIS` say where the servers are, which
//! `cargo xtask test` starts. The bucket is served by the test itself, unless `LARDER_TEST_S3` names another, as
//! `http://ACCESS_KEY:SECRET_KEY@HOST:PORT/BUCKET`.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::{Duration, UNIX_EPOCH};

use bucket::Bucket;
use domain::{Durability, Secret, Timestamp};
use metadata::{Metadata, MetadataConfig, schema};
pub use scratch::is_scaled;
use scratch::{Database, given};
use uuid::Uuid;

/// The grounds of this process by the folder that the house, or the program, was given.
static GROUNDS: LazyLock<Mutex<HashMap<PathBuf, Arc<Ground>>>> = LazyLock::new(Mutex::default);

/// What one house stands on beside its folder.
struct Ground {
    database: Database,
    store: Store,
    redis: String,
    /// What no other ground has: a word for the keys of its bucket and of its Redis.
    word: String,
}

/// Where the bytes of files are.
enum Store {
    /// In a bucket that the test serves.
    Own(Bucket),
    /// Under a prefix in the bucket of another server, at this address.
    Given(String),
}

/// Whether a test is left out because it is about what only a house alone has, such as the file that its database is; it
/// says why.
pub fn only_alone(why: &str) -> bool {
    if is_scaled() {
        println!("left out on PostgreSQL, S3 and Redis: {why}");
    }
    is_scaled()
}

/// The settings that put a house with this folder on its ground; the same ones whenever it is asked for.
pub fn settings(folder: &Path) -> Vec<(String, String)> {
    ground(folder).map_or_else(Vec::new, |ground| ground.settings())
}

/// The same as variables of a program's environment.
pub fn variables(folder: &Path) -> Vec<(String, String)> {
    let variable = |key: String| format!("LARDER_{}", key.replace('.', "_").to_uppercase());
    settings(folder).into_iter().map(|(key, value)| (variable(key), value)).collect()
}

/// The address of the database of the house with this folder; none where it is a file.
pub fn database(folder: &Path) -> Option<String> {
    ground(folder).map(|ground| ground.database.url())
}

/// The folder with the stored bytes of the house with this folder, in which their keys are paths.
pub fn store(data_folder: &Path) -> PathBuf {
    match ground(data_folder).as_deref().map(|ground| &ground.store) {
        None => data_folder.join("blobs"),
        Some(Store::Own(bucket)) => bucket.folder(),
        Some(Store::Given(address)) => panic!("this test has to look into its store, which {address} is not"),
    }
}

/// Where the bytes of all contents in it are, the youngest last.
pub fn contents(data_folder: &Path) -> Vec<PathBuf> {
    let files = std::fs::read_dir(store(data_folder).join("files"));
    let folders = files.into_iter().flatten().map(|entry| entry.unwrap().path());
    // S3 knows no folders, so that one may be left of what is gone.
    let mut contents: Vec<_> =
        folders.map(|folder| folder.join("content")).filter(|content| content.exists()).collect();
    // Their ids begin with the time.
    contents.sort();
    contents
}

/// What was in one folder, or below it, is in another one now.
pub fn moved(from: &Path, to: &Path) {
    if let Some(ground) = ground(from) {
        GROUNDS.lock().unwrap().insert(to.to_owned(), ground);
    }
}

/// The folder is gone, and with it what its house stood on.
pub fn left(folder: &Path) {
    GROUNDS.lock().unwrap().remove(folder);
}

fn ground(folder: &Path) -> Option<Arc<Ground>> {
    if !is_scaled() {
        return None;
    }
    let mut grounds = GROUNDS.lock().unwrap();
    // A program keeps its data in a folder of the folder.
    let known = folder.ancestors().take(2).find_map(|folder| grounds.get(folder));
    let ground = known.cloned().unwrap_or_else(|| Arc::new(Ground::new()));
    Some(Arc::clone(grounds.entry(folder.to_owned()).or_insert(ground)))
}

impl Ground {
    fn new() -> Self {
        let elsewhere = std::env::var("LARDER_TEST_S3").map(Store::Given);
        Self {
            database: migrated(),
            store: elsewhere.unwrap_or_else(|_| Store::Own(Bucket::start_on_thread())),
            redis: given("LARDER_TEST_REDIS"),
            word: Uuid::new_v4().simple().to_string(),
        }
    }

    fn settings(&self) -> Vec<(String, String)> {
        let own = [
            ("metadata.url", self.database.url()),
            ("metadata.connections", "6".to_owned()),
            ("redis.url", self.redis.clone()),
            ("redis.prefix", format!("{}:", self.word)),
        ];
        let mut settings: Vec<_> = own.map(|(key, value)| (key.to_owned(), value)).into();
        match &self.store {
            Store::Own(bucket) => settings.extend(bucket.settings()),
            Store::Given(address) => settings.extend(elsewhere(address, &self.word)),
        }
        settings
    }
}

/// The settings for a prefix in the bucket at this address.
fn elsewhere(address: &str, prefix: &str) -> Vec<(String, String)> {
    let parts = || {
        let (scheme, rest) = address.split_once("://")?;
        let (keys, place) = rest.split_once('@')?;
        let (access_key, secret_key) = keys.split_once(':')?;
        let (host, bucket) = place.split_once('/')?;
        Some([
            ("blobs.store", "s3".to_owned()),
            ("s3.endpoint", format!("{scheme}://{host}")),
            ("s3.bucket", bucket.to_owned()),
            ("s3.prefix", format!("{prefix}/")),
            ("s3.access_key", access_key.to_owned()),
            ("s3.secret_key", secret_key.to_owned()),
        ])
    };
    let parts = parts().expect("LARDER_TEST_S3 is http://ACCESS_KEY:SECRET_KEY@HOST:PORT/BUCKET");
    parts.map(|(key, value)| (key.to_owned(), value)).into()
}

/// A database with every step taken.
fn migrated() -> Database {
    let built = std::env::current_exe().unwrap().metadata().unwrap().modified().unwrap();
    let template =
        format!("built_{}", built.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO).as_millis());
    Database::like_made(&template, |url| async {
        let config = MetadataConfig {
            url: Some(Secret::new(url)),
            connections: 1,
            readers: 1,
            busy_seconds: 30,
            durability: Durability::default(),
        };
        let metadata = Metadata::open(&config, Path::new("")).await.unwrap();
        schema::migrate(&metadata, Timestamp::now()).await.unwrap();
        metadata.close().await.unwrap();
    })
}
