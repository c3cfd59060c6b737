//! The drive's address, and the lines and steps that mount it in each client.

use std::fmt;
use std::net::SocketAddr;

use crate::commands::shell::quoted;
use crate::config::Config;

/// Where the drive is, as people reach it.
pub struct Address {
    is_secure: bool,
    host: String,
    port: Option<u16>,
    path: String,
    /// It is the address the server listens on, and not what somebody wrote for people.
    is_listened_on: bool,
    /// Every address of this machine is listened on, and the host is only one of them.
    is_any: bool,
}

impl Address {
    /// The address the settings mean: the public one, the drive's own, or `/dav/` on the server's.
    pub fn of(config: &Config) -> Self {
        match (&config.public_url, config.webdav.listen) {
            (Some(url), _) => Self::parse(url),
            (None, Some(own)) => Self::listening(own, "/", config.tls.is_on()),
            (None, None) => Self::listening(config.server.listen, "/dav/", config.tls.is_on()),
        }
    }

    fn listening(address: SocketAddr, path: &str, is_secure: bool) -> Self {
        let is_any = address.ip().is_unspecified();
        let host = match address.ip() {
            // Nobody can call "every address"; this machine's own is one of them.
            _ if is_any => "127.0.0.1".to_owned(),
            std::net::IpAddr::V6(ip) => format!("[{ip}]"),
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

    fn parse(url: &str) -> Self {
        let (scheme, rest) = url.split_once("://").unwrap_or(("http", url));
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        let numbered = authority.rsplit_once(':').and_then(|(host, port)| Some((host, port.parse().ok()?)));
        let (host, port) = numbered.map_or((authority, None), |(host, port)| (host, Some(port)));
        let slash = if path.is_empty() || path.ends_with('/') { "" } else { "/" };
        let (is_secure, path) = (scheme == "https", format!("/{path}{slash}"));
        Self { is_secure, host: host.to_owned(), port, path, is_listened_on: false, is_any: false }
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

    /// The address with another scheme, such as GNOME's `dav`.
    fn with_scheme(&self, scheme: &str, user: &str) -> String {
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

/// What to paste or do in each client, with everything filled in.
pub fn steps(address: &Address, user: &str, password: &str) -> String {
    let Address { host, path, .. } = address;
    let secrets = quoted(&format!("{address} {user} {password}"));
    let url = quoted(&address.to_string());
    let folder = address.to_string();
    let folder = folder.trim_end_matches('/');
    let secure = if address.is_secure { "s" } else { "" };
    // `@` is the one letter of a user name that would end the user part of a URL.
    let dav = address.with_scheme(&format!("dav{secure}"), &format!("{}@", user.replace('@', "%40")));
    let gio = quoted(&dav);
    let port = address.port.unwrap_or(if address.is_secure { 443 } else { 80 });
    let kind = if address.is_secure { "HTTPS" } else { "HTTP" };
    let windows = windows(address.is_secure);
    format!(
        "\
Finder
  Go > Connect to Server (Cmd-K), enter  {address}
  then Registered User, name {user}, password {password}

Windows Explorer
  net use * {folder} {password} /user:{user}
  or This PC > Map network drive, folder  {folder}
{windows}

rclone
  rclone config create larder webdav url={url} vendor=other user={user} pass={password} pacer_min_sleep=100us --obscure
  rclone lsd larder:
  mkdir -p ~/larder && rclone mount larder: ~/larder --vfs-cache-mode writes
  lsd shows folders, so nothing on a new drive; mount keeps the terminal, and Ctrl-C unmounts

davfs2
  Kernels from 6.16 on list no folders without the first line.
  echo 'buf_size 64' | sudo tee -a /etc/davfs2/davfs2.conf > /dev/null
  echo {secrets} | sudo tee -a /etc/davfs2/secrets > /dev/null
  sudo mkdir -p /mnt/larder
  sudo mount -t davfs -o uid=$(id -u),gid=$(id -g) {url} /mnt/larder
  and once you are done:  sudo umount /mnt/larder

GNOME
  gio mount {gio}
  or Files > Network, Connect to Server  {dav}
  then password {password}

Cyberduck
  Open Connection, WebDAV ({kind}), server {host}, port {port}, path {path}
  user name {user}, password {password}"
    )
}

/// The WebClient service refuses two things until the registry says otherwise (learn.microsoft.com,
/// "Using the WebDAV Redirector"): Basic credentials without TLS, and files over 50,000,000 bytes.
fn windows(is_secure: bool) -> String {
    const SETTING: &str =
        "    reg add HKLM\\SYSTEM\\CurrentControlSet\\Services\\WebClient\\Parameters /f /t REG_DWORD";
    const RESTART: &str = "    net stop webclient\n    net start webclient";
    let size = format!("{SETTING} /v FileSizeLimitInBytes /d 4294967295");
    if is_secure {
        return format!(
            "  Windows refuses files over 50 MB until an administrator raises its limit:\n{size}\n{RESTART}"
        );
    }
    format!(
        "  Windows sends passwords only over https, and refuses files over 50 MB, until an administrator\n  \
         changes both (the first line lets it send passwords readable for others on the network):\n\
         {SETTING} /v BasicAuthLevel /d 2\n{size}\n{RESTART}"
    )
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
        ] {
            assert!(text.lines().any(|printed| printed == line), "{line}\nis not in\n{text}");
        }
        assert!(text.contains("BasicAuthLevel"));
        assert!(!steps(&Address::parse("https://a.b/"), "ann", "p").contains("BasicAuthLevel"));
    }
}
