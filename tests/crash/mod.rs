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
use std::sync::Arc;

use larder::house;
use services::files;
use tokio::runtime::Runtime;

use crate::faults::config;
use crate::support::{database, ground, settled};

pub use line::Line;
pub use locker::LOCKINFO;
pub use owner::Owner;
pub use sharers::{FOLDER, Shared};

/// Asserts that the rows, the blobs and the usage of the running server in this folder fit each other.
#[track_caller]
pub fn in_order(folder: &Path) {
    let data = folder.join("data");
    let (left, complaints) = Runtime::new().unwrap().block_on(async {
        let backends = Arc::new(house::visit(&config(&data)).await.unwrap());
        // Who was killed is known to be gone after a minute, and then its uploads are given up.
        database::a_minute_passes(&data).await;
        files::discard_unfinished(&backends).await.unwrap();
        let left = settled(&backends).await;
        backends.close().await.unwrap();
        (left, complaints(&data).await)
    });
    assert_eq!(left, Vec::<String>::new(), "the house is not in order");
    assert_eq!(complaints, Vec::<String>::new(), "the database is damaged");
}

/// What SQLite itself finds wrong with its file; PostgreSQL keeps its own in order.
async fn complaints(data: &Path) -> Vec<String> {
    if ground::is_scaled() {
        return Vec::new();
    }
    let mut complaints: Vec<String> = database::column(data, "PRAGMA integrity_check").await;
    complaints.retain(|line| line != "ok");
    let tables: Vec<String> = database::column(data, "PRAGMA foreign_key_check").await;
    complaints.extend(tables.iter().map(|table| format!("a row of {table} refers to nothing")));
    complaints
}
