//! Writes a `DAV:multistatus` body piece by piece (RFC 4918 §13).

use domain::SyncToken;

use super::element::MICROSOFT;
use super::writer::Writer;
use crate::client::Client;

const ROOT: &str = "multistatus";

/// A body that is being written.
#[derive(Debug)]
pub struct Multistatus(Writer);

impl Multistatus {
    /// Begins a body.
    pub fn begin(client: Client) -> Self {
        Self(Writer::begin(
            client,
            ROOT,
            match client {
                // Windows reads a folder only up to 1,000,000 bytes, so its own properties are declared once.
                Client::Windows => &[("Z", MICROSOFT)],
                _ => &[],
            },
        ))
    }

    /// Begins the response of one resource; `href` is percent-encoded.
    pub fn open(&mut self, href: &str) {
        self.0.open("response");
        self.0.leaf("href", href);
    }

    /// Writes the properties of one status, if there are any.
    pub fn propstat(&mut self, status: &str, write: impl FnOnce(&mut Writer)) {
        self.explained_propstat(status, None, write);
    }

    /// The same, with the precondition that failed (RFC 4918 §16).
    pub fn explained_propstat(
        &mut self,
        status: &str,
        condition: Option<&str>,
        write: impl FnOnce(&mut Writer),
    ) {
        let begun = self.len();
        self.0.open("propstat");
        self.0.open("prop");
        let empty = self.len();
        write(&mut self.0);
        if self.len() == empty {
            self.0.raw().truncate(begun);
            return;
        }
        self.0.close("prop");
        self.status(status);
        if let Some(condition) = condition {
            self.error(condition);
        }
        self.0.close("propstat");
    }

    /// Writes a propstat even if nothing stands in it: a response without any is not valid.
    pub fn empty_propstat(&mut self, status: &str) {
        self.0.open("propstat");
        self.0.empty("prop");
        self.status(status);
        self.0.close("propstat");
    }

    /// Writes the status of a resource as a whole, or of the properties before it.
    pub fn status(&mut self, status: &str) {
        self.0.open("status");
        self.0.raw().push_str("HTTP/1.1 ");
        self.0.raw().push_str(status);
        self.0.close("status");
    }

    /// Writes which condition the status of a resource is about (RFC 4918 §16).
    pub fn error(&mut self, condition: &str) {
        self.0.open("error");
        self.0.empty(condition);
        self.0.close("error");
    }

    /// Writes what the client goes on from, behind all responses (RFC 6578 §6.4).
    pub fn sync_token(&mut self, token: &SyncToken) {
        self.0.leaf("sync-token", &token.to_string());
    }

    /// Ends the response of a resource.
    pub fn close(&mut self) {
        self.0.close("response");
    }

    /// How many bytes wait to be taken.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// What has been written since the last time, to be sent on its way.
    pub fn take(&mut self) -> String {
        self.0.take()
    }

    /// The last of the body.
    pub fn end(&mut self) -> String {
        self.0.end(ROOT)
    }
}

#[cfg(test)]
mod tests {
    use domain::PropertyName;

    use super::*;

    #[test]
    fn found_properties_come_first_and_missing_ones_are_empty() {
        let mut body = Multistatus::begin(Client::Other);
        body.open("/dav/a");
        body.propstat("200 OK", |out| out.leaf("getetag", "\"x\""));
        body.propstat("404 Not Found", |out| out.name(&PropertyName::new("urn:a&b", "c")));
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
