//! A piece of XML that a client sent, which can be written back so that it stands by itself.

use domain::PropertyName;

use super::escape::{push_attribute, push_text};

/// The namespace of WebDAV itself.
pub const DAV: &str = "DAV:";

/// The namespace of what Windows knows of a file.
pub const MICROSOFT: &str = "urn:schemas-microsoft-com:";

/// The namespace of what no other server knows.
pub const LARDER: &str = "urn:larder";

/// What the prefix `xml` always means.
pub const XML: &str = "http://www.w3.org/XML/1998/namespace";

/// An element with all that is in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Element {
    pub name: PropertyName,
    /// As the client wrote it; empty where the name had none.
    pub prefix: String,
    /// Without the declarations of namespaces.
    pub attributes: Vec<Attribute>,
    /// The `xml:lang` that holds here, set on the element or above it; part of the value of a property
    /// (RFC 4918 §4.3).
    pub language: Option<String>,
    pub content: Vec<Content>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    pub prefix: String,
    pub namespace: String,
    pub local: String,
    pub value: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    Element(Element),
    Text(String),
}

impl Element {
    /// Whether it is the element of this name in the namespace `DAV:`.
    pub fn is_dav(&self, local: &str) -> bool {
        self.name.namespace == DAV && self.name.local == local
    }

    /// The elements directly in it; text between them is ignored, one sync client puts some there.
    pub fn children(&self) -> impl Iterator<Item = &Element> {
        self.content.iter().filter_map(|content| match content {
            Content::Element(element) => Some(element),
            Content::Text(_) => None,
        })
    }

    /// The first element of this name in the namespace `DAV:` directly in it.
    pub fn dav_child(&self, local: &str) -> Option<&Element> {
        self.children().find(|child| child.is_dav(local))
    }

    /// The text in it, if there is nothing but text.
    pub fn text(&self) -> Option<String> {
        let text = |content: &Content| match content {
            Content::Text(text) => Some(text.clone()),
            Content::Element(_) => None,
        };
        self.content.iter().map(text).collect()
    }

    /// The element as XML that declares each namespace it uses, with the client's prefixes, and carries the
    /// language it inherited.
    pub fn to_xml(&self) -> String {
        let mut out = String::new();
        let inherited = self.language.as_deref().filter(|_| self.own_language().is_none());
        self.write(&mut out, &mut vec![("xml", XML), ("", "")], inherited);
        out
    }

    /// The `xml:lang` on the element itself.
    pub fn own_language(&self) -> Option<&str> {
        let found =
            self.attributes.iter().find(|attribute| attribute.namespace == XML && attribute.local == "lang");
        found.map(|attribute| attribute.value.as_str())
    }

    /// `scope` holds the declarations written so far on this element and those around it, innermost last.
    fn write<'a>(&'a self, out: &mut String, scope: &mut Vec<(&'a str, &'a str)>, language: Option<&str>) {
        let outer = scope.len();
        out.push('<');
        push_name(out, &self.prefix, &self.name.local);
        declare(out, scope, &self.prefix, &self.name.namespace);
        if let Some(language) = language {
            out.push_str(" xml:lang=\"");
            push_attribute(out, language);
            out.push('"');
        }
        for attribute in &self.attributes {
            // A name without a prefix is in no namespace, whatever the default is (Namespaces in XML §6.2).
            if !attribute.prefix.is_empty() {
                declare(out, scope, &attribute.prefix, &attribute.namespace);
            }
            out.push(' ');
            push_name(out, &attribute.prefix, &attribute.local);
            out.push_str("=\"");
            push_attribute(out, &attribute.value);
            out.push('"');
        }
        if self.content.is_empty() {
            out.push_str("/>");
        } else {
            out.push('>');
            for content in &self.content {
                match content {
                    Content::Element(child) => child.write(out, scope, None),
                    Content::Text(text) => push_text(out, text),
                }
            }
            out.push_str("</");
            push_name(out, &self.prefix, &self.name.local);
            out.push('>');
        }
        scope.truncate(outer);
    }
}

fn push_name(out: &mut String, prefix: &str, local: &str) {
    if !prefix.is_empty() {
        out.push_str(prefix);
        out.push(':');
    }
    out.push_str(local);
}

