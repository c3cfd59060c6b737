//! An XML document as its parser sees it: prefixes, white space and entity references are still there.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

pub const DAV: &str = "DAV:";
const XML: &str = "http://www.w3.org/XML/1998/namespace";

#[derive(Debug)]
pub struct Element {
    pub prefix: String,
    pub namespace: String,
    pub local: String,
    /// Without those that declare prefixes.
    pub attributes: Vec<(String, String)>,
    pub content: Vec<Content>,
}

#[derive(Debug)]
pub enum Content {
    Element(Element),
    Text(String),
    /// `amp` of `&amp;`.
    Reference(String),
}

/// Reads a document; what is not well-formed or has a prefix that nobody declared fails the test.
#[track_caller]
pub fn parse(text: &str) -> Element {
    let mut reader = Reader::from_str(text);
    let mut declared = vec![vec![("xml".to_owned(), XML.to_owned())]];
    let mut open: Vec<Element> = Vec::new();
    let mut root = None;
    loop {
        let closed = match reader.read_event().unwrap_or_else(|error| panic!("{error} in {text}")) {
            Event::Start(start) => {
                open.push(element(&start, &mut declared, text));
                None
            }
            Event::Empty(start) => Some(element(&start, &mut declared, text)),
            Event::End(_) => Some(open.pop().unwrap()),
            Event::Text(found) => {
                put(&mut open, Content::Text(found.to_string()), text);
                continue;
            }
            Event::GeneralRef(found) => {
                put(&mut open, Content::Reference(found.to_string()), text);
                continue;
            }
            Event::CData(_) | Event::Comment(_) | Event::PI(_) | Event::DocType(_) => {
                panic!("something no simple reader expects in {text}")
            }
            Event::Decl(_) => continue,
            Event::Eof => break,
        };
        let Some(closed) = closed else { continue };
        declared.pop();
        match open.last_mut() {
            Some(parent) => parent.content.push(Content::Element(closed)),
            None => assert!(root.replace(closed).is_none(), "two roots in {text}"),
        }
    }
    assert!(open.is_empty(), "an element is not closed in {text}");
    root.unwrap_or_else(|| panic!("no element in {text}"))
}

fn put(open: &mut [Element], content: Content, text: &str) {
    let parent = open.last_mut().unwrap_or_else(|| panic!("text outside of the root in {text}"));
    parent.content.push(content);
}

fn element(start: &BytesStart<'_>, declared: &mut Vec<Vec<(String, String)>>, text: &str) -> Element {
    let (mut attributes, mut own) = (Vec::new(), Vec::new());
    for attribute in start.attributes() {
        let attribute = attribute.unwrap_or_else(|error| panic!("{error} in {text}"));
        let (key, value) = (attribute.key.as_ref().to_owned(), attribute.value.into_owned());
        match key.strip_prefix("xmlns") {
            Some("") => own.push((String::new(), value)),
            Some(prefix) => own.push((prefix.trim_start_matches(':').to_owned(), value)),
            None => attributes.push((key, value)),
        }
    }
    declared.push(own);
    let name = start.name().as_ref().to_owned();
    let (prefix, local) = name.split_once(':').unwrap_or(("", &name));
    let scopes = declared.iter().rev().flatten();
    let namespace =
        scopes.filter(|(known, _)| known == prefix).map(|(_, namespace)| namespace.clone()).next();
    assert!(prefix.is_empty() || namespace.is_some(), "nobody declared the prefix of {name} in {text}");
    let namespace = namespace.unwrap_or_default();
    Element { prefix: prefix.to_owned(), namespace, local: local.to_owned(), attributes, content: Vec::new() }
}

impl Element {
    pub fn is_dav(&self, local: &str) -> bool {
        self.namespace == DAV && self.local == local
    }

    pub fn children(&self) -> impl Iterator<Item = &Element> {
        self.content.iter().filter_map(|content| match content {
            Content::Element(element) => Some(element),
            Content::Text(_) | Content::Reference(_) => None,
        })
    }

    /// The first child of this name in `DAV:`.
    pub fn child(&self, local: &str) -> Option<&Element> {
        self.children().find(|child| child.is_dav(local))
    }

    /// The children of this name in `DAV:`.
    pub fn all<'a>(&'a self, local: &'a str) -> impl Iterator<Item = &'a Element> {
        self.children().filter(move |child| child.is_dav(local))
    }

    /// The element with everything below it, in the order of the document.
    pub fn walk(&self) -> Vec<&Element> {
        let mut found = vec![self];
        found.extend(self.children().flat_map(Self::walk));
        found
    }

    /// What stands in it as text, the five references of XML understood.
    pub fn text(&self) -> String {
        self.content.iter().map(Content::plain).collect()
    }
}

impl Content {
    fn plain(&self) -> String {
        match self {
            Self::Element(_) => String::new(),
            Self::Text(text) => text.clone(),
            Self::Reference(name) => match name.as_str() {
                "amp" => "&".into(),
                "lt" => "<".into(),
                "gt" => ">".into(),
                "quot" => "\"".into(),
                "apos" => "'".into(),
                other => match other
                    .strip_prefix('#')
                    .and_then(|number| number.parse().ok())
                    .and_then(char::from_u32)
                {
                    Some(letter) => letter.to_string(),
                    None => panic!("the reference &{other}; is none of XML's own"),
                },
            },
        }
    }
}
