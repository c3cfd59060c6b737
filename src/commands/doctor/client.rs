//! `larder doctor --client`: a throw-away drive for one session of a client, and a report on it.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use axum::body::Bytes;
use domain::{
    Conditions, Door, Error, NodeName, NodePath, NodeTimes, OnConflict, RequestId, StoreKind, Timestamp,
    UserName,
};
use services::auth::{Attempt, log_in};
use services::files::{UploadRequest, upload};
use services::{Backends, setup};
use tokio_util::sync::CancellationToken;
use tracing_subscriber::prelude::*;
use uuid::Uuid;
use web::{Address, mounting};

use super::exchange::Expected;
use super::report::report;
use super::transcript::Transcript;
use super::watch::{Overheard, watch};
use crate::commands::{say, signals::Signals};
use crate::config::Config;
use crate::house::{House, Listeners, drive_address};

const USER: &str = "larder";

/// A drive with something in it shows whether a client lists and reads.
const FILE: &str = "Hello.txt";
const CONTENT: &[u8] = b"Hello from Larder.\n";

/// A mounted drive is seldom left alone for so long: Finder and Windows look at it every minute.
const QUIET: Duration = Duration::from_secs(5 * 60);

pub async fn run(mut config: Config, is_address_given: bool) -> anyhow::Result<ExitCode> {
    // Who reads no further, as behind `| head`, still gets the exit code.
    let transcript = Transcript::begin(|line| _ = say(line));
    tracing_subscriber::registry().with(Overheard(transcript.clone())).try_init()?;
    let signals = Signals::catch()?;
    let folder = tempfile::tempdir().context("There is no place for a throw-away drive")?;
    config.data_folder = folder.path().join("data");
    // Whatever the house itself stands on, this drive is gone with its folder.
    config.metadata.url = None;
    config.redis.url = None;
    (config.blobs.store, config.blobs.s3) = (StoreKind::Disk, None);
    let public_url = config.public_url.take();
    (config.webdav.listen, config.server.admin_listen) = (None, None);
    // Nothing of the real house's is touched, and no client is kept out by another one.
    (config.redis.url, config.login.devices_max) = (None, 0);
    if !is_address_given {
        config.server.listen = SocketAddr::new(Ipv4Addr::LOCALHOST.into(), 0);
    }
    let listeners = Listeners::bind(&config).await.map_err(Error::from)?;
    config.server.listen = reachable(listeners.addresses()?.main);
    // Clients ask for a name that is in the certificate, and the public address has one.
    let address = match public_url.filter(|_| config.tls.is_on()) {
        Some(url) => drive_address(&config).named_as_in(Address::parse(&url)),
        None => drive_address(&config),
    };
    let house = House::open(Timestamp::now(), config).await?;
    let user = UserName::parse(USER)?;
    let expected = Expected { user: USER.to_owned(), password: furnish(&house.backends, &user).await? };
    say(introduction(&address, &expected))?;

    let shutdown = CancellationToken::new();
    tokio::spawn(signals.follow(shutdown.clone()));
    tokio::spawn(stop_when_quiet(transcript.clone(), shutdown.clone()));
    let looked_on = transcript.clone();
    let watched = |doors| watch(doors, looked_on.clone(), expected.clone());
    house.serve_watched(listeners, shutdown, watched).await?;
    let report = report(&transcript.end(), &address, &user);
    say(report.text)?;
    Ok(report.verdict.into())
}

async fn stop_when_quiet(transcript: Transcript, shutdown: CancellationToken) {
    transcript.quiet(QUIET).await;
    shutdown.cancel();
}

/// Makes the account and puts a file into its drive; gives the app password.
async fn furnish(backends: &Arc<Backends>, user: &UserName) -> anyhow::Result<String> {
    let now = Timestamp::now();
    let first = setup::welcome(now, backends, user).await?.context("The throw-away drive is not empty")?;
    let secret = first.app_password.secret;
    let attempt = Attempt {
        name: user.as_str(),
        secret: &secret,
        address: IpAddr::V4(Ipv4Addr::LOCALHOST),
        product: "",
        door: Door::Command,
        request: RequestId(Uuid::now_v7()),
        now,
    };
    let caller = log_in(backends, attempt).await?;
    let path = NodePath::new(vec![NodeName::parse(FILE)?], backends.files.path_chars_max)?;
    let request = UploadRequest {
        path,
        declared_bytes: Some(CONTENT.len() as u64),
        times: NodeTimes::default(),
        checksums: Vec::new(),
        on_conflict: OnConflict::Replace,
        conditions: Conditions::default(),
    };
    let mut file = upload(&caller, backends, request).await?;
    file.write(Bytes::from_static(CONTENT)).await?;
    file.finish().await?;
    Ok(secret)
}

/// The address that others know of this machine, in place of "every address". Connecting a datagram socket sends
/// nothing: it only asks the system which of its addresses it would send from; 192.0.2.1 is nobody's (RFC 5737).
fn reachable(listening: SocketAddr) -> SocketAddr {
    if !listening.ip().is_unspecified() {
        return listening;
    }
    let from = || {
        let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0))?;
        socket.connect((Ipv4Addr::new(192, 0, 2, 1), 9))?;
        socket.local_addr()
    };
    from().map_or(listening, |from| SocketAddr::new(from.ip(), listening.port()))
}

fn introduction(address: &Address, expected: &Expected) -> String {
    let Expected { user, password } = expected;
    let steps = mounting::steps(address, user, password);
    let elsewhere = address.elsewhere();
    let minutes = QUIET.as_secs() / 60;
    let reach = match address.is_loopback() {
        true => {
            "Only this machine reaches this address; for a phone or another computer add --listen 0.0.0.0:8080."
        }
        false => "The password opens nothing but this drive.",
    };
    format!(
        "\
This is a throw-away drive for one session of one client. It holds one file, {FILE}, and is gone when this ends.

Address:  {address}
User:     {user}
Password: {password}

{reach}
{elsewhere}
Mount it with the client that does not work, open {FILE}, and do what fails. Then unmount it and press Ctrl-C, or
wait: {minutes} minutes after the last request this ends by itself. The report comes at the end.

{steps}

Waiting for a client; every request is shown here as it is answered.
"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_address_becomes_one_that_others_can_be_told() {
        let shown = reachable("0.0.0.0:8080".parse().unwrap());
        assert_eq!(shown.port(), 8080);
        let own = "127.0.0.1:8080".parse().unwrap();
        assert_eq!(reachable(own), own);
    }
}
