//! Live properties: what the house itself knows of a node (RFC 4918 §15, RFC 4331).

use domain::{DeadProperty, Known, Lock, Node, PropertyName, Quota, Removal, Seq, SyncToken};
use services::files::media_type;

use crate::xml::dates::{push_http_date, push_iso_date};
use crate::xml::element::{DAV, LARDER, MICROSOFT};
use crate::xml::lock_discovery;
use crate::xml::writer::Writer;

/// A live property.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Live {
    CreationDate,
    DisplayName,
    ContentLength,
    ContentType,
    ETag,
    LastModified,
    /// The modification time as rclone and the clients of ownCloud set it; it is read as `getlastmodified`.
    LastModifiedSet,
    ResourceType,
    SupportedLock,
    LockDiscovery,
    QuotaAvailable,
    QuotaUsed,
    SupportedReportSet,
    SyncToken,
    CurrentUserPrincipal,
    Win32CreationTime,
    Win32LastAccessTime,
    Win32LastModifiedTime,
    Win32FileAttributes,
    /// Of an entry of the trash: the place it goes back to.
    TrashOrigin,
    /// Of an entry of the trash: when it was removed.
    TrashDeletedAt,
}

/// Every live property with its name.
const NAMES: [(Live, &str, &str); 21] = [
    (Live::ResourceType, DAV, "resourcetype"),
    (Live::CreationDate, DAV, "creationdate"),
    (Live::LastModified, DAV, "getlastmodified"),
    (Live::ContentLength, DAV, "getcontentlength"),
    (Live::ContentType, DAV, "getcontenttype"),
    (Live::ETag, DAV, "getetag"),
    (Live::DisplayName, DAV, "displayname"),
    (Live::SupportedLock, DAV, "supportedlock"),
    (Live::LockDiscovery, DAV, "lockdiscovery"),
    (Live::QuotaAvailable, DAV, "quota-available-bytes"),
    (Live::QuotaUsed, DAV, "quota-used-bytes"),
    (Live::SupportedReportSet, DAV, "supported-report-set"),
    (Live::SyncToken, DAV, "sync-token"),
    (Live::CurrentUserPrincipal, DAV, "current-user-principal"),
    (Live::LastModifiedSet, DAV, "lastmodified"),
    (Live::Win32CreationTime, MICROSOFT, "Win32CreationTime"),
    (Live::Win32LastAccessTime, MICROSOFT, "Win32LastAccessTime"),
    (Live::Win32LastModifiedTime, MICROSOFT, "Win32LastModifiedTime"),
    (Live::Win32FileAttributes, MICROSOFT, "Win32FileAttributes"),
    (Live::TrashOrigin, LARDER, "trash-origin"),
    (Live::TrashDeletedAt, LARDER, "trash-deleted-at"),
];

/// What a request for everything gets. Locks are left out, since Finder takes every `href` in a listing
/// for an entry, and so is what is the same everywhere: Windows reads a folder only up to 1,000,000 bytes.
pub const ALL: [Live; 9] = [
    Live::ResourceType,
    Live::CreationDate,
    Live::LastModified,
    Live::ContentLength,
    Live::ContentType,
    Live::ETag,
    Live::DisplayName,
    Live::TrashOrigin,
    Live::TrashDeletedAt,
];

/// What Windows gets beside that of what it asks about.
pub const WINDOWS: [Live; 4] = [
    Live::Win32CreationTime,
    Live::Win32LastAccessTime,
    Live::Win32LastModifiedTime,
    Live::Win32FileAttributes,
];

/// What Windows gets of each member of a folder: what Explorer shows of it, and not a byte more.
pub const BRIEF: [Live; 5] = [
    Live::ResourceType,
    Live::CreationDate,
    Live::LastModified,
    Live::ContentLength,
    Live::Win32FileAttributes,
];

/// FILE_ATTRIBUTE_READONLY ([MS-FSCC] 2.6).
const READ_ONLY: u32 = 1;

/// What becomes of a value that a client sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Setting {
    /// It is refused.
    Protected,
    /// It is kept as it is, and shown in the place of the house's own (RFC 4918 §15.2).
    Kept,
    /// It is the moment at which the node was made.
    CreatedAt,
    /// It is the moment of the node's content.
    ModifiedAt,
}

/// A node with what stands around it.
pub struct Entry<'a> {
    pub node: &'a Node,
    /// Its name as the client is shown it.
    pub name: &'a str,
    pub quota: Quota,
    /// The latest change of the space that the node is shown with; none where nothing can be changed, so neither locked nor synchronized.
    pub seq: Option<Seq>,
    /// How it came to be in the trash, if it is an entry there.
    pub removal: Option<&'a Removal>,
    /// Whether nothing here can be changed by the one who asks.
    pub read_only: bool,
    /// Where on its address the drive is, without a slash at the end.
    pub prefix: &'a str,
    /// The locks that cover it, each with the href of the node it lies on.
    pub locks: Vec<(&'a Lock, &'a str)>,
    /// The moment of the request, from which a lock's remaining time counts.
    pub now: domain::Timestamp,
}

impl Entry<'_> {
    /// The change up to which a client would know a folder that it synchronizes now.
    fn synchronized(&self) -> Option<Seq> {
        self.seq.filter(|_| self.node.is_folder())
    }

    /// Appends attributes as Windows reads them, with the one that says that it is read-only.
    fn push_attributes(&self, attributes: u32, out: &mut Writer) {
        let attributes = if self.read_only { attributes | READ_ONLY } else { attributes };
        out.raw().push_str(&format!("{attributes:08X}"));
    }
}

