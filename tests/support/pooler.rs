//! A pgbouncer before a PostgreSQL.

use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Stdio};

use tempfile::TempDir;

use super::postgres_server::{as_postgres, free_port, give_to_postgres};
use super::wait_until;

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
        give_to_postgres(folder.path());
        let mut command = as_postgres(Path::new("/usr/sbin/pgbouncer"));
        command.arg("-q").arg(&file).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let child = command.spawn().expect("pgbouncer is needed for this test: apt-get install pgbouncer");
        wait_until("pgbouncer listens", || TcpStream::connect(("127.0.0.1", listen)).is_ok());
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
