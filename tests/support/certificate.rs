//! A certificate that vouches for itself, and TLS with it for a server of a test's own.

use std::net::TcpStream;
use std::sync::Arc;

use rustls::crypto::ring;
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use super::mail_server::{Encrypt, Stream};

pub struct Certificate {
    /// For whoever is to trust it.
    pub pem: String,
    config: Arc<ServerConfig>,
}

impl Certificate {
    /// One for this name, valid to the end of a year.
    pub fn new(name: &str, valid_until: i32) -> Self {
        let mut params = rcgen::CertificateParams::new([name.to_owned()]).unwrap();
        // By this a certificate that is trusted is looked for, so each has one of its own.
        params.distinguished_name.push(rcgen::DnType::CommonName, format!("{name} until {valid_until}"));
        params.not_after = rcgen::date_time_ymd(valid_until, 12, 31);
        let key = rcgen::KeyPair::generate().unwrap();
        let made = params.self_signed(&key).unwrap();
        let secret = rustls::pki_types::PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![made.der().clone()], secret)
            .unwrap();
        Self { pem: made.pem(), config: Arc::new(config) }
    }

    /// How a connection becomes one that is encrypted with this.
    pub fn encrypt(&self) -> Encrypt {
        let config = Arc::clone(&self.config);
        Arc::new(move |socket: TcpStream| {
            let tls = ServerConnection::new(Arc::clone(&config)).map_err(std::io::Error::other)?;
            Ok(Box::new(StreamOwned::new(tls, socket)) as Box<dyn Stream>)
        })
    }
}
