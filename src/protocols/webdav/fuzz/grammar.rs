//! XML as clients send it, and as nobody should.

use hostile::proptest::collection::vec;
use hostile::proptest::prelude::*;
use hostile::proptest::sample::select;
use hostile::text;

/// Declared around every body, so that most elements below it have a namespace.
const DECLARED: &str = " xmlns:D='DAV:' xmlns:a=\"urn:a\" xmlns:b='urn:\r\n&quot;b&quot;&amp;&#x3c;'";

const NAMES: [&str; 14] = [
    "D:getetag",
    "D:displayname",
    "D:href",
    "D:owner",
    "D:prop",
    "a:x",
    "a:é",
    "b:x",
    "b:_-.7",
    "plain",
    "D:collection",
    "a:owner",
    "xml:x",
    "c:x",
];

const ATTRIBUTES: [&str; 16] = [
    " one='1'",
    " two=\"2\"",
    " a:one='&lt;&amp;\"'",
    " b:one=\"'&#10;&#9;\t\r\n\"",
    " xml:lang='de'",
    " xml:lang=''",
    " xmlns='urn:default'",
    " xmlns=''",
    " xmlns='DAV:'",
    " xmlns:a='urn:other'",
    " xmlns:D='urn:not-dav'",
    " xmlns:c='urn:c' c:d='e'",
    "\r\n xml:space = 'preserve' ",
    " xmlns:p='urn:a' p:one=''",
    " \u{e9}='\u{1d11e}'",
    " xmlns:a=''",
];

const TEXTS: [&str; 18] = [
    "text",
    " ",
    "\r\n\t",
    "\r",
    "]]",
    ">",
    "\"'",
    "é u\u{308} 𝄞 \u{85}\u{2028}",
    "&amp;",
    "&lt;&gt;&quot;&apos;",
    "&#13;&#xA;&#9;",
    "&#x10FFFD;",
    "<![CDATA[<a>&amp;\r\n]]>",
    "<![CDATA[]]]]><![CDATA[>]]>",
    "<!-- <a> & -->",
    "<?target data?>",
    "&nbsp;",
    "<![CDATA[]]>",
];

/// Whatever may stand in an element.
pub fn content() -> impl Strategy<Value = String> {
    let words =
        text::words().prop_map(|words| words.replace('&', "&amp;").replace('<', "&lt;").replace("]]>", "]]"));
    let leaf = prop_oneof![6 => select(&TEXTS[..]).prop_map(str::to_owned), 1 => words];
    let tree = leaf.prop_recursive(5, 40, 5, |inner| {
        let name = select(&NAMES[..]);
        let attributes = vec(select(&ATTRIBUTES[..]), 0..3);
        let inner = vec(inner, 0..5);
        (name, attributes, inner, any::<bool>()).prop_map(|(name, mut attributes, inner, short)| {
            // The same one twice is malformed.
            attributes.sort_unstable();
            attributes.dedup();
            let (attributes, inner) = (attributes.concat(), inner.concat());
            match short && inner.is_empty() {
                true => format!("<{name}{attributes}/>"),
                false => format!("<{name}{attributes}>{inner}</{name} >"),
            }
        })
    });
    let deep = (0..34_usize).prop_map(|depth| format!("{}{}", "<a:x>".repeat(depth), "</a:x>".repeat(depth)));
    let content = prop_oneof![20 => tree, 1 => deep];
    vec(content, 0..4).prop_map(|content| content.concat())
}

/// A document whose root has this name in `DAV:`.
pub fn document(
    root: &'static str,
    content: impl Strategy<Value = String> + 'static,
) -> BoxedStrategy<Vec<u8>> {
    let before =
        select(&["", "\u{feff}", "<?xml version=\"1.0\" encoding=\"utf-8\" ?>\n", "<!-- hi -->"][..]);
    let language = select(&["", " xml:lang='en'"][..]);
    let document = (before, language, content).prop_map(move |(before, language, content)| {
        format!("{before}<D:{root}{DECLARED}{language}>{content}</D:{root}>\n").into_bytes()
    });
    document.boxed()
}

/// An element in `DAV:` around other content.
pub fn element(name: &'static str, content: impl Strategy<Value = String>) -> impl Strategy<Value = String> {
    content.prop_map(move |content| format!("<D:{name}>{content}</D:{name}>"))
}
