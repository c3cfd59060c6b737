//! The certificate people are greeted with: read from its files, and again whenever they change.

use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use domain::{Error, Result, Timestamp};
use gate::{PemFile, Tls};
use services::checkup::{Finding, State};
use tokio::fs::File;
use tokio::io::AsyncReadExt;
use tokio::time::sleep;

use crate::config::Config;

const SUBJECT: &str = "certificate";

/// How long a new certificate may go unseen. A look is two small files read, whose content says more than their
/// times do: certbot exchanges links, and others keep the time of what they copy.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// Far more than a certificate with all that vouch for it.
const FILE_BYTES_MAX: u64 = 1024 * 1024;

/// Renewal is at a third of ninety days before the end; with this little left it has failed for a while.
const REMAINING_MIN: Duration = Duration::from_secs(14 * DAY_SECONDS);
const DAY_SECONDS: u64 = 24 * 60 * 60;

/// The files as they were last seen, and what they are for.
pub(super) struct Certificate {
    tls: Tls,
    seen: Pair,
    /// What was last said of files that cannot be used, which is not said again.
    complaint: Option<String>,
}

#[derive(PartialEq, Eq)]
struct Pair {
    certificate: PemFile,
    key: PemFile,
}

impl Certificate {
    /// The certificate of the settings, if they name one.
    ///
    /// # Errors
    /// [`Invalid`](Error::Invalid) with a sentence that names the file and what is wrong with it.
    pub(super) async fn load(config: &Config, now: Timestamp) -> Result<Option<Self>> {
        let Some((certificate, key)) = files(config) else { return Ok(None) };
        let seen = Pair::read(certificate, key).await?;
        let tls = Tls::new(&seen.certificate, &seen.key, config.server.http2)?;
        for Finding { state, says, advice, .. } in seen.look_at(now) {
            if state != State::Good {
                tracing::warn!("{says} {}", advice.unwrap_or_default());
            }
        }
        Ok(Some(Self { tls, seen, complaint: None }))
    }

    /// What greets people with it.
    pub(super) fn tls(&self) -> Tls {
        self.tls.clone()
    }

    /// Takes up every new certificate, for ever.
    pub(super) async fn follow(mut self) {
        loop {
            sleep(LOOK_EVERY).await;
            self.look().await;
        }
    }

    /// Takes up a new certificate if there is one. One that cannot be used is complained of once, and the one
    /// of before stays in use.
    async fn look(&mut self) {
        let outcome = match Pair::read(&self.seen.certificate.path, &self.seen.key.path).await {
            Ok(pair) if pair == self.seen => {
                self.complaint = None;
                return;
            }
            Ok(pair) => {
                self.seen = pair;
                self.tls.replace(&self.seen.certificate, &self.seen.key)
            }
            Err(error) => Err(error),
        };
        let complaint = outcome.err().map(|error| error.to_string());
        match &complaint {
            None => {
                tracing::info!(file = %self.seen.certificate.path.display(), "a new certificate is in use")
            }
            Some(says) if complaint != self.complaint => {
                tracing::warn!("{says} Until that is mended the certificate of before stays in use.");
            }
            Some(_) => {}
        }
        self.complaint = complaint;
    }
}

/// What an operator should know of the certificate; nothing where there is none.
pub(super) async fn inspect(config: &Config, now: Timestamp) -> Vec<Finding> {
    let Some((certificate, key)) = files(config) else { return Vec::new() };
    let usable = async {
        let pair = Pair::read(certificate, key).await?;
        Tls::new(&pair.certificate, &pair.key, config.server.http2).map(|_| pair)
    };
    match usable.await {
        Ok(pair) => pair.look_at(now),
        Err(error) => {
            vec![Finding::bad(SUBJECT, error.message().user(), "Until then `larder serve` cannot start.")]
        }
    }
}

fn files(config: &Config) -> Option<(&Path, &Path)> {
    config.tls.certificate.as_deref().zip(config.tls.key.as_deref())
}

impl Pair {
    async fn read(certificate: &Path, key: &Path) -> Result<Self> {
        Ok(Self {
            certificate: read("tls.certificate", certificate).await?,
            key: read("tls.key", key).await?,
        })
    }

    fn look_at(&self, now: Timestamp) -> Vec<Finding> {
        let shown = self.certificate.path.display();
        let lasting = gate::expires(&self.certificate).map(|end| now.until(end));
        let mut findings = vec![match lasting {
            Some(Duration::ZERO) => Finding::bad(
                SUBJECT,
                format!("The certificate in {shown} has expired."),
                "Renew it; clients refuse it.",
            ),
            Some(rest) => {
                let says =
                    format!("The certificate in {shown} expires in {} days.", rest.as_secs() / DAY_SECONDS);
                if rest < REMAINING_MIN {
                    Finding::warning(
                        SUBJECT,
                        says,
                        "Renew it; a running server takes up the new one by itself.",
                    )
                } else {
                    Finding::good(SUBJECT, says)
                }
            }
            None => Finding::good(SUBJECT, format!("The certificate in {shown} belongs to its key.")),
        }];
        let key = &self.key.path;
        if key.metadata().is_ok_and(|key| key.permissions().mode() & 0o004 != 0) {
            let key = key.display();
            let says = format!("Every user of this machine can read the private key in {key}.");
            findings.push(Finding::warning(SUBJECT, says, format!("Keep them out: chmod o= {key}")));
        }
        findings
    }
}

async fn read(setting: &str, path: &Path) -> Result<PemFile> {
    let mut bytes = Vec::new();
    let content = async {
        let file = File::open(path).await?;
        file.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes).await?;
        if bytes.len() as u64 > FILE_BYTES_MAX {
            return Err(io::Error::new(
                io::ErrorKind::FileTooLarge,
                "it is no certificate and no key, but far larger",
            ));
        }
        Ok(())
    };
    content.await.map_err(|error| {
        let text = format!("The file {}, which is `{setting}`, cannot be read: {error}.", path.display());
        Error::Invalid(text.into())
    })?;
    Ok(PemFile { path: path.to_owned(), bytes })
}
