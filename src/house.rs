//! Builds the house bottom-up, and opens its doors; nothing else sees every floor.

use std::fs::{DirBuilder, File, TryLockError};
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use blobs::Blobs;
use coordination::Coordination;
use domain::{Error, Result, Timestamp};
use gate::Metrics;
use metadata::{Metadata, schema};
use services::{Backends, files};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::config::Config;

/// The path of the drive on the main address.
const DRIVE: &str = "/dav";

const FRONT_PAGE: &str = "\
This is Larder, a file server. Its drive is at /dav/ on this address:
mount it with a WebDAV client, with your user name and an app password.
";

/// The file in the data folder that a running server holds.
const LOCK: &str = "serve.lock";

/// A house that is built and not yet open.
pub struct House {
    /// What every use case works with.
    pub backends: Arc<Backends>,
    config: Config,
    lock: File,
}

impl House {
    /// Builds the house on its data folder, which is made where there is none, and brings the database to
    /// the newest version. Uploads that ended with an earlier process are cleared away.
    ///
    /// # Errors
    /// [`Unavailable`](Error::Unavailable) when another server holds the data folder or the folder cannot
    /// be used, [`Unsupported`](Error::Unsupported) when a newer Larder has changed it.
    pub async fn open(now: Timestamp, config: Config) -> Result<Self> {
        make_folder(&config.data_folder)?;
        let lock = lock(&config.data_folder)?;
        let metadata = Metadata::open(&config.metadata, &config.data_folder).await?;
        for step in schema::migrate(&metadata).await? {
            tracing::info!("the database took the step {step}");
        }
        let blobs = Blobs::open(&config.blobs, &config.data_folder)?;
        let backends = Arc::new(furnish(&config, metadata, blobs));
        let swept = files::sweep_unfinished(&backends, now).await?;
        if swept > 0 {
            tracing::info!(uploads = swept, "removed what unfinished uploads had left behind");
        }
        Ok(Self { backends, config, lock })
    }

    /// Serves until `shutdown` is called and running requests are done, then closes the database.
    ///
    /// # Errors
    /// Whatever the database says when it is closed.
    pub async fn serve(self, listeners: Listeners, shutdown: CancellationToken) -> Result<()> {
        let Self { backends, config, lock } = self;
        let drive = |prefix| webdav::router(webdav::Door::new(Arc::clone(&backends), prefix));
        let open = async |listener, doors| {
            let doors = gate::enclose(doors, &config.server, shutdown.clone());
            gate::serve(listener, doors, &config.server, shutdown.clone()).await;
        };
        let main = Router::new()
            .route("/", get(async || FRONT_PAGE))
            .merge(gate::health_router(Arc::clone(&backends), shutdown.clone()))
            .merge(drive(DRIVE));
        let own = async {
            if let Some(listener) = listeners.webdav {
                open(listener, drive("")).await;
            }
        };
        let admin = async {
            if let Some(listener) = listeners.admin {
                let metrics = Metrics::install();
                open(listener, gate::admin_router(metrics, Arc::clone(&backends), shutdown.clone())).await;
            }
        };
        tokio::join!(open(listeners.main, main), own, admin);
        backends.close().await?;
        drop(lock);
        Ok(())
    }
}

/// The addresses of a house, bound before anything is said about them.
pub struct Listeners {
    main: TcpListener,
    webdav: Option<TcpListener>,
    admin: Option<TcpListener>,
}

impl Listeners {
    /// Binds every address the settings name.
    ///
    /// # Errors
    /// [`Unavailable`](Error::Unavailable) names the address that could not be bound, and what to do.
    pub async fn bind(config: &Config) -> Result<Self> {
        let optional = async |flag, address| match address {
            Some(address) => bind(flag, address).await.map(Some),
            None => Ok(None),
        };
        Ok(Self {
            main: bind("--listen ", config.server.listen).await?,
            webdav: optional("--set webdav.listen=", config.webdav.listen).await?,
            admin: optional("--set server.admin_listen=", config.server.admin_listen).await?,
        })
    }

    /// The addresses with the ports that were really taken.
    ///
    /// # Errors
    /// Whatever the system says.
    pub fn addresses(&self) -> io::Result<Addresses> {
        let optional =
            |listener: &Option<TcpListener>| listener.as_ref().map(TcpListener::local_addr).transpose();
        Ok(Addresses {
            main: self.main.local_addr()?,
            webdav: optional(&self.webdav)?,
            admin: optional(&self.admin)?,
        })
    }
}

