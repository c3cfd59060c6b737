//! The real program, killed: at random moments under load, at each named step of its work, and where it hurts most.
//! What it has acknowledged is there afterwards, what it has refused is not, and nothing is left over.

mod kills;
mod line;
mod locker;
mod operation;
mod original_paths;
mod owner;
mod retention;
mod sharers;
mod state;
mod steps;
mod windows;

use std::path::Path;

use larder::house;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection, Row, SqliteConnection};
use tokio::runtime::Runtime;

use crate::faults::config;
use crate::support::settled;

pub use line::Line;

/// Asserts that the rows, the blobs and the usage of the running server in this folder fit each other.
#[track_caller]
pub fn in_order(folder: &Path) {
    let data = folder.join("data");
    let (left, complaints) = Runtime::new().unwrap().block_on(async {
        let backends = house::visit(&config(&data)).await.unwrap();
        let left = settled(&backends).await;
        backends.close().await.unwrap();
        (left, complaints(&data).await)
    });
    assert_eq!(left, Vec::<String>::new(), "the house is not in order");
    assert_eq!(complaints, ["ok"], "the database is damaged");
}

/// What SQLite itself finds wrong with the database.
async fn complaints(data: &Path) -> Vec<String> {
    let file = SqliteConnectOptions::new().filename(data.join("metadata.db")).read_only(true);
    let mut database = SqliteConnection::connect_with(&file).await.unwrap();
    let rows = sqlx::query("PRAGMA integrity_check").fetch_all(&mut database).await.unwrap();
    let mut complaints: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    let rows = sqlx::query("PRAGMA foreign_key_check").fetch_all(&mut database).await.unwrap();
    complaints
        .extend(rows.iter().map(|row| format!("a row of {} refers to nothing", row.get::<String, _>(0))));
    database.close().await.unwrap();
    complaints
}
