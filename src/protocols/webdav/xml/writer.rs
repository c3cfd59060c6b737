//! A document in the namespace `DAV:` that is being written, under the prefixes its reader knows.

use domain::PropertyName;

use super::element::DAV;
use super::escape::{push_attribute, push_text};
use crate::client::Client;

/// A document. This alone knows prefixes; everything else names elements by namespace and local name.
///
/// `DAV:` is bound to a prefix on the root, because Windows reads no default namespace and iOS apps know no
/// other prefix. No white space stands between elements, which Windows does not read either.
#[derive(Debug)]
pub struct Writer {
    out: String,
    dav: &'static str,
    others: &'static [(&'static str, &'static str)],
}

impl Writer {
    /// Begins a document with a root in `DAV:`, which also declares other prefixes, each with its namespace.
    pub fn begin(client: Client, root: &str, others: &'static [(&'static str, &'static str)]) -> Self {
        let dav = match client {
            Client::Nextcloud => "d",
            // What Apache and IIS write too.
            _ => "D",
        };
        let mut writer =
            Self { out: String::from("<?xml version=\"1.0\" encoding=\"utf-8\"?>"), dav, others };
        writer.push(&["<", dav, ":", root]);
        for (prefix, namespace) in [(dav, DAV)].iter().chain(others) {
            writer.push(&[" xmlns:", prefix, "=\"", namespace, "\""]);
        }
        writer.out.push('>');
        writer
    }

    /// Begins an element of `DAV:`.
    pub fn open(&mut self, local: &str) {
        self.push(&["<", self.dav, ":", local, ">"]);
    }

    /// Ends an element of `DAV:`.
    pub fn close(&mut self, local: &str) {
        self.push(&["</", self.dav, ":", local, ">"]);
    }

    /// Appends an element of `DAV:` with nothing in it.
    pub fn empty(&mut self, local: &str) {
        self.push(&["<", self.dav, ":", local, "/>"]);
    }

    /// Appends an element of `DAV:` with a text that needs no escaping.
    pub fn leaf(&mut self, local: &str, text: &str) {
        self.open(local);
        self.out.push_str(text);
        self.close(local);
    }

    /// Appends an element of any namespace, with whatever is written into it.
    pub fn element(&mut self, namespace: &str, local: &str, write: impl FnOnce(&mut Self)) {
        let prefix = self.prefix_of(namespace);
        self.out.push('<');
        self.push_name(prefix.unwrap_or("x"), local);
        if prefix.is_none() {
            self.out.push_str(" xmlns:x=\"");
            push_attribute(&mut self.out, namespace);
            self.out.push('"');
        }
        let begun = self.out.len();
        self.out.push('>');
        write(self);
        if self.out.len() == begun + 1 {
            self.out.truncate(begun);
            self.out.push_str("/>");
        } else {
            self.out.push_str("</");
            self.push_name(prefix.unwrap_or("x"), local);
            self.out.push('>');
        }
    }

    /// Appends an empty element of this name.
    pub fn name(&mut self, name: &PropertyName) {
        self.element(&name.namespace, &name.local, |_| {});
    }

    /// Appends text.
    pub fn text(&mut self, text: &str) {
        push_text(&mut self.out, text);
    }

    /// What is written, to append what is well-formed by itself and needs no escaping.
    pub fn raw(&mut self) -> &mut String {
        &mut self.out
    }

    /// How many bytes wait to be taken.
    pub fn len(&self) -> usize {
        self.out.len()
    }

    /// What has been written since the last time.
    pub fn take(&mut self) -> String {
        std::mem::take(&mut self.out)
    }

    /// Ends the root, and gives what has not been taken.
    pub fn end(&mut self, root: &str) -> String {
        self.close(root);
        self.take()
    }

    /// The prefix that stands for a namespace from the root on; an empty one for no namespace.
    fn prefix_of(&self, namespace: &str) -> Option<&'static str> {
        match namespace {
            DAV => Some(self.dav),
            "" => Some(""),
            _ => self.others.iter().find(|(_, known)| *known == namespace).map(|(prefix, _)| *prefix),
        }
    }

    fn push_name(&mut self, prefix: &str, local: &str) {
        let colon = if prefix.is_empty() { "" } else { ":" };
        self.push(&[prefix, colon, local]);
    }

    fn push(&mut self, parts: &[&str]) {
        parts.iter().for_each(|part| self.out.push_str(part));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_namespace_has_its_prefix_and_is_declared() {
        let mut writer = Writer::begin(Client::Windows, "prop", &[("Z", "urn:z")]);
        writer.element("urn:z", "a", |out| out.text("1 < 2"));
        writer.name(&PropertyName::new("DAV:", "b"));
        writer.name(&PropertyName::new("urn:a&b", "c"));
        writer.name(&PropertyName::new("", "d"));
        writer.element("urn:e", "e", |out| out.empty("f"));
        assert_eq!(
            writer.end("prop"),
            "<?xml version=\"1.0\" encoding=\"utf-8\"?><D:prop xmlns:D=\"DAV:\" xmlns:Z=\"urn:z\">\
             <Z:a>1 &lt; 2</Z:a><D:b/><x:c xmlns:x=\"urn:a&amp;b\"/><d/><x:e xmlns:x=\"urn:e\"><D:f/></x:e></D:prop>"
        );
    }

    #[test]
    fn the_apps_of_nextcloud_read_another_prefix() {
        let mut writer = Writer::begin(Client::Nextcloud, "prop", &[]);
        writer.leaf("a", "1");
        writer.element("", "b", |out| out.empty("c"));
        assert_eq!(
            writer.end("prop"),
            "<?xml version=\"1.0\" encoding=\"utf-8\"?><d:prop xmlns:d=\"DAV:\"><d:a>1</d:a><b><d:c/></b></d:prop>"
        );
    }
}
