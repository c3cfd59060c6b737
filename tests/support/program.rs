//! The real program as a process of its own, which can be killed, stopped and started again.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use super::{Wire, ground};

/// Only a test that fails ever waits this long.
const PATIENCE: u32 = 6000;

/// A server on a free port; its data and log lie in a folder that outlives it. Dropping it kills it.
pub struct Program {
    pub address: SocketAddr,
    child: Child,
    said: String,
    log: PathBuf,
    /// Whoever closes this makes the server's last words fail.
    _out: BufReader<ChildStdout>,
}

impl Program {
    pub fn serve(folder: &Path) -> Self {
        Self::serve_with(folder, &[])
    }

    /// A server with these variables in its environment.
    pub fn serve_with(folder: &Path, environment: &[(&str, &str)]) -> Self {
        let started = Self::try_serve(folder, environment);
        started.unwrap_or_else(|said| panic!("{said}\n{}", log_in(folder)))
    }

    /// A server, or what it said before it ended.
    pub fn try_serve(folder: &Path, environment: &[(&str, &str)]) -> Result<Self, String> {
        let mut child = Self::spawn(folder, environment);
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut said = String::new();
        while !said.contains("Another app password:") {
            if out.read_line(&mut said).unwrap() == 0 {
                child.wait().unwrap();
                return Err(said);
            }
        }
        let address = said.split("http://").nth(1).and_then(|rest| rest.split('/').next()).unwrap();
        Ok(Self { address: address.parse().unwrap(), child, said, log: folder.join("log"), _out: out })
    }

    /// A process that has only just begun.
    pub fn spawn(folder: &Path, environment: &[(&str, &str)]) -> Child {
        let mut command = Command::new(env!("CARGO_BIN_EXE_larder"));
        ground::prepare(&mut command, folder);
        command
            .args(["serve", "--listen", "127.0.0.1:0", "--data"])
            .arg(folder.join("data"))
            .envs(environment.iter().copied())
            .current_dir(folder);
        let log = File::create(folder.join("log")).unwrap();
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log).spawn().unwrap()
    }

    /// The app password of the first start.
    pub fn password(&self) -> String {
        let line = self.said.lines().find_map(|line| line.strip_prefix("Password:"));
        line.unwrap().trim().to_owned()
    }

    /// The account password of the first start.
    pub fn account_password(&self) -> String {
        let line = self.said.lines().find_map(|line| line.strip_prefix("Account password:"));
        line.unwrap().trim().to_owned()
    }

    /// Whether this was the first start on its database.
    pub fn has_password(&self) -> bool {
        self.said.lines().any(|line| line.starts_with("Password:"))
    }

    /// What an `Authorization` header says for the first user.
    pub fn credentials(&self) -> String {
        Wire::basic("larder", &self.password())
    }

    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap()
    }

    /// Ends it as a loss of power would, as far as a process can feel that.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Whether it comes to its end by itself.
    pub fn ended(mut self) -> bool {
        for _ in 0..PATIENCE {
            if self.child.try_wait().unwrap().is_some() {
                return true;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        false
    }

    pub fn signal(&self, name: &str) {
        let process = self.child.id().to_string();
        assert!(Command::new("kill").args([&format!("-{name}"), &process]).status().unwrap().success());
    }
}

fn log_in(folder: &Path) -> String {
    std::fs::read_to_string(folder.join("log")).unwrap()
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
