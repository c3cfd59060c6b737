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

#[cfg(test)]
mod tests {
    use std::fs;
    use std::net::TcpStream;
    use std::os::unix::fs::symlink;
    use std::sync::Arc;

    use axum::Router;
    use rustls::pki_types::CertificateDer;
    use rustls::{ClientConfig, ClientConnection, RootCertStore};
    use tempfile::TempDir;
    use tokio::net::TcpListener;
    use tokio_util::sync::CancellationToken;

    use super::*;
    use crate::config::Sources;

    /// A folder in which `cert.pem` and `key.pem` are links to what was issued last, as certbot keeps them.
    struct Issuer(TempDir);

    impl Issuer {
        fn new() -> Self {
            Self(tempfile::tempdir().unwrap())
        }

        fn path(&self, name: &str) -> std::path::PathBuf {
            self.0.path().join(name)
        }

        fn issue(&self, name: &str) -> CertificateDer<'static> {
            let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
            for (link, text) in [("cert.pem", made.cert.pem()), ("key.pem", made.signing_key.serialize_pem())]
            {
                fs::write(self.path(&format!("{name}-{link}")), text).unwrap();
                self.show(&format!("{name}-{link}"), link);
            }
            made.cert.der().clone()
        }

        fn show(&self, file: &str, link: &str) {
            let _ = fs::remove_file(self.path(link));
            symlink(self.path(file), self.path(link)).unwrap();
        }

        fn config(&self) -> Config {
            let set = |key: &str, name: &str| {
                ("test".to_owned(), key.to_owned(), self.path(name).display().to_string())
            };
            let command_line = vec![set("tls.certificate", "cert.pem"), set("tls.key", "key.pem")];
            Config::load(&Sources { command_line, ..Sources::default() }).unwrap().0
        }

        async fn load(&self) -> Result<Certificate> {
            Certificate::load(&self.config(), Timestamp::now()).await.map(Option::unwrap)
        }
    }

    /// Whether a client that trusts this certificate alone is greeted with it.
    async fn greets(tls: &Tls, trusted: &CertificateDer<'static>) -> bool {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let mut roots = RootCertStore::empty();
        roots.add(trusted.clone()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let config = builder.unwrap().with_root_certificates(roots).with_no_client_auth();
        let name = "localhost".try_into().unwrap();
        let mut client = ClientConnection::new(Arc::new(config), name).unwrap();
        let greeting = tokio::task::spawn_blocking(move || {
            let mut stream = TcpStream::connect(address).unwrap();
            while client.is_handshaking() {
                client.complete_io(&mut stream)?;
            }
            io::Result::Ok(())
        });
        let server = Config::load(&Sources::default()).unwrap().0.server;
        let shutdown = CancellationToken::new();
        let served = gate::serve(listener, Router::new(), &server, Some(tls.clone()), shutdown.clone());
        let (greeted, ()) = tokio::join!(
            async {
                let greeted = greeting.await.unwrap();
                shutdown.cancel();
                greeted
            },
            served
        );
        greeted.is_ok()
    }

    #[tokio::test]
    async fn a_renewed_certificate_is_taken_up_and_a_broken_one_is_not() {
        let issuer = Issuer::new();
        let first = issuer.issue("first");
        let mut certificate = issuer.load().await.unwrap();
        assert!(greets(&certificate.tls(), &first).await);

        let second = issuer.issue("second");
        certificate.look().await;
        assert!(greets(&certificate.tls(), &second).await);
        assert!(!greets(&certificate.tls(), &first).await);

        issuer.show("first-key.pem", "key.pem");
        certificate.look().await;
        assert!(certificate.complaint.as_ref().unwrap().contains("does not belong to"));
        fs::remove_file(issuer.path("cert.pem")).unwrap();
        certificate.look().await;
        assert!(certificate.complaint.as_ref().unwrap().contains("cannot be read"));
        assert!(greets(&certificate.tls(), &second).await);

        issuer.show("first-cert.pem", "cert.pem");
        certificate.look().await;
        assert_eq!(certificate.complaint, None);
        assert!(greets(&certificate.tls(), &first).await);
    }

    #[tokio::test]
    async fn a_certificate_that_is_not_there_is_named() {
        let issuer = Issuer::new();
        issuer.issue("first");
        fs::remove_file(issuer.path("key.pem")).unwrap();
        let sentence = issuer.load().await.map(drop).unwrap_err().message().user().to_owned();
        assert!(sentence.contains("key.pem, which is `tls.key`, cannot be read"), "{sentence}");
        fs::write(issuer.path("key.pem"), "x".repeat(2 << 20)).unwrap();
        let sentence = issuer.load().await.map(drop).unwrap_err().message().user().to_owned();
        assert!(sentence.contains("far larger"), "{sentence}");
    }

    #[tokio::test]
    async fn the_doctor_says_how_long_it_lasts_and_who_can_read_the_key() {
        let issuer = Issuer::new();
        let made = |year, month, day| {
            let mut params = rcgen::CertificateParams::new(["localhost".to_owned()]).unwrap();
            params.not_after = rcgen::date_time_ymd(year, month, day);
            let key = rcgen::KeyPair::generate().unwrap();
            fs::write(issuer.path("cert.pem"), params.self_signed(&key).unwrap().pem()).unwrap();
            fs::write(issuer.path("key.pem"), key.serialize_pem()).unwrap();
        };
        let set_mode =
            |mode| fs::set_permissions(issuer.path("key.pem"), PermissionsExt::from_mode(mode)).unwrap();
        // The first of May 2031.
        let now = Timestamp::from_millis(1_935_360_000_000);
        for ((year, month, day), mode, expected) in [
            ((2031, 8, 1), 0o600, vec![(State::Good, "expires in 92 days")]),
            ((2031, 5, 10), 0o640, vec![(State::Warning, "expires in 9 days")]),
            ((2031, 4, 30), 0o640, vec![(State::Bad, "has expired")]),
            (
                (2031, 8, 1),
                0o644,
                vec![(State::Good, "92 days"), (State::Warning, "Every user of this machine")],
            ),
        ] {
            made(year, month, day);
            set_mode(mode);
            let findings = inspect(&issuer.config(), now).await;
            assert_eq!(findings.len(), expected.len(), "{findings:?}");
            for (finding, (state, says)) in findings.iter().zip(expected) {
                assert!(finding.state == state && finding.says.contains(says), "{finding:?}");
            }
        }
        fs::write(issuer.path("cert.pem"), "nothing").unwrap();
        let findings = inspect(&issuer.config(), now).await;
        assert!(
            findings[0].state == State::Bad && findings[0].says.contains("no certificate"),
            "{findings:?}"
        );
        assert_eq!(inspect(&Config::load(&Sources::default()).unwrap().0, now).await, []);
    }
}