impl Live {
    /// The property of this name.
    pub fn named(name: &PropertyName) -> Option<Self> {
        let known =
            NAMES.iter().find(|(_, namespace, local)| *local == name.local && *namespace == name.namespace);
        known.map(|(live, ..)| *live)
    }

    /// All of them.
    pub fn every() -> impl Iterator<Item = Self> {
        NAMES.iter().map(|(live, ..)| *live)
    }

    /// Its name.
    pub fn name(self) -> PropertyName {
        let (namespace, local) = self.parts();
        PropertyName::new(namespace, local)
    }

    fn parts(self) -> (&'static str, &'static str) {
        let found = NAMES.iter().find(|(live, ..)| *live == self);
        found.map_or((DAV, ""), |(_, namespace, local)| (*namespace, *local))
    }

    /// What becomes of a value that a client sets.
    pub fn setting(self) -> Setting {
        match self {
            Self::DisplayName | Self::Win32LastAccessTime | Self::Win32FileAttributes => Setting::Kept,
            Self::CreationDate | Self::Win32CreationTime => Setting::CreatedAt,
            Self::LastModifiedSet | Self::Win32LastModifiedTime => Setting::ModifiedAt,
            _ => Setting::Protected,
        }
    }

    /// Whether the node has it.
    pub fn exists(self, entry: &Entry<'_>) -> bool {
        match self {
            Self::ContentLength | Self::ContentType => !entry.node.is_folder(),
            Self::QuotaUsed => entry.node.is_folder(),
            Self::SyncToken => entry.synchronized().is_some(),
            // Without a limit there is no number to give (RFC 4331 §3).
            Self::QuotaAvailable => entry.node.is_folder() && entry.quota.limit_bytes.is_some(),
            Self::LastModifiedSet => false,
            Self::TrashOrigin | Self::TrashDeletedAt => entry.removal.is_some(),
            _ => true,
        }
    }

    /// Appends the element with its value. No value holds white space or an entity reference that Finder
    /// would cut it at, but a name or media type that somebody chose may.
    pub fn write(self, entry: &Entry<'_>, out: &mut Writer) {
        let (namespace, local) = self.parts();
        out.element(namespace, local, |out| self.write_value(entry, out));
    }

    fn write_value(self, entry: &Entry<'_>, out: &mut Writer) {
        let node = entry.node;
        match self {
            Self::CreationDate => push_iso_date(out.raw(), node.created_at),
            Self::Win32CreationTime => push_http_date(out.raw(), node.created_at),
            // Nobody notes who reads a file.
            Self::LastModified
            | Self::LastModifiedSet
            | Self::Win32LastModifiedTime
            | Self::Win32LastAccessTime => {
                push_http_date(out.raw(), node.modified_at);
            }
            Self::DisplayName => out.text(entry.name),
            Self::ContentLength => out.raw().push_str(&node.size_bytes().to_string()),
            Self::ContentType => out.text(&media_type(node)),
            Self::ETag => out.raw().push_str(node.etag().as_str()),
            Self::ResourceType if node.is_folder() => out.empty("collection"),
            Self::ResourceType => {}
            Self::SupportedLock if entry.seq.is_none() => {}
            Self::SupportedLock => {
                for scope in ["exclusive", "shared"] {
                    out.open("lockentry");
                    lock_discovery::push_kind(out, scope);
                    out.close("lockentry");
                }
            }
            Self::LockDiscovery => {
                for (lock, href) in &entry.locks {
                    lock_discovery::push_active_lock(out, lock, href, entry.now);
                }
            }
            Self::QuotaAvailable => {
                out.raw().push_str(&entry.quota.available_bytes().unwrap_or_default().to_string());
            }
            Self::QuotaUsed => out.raw().push_str(&entry.quota.used_bytes.to_string()),
            Self::SupportedReportSet if entry.synchronized().is_some() => {
                ["supported-report", "report"].iter().for_each(|name| out.open(name));
                out.empty("sync-collection");
                ["report", "supported-report"].iter().for_each(|name| out.close(name));
            }
            Self::SupportedReportSet => {}
            Self::SyncToken => {
                if let Some(seq) = entry.synchronized() {
                    let token = SyncToken { folder: node.uuid, known: Known::Everything(seq) };
                    out.raw().push_str(&token.to_string());
                }
            }
            // Nobody is a resource here; what a user has of their own is the drive (RFC 5397 §3).
            Self::CurrentUserPrincipal => out.leaf("href", &format!("{}/", entry.prefix)),
            Self::Win32FileAttributes if node.is_folder() => entry.push_attributes(0x10, out),
            Self::Win32FileAttributes => entry.push_attributes(0x20, out),
            Self::TrashOrigin => {
                out.text(&entry.removal.map(|removal| removal.origin.to_string()).unwrap_or_default());
            }
            Self::TrashDeletedAt => {
                if let Some(removal) = entry.removal {
                    push_iso_date(out.raw(), removal.at);
                }
            }
        }
    }

    /// Appends the element with what Windows has set as attributes, if they are in the form it gives them:
    /// without declarations, and never longer.
    pub fn write_attributes(self, kept: &DeadProperty, entry: &Entry<'_>, out: &mut Writer) {
        let (namespace, local) = self.parts();
        out.element(namespace, local, |out| match attributes(&kept.xml) {
            Some(kept) => entry.push_attributes(kept, out),
            None => self.write_value(entry, out),
        });
    }
}

/// The number of `Win32FileAttributes`, eight hexadecimal digits.
fn attributes(xml: &str) -> Option<u32> {
    let (digits, _) = xml.split_once('>')?.1.split_once('<')?;
    let is_number = digits.len() == 8 && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    u32::from_str_radix(digits, 16).ok().filter(|_| is_number)
}
