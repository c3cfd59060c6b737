//! The sections `[server]` and `[tls]` of the settings.

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

use ipnet::IpNet;
use serde::{Deserialize, Deserializer};

use crate::address::{address, address_or_none, networks};

/// How the house is reached; `config/larder.toml` gives every key a value and a sentence.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GateConfig {
    /// What this server is called among those of one house; empty for the machine's name with the port.
    pub name: String,
    /// Where people are served.
    #[serde(deserialize_with = "address")]
    pub listen: SocketAddr,
    /// Where metrics and health are served; none, written as an empty text, serves them nowhere else.
    #[serde(deserialize_with = "address_or_none")]
    pub admin_listen: Option<SocketAddr>,
    /// Whether clients that speak TLS may choose HTTP/2.
    pub http2: bool,
    /// The networks of proxies, which are believed when they say for whom they ask.
    #[serde(deserialize_with = "networks")]
    pub trusted_proxies: Vec<IpNet>,
    /// How many connections are served at once; more wait unaccepted.
    pub connections_max: NonZeroU32,
    /// How long a connection may wait for its next request, a request for the end of its headers, and an
    /// answer for being read on.
    pub idle_seconds: u64,
    /// How long a body may stand still before its upload is given up.
    pub body_idle_seconds: u64,
    /// How long the server goes on as before once it is asked to stop, but for saying that it is not ready.
    pub drain_seconds: u64,
    /// How long running requests may take to finish once the server is asked to stop.
    pub shutdown_grace_seconds: u64,
}

/// The certificate of the addresses people are served on. The files are read, and read again, by the house.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TlsConfig {
    /// The file with the certificate and those that vouch for it.
    #[serde(deserialize_with = "path_or_none")]
    pub certificate: Option<PathBuf>,
    /// The file with its private key.
    #[serde(deserialize_with = "path_or_none")]
    pub key: Option<PathBuf>,
}

impl TlsConfig {
    /// Whether TLS is spoken at all.
    pub fn is_on(&self) -> bool {
        self.certificate.is_some() && self.key.is_some()
    }
}

fn path_or_none<'de, D: Deserializer<'de>>(value: D) -> Result<Option<PathBuf>, D::Error> {
    let text = String::deserialize(value)?;
    Ok((!text.is_empty()).then(|| text.into()))
}

impl GateConfig {
    pub(crate) fn idle(&self) -> Duration {
        Duration::from_secs(self.idle_seconds)
    }

    pub(crate) fn body_idle(&self) -> Duration {
        Duration::from_secs(self.body_idle_seconds)
    }

    pub(crate) fn shutdown_grace(&self) -> Duration {
        Duration::from_secs(self.shutdown_grace_seconds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WRITTEN: &str = r#"
        name = ""
        listen = "127.0.0.1:8080"
        admin_listen = ""
        http2 = false
        trusted_proxies = []
        connections_max = 512
        idle_seconds = 120
        body_idle_seconds = 60
        drain_seconds = 0
        shutdown_grace_seconds = 30
    "#;

    fn read(text: &str) -> Result<GateConfig, String> {
        toml::from_str(text).map_err(|error| error.message().to_owned())
    }

    #[test]
    fn the_administration_address_is_off_or_an_address() {
        assert_eq!(read(WRITTEN).unwrap().admin_listen, None);
        let on = WRITTEN.replace("admin_listen = \"\"", "admin_listen = \"[::1]:9090\"");
        assert_eq!(read(&on).unwrap().admin_listen, Some("[::1]:9090".parse().unwrap()));
        for wrong in ["localhost:8081", "8080", ":8081", "127.0.0.1"] {
            for key in ["admin_listen = \"", "listen = \"127.0.0.1:8080"] {
                let kept = key.split('"').next().unwrap();
                let text = WRITTEN.replace(&format!("{key}\""), &format!("{kept}\"{wrong}\""));
                assert!(read(&text).unwrap_err().contains("like 127.0.0.1:8080"), "{text}");
            }
        }
    }

    #[test]
    fn proxies_are_addresses_or_networks() {
        let with = |list: &str| read(&WRITTEN.replace("[]", list));
        let proxies = with(r#"["10.0.0.0/8", "127.0.0.1", "fd00::/8", "::1"]"#).unwrap().trusted_proxies;
        let shown: Vec<_> = proxies.iter().map(ToString::to_string).collect();
        assert_eq!(shown, ["10.0.0.0/8", "127.0.0.1/32", "fd00::/8", "::1/128"]);
        for wrong in ["localhost", "10.0.0.0/33", "10.0.0", "", "*"] {
            assert!(with(&format!("[\"{wrong}\"]")).unwrap_err().contains("like 10.0.0.0/8"), "{wrong}");
        }
    }

    #[test]
    fn an_unknown_key_and_a_limit_of_nothing_are_refused() {
        assert!(read(&format!("{WRITTEN}\nport = 80")).unwrap_err().contains("port"));
        assert!(read(&WRITTEN.replace("512", "0")).is_err());
    }
}
