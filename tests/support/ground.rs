//! What a house in a test stands on: its data folder alone, or a database, a bucket and a Redis of its own beside it.
//!
//! `LARDER_TEST_ON=scaled` says which; `LARDER_TEST_POSTGRES` and `LARDER_TEST_REDIS` say where the servers are, which
//! `cargo xtask test` starts. The bucket is served by the test itself, unless `LARDER_TEST_S3` names
//! another server.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, LazyLock, Mutex};
use std::thread;

use bucket::{Bucket, Outside};
use domain::{Durability, Secret, Timestamp};
use metadata::{Metadata, MetadataConfig, schema};
pub use scratch::is_scaled;
use scratch::{Database, given};
use tokio::runtime::Runtime;
use uuid::Uuid;

/// The grounds of this process by the folder that the house, or the program, was given.
static GROUNDS: LazyLock<Mutex<HashMap<PathBuf, Arc<Ground>>>> = LazyLock::new(Mutex::default);

/// What one house stands on beside its folder.
struct Ground {
    database: Database,
    store: Store,
    redis: String,
    /// What no other ground has: what its keys in Redis begin with.
    word: String,
}

/// Where the bytes of files are.
enum Store {
    /// In a bucket that the test serves.
    Own(Bucket),
    /// In a bucket on another server.
    Given(Outside),
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

/// Gives a program the same settings by its environment, and nothing of what this run was told.
pub fn prepare(command: &mut Command, folder: &Path) {
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("LARDER_")) {
        command.env_remove(name);
    }
    let variable = |key: String| format!("LARDER_{}", key.replace('.', "_").to_uppercase());
    command.envs(settings(folder).into_iter().map(|(key, value)| (variable(key), value)));
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
        Some(Store::Given(other)) => {
            panic!("this test looks into its store, which {} does not allow", other.endpoint)
        }
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
        let mut grounds = GROUNDS.lock().unwrap();
        // What is made in its place is another house.
        grounds.remove(from);
        grounds.insert(to.to_owned(), ground);
    }
}

/// The folder is gone, and with it what its house, and those in it, stood on.
pub fn left(folder: &Path) {
    GROUNDS.lock().unwrap().retain(|other, _| !other.starts_with(folder));
}

/// Puts the house with this folder on a ground of its own, whatever the one around it stands on.
pub fn apart_from_its_parent(folder: &Path) {
    if is_scaled() {
        let known = GROUNDS.lock().unwrap().contains_key(folder);
        if !known {
            let own = Arc::new(Ground::new());
            GROUNDS.lock().unwrap().insert(folder.to_owned(), own);
        }
    }
}

/// A PostgreSQL database with nothing in it; none where no server was named.
pub fn spare() -> Option<Database> {
    std::env::var("LARDER_TEST_POSTGRES").is_ok().then(|| Database::like("template0"))
}

fn ground(folder: &Path) -> Option<Arc<Ground>> {
    if !is_scaled() {
        return None;
    }
    let mut grounds = GROUNDS.lock().unwrap();
    if let Some(ground) = folder.ancestors().find_map(|folder| grounds.get(folder)) {
        return Some(Arc::clone(ground));
    }
    // All that a test has in one folder stands on the same, whichever of it comes first.
    let top = folder.ancestors().find(|folder| folder.parent() == Some(&std::env::temp_dir()));
    let ground = Arc::new(Ground::new());
    grounds.insert(top.unwrap_or(folder).to_owned(), Arc::clone(&ground));
    Some(ground)
}

impl Ground {
    fn new() -> Self {
        let make = || Runtime::new().unwrap().block_on(Outside::make());
        let elsewhere = thread::spawn(make).join().unwrap().map(Store::Given);
        Self {
            database: migrated(),
            store: elsewhere.unwrap_or_else(|| Store::Own(Bucket::start_on_thread())),
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
            Store::Given(other) => settings.extend(other.settings()),
        }
        settings
    }
}

/// A database with every step taken.
fn migrated() -> Database {
    let built = std::env::current_exe().unwrap().metadata().unwrap().modified().unwrap();
    let template = format!("built_{}", Timestamp::from(built).millis());
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
