//! Which client speaks, by its `User-Agent`: only where one of them needs what another must not get.

use http::HeaderMap;
use http::header::USER_AGENT;

/// A family of clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Client {
    /// macOS: the file system `webdavfs` behind Finder.
    Finder,
    /// The Windows network drive, its service when it is not running, and Microsoft Office.
    Windows,
    /// davfs2, GNOME's gvfs and KDE's KIO: drives on Linux desktops.
    LinuxDrive,
    /// The apps of Nextcloud and ownCloud, which read XML by the prefix `d:`.
    Nextcloud,
    /// Whoever else.
    Other,
}

/// What a `User-Agent` contains, and whose it is; the first that fits counts.
const MARKS: [(&str, Client); 11] = [
    ("WebDAVFS/", Client::Finder),
    ("WebDAVLib/", Client::Finder),
    ("Microsoft-WebDAV", Client::Windows),
    ("Microsoft Office", Client::Windows),
    ("DavClnt", Client::Windows),
    ("davfs2/", Client::LinuxDrive),
    ("gvfs/", Client::LinuxDrive),
    ("KIO/", Client::LinuxDrive),
    ("Konqueror", Client::LinuxDrive),
    ("Nextcloud", Client::Nextcloud),
    ("ownCloud", Client::Nextcloud),
];

impl Client {
    /// Whether it shows a drive as part of a desktop, where somebody looks at one folder after the other.
    pub fn mounts(self) -> bool {
        matches!(self, Self::Finder | Self::Windows | Self::LinuxDrive)
    }

    /// The family whose name the request bears.
    pub fn of(headers: &HeaderMap) -> Self {
        let agent = headers.get(USER_AGENT).and_then(|agent| agent.to_str().ok()).unwrap_or_default();
        MARKS.iter().find(|(mark, _)| agent.contains(mark)).map_or(Self::Other, |(_, client)| *client)
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn a_client_is_known_by_the_name_it_bears() {
        for (agent, client) in [
            ("WebDAVFS/3.0.0 (03008000) Darwin/25.5.0 (arm64)", Client::Finder),
            ("WebDAVLib/1.3", Client::Finder),
            ("Microsoft-WebDAV-MiniRedir/10.0.26200", Client::Windows),
            ("Microsoft Office Word 2016", Client::Windows),
            ("davfs2/1.7.1 neon/0.34.0", Client::LinuxDrive),
            ("gvfs/1.57.2", Client::LinuxDrive),
            ("Mozilla/5.0 (X11; Linux x86_64) KIO/6.19 dolphin/25.12", Client::LinuxDrive),
            ("Mozilla/5.0 (iOS) Nextcloud-iOS/6.4.0", Client::Nextcloud),
            ("rclone/v1.75.0", Client::Other),
            ("CFNetwork/1568 Darwin/25.5.0", Client::Other),
        ] {
            let headers = HeaderMap::from_iter([(USER_AGENT, HeaderValue::from_static(agent))]);
            assert_eq!(Client::of(&headers), client, "{agent}");
        }
        assert_eq!(Client::of(&HeaderMap::new()), Client::Other);
    }
}
