//! An S3 server in the test's own process: a bucket in a folder of its own, on a free port.
#![expect(clippy::unwrap_used, reason = "for tests: what cannot be prepared fails them")]

use std::net::SocketAddr;

use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use s3s::auth::SimpleAuth;
use s3s::service::S3ServiceBuilder;
use s3s_fs::FileSystem;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// The name of the bucket.
pub const NAME: &str = "larder";
/// The key that opens it.
pub const ACCESS_KEY: &str = "larder-test";
/// Its secret.
pub const SECRET_KEY: &str = "larder-test-secret";

/// A bucket that is served until it is dropped.
pub struct Bucket {
    address: SocketAddr,
    serving: JoinHandle<()>,
    _folder: TempDir,
}

impl Bucket {
    /// Serves an empty bucket.
    pub async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join(NAME)).unwrap();
        let mut service = S3ServiceBuilder::new(FileSystem::new(folder.path()).unwrap());
        service.set_auth(SimpleAuth::from_single(ACCESS_KEY, SECRET_KEY));
        let service = service.build();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let serving = tokio::spawn(async move {
            let server = auto::Builder::new(TokioExecutor::new());
            while let Ok((stream, _)) = listener.accept().await {
                let connection = server.serve_connection(TokioIo::new(stream), service.clone()).into_owned();
                tokio::spawn(connection);
            }
        });
        Self { address, serving, _folder: folder }
    }

    /// Where it is, as a setting says it.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for Bucket {
    fn drop(&mut self) {
        self.serving.abort();
    }
}
