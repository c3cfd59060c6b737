//! Reads the small XML body of a request into a tree, and trusts nothing in it.

use std::str;

use domain::{Error, PropertyName, Result};
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesRef, BytesStart, Event, attributes};
use quick_xml::name::{
    LocalName, Namespace, NamespaceError, NamespaceResolver, PrefixDeclaration, QName, ResolveResult,
};
use quick_xml::{NsReader, XmlVersion};

use super::element::{Attribute, Content, Element, XML};
use super::escape::is_legal;

/// The longest body. Windows sends some 400 bytes, the largest requests of sync clients a few KiB.
pub const BODY_BYTES_MAX: usize = 1024 * 1024;

/// How deep elements may lie in each other; also bounds every recursion over the tree.
const DEPTH_MAX: usize = 32;

/// How many elements and attributes a body may have: 1 MiB of `<a/>` would be 60 MB of tree.
const NODES_MAX: usize = 10_000;

/// How many attributes one element may have: finding duplicates takes the square of it.
const ATTRIBUTES_MAX: usize = 64;

/// The longest namespace or language. Each stored property repeats them, so a long one would be copied once
/// for each of the properties in a body.
const REPEATED_BYTES_MAX: usize = 1000;

/// How many bytes of namespaces and languages all elements and attributes may have in effect: one declaration
/// of 1000 bytes would be 10 MB of tree, and as much when it is written again.
const IN_EFFECT_BYTES_MAX: usize = 512 * 1024;

/// What the prefix `xmlns` always means.
const XMLNS: &str = "http://www.w3.org/2000/xmlns/";

/// Reads a whole document and gives its root.
///
/// # Errors
/// [`Error::Invalid`] when it is not well-formed XML with namespaces in UTF-8, or has a DTD;
/// [`Error::TooLarge`] beyond a limit.
pub fn read(body: &[u8]) -> Result<Element> {
    if body.len() > BODY_BYTES_MAX {
        return Err(Error::TooLarge("The XML of a request may have at most 1 MiB.".into()));
    }
    let text = str::from_utf8(body).map_err(|_| Error::Invalid("The XML is not in UTF-8.".into()))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if !text.chars().all(is_legal) {
        return Err(Error::Invalid("The XML has a control character in it.".into()));
    }
    let mut reader = NsReader::from_str(text);
    reader.config_mut().expand_empty_elements = true;
    reader.config_mut().check_comments = true;
    let mut tree = Tree::default();
    loop {
        match reader.read_event().map_err(unread)? {
            Event::Start(tag) => tree.open(&tag, reader.resolver())?,
            Event::End(_) => tree.close()?,
            // XML 1.0 §2.4
            Event::Text(text) if text.contains("]]>") => return Err(malformed("`]]>` in a text")),
            Event::Text(text) => tree.text(&text.xml10_content())?,
            Event::CData(text) => tree.text(&text.xml10_content())?,
            Event::GeneralRef(reference) => tree.text(resolve(&reference)?.encode_utf8(&mut [0; 4]))?,
            // Entities come from a DTD, and with them the attacks that blow up or fetch files.
            Event::DocType(_) => {
                return Err(Error::Invalid("XML with a document type declaration is not accepted.".into()));
            }
            Event::Decl(_) if tree.nodes > 0 => return Err(malformed("an XML declaration in the middle")),
            Event::Empty(_) | Event::Comment(_) | Event::PI(_) | Event::Decl(_) => {}
            Event::Eof => return tree.finish(),
        }
    }
}

/// The tree as far as it has been read.
#[derive(Default)]
struct Tree {
    /// The elements that are still open, outermost first.
    open: Vec<Element>,
    root: Option<Element>,
    nodes: usize,
    /// Of the namespaces and languages in effect on each of them.
    bytes_in_effect: usize,
}

impl Tree {
    fn open(&mut self, tag: &BytesStart<'_>, scope: &NamespaceResolver) -> Result<()> {
        let mut element = element(tag, scope)?;
        self.nodes += 1 + element.attributes.len();
        if self.nodes > NODES_MAX || self.open.len() == DEPTH_MAX {
            let text = format!(
                "The XML has more than {NODES_MAX} elements, or more than {DEPTH_MAX} in each other."
            );
            return Err(Error::TooLarge(text.into()));
        }
        if self.root.is_some() {
            return Err(Error::Invalid("The XML has more than one root element.".into()));
        }
        let inherited = || self.open.last().and_then(|parent| parent.language.clone());
        element.language = element.own_language().map(str::to_owned).or_else(inherited);
        let namespaces = element.attributes.iter().map(|attribute| &attribute.namespace);
        let in_effect = namespaces.chain(&element.language).chain([&element.name.namespace]);
        self.bytes_in_effect += in_effect.map(String::len).sum::<usize>();
        if self.bytes_in_effect > IN_EFFECT_BYTES_MAX {
            return Err(Error::TooLarge(
                "The XML has long namespaces or languages on too many elements.".into(),
            ));
        }
        self.open.push(element);
        Ok(())
    }

