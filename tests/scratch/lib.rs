//! Databases on the PostgreSQL of a test run, each for one test and gone after it.
//!
//! `LARDER_TEST_ON=scaled` says that the tests use them, and `LARDER_TEST_POSTGRES` where the server is, which
//! `cargo xtask test` starts.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "for tests: what cannot be prepared fails them"
)]

use std::thread;

use sqlx::{AssertSqlSafe, Connection, PgConnection};
use tokio::runtime::Runtime;
use uuid::Uuid;

/// Whether the tests of this run stand on PostgreSQL, S3 and Redis.
pub fn is_scaled() -> bool {
    match std::env::var("LARDER_TEST_ON").as_deref() {
        Ok("scaled") => true,
        Ok("alone") | Err(_) => false,
        Ok(other) => panic!("LARDER_TEST_ON is \"{other}\"; it takes \"alone\" or \"scaled\""),
    }
}

/// Where a server of this run is.
pub fn given(variable: &str) -> String {
    let found = std::env::var(variable);
    found.unwrap_or_else(|_| panic!("LARDER_TEST_ON=scaled needs {variable}, which `cargo xtask test` sets"))
}

/// A database that nobody else uses; it goes when this is dropped.
pub struct Database {
    server: String,
    name: String,
}

impl Database {
    /// One without a table, where this run stands on PostgreSQL.
    pub fn if_scaled() -> Option<Self> {
        is_scaled().then(|| Self::like("template0"))
    }

    /// A copy of another database of the server.
    pub fn like(template: &str) -> Self {
        let database =
            Self { server: given("LARDER_TEST_POSTGRES"), name: format!("test_{}", Uuid::new_v4().simple()) };
        let made = format!("CREATE DATABASE {} ENCODING 'UTF8' TEMPLATE {template}", database.name);
        apart(database.tell(&made)).unwrap();
        database
    }

    /// A copy of a database that is made when somebody first asks for it by this name; meanwhile others wait.
    pub fn like_made<F: Future<Output = ()> + Send>(
        template: &str,
        make: impl FnOnce(String) -> F + Send,
    ) -> Self {
        apart(async {
            let server = given("LARDER_TEST_POSTGRES");
            let mut connection = PgConnection::connect(&format!("{server}/postgres")).await.unwrap();
            sqlx::query("SELECT pg_advisory_lock(1)").execute(&mut connection).await.unwrap();
            let found = sqlx::query("SELECT 1 FROM pg_database WHERE datname = $1").bind(template);
            if found.fetch_optional(&mut connection).await.unwrap().is_none() {
                let unfinished = Self::like("template0");
                make(unfinished.url()).await;
                let named = format!("ALTER DATABASE {} RENAME TO {template}", unfinished.name);
                unfinished.tell(&named).await.unwrap();
            }
            connection.close().await.unwrap();
        });
        Self::like(template)
    }

    /// Its address.
    pub fn url(&self) -> String {
        format!("{}/{}", self.server, self.name)
    }

    async fn tell(&self, sql: &str) -> sqlx::Result<()> {
        let mut connection = PgConnection::connect(&format!("{}/postgres", self.server)).await?;
        // Made up here, and no statement that takes values.
        sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut connection).await?;
        connection.close().await
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        // What is left when the server has been stopped meanwhile goes with its folder.
        let _ = apart(self.tell(&format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name)));
    }
}

/// Waits for something wherever the test is, in a runtime or not.
fn apart<T: Send>(work: impl Future<Output = T> + Send) -> T {
    let wait = || Runtime::new().expect("threads for a runtime").block_on(work);
    thread::scope(|scope| scope.spawn(wait).join().unwrap())
}
