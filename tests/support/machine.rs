//! The real program, in a folder of its own: what somebody at a terminal has before them.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::time::Duration;

use tempfile::TempDir;

use super::ground;

/// Longer than anything here takes; what is reached is a hang.
const PATIENCE: Duration = Duration::from_secs(30);

/// A machine on which nothing of Larder has happened yet.
pub struct Machine {
    folder: TempDir,
}

/// What a command left behind.
#[derive(Debug)]
pub struct Outcome {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Machine {
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file into the folder the commands are called in.
    pub fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
    }

    pub fn has_data(&self) -> bool {
        self.path("larder-data").exists()
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_larder"));
        let house = arguments.iter().skip_while(|argument| **argument != "--data").nth(1);
        let folder = house.map_or_else(|| self.folder.path().to_owned(), |name| self.path(name));
        if folder != self.folder.path() && folder != self.path("larder-data") {
            ground::apart_from_its_parent(&folder);
        }
        ground::prepare(&mut command, &folder);
        command.args(arguments).current_dir(self.folder.path()).stdin(Stdio::null());
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Outcome {
        Outcome::of(self.command(arguments))
    }

    pub fn run_with_input(&self, arguments: &[&str], input: &str) -> Outcome {
        let mut command = self.command(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        child.wait_with_output().unwrap().into()
    }

    /// Starts a server on a free port and waits until it has said what it has to say.
    pub fn serve(&self, arguments: &[&str]) -> Server {
        self.start("serve", arguments, "Another app password:")
    }

    /// Starts a command that goes on until it is told to stop, and waits until it has said this.
    pub fn start(&self, command: &str, arguments: &[&str], until: &str) -> Server {
        self.follow(self.command(&[&[command], arguments].concat()), until)
    }

    /// The same with a command that has been made ready.
    pub fn follow(&self, mut command: Command, until: &str) -> Server {
        let log = File::create(self.path("log")).unwrap();
        // A flag among the arguments goes before the variable.
        command.env("LARDER_SERVER_LISTEN", "127.0.0.1:0");
        let mut child = command.stdout(Stdio::piped()).stderr(log).spawn().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut said = String::new();
        while !said.contains(until) {
            assert_ne!(out.read_line(&mut said).unwrap(), 0, "{said}\n{}", read(&self.path("log")));
        }
        Server { child, out, said, log: self.path("log") }
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        ground::left(self.folder.path());
    }
}

impl Outcome {
    pub fn of(mut command: Command) -> Self {
        command.output().unwrap().into()
    }

    #[track_caller]
    pub fn succeeded(self) -> String {
        assert_eq!(self.code, Some(0), "{self:#?}");
        self.out
    }

    /// The sentence of a command that failed with this exit code.
    #[track_caller]
    pub fn failed_with(self, code: i32) -> String {
        assert_eq!(self.code, Some(code), "{self:#?}");
        assert!(self.err.starts_with("error: "), "{self:#?}");
        self.err
    }
}

impl From<std::process::Output> for Outcome {
    fn from(output: std::process::Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Self { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }
}

/// A running server and what it said; dropping it kills it.
pub struct Server {
    child: Child,
    out: BufReader<ChildStdout>,
    pub said: String,
    pub log: PathBuf,
}

impl Server {
    /// What stands behind a label of its first lines.
    pub fn labelled(&self, label: &str) -> Option<&str> {
        labelled(&self.said, label)
    }

    pub fn socket(&self) -> SocketAddr {
        let (_, address) = self.labelled("Address").unwrap().split_once("://").unwrap();
        address.split('/').next().unwrap().parse().unwrap()
    }

    /// The answer to one request without credentials, as it comes over the wire.
    pub fn get(&self, path: &str) -> String {
        get(self.socket(), path)
    }

    pub fn signal(&self, name: &str) {
        let process = self.child.id().to_string();
        assert!(Command::new("kill").args([&format!("-{name}"), &process]).status().unwrap().success());
    }

    /// Everything it said, once it has ended.
    pub fn ended(mut self) -> (ExitStatus, String) {
        let mut said = std::mem::take(&mut self.said);
        self.out.read_to_string(&mut said).unwrap();
        (self.child.wait().unwrap(), said)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // After `ended` the process is gone and both do nothing.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub fn get(socket: SocketAddr, path: &str) -> String {
    let mut stream = TcpStream::connect(socket).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: larder\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

pub fn labelled<'a>(text: &'a str, label: &str) -> Option<&'a str> {
    text.lines().find_map(|line| Some(line.strip_prefix(label)?.strip_prefix(':')?.trim()))
}

pub fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap()
}