    fn close(&mut self) -> Result<()> {
        let element = self.open.pop().ok_or_else(|| malformed("an end tag without a start tag"))?;
        match self.open.last_mut() {
            Some(parent) => parent.content.push(Content::Element(element)),
            None => self.root = Some(element),
        }
        Ok(())
    }

    fn text(&mut self, text: &str) -> Result<()> {
        match self.open.last_mut() {
            // An empty CDATA section is no text.
            Some(_) if text.is_empty() => {}
            Some(parent) => match parent.content.last_mut() {
                Some(Content::Text(before)) => before.push_str(text),
                _ => parent.content.push(Content::Text(text.to_owned())),
            },
            None if text.trim_ascii().is_empty() => {}
            None => return Err(malformed("text outside the root element")),
        }
        Ok(())
    }

    fn finish(self) -> Result<Element> {
        match self.root {
            Some(root) if self.open.is_empty() => Ok(root),
            _ => Err(malformed("the end is missing")),
        }
    }
}

fn element(tag: &BytesStart<'_>, scope: &NamespaceResolver) -> Result<Element> {
    let mut attributes: Vec<Attribute> = Vec::new();
    for (count, attribute) in tag.attributes().enumerate() {
        if count == ATTRIBUTES_MAX {
            let text = format!("An XML element may have at most {ATTRIBUTES_MAX} attributes.");
            return Err(Error::TooLarge(text.into()));
        }
        let attribute = attribute.map_err(malformed)?;
        let value = attribute.normalized_value(XmlVersion::Implicit1_0).map_err(malformed)?;
        // XML 1.0 §2.3 and §4.1
        if attribute.value.contains('<') || !value.chars().all(is_legal) {
            return Err(malformed("an attribute with a `<` or a control character"));
        }
        if let Some(declared) = attribute.key.as_namespace_binding() {
            check_declaration(declared, &value)?;
            continue;
        }
        let prefix = attribute.key.prefix().map_or("", |prefix| prefix.into_inner());
        let (namespace, local) = resolved(prefix, scope.resolve_attribute(attribute.key))?;
        if namespace == XML && local == "lang" && value.len() > REPEATED_BYTES_MAX {
            return Err(too_long("language"));
        }
        if attributes.iter().any(|other| other.local == local && other.namespace == namespace) {
            return Err(malformed("an attribute twice"));
        }
        attributes.push(Attribute { prefix: prefix.to_owned(), namespace, local, value: value.into_owned() });
    }
    let prefix = tag.name().prefix().map_or("", |prefix| prefix.into_inner());
    let (namespace, local) = resolved(prefix, scope.resolve_element(tag.name()))?;
    if [XML, XMLNS].contains(&namespace.as_str()) {
        return Err(malformed("an element in a reserved namespace"));
    }
    let name = PropertyName { namespace, local };
    Ok(Element { name, prefix: prefix.to_owned(), attributes, language: None, content: Vec::new() })
}

/// Holds a declaration against Namespaces in XML 1.0 §2.2 and §3: a prefix cannot be undeclared, and the
/// reserved namespaces have no other prefixes. `value` has its references resolved; quick-xml compares
/// without doing that.
fn check_declaration(declared: PrefixDeclaration<'_>, value: &str) -> Result<()> {
    let prefix = match declared {
        PrefixDeclaration::Default => "",
        PrefixDeclaration::Named(prefix) => prefix,
    };
    if value.len() > REPEATED_BYTES_MAX {
        return Err(too_long("namespace"));
    }
    let named = matches!(declared, PrefixDeclaration::Named(_));
    if named && (value.is_empty() || !is_ncname(prefix)) {
        return Err(malformed("a namespace prefix declared as nothing"));
    }
    if value == XMLNS || (value == XML) != (prefix == "xml") {
        return Err(malformed("a reserved namespace under another prefix"));
    }
    Ok(())
}

