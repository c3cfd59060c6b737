//! What an operator has to see to: the data folder, what lies in it, and the addresses.

use std::io;
use std::path::Path;

use blobs::{Blobs, Store};
use domain::{Result, Timestamp};
use metadata::Metadata;
use services::checkup::{self, Finding};

use super::{Listeners, certificate, folder, furnish};
use crate::config::Config;

/// Looks at the house, beside a running server too; makes nothing where there is no data yet.
pub async fn inspect(config: &Config, now: Timestamp) -> Vec<Finding> {
    let data_folder = &config.data_folder;
    let mut findings = Vec::new();
    if folder::has_data(data_folder) {
        findings.push(privacy(data_folder));
        // The operator reads what the log would say too.
        findings.extend(data(config, now).await.unwrap_or_else(|error| {
            let advice = "See that this user may read and write the data folder, and that its disk is well.";
            vec![Finding::bad("database", error.to_string(), advice)]
        }));
    } else {
        let says = format!("There is no Larder data in {}.", data_folder.display());
        let advice = "`larder serve` makes it, or name another folder with --data.";
        findings.push(Finding::warning("data folder", says, advice));
        if let Some(bucket) = &config.blobs.s3 {
            findings.extend(checkup::examine_bucket(now, &Store::open_bucket(bucket).await).await);
        }
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
            let error = domain::Error::from(unbound);
            Finding::bad(SUBJECT, error.message().user(), "Until then `larder serve` cannot start.")
        }
    }
}
