//! A PostgreSQL of a test's own, which can be stopped and started again, and a pgbouncer before it.

use std::net::{TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

/// Only a test that fails ever waits this long.
const PATIENCE: u32 = 3000;

/// A server on a free port, with nothing in it; dropping it kills it.
pub struct PostgresServer {
    folder: TempDir,
    port: u16,
}

impl PostgresServer {
    pub fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        given_to_postgres(folder.path());
        let server = Self { folder, port: free_port() };
        let data = server.data();
        run(&program("initdb"), &["-D", &data, "-U", "postgres", "--auth=trust", "-E", "UTF8", "--no-sync"]);
        server.control("start", &[]);
        server
    }

    /// The address of its database.
    pub fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }

    /// Stops it in one of its ways, `fast` or `immediate`.
    pub fn stop(&self, way: &str) {
        self.control("stop", &["-m", way]);
    }

    pub fn start_again(&self) {
        self.control("start", &[]);
    }

    fn control(&self, what: &str, more: &[&str]) {
        let options = format!(
            "-p {} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off -c max_connections=40",
            self.port
        );
        let (data, log) = (self.data(), self.folder.path().join("log").to_str().unwrap().to_owned());
        let mut words = vec![what, "-D", &data, "-w", "-s"];
        if what == "start" {
            words.extend(["-l", &log, "-o", &options]);
        }
        words.extend(more);
        run(&program("pg_ctl"), &words);
    }

    fn data(&self) -> String {
        self.folder.path().join("data").to_str().unwrap().to_owned()
    }
}

impl Drop for PostgresServer {
    fn drop(&mut self) {
        let data = self.data();
        let ended =
            as_postgres(&program("pg_ctl")).args(["stop", "-D", &data, "-s", "-m", "immediate"]).status();
        drop(ended);
    }
}

/// A pgbouncer in session mode before a database; dropping it kills it.
pub struct Pooler {
    _folder: TempDir,
    port: u16,
    child: Child,
}

impl Pooler {
    /// One before the database at this address, with the settings that it comes with.
    pub fn before(url: &str) -> Self {
        let (server, database) = url.split_once("://").unwrap().1.rsplit_once('/').unwrap();
        let (host, port) = server.rsplit('@').next().unwrap().rsplit_once(':').unwrap();
        let folder = tempfile::tempdir().unwrap();
        let listen = free_port();
        let settings = format!(
            "[databases]\n{database} = host={host} port={port} user=postgres\n[pgbouncer]\nlisten_addr = 127.0.0.1\n\
             listen_port = {listen}\nunix_socket_dir =\nauth_type = any\npool_mode = session\nmax_client_conn = 50\n"
        );
        let file = folder.path().join("pgbouncer.ini");
        std::fs::write(&file, settings).unwrap();
        given_to_postgres(folder.path());
        let mut command = as_postgres(Path::new("/usr/sbin/pgbouncer"));
        let child = command.arg("-q").arg(&file).spawn();
        let child = child.expect("pgbouncer is needed for this test: apt-get install pgbouncer");
        wait_for(listen);
        Self { _folder: folder, port: listen, child }
    }

    /// The same database by way of the pooler.
    pub fn url(&self, url: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{}", self.port, url.rsplit_once('/').unwrap().1)
    }
}

impl Drop for Pooler {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The newest version of a program of PostgreSQL's, which Debian keeps out of the search path.
fn program(name: &str) -> PathBuf {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut programs: Vec<PathBuf> = versions.map(|entry| entry.path().join("bin").join(name)).collect();
    programs.retain(|program| program.exists());
    programs.sort();
    programs.pop().unwrap_or_else(|| name.into())
}

/// A command as the user `postgres`, if root runs the tests: neither program runs as root.
fn as_postgres(program: &Path) -> Command {
    let mut command = Command::new(program);
    if let Some((user, group)) = postgres() {
        command.uid(user).gid(group);
    }
    command.current_dir("/").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

fn given_to_postgres(folder: &Path) {
    let Some((user, group)) = postgres() else { return };
    std::os::unix::fs::chown(folder, Some(user), Some(group)).unwrap();
    for entry in std::fs::read_dir(folder).unwrap() {
        std::os::unix::fs::chown(entry.unwrap().path(), Some(user), Some(group)).unwrap();
    }
}

/// The numbers of the user and its group; none unless root runs the tests.
fn postgres() -> Option<(u32, u32)> {
    let id = |of: &[&str]| -> u32 {
        let output = Command::new("id").args(of).output().unwrap();
        String::from_utf8(output.stdout)
            .unwrap()
            .trim()
            .parse()
            .expect("the user postgres is needed for this test")
    };
    (id(&["-u"]) == 0).then(|| (id(&["-u", "postgres"]), id(&["-g", "postgres"])))
}

fn run(program: &Path, words: &[&str]) {
    let status = as_postgres(program).args(words).status();
    let status = status.expect("PostgreSQL is needed for this test: apt-get install postgresql");
    assert!(status.success(), "{} {words:?}: {status}", program.display());
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn wait_for(port: u16) {
    for _ in 0..PATIENCE {
        if TcpStream::connect(("127.0.0.1", port)).is_ok() {
            return;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("nobody came to listen on port {port}");
}
