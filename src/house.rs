//! Builds the house bottom-up, and opens its doors; nothing else sees every floor.

mod address;
mod archive;
mod backup;
mod certificate;
mod folder;
mod inspection;
mod listeners;
mod moving;
mod moving_blobs;
mod plain_files;
mod previous;
mod restore;

use std::fs::File;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use blobs::Blobs;
use coordination::Coordination;
use domain::{Result, Timestamp};
use gate::Metrics;
use metadata::Metadata;
use metadata::schema::{self, Upgrade, Version};
use outbound::Mailer;
use services::servers::{self, Presence};
use services::{Backends, ServicesConfig, audit, files};
use tokio_util::sync::CancellationToken;

use crate::config::Config;
use certificate::Certificate;

pub use address::drive_address;
pub use backup::{BackupRequest, Progress, back_up};
pub use inspection::inspect;
pub use listeners::{Addresses, Listeners};
pub use metadata::Transferred;
pub use moving::move_metadata;
pub use moving_blobs::{Destination, MovedBlobs, move_blobs};
pub use plain_files::write_plain;
pub use previous::{go_back, look_back};
pub use restore::{list_back_ups, restore};

/// The path of the drive on the main address.
const DRIVE: &str = "/dav";

/// How long what was read waits to be written down.
const WRITE_EVERY: Duration = Duration::from_secs(1);

/// How long closing the database may take.
const CLOSING_MAX: Duration = Duration::from_secs(10);

/// A house that is built and not yet open.
pub struct House {
    /// What every use case works with.
    pub backends: Arc<Backends>,
    config: Config,
    certificate: Option<Certificate>,
    presence: Presence,
    lock: File,
}

impl House {
    /// Builds the house on its data folder, which is made where there is none, and brings the database to
    /// the newest version. Uploads that ended with an earlier process are cleared away.
    ///
    /// # Errors
    /// [`Invalid`](Error::Invalid) for a certificate that cannot be used,
    /// [`Unavailable`](Error::Unavailable) when another server holds the data folder or the folder cannot
    /// be used, [`Unsupported`](Error::Unsupported) when a newer Larder has changed it.
    pub async fn open(now: Timestamp, config: Config) -> Result<Self> {
        // Before anything is made: without its certificate the house does not open.
        let certificate = Certificate::load(&config, now).await?;
        folder::make(&config.data_folder)?;
        // A folder that cannot be looked at is refused by its lock.
        if let Ok(Some((says, advice))) = inspection::openness(&config.data_folder) {
            tracing::warn!("{says} {advice}");
        }
        for agent in webdav::Redirects::in_vain(&config.webdav) {
            tracing::warn!(
                agent,
                "webdav.redirect_agents names a client that is never sent to the file store, because it cannot follow or \
                 would take its password along"
            );
        }
        let lock = folder::lock(&config.data_folder)?;
        let metadata = Metadata::open(&config.metadata, &config.data_folder).await?;
        report(&schema::migrate(&metadata, now).await?);
        let blobs = Blobs::open(&config.blobs, &config.data_folder).await?;
        let backends = Arc::new(furnish(&config, metadata, blobs)?);
        let presence = servers::arrive(&backends, &address::server_name(&config)).await?;
        clear_away(now, &backends).await?;
        Ok(Self { backends, config, certificate, presence, lock })
    }

    /// Serves, and works on the jobs that are due, until `shutdown` is called and running requests and jobs are done, then
    /// closes the database.
    ///
    /// # Errors
    /// Whatever the database says when it is closed.
    pub async fn serve(self, listeners: Listeners, shutdown: CancellationToken) -> Result<()> {
        self.serve_watched(listeners, shutdown, |doors| doors).await
    }

    /// The same, with somebody who looks on at every request: `watch` is put around the hall.
    ///
    /// # Errors
    /// As for [`serve`](Self::serve).
    pub async fn serve_watched(
        self,
        listeners: Listeners,
        shutdown: CancellationToken,
        watch: impl Fn(Router) -> Router,
    ) -> Result<()> {
        let Self { backends, config, certificate, presence, lock } = self;
        let tls = certificate.as_ref().map(Certificate::tls);
        let redirects = webdav::Redirects::new(&config.webdav, config.public_url.as_deref());
        let drive = |prefix| {
            let door = webdav::Door::new(Arc::clone(&backends), prefix);
            webdav::router(door.redirecting(redirects.clone()))
        };
        let closed = CancellationToken::new();
        let open = async |listener, tls, doors| {
            let doors = watch(gate::enclose(doors, &config.server, shutdown.clone(), closed.clone()));
            gate::serve(listener, doors, &config.server, tls, closed.clone()).await;
        };
        let drain = async {
            shutdown.cancelled().await;
            tokio::time::sleep(Duration::from_secs(config.server.drain_seconds)).await;
            closed.cancel();
        };
        let main = web::router(address::drive_of_the_page(&config))
            .merge(gate::health_router(Arc::clone(&backends), shutdown.clone()))
            .merge(web::accounts::router(Arc::clone(&backends)))
            .merge(rest::router(Arc::clone(&backends)))
            .merge(drive(DRIVE));
        let own = async {
            if let Some(listener) = listeners.webdav {
                open(listener, tls.clone(), drive("")).await;
            }
        };
        let admin = async {
            if let Some(listener) = listeners.admin {
                let metrics = Metrics::install();
                let doors = gate::admin_router(metrics, Arc::clone(&backends), shutdown.clone());
                open(listener, None, doors).await;
            }
        };
        let renewal = async {
            if let Some(certificate) = certificate {
                shutdown.run_until_cancelled(certificate.follow()).await;
            }
        };
        let clock = Arc::new(Timestamp::now);
        let grace = Duration::from_secs(config.server.shutdown_grace_seconds);
        let work =
            jobs::serve(Arc::clone(&backends), jobs::JOBS, &config.jobs, clock, grace, shutdown.clone());
        let main = open(listeners.main, tls.clone(), main);
        let doors = async { tokio::join!(main, own, admin, renewal, work, drain) };
        let (ended, writing) = (CancellationToken::new(), Arc::clone(&backends));
        let writing = tokio::spawn(write_accesses(writing, ended.clone()));
        // As long as requests run, others must not take this server for gone.
        tokio::select! {
            _ = doors => {}
            () = presence.stay(&backends) => {}
        }
        ended.cancel();
        if tokio::time::timeout(CLOSING_MAX, writing).await.is_err() {
            tracing::warn!("what was read last could not be written down in time");
        }
        if let Err(error) = presence.leave(&backends).await {
            tracing::warn!(%error, "the database did not hear that this server has ended");
        }
        // A statement of a job that was broken off goes on to its end; without being closed, nothing is lost either.
        match tokio::time::timeout(CLOSING_MAX, backends.close()).await {
            Ok(closed) => closed?,
            Err(_) => tracing::warn!("the database could not be closed in time"),
        }
        drop(lock);
        Ok(())
    }
}

