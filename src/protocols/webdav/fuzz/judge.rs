//! Another reader of XML, to judge by: what this crate writes must be well-formed to everybody, and mean the same.

use roxmltree::{Document, Node, NodeType, ParsingOptions};

const XML: &str = "http://www.w3.org/XML/1998/namespace";

/// What an element is made of, whatever its prefixes, quotes and references are.
#[derive(Debug, PartialEq, Eq)]
pub enum Part {
    /// With namespace, local name, and its attributes in the same way, sorted.
    Start(String, String, Vec<(String, String, String)>),
    Text(String),
    End,
}

/// Reads a document that this crate wrote: it must be well-formed.
#[track_caller]
pub fn read(document: &str) -> Document<'_> {
    parse(document).unwrap_or_else(|error| panic!("{error} in {}", document.escape_debug()))
}

/// What a client sent, with line ends as XML 1.0 §2.11 has them; the judge forgets one before a reference.
pub fn sent(body: &[u8]) -> String {
    String::from_utf8_lossy(body).replace("\r\n", "\n").replace('\r', "\n")
}

/// Reads what a client sent. Where the judge is stricter than this crate there is nothing to compare.
pub fn understand(sent: &str) -> Option<Document<'_>> {
    parse(sent).ok()
}

fn parse(document: &str) -> Result<Document<'_>, roxmltree::Error> {
    Document::parse_with_options(document, ParsingOptions { allow_dtd: false, ..ParsingOptions::default() })
}

/// The first element of this name in `DAV:`.
#[track_caller]
pub fn find<'a, 'input>(document: &'a Document<'input>, local: &str) -> Node<'a, 'input> {
    let found = document.descendants().find(|node| node.has_tag_name(("DAV:", local)));
    found.unwrap_or_else(|| panic!("no {local} in {}", document.input_text().escape_debug()))
}

/// The text of an element that holds nothing else.
pub fn text(node: Node<'_, '_>) -> String {
    node.children().map(|child| child.text().unwrap_or("not text")).collect()
}

/// The parts of an element. Its language may be set far above it, so it counts as set on the element itself.
pub fn parts(element: Node<'_, '_>) -> Vec<Part> {
    let mut parts = Vec::new();
    push(element, &mut parts);
    let language = element.ancestors().find_map(|node| node.attribute((XML, "lang")));
    if let (Some(language), Some(Part::Start(_, _, attributes))) = (language, parts.first_mut()) {
        attributes.retain(|(namespace, local, _)| (namespace.as_str(), local.as_str()) != (XML, "lang"));
        attributes.push((XML.into(), "lang".into(), language.into()));
        attributes.sort();
    }
    parts
}

fn push(node: Node<'_, '_>, parts: &mut Vec<Part>) {
    match node.node_type() {
        NodeType::Element => {
            let name = node.tag_name();
            let attributes = node.attributes().map(|attribute| {
                let namespace = attribute.namespace().unwrap_or_default();
                (namespace.to_owned(), attribute.name().to_owned(), attribute.value().to_owned())
            });
            let mut attributes: Vec<_> = attributes.collect();
            attributes.sort();
            parts.push(Part::Start(
                name.namespace().unwrap_or_default().into(),
                name.name().into(),
                attributes,
            ));
            node.children().for_each(|child| push(child, parts));
            parts.push(Part::End);
        }
        NodeType::Text => match (node.text().unwrap_or_default(), parts.last_mut()) {
            ("", _) => {}
            // Where a comment stood between them it is one text to us.
            (text, Some(Part::Text(before))) => before.push_str(text),
            (text, _) => parts.push(Part::Text(text.to_owned())),
        },
        NodeType::Root | NodeType::Comment | NodeType::PI => {}
    }
}
