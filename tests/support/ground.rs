//! What a house in a test stands on: its data folder alone, or a database, a bucket and a Redis of its own beside it.
//!
//! `LARDER_TEST_ON=scaled` says which; `LARDER_TEST_POSTGRES` and `LARDER_TEST_REDIS` say where the servers are, which
//! `cargo xtask test` starts.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::{Duration, UNIX_EPOCH};

use domain::{Durability, Secret, Timestamp};
use metadata::{Metadata, MetadataConfig, schema};
use sqlx::{Connection, PgConnection};
use tokio::runtime::Runtime;
use uuid::Uuid;

/// The grounds of this process by the folder that the house, or the program, was given.
static GROUNDS: LazyLock<Mutex<HashMap<PathBuf, Arc<Ground>>>> = LazyLock::new(Mutex::default);

/// What one house stands on beside its folder.
pub struct Ground {
    server: String,
    database: String,
}

/// Whether the houses of this run stand on PostgreSQL, S3 and Redis.
pub fn is_scaled() -> bool {
    match std::env::var("LARDER_TEST_ON").as_deref() {
        Ok("scaled") => true,
        Ok("alone") | Err(_) => false,
        Ok(other) => panic!("LARDER_TEST_ON is \"{other}\"; it takes \"alone\" or \"scaled\""),
    }
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
    ground(folder).map(|ground| ground.url())
}

/// What was in one folder, or below it, is in another one now.
pub fn moved(from: &Path, to: &Path) {
    if let Some(ground) = ground(from) {
        GROUNDS.lock().unwrap().insert(to.to_owned(), ground);
    }
}

/// The folder is gone, and with it what its house, and those in it, stood on.
pub fn left(folder: &Path) {
    GROUNDS.lock().unwrap().retain(|other, _| !other.starts_with(folder));
}

/// Puts the house with this folder on a ground of its own, whatever the one around it stands on.
pub fn apart_from_its_parent(folder: &Path) {
    if is_scaled() {
        GROUNDS.lock().unwrap().entry(folder.to_owned()).or_insert_with(|| Arc::new(Ground::new()));
    }
}

/// A PostgreSQL database with nothing in it; none where no server was named.
pub struct Spare {
    server: String,
    name: String,
}

impl Spare {
    pub fn new() -> Option<Self> {
        let server = std::env::var("LARDER_TEST_POSTGRES").ok()?;
        let name = format!("spare_{}", Uuid::new_v4().simple());
        let made = format!("CREATE DATABASE {name} ENCODING 'UTF8' TEMPLATE template0");
        apart(async { ask(&server, &made).await.unwrap() });
        Some(Self { server, name })
    }

    /// Its address.
    pub fn url(&self) -> String {
        format!("{}/{}", self.server, self.name)
    }
}

impl Drop for Spare {
    fn drop(&mut self) {
        let gone = format!("DROP DATABASE {} WITH (FORCE)", self.name);
        apart(async { ask(&self.server, &gone).await.ok() });
    }
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
        let server = std::env::var("LARDER_TEST_POSTGRES")
            .expect("LARDER_TEST_ON=scaled needs LARDER_TEST_POSTGRES, which `cargo xtask test` sets");
        let database = format!("house_{}", Uuid::new_v4().simple());
        apart(async {
            let template = template(&server).await;
            let made = format!("CREATE DATABASE {database} TEMPLATE {template}");
            ask(&server, &made).await.unwrap();
        });
        Self { server, database }
    }

    fn url(&self) -> String {
        format!("{}/{}", self.server, self.database)
    }

    fn settings(&self) -> Vec<(String, String)> {
        let mut settings = vec![("metadata.url", self.url())];
        settings.push(("metadata.connections", "6".to_owned()));
        settings.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
    }
}

impl Drop for Ground {
    fn drop(&mut self) {
        let gone = format!("DROP DATABASE {} WITH (FORCE)", self.database);
        // What is left of a server that was stopped meanwhile goes with its folder.
        apart(async { ask(&self.server, &gone).await.ok() });
    }
}

/// The name of a database with every step taken, which the first test that needs it makes.
async fn template(server: &str) -> String {
    let built = std::env::current_exe().unwrap().metadata().unwrap().modified().unwrap();
    let name = format!("template_{}", built.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO).as_millis());
    let mut connection = PgConnection::connect(&format!("{server}/postgres")).await.unwrap();
    sqlx::query("SELECT pg_advisory_lock(1)").execute(&mut connection).await.unwrap();
    let found = sqlx::query("SELECT 1 FROM pg_database WHERE datname = $1").bind(&name);
    if found.fetch_optional(&mut connection).await.unwrap().is_none() {
        let unfinished = format!("unfinished_{}", Uuid::new_v4().simple());
        ask(server, &format!("CREATE DATABASE {unfinished} ENCODING 'UTF8' TEMPLATE template0"))
            .await
            .unwrap();
        let config = MetadataConfig {
            url: Some(Secret::new(format!("{server}/{unfinished}"))),
            connections: 1,
            readers: 1,
            busy_seconds: 30,
            durability: Durability::default(),
        };
        let metadata = Metadata::open(&config, Path::new("")).await.unwrap();
        schema::migrate(&metadata, Timestamp::now()).await.unwrap();
        metadata.close().await.unwrap();
        ask(server, &format!("ALTER DATABASE {unfinished} RENAME TO {name}")).await.unwrap();
    }
    connection.close().await.unwrap();
    name
}

async fn ask(server: &str, sql: &str) -> sqlx::Result<()> {
    let mut connection = PgConnection::connect(&format!("{server}/postgres")).await?;
    // Made up here, and no statement that takes values.
    sqlx::raw_sql(sqlx::AssertSqlSafe(sql.to_owned())).execute(&mut connection).await?;
    connection.close().await
}

/// Waits for something wherever the test is, in a runtime or not.
fn apart<T: Send>(work: impl Future<Output = T> + Send) -> T {
    std::thread::scope(|scope| scope.spawn(|| Runtime::new().unwrap().block_on(work)).join().unwrap())
}
