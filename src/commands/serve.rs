//! `larder serve`: serves the drive until it is told to stop.

use std::net::SocketAddr;
use std::process::ExitCode;

use clap::Args;
use domain::{Error, Timestamp, UserName};
use services::setup;
use tokio_util::sync::CancellationToken;

use crate::commands::{logs, say, signals::Signals, welcome};
use crate::config::{Config, Settings};
use crate::house::{House, Listeners};

/// The first account has this name.
const FIRST_USER: &str = "larder";

const EXPLAINED: &str = "\
The first start makes the data folder, the database, an account and an app password, and prints how to mount
the drive. SIGINT (Ctrl-C) or SIGTERM lets running requests finish; a second one ends at once.

Examples:
  larder serve
  larder serve --listen 127.0.0.1:9000 --data /srv/larder
  larder serve --set log.format=json --set server.admin_listen=127.0.0.1:9090";

/// Serve the drive until told to stop
#[derive(Args)]
#[command(after_help = EXPLAINED)]
pub struct Serve {
    /// The address and port to listen on [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub listen: Option<String>,
}

pub async fn run(mut config: Config, settings: &Settings) -> anyhow::Result<ExitCode> {
    logs::begin(&config.log)?;
    let signals = Signals::catch()?;
    let listeners = Listeners::bind(&config).await.map_err(Error::from)?;
    // Port 0 has become a real one.
    let addresses = listeners.addresses()?;
    (config.server.listen, config.webdav.listen) = (addresses.main, addresses.webdav);
    let now = Timestamp::now();
    let house = House::open(now, config.clone()).await?;
    let first = setup::welcome(now, &house.backends, &UserName::parse(FIRST_USER)?).await?;
    say(match &first {
        Some(first) => welcome::first(first, &config, settings),
        None => welcome::again(&config, settings),
    })?;
    let shutdown = CancellationToken::new();
    tokio::spawn(signals.follow(shutdown.clone()));
    let optional = |address: Option<SocketAddr>| address.map(tracing::field::display);
    let (webdav, admin) = (optional(addresses.webdav), optional(addresses.admin));
    tracing::info!(main = %addresses.main, webdav, admin, tls = config.tls.is_on(), "serving");
    house.serve(listeners, shutdown).await?;
    tracing::info!("stopped");
    Ok(ExitCode::SUCCESS)
}
