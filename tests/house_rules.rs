//! The laws of docs/ARCHITECTURE.md as tests; each failure names the file, the line and the law.

mod deployments;
mod documents;
mod failpoints;
mod fences;
mod files;
mod floors;
mod source;

use std::fmt::Display;
use std::path::{Path, PathBuf};

/// What was found wrong, collected so that one run names everything.
struct Findings {
    law: &'static str,
    found: Vec<String>,
}

impl Findings {
    fn of(law: &'static str) -> Self {
        Self { law, found: Vec::new() }
    }

    fn add(&mut self, file: &Path, line: usize, what: impl Display) {
        self.found.push(format!("{}:{line}: {what}", file.display()));
    }

    #[track_caller]
    fn none(self) {
        let Self { law, found } = self;
        assert!(found.is_empty(), "docs/ARCHITECTURE.md, {law}\n{}\n", found.join("\n"));
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The text of a file named from the repository's folder.
fn read(file: &Path) -> String {
    std::fs::read_to_string(root().join(file)).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// Every file below `folder` by its path from the repository's folder, sorted; walked by hand, so that an export
/// without git is checked too.
fn files_below(folder: &str) -> Vec<PathBuf> {
    let mut files = Vec::new();
    walk(Path::new(folder), &mut files);
    files.sort();
    files
}

fn walk(folder: &Path, files: &mut Vec<PathBuf>) {
    /// Built, kept by git, or somebody's data: what .gitignore names.
    const LEFT_OUT: [&str; 3] = ["target", ".git", "larder-data"];
    let Ok(entries) = root().join(folder).read_dir() else { return };
    for entry in entries.map(Result::unwrap) {
        let path = folder.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true if LEFT_OUT.iter().any(|name| *name == entry.file_name()) => {}
            true => walk(&path, files),
            false => files.push(path),
        }
    }
}

fn has_extension(path: &Path, extension: &str) -> bool {
    path.extension().is_some_and(|found| found == extension)
}

/// The Rust files that the laws are about.
fn rust_files() -> Vec<PathBuf> {
    let folders = ["src", "migrations", "xtask", "tests"];
    folders.into_iter().flat_map(files_below).filter(|file| has_extension(file, "rs")).collect()
}
