//! Writes a `DAV:multistatus` body piece by piece (RFC 4918 §13), without white space between elements.

use std::fmt::Write as _;

use domain::{PropertyName, SyncToken};

use super::element::DAV;
use super::escape::push_attribute;

/// The beginning of every body. `DAV:` is bound to a prefix on the root, because Windows reads no default
/// namespace and iOS apps know no other prefix.
const BEGIN: &str = "<?xml version=\"1.0\" encoding=\"utf-8\"?><D:multistatus xmlns:D=\"DAV:\">";
const END: &str = "</D:multistatus>";

/// A body that is being written.
#[derive(Debug, Default)]
pub struct Multistatus {
    out: String,
}

impl Multistatus {
    /// Begins a body.
    pub fn begin() -> Self {
        Self { out: BEGIN.to_owned() }
    }

    /// Begins the response of one resource; `href` is percent-encoded.
    pub fn open(&mut self, href: &str) {
        self.out.push_str("<D:response><D:href>");
        self.out.push_str(href);
        self.out.push_str("</D:href>");
    }

    /// Writes the properties of one status, if there are any.
    pub fn propstat(&mut self, status: &str, write: impl FnOnce(&mut String)) {
        let begun = self.out.len();
        self.out.push_str("<D:propstat><D:prop>");
        let empty = self.out.len();
        write(&mut self.out);
        if self.out.len() == empty {
            self.out.truncate(begun);
            return;
        }
        self.out.push_str("</D:prop>");
        self.status(status);
        self.out.push_str("</D:propstat>");
    }

    /// Writes a propstat even if nothing stands in it: a response without any is not valid.
    pub fn empty_propstat(&mut self, status: &str) {
        self.out.push_str("<D:propstat><D:prop/>");
        self.status(status);
        self.out.push_str("</D:propstat>");
    }

    /// Writes the status of a resource as a whole, or of the properties before it.
    pub fn status(&mut self, status: &str) {
        self.out.push_str("<D:status>HTTP/1.1 ");
        self.out.push_str(status);
        self.out.push_str("</D:status>");
    }

    /// Writes which condition the status of a resource is about (RFC 4918 §16).
    pub fn error(&mut self, condition: &str) {
        self.out.push_str("<D:error><D:");
        self.out.push_str(condition);
        self.out.push_str("/></D:error>");
    }

    /// Writes what the client goes on from, behind all responses (RFC 6578 §6.4).
    pub fn sync_token(&mut self, token: &SyncToken) {
        // A String takes everything that is written to it.
        let _ = write!(self.out, "<D:sync-token>{token}</D:sync-token>");
    }

    /// Ends the response of a resource.
    pub fn close(&mut self) {
        self.out.push_str("</D:response>");
    }

    /// How many bytes wait to be taken.
    pub fn len(&self) -> usize {
        self.out.len()
    }

    /// What has been written since the last time, to be sent on its way.
    pub fn take(&mut self) -> String {
        std::mem::take(&mut self.out)
    }

    /// The last of the body.
    pub fn end(mut self) -> String {
        self.out.push_str(END);
        self.out
    }
}

/// Appends an empty element of this name.
pub fn push_name(out: &mut String, name: &PropertyName) {
    if name.namespace == DAV {
        out.push_str("<D:");
        out.push_str(&name.local);
    } else if name.namespace.is_empty() {
        out.push('<');
        out.push_str(&name.local);
    } else {
        out.push_str("<x:");
        out.push_str(&name.local);
        out.push_str(" xmlns:x=\"");
        push_attribute(out, &name.namespace);
        out.push('"');
    }
    out.push_str("/>");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn found_properties_come_first_and_missing_ones_are_empty() {
        let mut body = Multistatus::begin();
        body.open("/dav/a");
        body.propstat("200 OK", |out| out.push_str("<D:getetag>\"x\"</D:getetag>"));
        body.propstat("404 Not Found", |out| push_name(out, &PropertyName::new("urn:a&b", "c")));
        body.propstat("403 Forbidden", |_| {});
        body.close();
        assert_eq!(
            body.end(),
            "<?xml version=\"1.0\" encoding=\"utf-8\"?><D:multistatus xmlns:D=\"DAV:\"><D:response>\
             <D:href>/dav/a</D:href><D:propstat><D:prop><D:getetag>\"x\"</D:getetag></D:prop>\
             <D:status>HTTP/1.1 200 OK</D:status></D:propstat><D:propstat><D:prop>\
             <x:c xmlns:x=\"urn:a&amp;b\"/></D:prop><D:status>HTTP/1.1 404 Not Found</D:status></D:propstat>\
             </D:response></D:multistatus>"
        );
    }
}
