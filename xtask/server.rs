//! A started Larder: the address and the credentials it printed, its memory, its end.

use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};

/// Stopping waits for running requests, which the benchmarks and the smoke run have none of.
const STOP_TIME_MAX: Duration = Duration::from_secs(30);

pub struct Server {
    child: Child,
    /// The WebDAV address as printed: `http://127.0.0.1:PORT/dav/`.
    pub address: String,
    pub user: String,
    pub password: String,
    socket: SocketAddr,
}

impl Server {
    /// Starts `command` on a free port over an empty data folder, and waits until it has printed its three lines
    /// and accepts connections.
    pub fn start(mut command: Command, data: &Path, start_time_max: Duration) -> Result<Self> {
        let socket = free_port()?;
        command.env("LARDER_SERVER_LISTEN", socket.to_string()).env("LARDER_DATA_FOLDER", data);
        let child =
            command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().context("larder did not start")?;
        let mut server =
            Self { child, address: String::new(), user: String::new(), password: String::new(), socket };
        let stdout = server.child.stdout.take().context("larder has no standard output")?;
        server.read_credentials(&follow(stdout), Instant::now() + start_time_max)?;
        server.wait_until_listening()?;
        Ok(server)
    }

    pub fn socket(&self) -> SocketAddr {
        self.socket
    }

    /// The path of the WebDAV address, without its last slash: `/dav`.
    pub fn root(&self) -> &str {
        let after_scheme = self.address.split_once("://").map_or(self.address.as_str(), |(_, rest)| rest);
        after_scheme.find('/').map_or("", |slash| after_scheme[slash..].trim_end_matches('/'))
    }

    /// Peak resident memory in bytes since the start or the last [`Self::forget_peak`].
    pub fn resident_bytes_peak(&self) -> Result<u64> {
        self.status_bytes("VmHWM:")
    }

    pub fn resident_bytes(&self) -> Result<u64> {
        self.status_bytes("VmRSS:")
    }

    /// Makes the kernel measure the peak anew: proc(5), /proc/pid/clear_refs, value 5.
    pub fn forget_peak(&self) -> Result<()> {
        std::fs::write(format!("/proc/{}/clear_refs", self.child.id()), "5")
            .context("the peak cannot be reset")
    }

    /// Asks for the end with SIGTERM, as a service manager does, and expects exit code 0.
    pub fn stop(mut self) -> Result<()> {
        Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().context("kill")?;
        let deadline = Instant::now() + STOP_TIME_MAX;
        while Instant::now() < deadline {
            if let Some(status) = self.child.try_wait()? {
                return if status.success() {
                    Ok(())
                } else {
                    Err(anyhow!("after SIGTERM: {status}, not exit code 0"))
                };
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        bail!("larder still runs {} s after SIGTERM", STOP_TIME_MAX.as_secs())
    }

    fn read_credentials(&mut self, lines: &Receiver<String>, deadline: Instant) -> Result<()> {
        let mut printed = String::new();
        while self.address.is_empty() || self.user.is_empty() || self.password.is_empty() {
            let line = match lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(line) => line,
                Err(RecvTimeoutError::Timeout) => {
                    bail!("no address, user and password in time; printed:\n{printed}")
                }
                Err(RecvTimeoutError::Disconnected) => {
                    bail!("larder ended before it was ready; printed:\n{printed}")
                }
            };
            printed = printed + &line + "\n";
            match line.trim_start().split_once(':') {
                Some(("Address", value)) => self.address = value.trim().to_owned(),
                Some(("User", value)) => self.user = value.trim().to_owned(),
                Some(("Password", value)) => self.password = value.trim().to_owned(),
                _ => {}
            }
        }
        Ok(())
    }

    fn wait_until_listening(&self) -> Result<()> {
        for _ in 0..100 {
            if TcpStream::connect(self.socket).is_ok() {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        bail!("larder printed its address but nothing listens on {}", self.socket)
    }

    fn status_bytes(&self, label: &str) -> Result<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix(label));
        let kibibytes =
            line.and_then(|rest| rest.trim().strip_suffix(" kB")).context("no memory in /proc")?;
        Ok(kibibytes.trim().parse::<u64>()? * 1024)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // After `stop` the process is gone and both calls do nothing.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Reads to the end in a thread of its own: a full pipe would block the server's next print.
fn follow(stdout: ChildStdout) -> Receiver<String> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            println!("  | {line}");
            // Nobody listens any more once the credentials are known; the lines are still shown.
            let _ = sender.send(line);
        }
    });
    receiver
}

fn free_port() -> Result<SocketAddr> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}
