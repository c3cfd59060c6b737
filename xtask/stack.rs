//! PostgreSQL and Redis of a test run's own: on free ports, in folders that go with them.
//!
//! A shell stands guard over each: it waits until the pipe to this process closes, in whatever way this process ends, then
//! stops the server and removes its folder.

use std::fs::{self, File};
use std::net::TcpListener;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::{clients, workspace};

/// Stops what it has started once nobody holds the other end of its input, and cleans up behind it.
const GUARD: &str =
    r#"folder=$1 end=$2; shift 2; "$@" & cat >/dev/null; kill -s "$end" $!; wait $!; rm -rf -- "$folder""#;

/// Where Debian puts the programs of PostgreSQL's server, out of everybody's PATH.
const POSTGRES: &str = "/usr/lib/postgresql";

/// So long, in tenths of a second, a server has for its start.
const PATIENCE: u32 = 600;

/// The servers that a house beyond one machine stands on.
pub struct Stack {
    postgres: Server,
    redis: Server,
}

impl Stack {
    /// Starts them, and installs first what is missing, where that is allowed.
    pub fn start() -> Result<Self> {
        install()?;
        let programs = postgres_programs().context("PostgreSQL was installed and cannot be found")?;
        Ok(Self { postgres: Server::postgres(&programs)?, redis: Server::redis()? })
    }

    /// What tells the tests of them.
    pub fn variables(&self) -> [(&'static str, String); 3] {
        [
            ("LARDER_TEST_ON", "scaled".to_owned()),
            ("LARDER_TEST_POSTGRES", format!("postgres://postgres@127.0.0.1:{}", self.postgres.port)),
            ("LARDER_TEST_REDIS", format!("redis://127.0.0.1:{}", self.redis.port)),
        ]
    }
}

/// A server and its guard; dropping it stops both.
pub struct Server {
    guard: Child,
    port: u16,
}

impl Server {
    fn postgres(programs: &Path) -> Result<Self> {
        let owner = Owner::of_postgres()?;
        let folder = owner.folder("larder-postgres-")?;
        let data = folder.join("data");
        let mut initdb = owner.command(&programs.join("initdb"), &folder);
        initdb.args(["--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C", "--no-sync"]);
        let made = initdb.arg("--pgdata").arg(&data).output().context("initdb could not be started")?;
        if !made.status.success() {
            fs::remove_dir_all(&folder)?;
            bail!("initdb failed: {}", String::from_utf8_lossy(&made.stderr));
        }
        let port = free_port()?;
        // At the other signal it would wait for whoever is still connected.
        let mut command = owner.guard(&folder, "INT");
        command.arg(programs.join("postgres")).arg("-D").arg(&data);
        // Nothing here outlives the machine. Each test has connections of its own.
        command.args(["-F", "-p", &port.to_string(), "-c", "listen_addresses=127.0.0.1"]);
        command.args(["-c", "unix_socket_directories=", "-c", "max_connections=1000"]);
        command.args(["-c", "full_page_writes=off", "-c", "synchronous_commit=off"]);
        Self::start(command, port, &folder, "ready to accept connections")
    }

    fn redis() -> Result<Self> {
        let folder = Owner::ourselves().folder("larder-redis-")?;
        let port = free_port()?;
        let mut command = Owner::ourselves().guard(&folder, "TERM");
        command.args(["redis-server", "--bind", "127.0.0.1", "--port", &port.to_string()]);
        command.args(["--save", "", "--appendonly", "no"]);
        Self::start(command, port, &folder, "Ready to accept connections")
    }

