//! The drive's address, and the steps that mount it in each client.

use std::fmt;
use std::net::{IpAddr, SocketAddr};

use crate::guides;
use crate::visited::Visited;

/// Where the drive is, as people reach it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    pub(crate) is_secure: bool,
    pub(crate) host: String,
    pub(crate) port: Option<u16>,
    pub(crate) path: String,
    /// It is the address the server listens on, and not what somebody wrote for people.
    is_listened_on: bool,
    /// Every address of this machine is listened on, and the host is only one of them.
    is_any: bool,
}

impl Address {
    /// A path on an address listened on.
    pub fn listening(address: SocketAddr, path: &str, is_secure: bool) -> Self {
        let is_any = address.ip().is_unspecified();
        let host = match address.ip() {
            // Nobody can call "every address"; this machine's own is one of them.
            _ if is_any => "127.0.0.1".to_owned(),
            IpAddr::V6(ip) => format!("[{ip}]"),
            ip => ip.to_string(),
        };
        Self {
            is_secure,
            host,
            port: Some(address.port()),
            path: path.to_owned(),
            is_listened_on: true,
            is_any,
        }
    }

    /// A URL as the settings write it.
    pub fn parse(url: &str) -> Self {
        let (scheme, rest) = url.split_once("://").unwrap_or(("http", url));
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        let numbered = authority.rsplit_once(':').and_then(|(host, port)| Some((host, port.parse().ok()?)));
        let (host, port) = numbered.map_or((authority, None), |(host, port)| (host, Some(port)));
        let slash = if path.is_empty() || path.ends_with('/') { "" } else { "/" };
        let (is_secure, path) = (scheme == "https", format!("/{path}{slash}"));
        Self { is_secure, host: host.to_owned(), port, path, is_listened_on: false, is_any: false }
    }

    /// The path, with a slash at its end.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Whether only this machine itself reaches it.
    pub fn is_loopback(&self) -> bool {
        let ip = self.host.trim_matches(['[', ']']).parse::<IpAddr>();
        self.host == "localhost" || ip.is_ok_and(|ip| ip.is_loopback())
    }

    /// One line for those whom this address does not take there, because it is only this machine's or no name that
    /// is in the certificate; or nothing.
    pub fn elsewhere(&self) -> &'static str {
        match self.is_any {
            _ if self.is_secure && self.is_listened_on => {
                "\nClients ask for a name that is in the certificate: set public_url to the drive's address with that name.\n"
            }
            true => {
                "\nFrom another machine, write this machine's name or address in place of 127.0.0.1, or set public_url.\n"
            }
            false => "",
        }
    }

    /// The same place by the name another address has for this machine.
    pub fn named_as_in(self, other: Self) -> Self {
        Self { host: other.host, is_listened_on: false, is_any: false, ..self }
    }

    /// The address as a visitor reaches it who came to the drive's own address.
    pub(crate) fn seen_by(&self, visited: Visited) -> Self {
        let Visited { is_secure, host, port } = visited;
        Self { is_secure, host, port, path: self.path.clone(), is_listened_on: false, is_any: false }
    }

    /// The address with another scheme, such as GNOME's `dav`.
    pub(crate) fn with_scheme(&self, scheme: &str, user: &str) -> String {
        let Self { host, path, .. } = self;
        let port = self.port.map_or_else(String::new, |port| format!(":{port}"));
        format!("{scheme}://{user}{host}{port}{path}")
    }
}

impl fmt::Display for Address {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.with_scheme(if self.is_secure { "https" } else { "http" }, ""))
    }
}

/// What to paste or do in each client, with everything filled in, for a terminal.
pub fn steps(address: &Address, user: &str, password: &str) -> String {
    let guides = guides::all(address, user, password);
    guides.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_behind_a_proxy_is_taken_as_it_is() {
        for (written, shown, port) in [
            ("https://files.example.org/dav/", "https://files.example.org/dav/", None),
            ("https://files.example.org", "https://files.example.org/", None),
            ("http://[::1]:8080/dav", "http://[::1]:8080/dav/", Some(8080)),
            ("http://[::1]/", "http://[::1]/", None),
        ] {
            let address = Address::parse(written);
            assert_eq!((address.to_string().as_str(), address.port), (shown, port));
        }
    }

    #[test]
    fn an_address_that_means_every_address_is_shown_as_this_machine() {
        let address = |text: &str| Address::listening(text.parse().unwrap(), "/dav/", false).to_string();
        assert_eq!(address("0.0.0.0:80"), "http://127.0.0.1:80/dav/");
        assert_eq!(address("[::]:8080"), "http://127.0.0.1:8080/dav/");
        assert_eq!(address("[fd00::1]:8080"), "http://[fd00::1]:8080/dav/");
        let secure = Address::listening("0.0.0.0:8443".parse().unwrap(), "/", true);
        assert_eq!(secure.to_string(), "https://127.0.0.1:8443/");
        assert!(secure.elsewhere().contains("certificate"));
    }

    #[test]
    fn every_client_gets_lines_that_can_be_pasted() {
        let text = steps(&Address::parse("http://127.0.0.1:8080/dav/"), "ann@example.org", "pass-word");
        for line in [
            "  net use * http://127.0.0.1:8080/dav pass-word /user:ann@example.org",
            "  rclone config create larder webdav url=http://127.0.0.1:8080/dav/ vendor=other user=ann@example.org pass=pass-word pacer_min_sleep=100us --obscure",
            "  echo 'buf_size 64' | sudo tee -a /etc/davfs2/davfs2.conf > /dev/null",
            "  echo 'http://127.0.0.1:8080/dav/ ann@example.org pass-word' | sudo tee -a /etc/davfs2/secrets > /dev/null",
            "  gio mount dav://ann%40example.org@127.0.0.1:8080/dav/",
            "  and once you are done:  sudo umount /mnt/larder",
            "  Open Connection, WebDAV (HTTP), server 127.0.0.1, port 8080, path /dav/",
            "  Dolphin, Ctrl-L, enter  webdav://ann%40example.org@127.0.0.1:8080/dav/",
        ] {
            assert!(text.lines().any(|printed| printed == line), "{line}\nis not in\n{text}");
        }
        assert!(text.contains("BasicAuthLevel"));
        assert!(!steps(&Address::parse("https://a.b/"), "ann", "p").contains("BasicAuthLevel"));
    }
}