/// A resolved name as namespace and local name.
fn resolved(
    prefix: &str,
    (namespace, local): (ResolveResult<'_>, LocalName<'_>),
) -> Result<(String, String)> {
    let namespace = match namespace {
        // It is the value of an attribute like any other (XML 1.0 §3.3.3).
        ResolveResult::Bound(Namespace(value)) => {
            let declaration = attributes::Attribute { key: QName("xmlns"), value: value.into() };
            declaration.normalized_value(XmlVersion::Implicit1_0).map_err(malformed)?.into_owned()
        }
        ResolveResult::Unbound => String::new(),
        ResolveResult::Unknown(_) => return Err(malformed("a namespace prefix that is not declared")),
    };
    let local = local.into_inner();
    if !is_ncname(local) || !(prefix.is_empty() || is_ncname(prefix)) {
        return Err(malformed("a name with a character that names cannot have"));
    }
    Ok((namespace, local.to_owned()))
}

/// Whether it is a name without a colon (Namespaces in XML 1.0 §3, XML 1.0 §2.3). quick-xml takes any text up
/// to a space for a name; written back it would break the answer it stands in.
fn is_ncname(name: &str) -> bool {
    let starts = |letter: char| {
        matches!(letter, 'A'..='Z' | '_' | 'a'..='z' | '\u{c0}'..='\u{d6}' | '\u{d8}'..='\u{f6}'
            | '\u{f8}'..='\u{2ff}' | '\u{370}'..='\u{37d}' | '\u{37f}'..='\u{1fff}' | '\u{200c}'..='\u{200d}'
            | '\u{2070}'..='\u{218f}' | '\u{2c00}'..='\u{2fef}' | '\u{3001}'..='\u{d7ff}'
            | '\u{f900}'..='\u{fdcf}' | '\u{fdf0}'..='\u{fffd}' | '\u{10000}'..='\u{effff}')
    };
    let follows = |letter: char| matches!(letter, '-' | '.' | '0'..='9' | '\u{b7}' | '\u{300}'..='\u{36f}' | '\u{203f}'..='\u{2040}');
    name.starts_with(starts) && name.chars().all(|letter| starts(letter) || follows(letter))
}

/// What `&…;` stands for: a character by number, or one of the five entities every document has.
fn resolve(reference: &BytesRef<'_>) -> Result<char> {
    let numbered = reference.resolve_char_ref().map_err(malformed)?;
    let named = || resolve_predefined_entity(reference).and_then(|text| text.chars().next());
    match numbered.or_else(named) {
        Some(letter) if is_legal(letter) => Ok(letter),
        _ => Err(malformed("a reference to something that XML does not define")),
    }
}

/// What the library found wrong; its own limit it words for programmers.
fn unread(error: quick_xml::Error) -> Error {
    match error {
        quick_xml::Error::Namespace(NamespaceError::TooManyBindings(limit)) => {
            Error::TooLarge(format!("The XML may declare {limit} namespaces in each other.").into())
        }
        _ => malformed(error),
    }
}

fn malformed(fault: impl std::fmt::Display) -> Error {
    Error::Invalid(format!("The XML of the request is malformed: {fault}.").into())
}

