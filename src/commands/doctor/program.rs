//! Which program a client is, by the name it gives itself.

/// A program people mount drives with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Program {
    /// What people call it.
    pub name: &'static str,
    /// What is known of its ways.
    pub kind: Kind,
}

/// Programs whose ways are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// macOS.
    Finder,
    /// The network drive of Windows.
    Windows,
    /// davfs2.
    Davfs2,
    /// A browser, which mounts nothing.
    Browser,
    /// Whoever else.
    Other,
}

/// What a `User-Agent` contains, and whose it is; the first that fits counts, since many say Mozilla too.
const MARKS: [(&str, &str, Kind); 22] = [
    ("WebDAVFS/", "Finder", Kind::Finder),
    ("WebDAVLib/", "Finder", Kind::Finder),
    ("Microsoft-WebDAV", "Windows Explorer", Kind::Windows),
    ("DavClnt", "Windows Explorer", Kind::Windows),
    ("Microsoft Office", "Microsoft Office", Kind::Other),
    ("davfs2/", "davfs2", Kind::Davfs2),
    ("gvfs/", "GNOME", Kind::Other),
    ("KIO/", "KDE", Kind::Other),
    ("Konqueror", "KDE", Kind::Other),
    ("rclone/", "rclone", Kind::Other),
    ("Cyberduck/", "Cyberduck", Kind::Other),
    ("Transmit/", "Transmit", Kind::Other),
    ("Mountain Duck/", "Mountain Duck", Kind::Other),
    ("DAVx5", "DAVx5", Kind::Other),
    ("Nextcloud", "a Nextcloud client", Kind::Other),
    ("ownCloud", "an ownCloud client", Kind::Other),
    ("mirall/", "a Nextcloud or ownCloud client", Kind::Other),
    ("cadaver/", "cadaver", Kind::Other),
    ("curl/", "curl", Kind::Other),
    ("CFNetwork/", "an app of Apple's systems", Kind::Other),
    ("okhttp/", "an Android app", Kind::Other),
    ("Mozilla/", "a browser", Kind::Browser),
];

impl Program {
    /// The program that gives itself this name.
    pub fn of(agent: &str) -> Self {
        let known = MARKS.iter().find(|(mark, ..)| agent.contains(mark));
        known.map_or(Self { name: "an unknown program", kind: Kind::Other }, |(_, name, kind)| Self {
            name,
            kind: *kind,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_that_calls_itself_a_browser_too_is_no_browser() {
        for (agent, name) in [
            ("Mozilla/5.0 (X11; Linux x86_64) KIO/6.19 dolphin/25.12", "KDE"),
            ("Mozilla/5.0 (iOS) Nextcloud-iOS/6.4.0", "a Nextcloud client"),
            ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Safari/605.1.15", "a browser"),
        ] {
            assert_eq!(Program::of(agent).name, name, "{agent}");
        }
    }
}
