//! Which clients may be sent to the file store, and to which store each of them may be sent.
//!
//! A client that takes its password along is refused there, and has shown it to somebody else. So none is sent but those
//! the settings name, and even they only where none of the usual rules makes them send it.

use std::sync::Arc;

use gate::Origin;
use http::header::USER_AGENT;
use http::{HeaderMap, Uri};

use crate::WebdavConfig;

/// Clients that are never sent, whatever the settings say: they do not follow, send their password to whoever they are
/// sent to, or nobody knows. In lower case.
const NEVER: [&str; 14] = [
    // Finder: what it sends along is unknown, and was everything once.
    "webdavfs/",
    "webdavlib/",
    // Windows: nobody has seen it follow.
    "microsoft-webdav",
    "microsoft office",
    "davclnt",
    // These take an answer that leads elsewhere for an error.
    "davfs2/",
    "cadaver/",
    "neon/",
    "sardine/",
    "opendal/",
    // Android: the password goes to any host.
    "davx5",
    "dav4jvm",
    // GNOME: so it does with the libraries many still have.
    "gvfs/",
    "gvfsd",
];

/// Whom the settings name.
#[derive(Debug, Clone)]
pub struct Redirects {
    /// The beginnings of their names, in lower case.
    agents: Arc<[String]>,
    /// The drive's address as the settings say it.
    public: Option<Uri>,
}

impl Redirects {
    /// Those the settings name, with the address of the drive if that is set.
    pub fn new(config: &WebdavConfig, public_url: Option<&str>) -> Self {
        let agents = config.redirect_agents.iter().map(|agent| agent.to_ascii_lowercase()).collect();
        Self { agents, public: public_url.and_then(|url| url.parse().ok()) }
    }

    /// Nobody.
    pub fn none() -> Self {
        Self { agents: Arc::default(), public: None }
    }

    /// Of the clients the settings name those that are never sent anywhere all the same.
    pub fn in_vain(config: &WebdavConfig) -> impl Iterator<Item = &str> {
        let is_never = |agent: &&str| {
            let agent = agent.to_ascii_lowercase();
            NEVER.iter().any(|never| agent.starts_with(never) || never.starts_with(&agent))
        };
        config.redirect_agents.iter().map(String::as_str).filter(is_never)
    }

    /// Whether the client of a request may be sent anywhere.
    pub(crate) fn allow(&self, headers: &HeaderMap) -> bool {
        let agent = headers.get(USER_AGENT).and_then(|agent| agent.to_str().ok()).unwrap_or_default();
        let agent = agent.to_ascii_lowercase();
        let is_named = self.agents.iter().any(|named| agent.starts_with(named));
        is_named && !NEVER.iter().any(|never| agent.contains(never))
    }

    /// Whether a client of the drive may be sent to this address.
    pub(crate) fn fit(&self, drive: &Origin, address: &str) -> bool {
        gate::is_elsewhere(drive, self.public.as_ref(), address)
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn redirects(agents: &[&str], public_url: Option<&str>) -> Redirects {
        Redirects::new(&config(agents), public_url)
    }

    fn config(agents: &[&str]) -> WebdavConfig {
        let redirect_agents = agents.iter().map(|agent| (*agent).to_owned()).collect();
        WebdavConfig { listen: None, redirect_agents }
    }

    #[test]
    fn only_named_clients_are_sent_and_some_never() {
        let allows = |named: &[&str], agent: &'static str| {
            let headers = HeaderMap::from_iter([(USER_AGENT, HeaderValue::from_static(agent))]);
            redirects(named, None).allow(&headers)
        };
        assert!(allows(&["rclone/"], "rclone/v1.75.0"));
        assert!(allows(&["curl/", "Rclone/"], "rclone/v1.75.0"));
        assert!(!allows(&[], "rclone/v1.75.0"));
        assert!(!allows(&["rclone/"], "Mozilla/5.0 rclone/v1.75.0"));
        assert!(!redirects(&["rclone/"], None).allow(&HeaderMap::new()));
        for never in [
            "WebDAVFS/3.0.0 (03008000) Darwin/25.5.0 (arm64)",
            "WebDAVLib/1.3",
            "Microsoft-WebDAV-MiniRedir/10.0.26200",
            "Microsoft Office Word 2016",
            "DavClnt",
            "davfs2/1.7.1 neon/0.34.0",
            "DAVx5/4.5 (2026/01/01; dav4jvm; okhttp/5.0)",
            "gvfs/1.57.2",
            "cadaver/0.26 neon/0.33.0",
        ] {
            let first = never.split('/').next().unwrap();
            assert!(!allows(&[never, first, "WebDAV", "M", "d", "g"], never), "{never}");
        }
    }

    #[test]
    fn names_that_are_set_in_vain_are_known() {
        let config = config(&["rclone/", "WebDAVFS/", "webdav", "davfs2/1.7", "curl/"]);
        assert_eq!(Redirects::in_vain(&config).collect::<Vec<_>>(), ["WebDAVFS/", "webdav", "davfs2/1.7"]);
    }

    #[test]
    fn nobody_is_sent_where_a_password_would_go_along() {
        let fits = |secure: bool, host: &str, public: Option<&str>, address: &str| {
            let drive = Origin { secure, host: host.to_owned() };
            redirects(&[], public).fit(&drive, address)
        };
        let store = "https://s3.example.net/larder/files/1/content?X-Amz-Signature=0f";
        for (secure, host, public, address, expected) in [
            (true, "files.example.org", None, store, true),
            (false, "files.example.org:8080", None, store, true),
            (false, "127.0.0.1:8080", None, "http://localhost:9000/larder/x", true),
            (false, "127.0.0.1:8080", None, "http://127.0.0.1:9000/larder/x", false),
            (false, "[::1]:8080", None, "http://[::1]:9000/larder/x", false),
            (true, "s3.example.net", None, store, false),
            (true, "S3.Example.NET.:443", None, store, false),
            (true, "example.net", None, store, false),
            (true, "ample.net", None, store, true),
            (true, "bucket.s3.example.net", None, store, true),
            (false, "127.0.0.1:8080", Some("https://example.net/dav/"), store, false),
            (false, "127.0.0.1:8080", Some("https://example.org/dav/"), store, true),
            (false, "127.0.0.1:8080", Some("https://example.org/dav/"), "http://s3.example.net/x", false),
            (true, "files.example.org", None, "http://s3.example.net/x", false),
            (false, "files.example.org", None, "http://s3.example.net/x", true),
            (false, "files.example.org", None, "http://s3.example.net/a,b", false),
            (false, "files.example.org", None, "http://s3.example.net/\u{e4}", false),
            (false, "files.example.org", None, "/larder/x", false),
            (false, "", None, store, false),
            (false, "a b", None, store, false),
        ] {
            assert_eq!(fits(secure, host, public, address), expected, "{host} {public:?} {address}");
        }
    }
}
