//! What a PROPPATCH changes (RFC 4918 §14.19).

use domain::{Error, PropertyName, Result};

use super::element::Element;
use super::reader::read;

/// Each is a statement while everybody else who writes waits.
const CHANGES_MAX: usize = 256;

/// One of its instructions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Instruction {
    /// Give the property this value.
    Set(Element),
    /// Take the property away.
    Remove(PropertyName),
}

impl Instruction {
    /// The name of the property.
    pub fn name(&self) -> &PropertyName {
        match self {
            Self::Set(property) => &property.name,
            Self::Remove(name) => name,
        }
    }
}

/// Reads the body of a PROPPATCH: its instructions in the order of the document.
///
/// # Errors
/// [`Invalid`](Error::Invalid) when it is something else or changes nothing; [`TooLarge`](Error::TooLarge).
pub fn read_proppatch(body: &[u8]) -> Result<Vec<Instruction>> {
    let root = read(body)?;
    if !root.is_dav("propertyupdate") {
        return Err(Error::Invalid("The body of a PROPPATCH is a DAV:propertyupdate.".into()));
    }
    let mut changes = Vec::new();
    for instruction in root.children() {
        let properties = instruction.dav_child("prop").into_iter().flat_map(|prop| prop.children());
        match () {
            () if instruction.is_dav("set") => changes.extend(properties.cloned().map(Instruction::Set)),
            () if instruction.is_dav("remove") => {
                changes.extend(properties.map(|property| Instruction::Remove(property.name.clone())));
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
    use super::*;

    #[test]
    fn instructions_keep_their_order() {
        let body = "<D:propertyupdate xmlns:D='DAV:' xmlns:a='urn:a'><D:set><D:prop><a:x>1</a:x></D:prop></D:set>\
                    <D:remove><D:prop><a:x/><a:y/></D:prop></D:remove></D:propertyupdate>";
        let name = |local: &str| PropertyName::new("urn:a", local);
        let instructions = read_proppatch(body.as_bytes()).unwrap();
        let [Instruction::Set(x), removed @ ..] = &instructions[..] else { panic!("{instructions:?}") };
        assert_eq!((&x.name, x.to_xml().as_str()), (&name("x"), "<a:x xmlns:a=\"urn:a\">1</a:x>"));
        assert_eq!(removed, [Instruction::Remove(name("x")), Instruction::Remove(name("y"))]);
        assert!(read_proppatch(b"").is_err());
        assert!(read_proppatch(b"<D:propertyupdate xmlns:D='DAV:'/>").is_err());
    }
}