    /// Starts the guard, and waits until the server has written into its log that it is ready.
    pub fn start(mut guard: Command, port: u16, folder: &Path, ready: &str) -> Result<Self> {
        let log = folder.join("log");
        let out = File::create(&log)?;
        guard.stdin(Stdio::piped()).stderr(out.try_clone()?).stdout(out);
        // Whoever presses Ctrl-C ends the tests; the servers are ended by their guards, after them.
        let guard = guard.process_group(0).spawn().context("sh could not be started")?;
        let server = Self { guard, port };
        for _ in 0..PATIENCE {
            if fs::read_to_string(&log).is_ok_and(|log| log.contains(ready)) {
                return Ok(server);
            }
            thread::sleep(Duration::from_millis(100));
        }
        bail!("a server for the tests did not start: {}", fs::read_to_string(&log).unwrap_or_default())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.guard.stdin.take());
        let _ = self.guard.wait();
    }
}

/// Whom a server runs as: user and group, where that is somebody else than who runs the tests.
pub struct Owner(Option<(u32, u32)>);

impl Owner {
    /// Who runs the tests.
    pub fn ourselves() -> Self {
        Self(None)
    }

    /// PostgreSQL refuses to run as root.
    fn of_postgres() -> Result<Self> {
        if !is_root()? {
            return Ok(Self(None));
        }
        let id = |what: &str| {
            let asked = Command::new("id").args([what, "postgres"]).output()?;
            let said = String::from_utf8_lossy(&asked.stdout);
            said.trim().parse().context("there is no user postgres for PostgreSQL to run as")
        };
        Ok(Self(Some((id("-u")?, id("-g")?))))
    }

    /// A new folder for this user alone; who removes it is the guard.
    pub fn folder(&self, prefix: &str) -> Result<PathBuf> {
        let folder = tempfile::Builder::new().prefix(prefix).tempdir()?.keep();
        if let Some((user, group)) = self.0 {
            std::os::unix::fs::chown(&folder, Some(user), Some(group))?;
        }
        Ok(folder)
    }

    /// The guard of a server in this folder, which ends it by this signal; the server's program and arguments come after it.
    pub fn guard(&self, folder: &Path, end: &str) -> Command {
        let mut command = self.command(Path::new("sh"), folder);
        command.args(["-c", GUARD, "sh"]).arg(folder).arg(end);
        command
    }

    fn command(&self, program: &Path, folder: &Path) -> Command {
        let mut command = Command::new(program);
        command.current_dir(folder);
        if let Some((user, group)) = self.0 {
            command.uid(user).gid(group);
        }
        command
    }
}

/// Where initdb and postgres are: the newest that Debian has installed, or on the PATH.
fn postgres_programs() -> Option<PathBuf> {
    let versions = fs::read_dir(POSTGRES).into_iter().flatten().flatten();
    let installed = versions.map(|version| version.path().join("bin"));
    let newest = installed.filter(|programs| programs.join("initdb").exists()).max_by_key(|programs| {
        let version = programs.parent()?.file_name()?.to_str()?;
        version.parse::<u32>().ok()
    });
    newest.or_else(|| Some(clients::find("initdb")?.parent()?.to_owned()))
}

/// Installs what is missing, or says how somebody else may.
fn install() -> Result<()> {
    let mut missing = Vec::new();
    if postgres_programs().is_none() {
        missing.push("postgresql");
    }
    missing
        .extend(["pgbouncer", "redis-server"].into_iter().filter(|program| clients::find(program).is_none()));
    if missing.is_empty() {
        return Ok(());
    }
    let line = format!("apt-get install {}", missing.join(" "));
    if !is_root()? || clients::find("apt-get").is_none() {
        bail!("the tests on PostgreSQL, S3 and Redis need {line}; `--on alone` runs the others");
    }
    println!("Installing what the tests on PostgreSQL and Redis need: {line}");
    let apt = |arguments: &[&str]| {
        let mut command = Command::new("apt-get");
        command.args(arguments).env("DEBIAN_FRONTEND", "noninteractive");
        workspace::run(command)
    };
    apt(&["update"])?;
    apt(&[&["install", "-y", "--no-install-recommends"], &missing[..]].concat())
}

fn is_root() -> Result<bool> {
    Ok(fs::metadata("/proc/self")?.uid() == 0)
}

/// A port that is free now.
pub fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}