/// Writes down every second what was read and refused, and what is left at the end.
async fn write_accesses(backends: Arc<Backends>, ended: CancellationToken) {
    let mut in_trouble = false;
    loop {
        let goes_on = ended.run_until_cancelled(tokio::time::sleep(WRITE_EVERY)).await.is_some();
        match audit::write_accesses(&backends).await {
            Ok(()) => in_trouble = false,
            // Once, not every second for as long as a disk is full.
            Err(error) if !std::mem::replace(&mut in_trouble, true) => {
                tracing::warn!(%error, "what was read cannot be written down at the moment");
            }
            Err(_) => {}
        }
        if !goes_on {
            return;
        }
    }
}

/// Ends what servers that are gone have left behind. For the only server of a house these are all earlier ones; beside
/// others only time can tell, and a job looks after it.
async fn clear_away(now: Timestamp, backends: &Arc<Backends>) -> Result<()> {
    let unfinished = files::discard_unfinished(backends).await?;
    if unfinished > 0 {
        tracing::info!(uploads = unfinished, "removed what unfinished uploads had left behind");
    }
    if backends.metadata.is_shared() {
        return Ok(());
    }
    let freed = services::jobs::free_all(now, backends).await?;
    if freed > 0 {
        tracing::info!(jobs = freed, "jobs that ended with an earlier process will run again");
    }
    Ok(())
}

/// Furnishes the floor of use cases for a command: beside a running server, on data that is there.
///
/// # Errors
/// [`NotFound`](Error::NotFound) when there is no data in the folder, [`Unsupported`](Error::Unsupported)
/// when its database is of another version.
pub async fn visit(config: &Config) -> Result<Backends> {
    folder::require_data(&config.data_folder)?;
    let metadata = Metadata::open(&config.metadata, &config.data_folder).await?;
    schema::require_current(&metadata).await?;
    let blobs = Blobs::open(&config.blobs, &config.data_folder).await?;
    furnish(config, metadata, blobs)
}

/// Brings the database to the newest version, making the data folder where there is none, and says what that took.
///
/// # Errors
/// As for [`House::open`].
pub async fn migrate(config: &Config, now: Timestamp) -> Result<Upgrade> {
    folder::make(&config.data_folder)?;
    // A server that runs would find another database than the one it knows.
    let metadata = Metadata::open(&config.metadata, &config.data_folder).await?;
    let _lock = match schema::version(&metadata).await? {
        Version::Behind(_) => Some(folder::lock(&config.data_folder)?),
        Version::Current | Version::Newer(_) => None,
    };
    let upgrade = schema::migrate(&metadata, now).await?;
    metadata.close().await?;
    Ok(upgrade)
}

/// Whether a server of this machine holds the data folder.
pub fn is_served(config: &Config) -> bool {
    folder::is_served(&config.data_folder)
}

fn report(upgrade: &Upgrade) {
    if let (Some(from), Some(snapshot)) = (&upgrade.from, &upgrade.snapshot) {
        let file = snapshot.file.display();
        tracing::info!("the database of before the upgrade, at {from}, is kept for a week in {file}");
    }
    for step in &upgrade.steps {
        tracing::info!("the database took the step {step}");
    }
}

/// Puts the floor of use cases together.
fn furnish(config: &Config, metadata: Metadata, blobs: Blobs) -> Result<Backends> {
    let services = ServicesConfig {
        files: config.files.clone(),
        downloads: config.downloads.clone(),
        names: config.names.clone(),
        trash: config.trash.clone(),
        organizations: config.organizations.clone(),
        projects: config.projects.clone(),
        history: config.history.clone(),
        versions: config.versions.clone(),
        scrub: config.scrub.clone(),
        login: config.login.clone(),
        limits: config.limits.clone(),
        accounts: config.accounts.clone(),
        audit: config.audit.clone(),
        orphan_grace: Duration::from_secs(config.blobs.orphan_grace_hours.saturating_mul(3600)),
        server_name: address::server_name(config),
        origin: config.public_url.as_deref().map(address::origin),
        mailer: Mailer::open(&config.mail)?,
    };
    Ok(Backends::new(metadata, blobs, Coordination::open(&config.redis)?, services))
}
