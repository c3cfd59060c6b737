//! What a PROPFIND asks for (RFC 4918 §14.20).

use domain::{Error, PropertyName, Result};

use super::element::Element;
use super::reader::read;

/// How many properties may be asked for by name. KDE asks for 13 and sync clients for some 30; each comes back
/// once for every member of a folder, there or not.
const NAMES_MAX: usize = 256;
const NAMES_BYTES_MAX: usize = 32 * 1024;

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    /// Everything usual, and these.
    All(Vec<PropertyName>),
    /// The names of everything there is.
    Names,
    /// These.
    Some(Vec<PropertyName>),
}

/// Reads the body of a PROPFIND; none at all asks for everything (§9.1).
///
/// # Errors
/// [`Invalid`](Error::Invalid) when it is something else; [`TooLarge`](Error::TooLarge).
pub fn read_propfind(body: &[u8]) -> Result<Asked> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Ok(Asked::All(Vec::new()));
    }
    let root = read(body)?;
    if !root.is_dav("propfind") {
        return Err(Error::Invalid("The body of a PROPFIND is a DAV:propfind.".into()));
    }
    // The RFC has one `prop`; apps built on a library for iOS put each property into one of its own.
    let lists = |local: &'static str| root.children().filter(move |child| child.is_dav(local));
    let prop = lists("prop").next();
    match (prop, root.dav_child("allprop"), root.dav_child("propname")) {
        (Some(_), None, None) => Ok(Asked::Some(named(lists("prop"))?)),
        (None, Some(_), None) => Ok(Asked::All(named(lists("include"))?)),
        (None, None, Some(_)) => Ok(Asked::Names),
        _ => Err(Error::Invalid("A PROPFIND asks for one of prop, allprop and propname.".into())),
    }
}

/// The properties that the elements name, each once however often it is asked for.
///
/// # Errors
/// [`TooLarge`](Error::TooLarge) when there are too many.
pub fn named<'a>(elements: impl IntoIterator<Item = &'a Element>) -> Result<Vec<PropertyName>> {
    let mut names: Vec<PropertyName> = Vec::new();
    let mut bytes = 0;
    for (count, child) in elements.into_iter().flat_map(Element::children).enumerate() {
        bytes += child.name.namespace.len() + child.name.local.len();
        if count == NAMES_MAX || bytes > NAMES_BYTES_MAX {
            let text = format!("A request may name at most {NAMES_MAX} properties.");
            return Err(Error::TooLarge(text.into()));
        }
        if !names.contains(&child.name) {
            names.push(child.name.clone());
        }
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(inside: &str) -> Result<Asked> {
        read_propfind(format!("<D:propfind xmlns:D='DAV:'>{inside}</D:propfind>").as_bytes())
    }

    #[test]
    fn each_form_of_the_question_is_understood() {
        let dav = |local: &str| PropertyName::new("DAV:", local);
        assert_eq!(read_propfind(b" \r\n").unwrap(), Asked::All(vec![]));
        assert_eq!(asked("<D:propname/>").unwrap(), Asked::Names);
        assert_eq!(asked("<D:allprop/>").unwrap(), Asked::All(vec![]));
        let include = asked("<D:allprop/><D:include><D:supportedlock/></D:include>").unwrap();
        assert_eq!(include, Asked::All(vec![dav("supportedlock")]));
        let some = asked("<D:prop>stray<D:getetag/><x xmlns=''/><D:getetag/></D:prop>").unwrap();
        assert_eq!(some, Asked::Some(vec![dav("getetag"), PropertyName::new("", "x")]));
        let apart = asked("<D:prop><D:getetag/></D:prop><D:prop><D:resourcetype/></D:prop>").unwrap();
        assert_eq!(apart, Asked::Some(vec![dav("getetag"), dav("resourcetype")]));
    }

    #[test]
    fn thousands_of_names_for_each_member_are_refused() {
        let names: String = (0..1000).map(|n| format!("<p{n}/>")).collect();
        assert!(matches!(asked(&format!("<D:prop>{names}</D:prop>")), Err(Error::TooLarge(_))));
    }

    #[test]
    fn what_asks_for_nothing_or_for_two_things_is_refused() {
        for inside in ["", "<D:prop/><D:allprop/>", "<prop/>"] {
            assert!(asked(inside).is_err(), "{inside}");
        }
        assert!(read_propfind(b"<propfind/>").is_err());
        assert!(read_propfind(b"<D:propfind xmlns:D='DAV:'>").is_err());
    }
}
