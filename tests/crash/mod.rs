//! The real program, killed: at random moments under load, at each named step of its work, and where it hurts most.
//! What it has acknowledged is there afterwards, what it has refused is not, and nothing is left over.

mod between_trees;
mod ending;
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
use std::process::Command;

use larder::house;
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
        if ground::is_scaled() {
            // Who was killed is known to be gone after a minute, and then its uploads are given up.
            database::a_minute_passes(&data).await;
            run_job(folder, "clear-unfinished");
        }
        let backends = house::visit(&config(&data)).await.unwrap();
        let left = settled(&backends).await;
        backends.close().await.unwrap();
        (left, complaints(&data).await)
    });
    assert_eq!(left, Vec::<String>::new(), "the house is not in order");
    assert_eq!(complaints, Vec::<String>::new(), "the database is damaged");
}

/// Asks the running server to do a job now.
fn run_job(folder: &Path, kind: &str) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_larder"));
    ground::prepare(&mut command, folder);
    command.args(["admin", "jobs", "run", kind, "--data"]).arg(folder.join("data"));
    // It says that the job is running already, if it is.
    command.current_dir(folder).output().unwrap();
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
