//! What a PROPPATCH changes (RFC 4918 §14.19).

use domain::{DeadProperty, Error, PropertyChange, Result};

use super::reader::read;

/// Each is a statement while everybody else who writes waits.
const CHANGES_MAX: usize = 256;

/// Reads the body of a PROPPATCH: its instructions in the order of the document.
///
/// # Errors
/// [`Invalid`](Error::Invalid) when it is something else or changes nothing; [`TooLarge`](Error::TooLarge).
pub fn read_proppatch(body: &[u8]) -> Result<Vec<PropertyChange>> {
    let root = read(body)?;
    if !root.is_dav("propertyupdate") {
        return Err(Error::Invalid("The body of a PROPPATCH is a DAV:propertyupdate.".into()));
    }
    let mut changes = Vec::new();
    for instruction in root.children() {
        let properties = instruction.dav_child("prop").into_iter().flat_map(|prop| prop.children());
        match () {
            () if instruction.is_dav("set") => changes.extend(properties.map(|property| {
                let (name, xml) = (property.name.clone(), property.to_xml());
                PropertyChange::Set(DeadProperty { name, xml })
            })),
            () if instruction.is_dav("remove") => {
                changes.extend(properties.map(|property| PropertyChange::Remove(property.name.clone())));
            }
            () => {}
        }
    }
    match changes.len() {
        0 => Err(Error::Invalid("This PROPPATCH changes nothing.".into())),
        1..=CHANGES_MAX => Ok(changes),
        _ => Err(Error::TooLarge(format!("A PROPPATCH may change {CHANGES_MAX} properties at once.").into())),
    }
}

#[cfg(test)]
mod tests {
    use domain::PropertyName;

    use super::*;

    #[test]
    fn instructions_keep_their_order() {
        let body = "<D:propertyupdate xmlns:D='DAV:' xmlns:a='urn:a'><D:set><D:prop><a:x>1</a:x></D:prop></D:set>\
                    <D:remove><D:prop><a:x/><a:y/></D:prop></D:remove></D:propertyupdate>";
        let name = |local: &str| PropertyName::new("urn:a", local);
        let xml = "<a:x xmlns:a=\"urn:a\">1</a:x>".to_owned();
        assert_eq!(
            read_proppatch(body.as_bytes()).unwrap(),
            [
                PropertyChange::Set(DeadProperty { name: name("x"), xml }),
                PropertyChange::Remove(name("x")),
                PropertyChange::Remove(name("y")),
            ]
        );
        assert!(read_proppatch(b"").is_err());
        assert!(read_proppatch(b"<D:propertyupdate xmlns:D='DAV:'/>").is_err());
    }
}