fn too_long(what: &str) -> Error {
    Error::TooLarge(format!("An XML {what} may have at most {REPEATED_BYTES_MAX} bytes.").into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_invalid(body: &str) -> bool {
        matches!(read(body.as_bytes()), Err(Error::Invalid(_)))
    }

    fn is_too_large(body: &str) -> bool {
        matches!(read(body.as_bytes()), Err(Error::TooLarge(_)))
    }

    #[test]
    fn any_prefix_and_a_byte_order_mark_are_read() {
        for body in [
            "<propfind xmlns='DAV:'><prop/></propfind>",
            "\u{feff}<?xml version=\"1.0\" encoding=\"utf-8\"?>\r\n<a:propfind xmlns:a=\"DAV:\"><a:prop/></a:propfind>\n",
            "<?xml version='1.0'?><!-- hi --><x:propfind xmlns:x='DAV&#58;'> stray <x:prop /></x:propfind>",
        ] {
            let root = read(body.as_bytes()).unwrap();
            assert!(root.is_dav("propfind") && root.dav_child("prop").is_some(), "{body}");
        }
    }

    #[test]
    fn malformed_xml_is_refused() {
        for body in [
            "",
            " ",
            "plain",
            "<a>",
            "<a></b>",
            "</a>",
            "<a/><b/>",
            "<a/>x",
            "<a/>&amp;",
            "<a",
            "<a b></a>",
            "<a b=c/>",
            "<a b='1' b='2'/>",
            "<a>&</a>",
            "<a>&nbsp;</a>",
            "<a b='&nbsp;'/>",
            "<a>&#0;</a>",
            "<a>&#xD800;</a>",
            "<a>&#1;</a>",
            "<a b='&#1;'/>",
            "<a>\u{1}</a>",
            "<a>\u{ffff}</a>",
            "<1/>",
            "<a=b/>",
            "<a\"/>",
            "<a 1='2'/>",
            "<![CDATA[x]]>",
            "<a><?xml version='1.0'?></a>",
            "<a><!-- b -- c --></a>",
            "<a>]]></a>",
            "<a b='<'/>",
        ] {
            assert!(is_invalid(body), "{body:?}: {:?}", read(body.as_bytes()));
        }
        assert!(matches!(read(b"<a>\xff</a>"), Err(Error::Invalid(_))));
        assert!(matches!(read(b"\xff\xfe<\0a\0/\0>\0"), Err(Error::Invalid(_))));
    }

    #[test]
    fn namespaces_that_are_not_declared_properly_are_refused() {
        for body in [
            // litmus propfind_invalid2
            "<D:propfind xmlns:D='DAV:'><D:prop><bar:foo xmlns:bar=''/></D:prop></D:propfind>",
            "<a xmlns:bar=''/>",
            "<b:a/>",
            "<a b:c='1'/>",
            "<a xmlns:x='u' xmlns:y='u' x:b='1' y:b='2'/>",
            "<a:b:c xmlns:a='u'/>",
            "<:a/>",
            "<a: xmlns:a='u'/>",
            "<a xmlns:='u'/>",
            "<xmlns:a/>",
            "<xml:a/>",
            "<a xmlns:xml='u'/>",
            "<a xmlns:x='http://www.w3.org/XML/1998/namespace'/>",
            "<a xmlns:x='http://www.w3.org/XML/1998/namespac&#101;'/>",
            "<a xmlns='http://www.w3.org/2000/xmlns/'/>",
        ] {
            assert!(is_invalid(body), "{body:?}: {:?}", read(body.as_bytes()));
        }
        assert!(read(b"<a xmlns:xml='http://www.w3.org/XML/1998/namespace' xml:lang='x'/>").is_ok());
    }

    #[test]
    fn a_document_type_is_refused_before_it_can_do_harm() {
        let laughs =
            "<!DOCTYPE lolz [<!ENTITY lol \"lol\"><!ENTITY lol2 \"&lol;&lol;&lol;&lol;\">]><a>&lol2;</a>";
        let file = "<!DOCTYPE a [<!ENTITY f SYSTEM \"file:///etc/passwd\">]><a>&f;</a>";
        for body in [laughs, file, "<!DOCTYPE a><a/>", "<a><!DOCTYPE a></a>"] {
            assert!(is_invalid(body), "{body}");
        }
    }

    #[test]
    fn bombs_of_depth_count_and_length_are_refused() {
        assert!(read(format!("{}{}", "<a>".repeat(32), "</a>".repeat(32)).as_bytes()).is_ok());
        assert!(is_too_large(&"<a>".repeat(33)));
        assert!(is_too_large(&"<a>".repeat(300_000)));
        assert!(is_too_large(&format!("<a>{}</a>", "<b/>".repeat(200_000))));
        let attributes: String = (0..80_000).map(|n| format!(" a{n}='1'")).collect();
        assert!(is_too_large(&format!("<a{attributes}/>")));
        let declarations: String = (0..50_000).map(|n| format!(" xmlns:a{n}='u'")).collect();
        assert!(is_too_large(&format!("<a{declarations}/>")));
        let (long, each) = ("u".repeat(1000), "<p:b/>".repeat(600));
        assert!(is_too_large(&format!("<a xmlns:p='{long}'>{each}</a>")));
        assert!(is_too_large(&format!("<a xmlns:p='p' xml:lang='{long}'>{each}</a>")));
        let long = "u".repeat(2000);
        assert!(is_too_large(&format!("<a xmlns='{long}'/>")));
        assert!(is_too_large(&format!("<a xml:lang='{long}'/>")));
        assert!(is_too_large(&format!("<a>{}</a>", " ".repeat(BODY_BYTES_MAX))));
    }

    #[test]
    fn an_empty_section_is_nothing() {
        assert_eq!(read(b"<a><![CDATA[]]></a>").unwrap().to_xml(), "<a/>");
    }

    #[test]
    fn line_ends_are_read_as_xml_says() {
        let root = read(b"<a xmlns='urn:\r\nb\tc&#9;&amp;'/>").unwrap();
        assert_eq!(root.name.namespace, "urn: b c\t&");
        assert_eq!(read(b"<a>1\r\n2\r3&#13;</a>").unwrap().to_xml(), "<a>1\n2\n3&#13;</a>");
    }
}
