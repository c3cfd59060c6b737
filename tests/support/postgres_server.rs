//! A PostgreSQL of a test's own, which syncs as one in service does and can be stopped, cut short and started again.

use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use sqlx::{Connection, PgConnection};
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// Only a test that fails ever waits this long.
const PATIENCE: u32 = 3000;

/// A server on a free port; dropping it ends it.
pub struct PostgresServer {
    folder: TempDir,
    port: u16,
    child: Child,
}

impl PostgresServer {
    pub fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        give_to_postgres(folder.path());
        let mut made = command("initdb");
        made.arg("-D").arg(folder.path().join("data")).args(["-A", "trust", "-U", "postgres", "-E", "UTF8"]);
        succeed(made.args(["--locale", "C", "--no-instructions"]));
        let port = free_port();
        let child = spawn(folder.path(), port);
        let server = Self { folder, port, child };
        server.wait();
        server
    }

    /// The address of a database that is there and empty.
    pub fn url(&self) -> String {
        format!("postgres://postgres@{}/postgres", self.address())
    }

    fn address(&self) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], self.port))
    }

    /// Ends all connections in the middle of whatever they do and starts again: in an orderly way, or as after a loss of
    /// power.
    pub fn restart(&mut self, orderly: bool) {
        self.stop(orderly);
        self.start_again();
    }

    /// Only ends them.
    pub fn stop(&mut self, orderly: bool) {
        let signal = if orderly { "-INT" } else { "-QUIT" };
        succeed(Command::new("kill").args([signal, &self.child.id().to_string()]));
        self.child.wait().unwrap();
    }

    pub fn start_again(&mut self) {
        self.child = spawn(self.folder.path(), self.port);
        self.wait();
    }

    fn wait(&self) {
        let runtime = Runtime::new().unwrap();
        for _ in 0..PATIENCE {
            if runtime.block_on(async { PgConnection::connect(&self.url()).await?.close().await }).is_ok() {
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("PostgreSQL does not come up in {}", self.folder.path().display());
    }
}

impl Drop for PostgresServer {
    fn drop(&mut self) {
        // Killed, it would leave its processes behind.
        let _ = Command::new("kill").args(["-QUIT", &self.child.id().to_string()]).status();
        let _ = self.child.wait();
    }
}

fn spawn(folder: &Path, port: u16) -> Child {
    let mut server = command("postgres");
    server.arg("-D").arg(folder.join("data")).args([
        "-p",
        &port.to_string(),
        "-c",
        "listen_addresses=127.0.0.1",
    ]);
    server.args(["-c", "max_connections=200", "-c", "unix_socket_directories="]);
    server.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

/// One of its programs, as its own user where tests run as root.
fn command(program: &str) -> Command {
    as_postgres(&programs().join(program))
}

/// A program that does not run as root either.
pub(super) fn as_postgres(program: &Path) -> Command {
    if !is_root() {
        return Command::new(program);
    }
    // It becomes that user and then the program, and so keeps its process id.
    let mut command = Command::new("setpriv");
    command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups"]).arg(program);
    command
}

/// Its user must reach a folder of its own.
pub(super) fn give_to_postgres(folder: &Path) {
    if is_root() {
        succeed(Command::new("chown").args(["-R", "postgres"]).arg(folder));
    }
}

/// Debian keeps them by version, outside of the path.
fn programs() -> PathBuf {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let newest = versions.max_by_key(|version| version.file_name());
    newest.map_or_else(PathBuf::new, |version| version.path().join("bin"))
}

pub(super) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output().unwrap();
    id.stdout == b"0\n"
}

fn succeed(command: &mut Command) {
    let done = command.stdin(Stdio::null()).output();
    let done = done.expect("PostgreSQL is needed for this test: apt-get install postgresql");
    assert!(done.status.success(), "{command:?}: {}", String::from_utf8_lossy(&done.stderr));
}