/// Where a house can be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Addresses {
    /// The drive below `/dav/`, health, and a word to whoever comes by with a browser.
    pub main: SocketAddr,
    /// The drive alone, at `/`.
    pub webdav: Option<SocketAddr>,
    /// Metrics and health.
    pub admin: Option<SocketAddr>,
}

/// Furnishes the floor of use cases for a command: beside a running server, on data that is there.
///
/// # Errors
/// [`NotFound`](Error::NotFound) when there is no data in the folder, [`Unsupported`](Error::Unsupported)
/// when its database is of another version.
pub async fn visit(config: &Config) -> Result<Backends> {
    if !has_data(&config.data_folder) {
        let text = format!(
            "There is no Larder data in {}; `larder serve` makes some, or name another folder with --data.",
            config.data_folder.display()
        );
        return Err(Error::NotFound(text.into()));
    }
    let metadata = Metadata::open(&config.metadata, &config.data_folder).await?;
    if let schema::Version::Behind(_) = schema::version(&metadata).await? {
        let text = "The database is older than this program; `larder migrate` brings it up to date.";
        return Err(Error::Unsupported(text.into()));
    }
    // Nothing is left to do but to refuse a newer database.
    schema::migrate(&metadata).await?;
    let blobs = Blobs::open(&config.blobs, &config.data_folder)?;
    Ok(furnish(config, metadata, blobs))
}

/// Brings the database to the newest version, making the data folder where there is none, and says which
/// steps that took.
///
/// # Errors
/// As for [`House::open`].
pub async fn migrate(config: &Config) -> Result<Vec<String>> {
    make_folder(&config.data_folder)?;
    let metadata = Metadata::open(&config.metadata, &config.data_folder).await?;
    let steps = schema::migrate(&metadata).await?;
    metadata.close().await?;
    Ok(steps)
}

/// Whether a house was ever built on this folder.
pub fn has_data(folder: &Path) -> bool {
    // What cannot be looked at may well be there.
    folder.join("metadata.db").try_exists().unwrap_or(true)
}

/// Puts the floor of use cases together.
pub fn furnish(config: &Config, metadata: Metadata, blobs: Blobs) -> Backends {
    let (files, login) = (config.files.clone(), config.login.clone());
    Backends::new(metadata, blobs, Coordination::in_process(), files, login)
}

/// Whether a server runs on this folder.
pub fn is_served(folder: &Path) -> bool {
    let lock = File::open(folder.join(LOCK)).map(|file| file.try_lock_shared());
    matches!(lock, Ok(Err(TryLockError::WouldBlock)))
}

/// Holds the data folder for one server: another one that starts would clear away, as unfinished, what this one
/// is just writing.
///
/// # Errors
/// [`Unavailable`](Error::Unavailable) when another server holds it.
fn lock(folder: &Path) -> Result<File> {
    let path = folder.join(LOCK);
    let unusable = |error: io::Error| {
        Error::unavailable(format!("The file {} cannot be locked.", path.display()), error)
    };
    let file = File::options().create(true).write(true).truncate(false).open(&path).map_err(unusable)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::Error(error)) => Err(unusable(error)),
        Err(TryLockError::WouldBlock) => {
            let text = format!(
                "Another Larder serves the data folder {}; stop that one, or name another folder with --data.",
                folder.display()
            );
            Err(Error::Unavailable(text.into()))
        }
    }
}

/// Only the server's own user may look inside.
fn make_folder(folder: &Path) -> Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(|error| {
        let text = format!(
            "The data folder {} cannot be made; name one you may write to with --data.",
            folder.display()
        );
        Error::unavailable(text, error)
    })
}

async fn bind(flag: &str, address: SocketAddr) -> Result<TcpListener> {
    TcpListener::bind(address).await.map_err(|error| {
        let advice = match error.kind() {
            ErrorKind::AddrInUse => {
                format!("{address} is in use; stop what listens there, or choose another port")
            }
            ErrorKind::PermissionDenied => {
                format!("{address} is not for this user; choose a port from 1024 on")
            }
            ErrorKind::AddrNotAvailable => {
                format!("{address} is no address of this machine; choose one of its own")
            }
            _ => format!("{address} cannot be listened on; choose another address"),
        };
        Error::unavailable(format!("{advice} with {flag}ADDRESS:PORT."), error)
    })
}