fn declare<'a>(out: &mut String, scope: &mut Vec<(&'a str, &'a str)>, prefix: &'a str, namespace: &'a str) {
    let known = scope.iter().rev().find(|(declared, _)| *declared == prefix);
    if known.is_some_and(|(_, declared)| *declared == namespace) {
        return;
    }
    out.push_str(" xmlns");
    if !prefix.is_empty() {
        out.push(':');
        out.push_str(prefix);
    }
    out.push_str("=\"");
    push_attribute(out, namespace);
    out.push('"');
    scope.push((prefix, namespace));
}

#[cfg(test)]
mod tests {
    use crate::xml::reader::read;

    /// What is stored for the first element in the first `DAV:prop`.
    fn stored(body: &str) -> String {
        let root = read(body.as_bytes()).unwrap();
        let prop = root.children().next().unwrap();
        prop.children().next().unwrap().to_xml()
    }

    fn assert_stands_alone(xml: &str) {
        assert_eq!(read(xml.as_bytes()).unwrap().to_xml(), xml);
    }

    #[test]
    fn a_property_comes_back_with_the_namespaces_it_needs_and_no_others() {
        let xml = stored(
            "<D:set xmlns:D='DAV:' xmlns:a='urn:a' xmlns:b='urn:b' xmlns:c='urn:c'>\
             <D:prop><a:x b:y='1' z='2'><a:inner/><b:other/></a:x></D:prop></D:set>",
        );
        assert_eq!(
            xml,
            "<a:x xmlns:a=\"urn:a\" xmlns:b=\"urn:b\" b:y=\"1\" z=\"2\"><a:inner/><b:other/></a:x>"
        );
        assert_stands_alone(&xml);
    }

    #[test]
    fn the_default_namespace_is_kept_and_can_be_left_again() {
        let xml =
            stored("<D:s xmlns:D='DAV:'><D:p><x xmlns='urn:a'><y xmlns=''><z/></y><w/></x></D:p></D:s>");
        assert_eq!(xml, "<x xmlns=\"urn:a\"><y xmlns=\"\"><z/></y><w/></x>");
        assert_stands_alone(&xml);
    }

    #[test]
    fn a_property_without_a_namespace_stays_without_one() {
        // litmus propnullns
        let xml =
            stored("<D:s xmlns:D='DAV:'><D:p><nonamespace xmlns=''>randomvalue</nonamespace></D:p></D:s>");
        assert_eq!(xml, "<nonamespace>randomvalue</nonamespace>");
    }

    #[test]
    fn a_prefix_that_changes_its_meaning_is_declared_again() {
        let xml = stored(
            "<D:s xmlns:D='DAV:'><D:p><p:x xmlns:p='urn:a'><p:x xmlns:p='urn:b'/><p:x/></p:x></D:p></D:s>",
        );
        assert_eq!(xml, "<p:x xmlns:p=\"urn:a\"><p:x xmlns:p=\"urn:b\"/><p:x/></p:x>");
        assert_stands_alone(&xml);
    }

    #[test]
    fn the_language_set_far_above_is_part_of_the_value() {
        let body = "<D:s xmlns:D='DAV:' xml:lang='en'><D:p xml:lang='de'><x><y/></x></D:p></D:s>";
        assert_eq!(stored(body), "<x xml:lang=\"de\"><y/></x>");
        assert_stands_alone(&stored(body));
        let own = "<D:s xmlns:D='DAV:' xml:lang='en'><D:p><x xml:lang='fr'/></D:p></D:s>";
        assert_eq!(stored(own), "<x xml:lang=\"fr\"/>");
    }

    #[test]
    fn mixed_content_and_rare_characters_survive() {
        // litmus propmixed and prophighunicode
        let xml = stored(
            "<D:s xmlns:D='DAV:'><D:p><x>one <b a='&#10;&quot;&lt;'>two</b> &amp; &lt;three&gt; \
             <![CDATA[<four>&amp;]]>&#13;&#65536;𝄞<!-- gone --> five </x></D:p></D:s>",
        );
        assert_eq!(
            xml,
            "<x>one <b a=\"&#10;&quot;&lt;\">two</b> &amp; &lt;three&gt; \
             &lt;four&gt;&amp;amp;&#13;\u{10000}𝄞 five </x>"
        );
        assert_stands_alone(&xml);
    }
}
