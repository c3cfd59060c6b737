//! What an operator has to see to: the data folder, what lies in it, and the addresses.

use std::io;
use std::path::Path;
use std::time::Instant;

use blobs::{Blobs, Store};
use coordination::Coordination;
use domain::{Error, Result, Timestamp};
use metadata::Metadata;
use services::checkup::{self, Finding};

use super::{Listeners, certificate, folder, furnish};
use crate::config::Config;

/// Looks at the house, beside a running server too; makes nothing where there is no data yet.
pub async fn inspect(config: &Config, now: Timestamp) -> Vec<Finding> {
    let data_folder = &config.data_folder;
    // A database that does not answer is waited for, and then clocks are compared.
    let begun = Instant::now();
    let mut findings = Vec::new();
    if folder::has_data(data_folder) {
        findings.push(privacy(data_folder));
        // The operator reads what the log would say too.
        match data(config, now).await {
            Ok(found) => findings.extend(found),
            Err(error) => {
                findings.push(unopened(config, &error));
                findings.extend(beside(config, now.after(begun.elapsed())).await);
            }
        }
    } else {
        let says = format!("There is no Larder data in {}.", data_folder.display());
        let advice = "`larder serve` makes it, or name another folder with --data.";
        findings.push(Finding::warning("data folder", says, advice));
        if config.metadata.url.is_some() {
            findings.push(database(config).await);
        }
        findings.extend(beside(config, now.after(begun.elapsed())).await);
    }
    findings.extend(certificate::inspect(config, now).await);
    findings.push(addresses(config).await);
    findings
}

/// A sentence and what to do when others than its owner may look into the data folder.
///
/// # Errors
/// Whatever the system says.
pub(super) fn openness(folder: &Path) -> io::Result<Option<(String, String)>> {
    let shown = folder.display();
    let warning = || (format!("Other users can read {shown}."), format!("Keep them out: chmod 700 {shown}"));
    Ok((!folder::is_private(folder)?).then(warning))
}

fn privacy(folder: &Path) -> Finding {
    const SUBJECT: &str = "data folder";
    let shown = folder.display();
    match openness(folder) {
        Ok(None) => Finding::good(SUBJECT, format!("Only its owner can read {shown}.")),
        Ok(Some((says, advice))) => Finding::warning(SUBJECT, says, advice),
        Err(error) => {
            let says = format!("{shown} cannot be looked at: {error}.");
            Finding::bad(SUBJECT, says, "See that this user may read it.")
        }
    }
}

async fn data(config: &Config, now: Timestamp) -> Result<Vec<Finding>> {
    let metadata = Metadata::open(&config.metadata, &config.data_folder).await?;
    let blobs = Blobs::open(&config.blobs, &config.data_folder).await?;
    let backends = furnish(config, metadata, blobs)?;
    let findings = checkup::examine(now, &backends).await;
    backends.close().await?;
    Ok(findings)
}

/// The database on a server of its own, which is there before the data folder is.
async fn database(config: &Config) -> Finding {
    let metadata = match Metadata::open(&config.metadata, &config.data_folder).await {
        Ok(metadata) => metadata,
        Err(error) => return unopened(config, &error),
    };
    let finding = checkup::examine_database(&metadata).await;
    match metadata.close().await {
        Ok(()) => finding,
        Err(error) => unopened(config, &error),
    }
}

fn unopened(config: &Config, error: &Error) -> Finding {
    let advice = match config.metadata.url.is_some() {
        true => checkup::SEE_TO_POSTGRES,
        false => "See that this user may read and write the data folder, and that its disk is well.",
    };
    Finding::bad("database", error.to_string(), advice)
}

/// What does not wait for the database: the bucket, and what servers share.
async fn beside(config: &Config, now: Timestamp) -> Vec<Finding> {
    let mut findings = Vec::new();
    if let Some(bucket) = &config.blobs.s3 {
        findings.extend(checkup::examine_bucket(now, &Store::open_bucket(bucket).await).await);
    }
    match Coordination::open(&config.redis) {
        Ok(coordination) => {
            findings.extend(checkup::examine_shared_state(now, &coordination).await);
            coordination.close().await;
        }
        Err(error) => findings.push(Finding::bad("redis", error.to_string(), "Correct redis.url.")),
    }
    findings
}

async fn addresses(config: &Config) -> Finding {
    const SUBJECT: &str = "address";
    let address = config.server.listen;
    let is_served = folder::is_served(&config.data_folder);
    match Listeners::bind(config).await {
        Ok(_) if is_served => Finding::warning(
            SUBJECT,
            format!("{address} is free, although a server runs on the data folder."),
            "The server was started with other settings; give doctor the same ones.",
        ),
        Ok(_) => Finding::good(SUBJECT, format!("{address} is free.")),
        Err(unbound) if is_served && unbound.is_in_use() => {
            let taken = unbound.address;
            Finding::good(SUBJECT, format!("{taken} is in use, and a server runs on the data folder."))
        }
        Err(unbound) => {
            let error = Error::from(unbound);
            Finding::bad(SUBJECT, error.message().user(), "Until then `larder serve` cannot start.")
        }
    }
}
