//! A drive as rclone knows it: `larder:`, without a configuration file of anybody's.

use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use super::{run, text};
use crate::support::TestHouse;

/// A drive, and a folder of the test's own beside it.
pub struct Remote {
    folder: TempDir,
    url: String,
    user: String,
    obscured: String,
}

impl Remote {
    pub fn of(house: &TestHouse) -> Self {
        Self::at(&house.url(), house.user(), house.password())
    }

    pub fn at(url: &str, user: &str, password: &str) -> Self {
        let obscured = run(Command::new("rclone").args(["obscure", password])).trim().to_owned();
        Self { folder: tempfile::tempdir().unwrap(), url: url.to_owned(), user: user.to_owned(), obscured }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    #[track_caller]
    pub fn rclone(&self, arguments: &[&str]) -> String {
        let mut command = Command::new("rclone");
        command.env("RCLONE_CONFIG", self.path("rclone.conf"));
        command.env("RCLONE_CONFIG_LARDER_TYPE", "webdav").env("RCLONE_CONFIG_LARDER_VENDOR", "other");
        command.env("RCLONE_CONFIG_LARDER_URL", &self.url);
        command.env("RCLONE_CONFIG_LARDER_USER", &self.user);
        command.env("RCLONE_CONFIG_LARDER_PASS", &self.obscured);
        // A retry would hide what the server did wrong the first time.
        command.args(["--retries", "1", "--low-level-retries", "1"]);
        run(command.args(arguments))
    }

    /// Fails on the first file that is missing on either side or differs in a byte.
    #[track_caller]
    pub fn check(&self, local: &Path, remote: &str) {
        self.rclone(&["check", "--download", text(local), remote]);
    }
}
