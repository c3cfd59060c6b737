//! The real program as a process of its own, which can be killed.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

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
        let log = folder.join("log");
        let mut command = Command::new(env!("CARGO_BIN_EXE_larder"));
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("LARDER_")) {
            command.env_remove(name);
        }
        command
            .args(["serve", "--listen", "127.0.0.1:0", "--data"])
            .arg(folder.join("data"))
            .current_dir(folder);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(File::create(&log).unwrap());
        let mut child = command.spawn().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut said = String::new();
        while !said.contains("Another app password:") {
            assert_ne!(
                out.read_line(&mut said).unwrap(),
                0,
                "{said}\n{}",
                std::fs::read_to_string(&log).unwrap()
            );
        }
        let address = said.split("http://").nth(1).and_then(|rest| rest.split('/').next()).unwrap();
        Self { address: address.parse().unwrap(), child, said, log, _out: out }
    }

    /// The app password of the first start.
    pub fn password(&self) -> String {
        let line = self.said.lines().find_map(|line| line.strip_prefix("Password:"));
        line.unwrap().trim().to_owned()
    }

    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap()
    }

    /// Ends it as a loss of power would, as far as a process can feel that.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
