//! TLS: the certificate that new connections are greeted with, and the greeting.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use domain::{Error, Result, Timestamp};
use parking_lot::RwLock;
use rustls::client::verify_server_cert_signed_by_trust_anchor;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, RootCertStore, ServerConfig};
use tokio::io::AsyncWriteExt;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::connection::Connection;

/// How long a client may take to say what it wants to be spoken to in; a connection that says nothing holds
/// its place no longer.
const GREETING_MAX: Duration = Duration::from_secs(10);

/// What the first record of every TLS client begins with (RFC 8446 §5.1); no line of HTTP does.
const HANDSHAKE: u8 = 0x16;

const PLAIN_HTTP: &str = "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\n\
    Content-Length: 62\r\nConnection: close\r\n\r\n\
    This address speaks https; write https:// in place of http://.";

const HTTP_1: &[u8] = b"http/1.1";
const HTTP_2: &[u8] = b"h2";

/// A file in the format of RFC 7468, read by whoever may read files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PemFile {
    /// Where it was found, for sentences about it.
    pub path: PathBuf,
    /// What is in it.
    pub bytes: Vec<u8>,
}

/// The certificate and key that new connections are greeted with. Clones are the same one.
#[derive(Clone)]
pub struct Tls {
    current: Arc<RwLock<Arc<ServerConfig>>>,
    http2: bool,
}

impl Tls {
    /// TLS 1.2 and 1.3 with this certificate, followed in its file by those that vouch for it, and its key;
    /// with HTTP/2 offered before HTTP/1.1, or HTTP/1.1 alone.
    ///
    /// # Errors
    /// [`Invalid`](Error::Invalid) with a sentence that names the file and what is wrong with it.
    pub fn new(certificate: &PemFile, key: &PemFile, http2: bool) -> Result<Self> {
        let current = server_config(certificate, key, http2)?;
        Ok(Self { current: Arc::new(RwLock::new(current)), http2 })
    }

    /// Greets new connections with another certificate; those that are open keep theirs.
    ///
    /// # Errors
    /// As for [`Tls::new`]; the certificate stays as it was.
    pub fn replace(&self, certificate: &PemFile, key: &PemFile) -> Result<()> {
        *self.current.write() = server_config(certificate, key, self.http2)?;
        Ok(())
    }

    /// Agrees with a client on keys and on the protocol above. Whoever speaks HTTP without TLS is told so.
    pub(crate) async fn greet(
        &self,
        stream: Connection,
        patience: Duration,
    ) -> io::Result<TlsStream<Connection>> {
        let greeting = async {
            if stream.peek().await?.is_some_and(|first| first != HANDSHAKE) {
                return Err(turn_away(stream).await);
            }
            let config = Arc::clone(&self.current.read());
            TlsAcceptor::from(config).accept(stream).await
        };
        timeout(patience.min(GREETING_MAX), greeting).await.unwrap_or_else(|_| {
            Err(io::Error::new(io::ErrorKind::TimedOut, "the client did not finish the handshake"))
        })
    }
}

/// Whether a client that was greeted wants HTTP/2 (RFC 7301).
pub(crate) fn wants_http2(stream: &TlsStream<Connection>) -> bool {
    stream.get_ref().1.alpn_protocol() == Some(HTTP_2)
}

/// When the certificate, the first in its file, stops being accepted; none if that cannot be told.
pub fn expires(certificate: &PemFile) -> Option<Timestamp> {
    // Asked at a time after all that a certificate can name (RFC 5280 §4.1.2.5), the one judge of
    // certificates that is at hand says when it stopped to be good, before it asks who vouches for it.
    let year_10000 = UnixTime::since_unix_epoch(Duration::from_secs(253_402_300_800));
    let certificate = CertificateDer::from_pem_slice(&certificate.bytes).ok()?;
    let certificate = ParsedCertificate::try_from(&certificate).ok()?;
    let nobody = RootCertStore::empty();
    match verify_server_cert_signed_by_trust_anchor(&certificate, &nobody, &[], year_10000, &[]) {
        Err(rustls::Error::InvalidCertificate(CertificateError::ExpiredContext { not_after, .. })) => {
            i64::try_from(not_after.as_secs()).ok().map(|seconds| Timestamp::from_millis(seconds * 1000))
        }
        _ => None,
    }
}

fn server_config(certificate: &PemFile, key: &PemFile, http2: bool) -> Result<Arc<ServerConfig>> {
    let (certificate_path, key_path) = (certificate.path.display(), key.path.display());
    let chain: Vec<_> =
        CertificateDer::pem_slice_iter(&certificate.bytes).collect::<Result<_, _>>().map_err(|error| {
            Error::Invalid(format!("The certificate in {certificate_path} is damaged: {error}.").into())
        })?;
    if chain.is_empty() {
        let text = format!(
            "There is no certificate in {certificate_path}; a file with one has a line -----BEGIN CERTIFICATE-----."
        );
        return Err(Error::Invalid(text.into()));
    }
    let key = PrivateKeyDer::from_pem_slice(&key.bytes).map_err(|error| {
        let text = format!(
            "There is no private key in {key_path} that can be read ({error}); a file with one has a line \
             -----BEGIN PRIVATE KEY----- and asks for no passphrase."
        );
        Error::Invalid(text.into())
    })?;
    let unusable = |error| {
        Error::Invalid(match error {
            rustls::Error::InconsistentKeys(_) => {
                format!("The key in {key_path} does not belong to the certificate in {certificate_path}.")
                    .into()
            }
            error => format!(
                "The certificate in {certificate_path} cannot be used with the key in {key_path}: {error}."
            )
            .into(),
        })
    };
    let builder = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let builder = builder.with_safe_default_protocol_versions().map_err(unusable)?;
    let mut config = builder.with_no_client_auth().with_single_cert(chain, key).map_err(unusable)?;
    let offered: &[&[u8]] = if http2 { &[HTTP_2, HTTP_1] } else { &[HTTP_1] };
    config.alpn_protocols = offered.iter().map(|name| name.to_vec()).collect();
    Ok(Arc::new(config))
}

async fn turn_away(mut stream: Connection) -> io::Error {
    stream.unread().mark();
    let said = async {
        stream.write_all(PLAIN_HTTP.as_bytes()).await?;
        stream.shutdown().await
    };
    said.await.err().unwrap_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "the client speaks no TLS"))
}

#[cfg(test)]
mod tests;
