//! Live properties: what the house itself knows of a node (RFC 4918 §15, RFC 4331).

use domain::{Known, Lock, Node, PropertyName, Quota, Seq, SyncToken};
use services::files::media_type;

use crate::xml::dates::{push_http_date, push_iso_date};
use crate::xml::element::DAV;
use crate::xml::escape::push_text;
use crate::xml::lock_discovery;

/// A live property.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Live {
    CreationDate,
    DisplayName,
    ContentLength,
    ContentType,
    ETag,
    LastModified,
    ResourceType,
    SupportedLock,
    LockDiscovery,
    QuotaAvailable,
    QuotaUsed,
    SupportedReportSet,
    SyncToken,
    CurrentUserPrincipal,
}

/// Every live property with its name in the namespace `DAV:`.
const NAMES: [(Live, &str); 14] = [
    (Live::ResourceType, "resourcetype"),
    (Live::CreationDate, "creationdate"),
    (Live::LastModified, "getlastmodified"),
    (Live::ContentLength, "getcontentlength"),
    (Live::ContentType, "getcontenttype"),
    (Live::ETag, "getetag"),
    (Live::DisplayName, "displayname"),
    (Live::SupportedLock, "supportedlock"),
    (Live::LockDiscovery, "lockdiscovery"),
    (Live::QuotaAvailable, "quota-available-bytes"),
    (Live::QuotaUsed, "quota-used-bytes"),
    (Live::SupportedReportSet, "supported-report-set"),
    (Live::SyncToken, "sync-token"),
    (Live::CurrentUserPrincipal, "current-user-principal"),
];

/// What a request for everything gets. Locks are left out, since Finder takes every `href` in a listing
/// for an entry, and so is what is the same everywhere: Windows reads a folder only up to 1,000,000 bytes.
pub const ALL: [Live; 7] = [
    Live::ResourceType,
    Live::CreationDate,
    Live::LastModified,
    Live::ContentLength,
    Live::ContentType,
    Live::ETag,
    Live::DisplayName,
];

const SUPPORTED_LOCK: &str = "<D:lockentry><D:lockscope><D:exclusive/></D:lockscope>\
    <D:locktype><D:write/></D:locktype></D:lockentry>\
    <D:lockentry><D:lockscope><D:shared/></D:lockscope><D:locktype><D:write/></D:locktype></D:lockentry>";

const SUPPORTED_REPORT: &str =
    "<D:supported-report><D:report><D:sync-collection/></D:report></D:supported-report>";

/// A node with what stands around it.
pub struct Entry<'a> {
    pub node: &'a Node,
    pub quota: Quota,
    /// The latest change of the space that the node is shown with.
    pub seq: Seq,
    /// Where on its address the drive is, without a slash at the end.
    pub prefix: &'a str,
    /// The locks that cover it, each with the href of the node it lies on.
    pub locks: Vec<(&'a Lock, &'a str)>,
    /// The moment of the request, from which a lock's remaining time counts.
    pub now: domain::Timestamp,
}

impl Live {
    /// The property of this name.
    pub fn named(name: &PropertyName) -> Option<Self> {
        let known = || NAMES.iter().find(|(_, local)| *local == name.local);
        (name.namespace == DAV).then(known).flatten().map(|(live, _)| *live)
    }

    /// All of them.
    pub fn every() -> impl Iterator<Item = Self> {
        NAMES.iter().map(|(live, _)| *live)
    }

    /// Its local name.
    pub fn local(self) -> &'static str {
        NAMES.iter().find(|(live, _)| *live == self).map_or("", |(_, local)| local)
    }

    /// Whether a client may set it, and the house then keeps what it set instead of its own value
    /// (RFC 4918 §15.2).
    pub fn is_settable(self) -> bool {
        self == Self::DisplayName
    }

    /// Whether the node has it.
    pub fn exists(self, entry: &Entry<'_>) -> bool {
        match self {
            Self::ContentLength | Self::ContentType => !entry.node.is_folder(),
            Self::QuotaUsed | Self::SyncToken => entry.node.is_folder(),
            // Without a limit there is no number to give (RFC 4331 §3).
            Self::QuotaAvailable => entry.node.is_folder() && entry.quota.limit_bytes.is_some(),
            _ => true,
        }
    }

    /// Appends the element with its value. No value holds white space or an entity reference that Finder
    /// would cut it at, but a name or media type that somebody chose may.
    pub fn write(self, entry: &Entry<'_>, out: &mut String) {
        let local = self.local();
        out.push_str("<D:");
        out.push_str(local);
        out.push('>');
        self.write_value(entry, out);
        out.push_str("</D:");
        out.push_str(local);
        out.push('>');
    }

    fn write_value(self, entry: &Entry<'_>, out: &mut String) {
        let node = entry.node;
        match self {
            Self::CreationDate => push_iso_date(out, node.created_at),
            Self::LastModified => push_http_date(out, node.modified_at),
            Self::DisplayName => push_text(out, node.name.as_str()),
            Self::ContentLength => out.push_str(&node.size_bytes().to_string()),
            Self::ContentType => push_text(out, &media_type(node)),
            Self::ETag => out.push_str(node.etag().as_str()),
            Self::ResourceType if node.is_folder() => out.push_str("<D:collection/>"),
            Self::ResourceType => {}
            Self::SupportedLock => out.push_str(SUPPORTED_LOCK),
            Self::LockDiscovery => {
                for (lock, href) in &entry.locks {
                    lock_discovery::push_active_lock(out, lock, href, entry.now);
                }
            }
            Self::QuotaAvailable => {
                out.push_str(&entry.quota.available_bytes().unwrap_or_default().to_string());
            }
            Self::QuotaUsed => out.push_str(&entry.quota.used_bytes.to_string()),
            Self::SupportedReportSet if node.is_folder() => out.push_str(SUPPORTED_REPORT),
            Self::SupportedReportSet => {}
            Self::SyncToken => {
                let token = SyncToken { folder: node.uuid, known: Known::Everything(entry.seq) };
                out.push_str(&token.to_string());
            }
            // Nobody is a resource here; what a user has of their own is the drive (RFC 5397 §3).
            Self::CurrentUserPrincipal => {
                out.push_str("<D:href>");
                out.push_str(entry.prefix);
                out.push_str("/</D:href>");
            }
        }
    }
}
