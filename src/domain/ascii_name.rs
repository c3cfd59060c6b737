//! Names in ASCII, for clients that can show nothing else; each tells by the number of its node which it is.

use std::borrow::Cow;

use any_ascii::any_ascii;

use crate::{NodeId, NodeName};

/// What stands before the number.
const MARK: char = '~';

/// An extension is shown up to here, so that there is room for the rest.
const EXTENSION_BYTES_MAX: usize = 100;

/// The name in ASCII: transliterated, with the node's number before the extension. `Übersicht.pdf` is
/// `Ubersicht~1z8.pdf`. A name that is ASCII already stays as it is.
pub fn shown(name: &NodeName, id: NodeId) -> Cow<'_, str> {
    let name = name.as_str();
    if name.is_ascii() {
        return Cow::Borrowed(name);
    }
    let (stem, extension) = match name.rsplit_once('.') {
        Some((stem, extension)) if !stem.is_empty() => (stem, extension),
        _ => (name, ""),
    };
    let mut end = format!("{MARK}{}", base_36(id));
    // The last mark is the one that the number follows.
    let extension = transliterated(extension).replace(MARK, "_");
    if !extension.is_empty() {
        end.push('.');
        end.push_str(&extension[..extension.len().min(EXTENSION_BYTES_MAX)]);
    }
    let mut shown = transliterated(stem);
    shown.truncate(NodeName::BYTES_MAX - end.len());
    shown.push_str(&end);
    Cow::Owned(shown)
}

/// The number of the node that a name may have been shown for. Whether it was is known once that node's name is.
pub fn hint(shown: &str) -> Option<NodeId> {
    let (_, end) = shown.rsplit_once(MARK).filter(|_| shown.is_ascii())?;
    let number =
        end.split('.').next().filter(|number| number.bytes().all(|digit| digit.is_ascii_alphanumeric()))?;
    i64::from_str_radix(number, 36).ok().map(NodeId)
}

/// In ASCII, without anything that a system or a URL gives a meaning of its own.
fn transliterated(text: &str) -> String {
    let special = |letter: char| letter.is_ascii_control() || r#"/\<>:"|?*"#.contains(letter);
    any_ascii(text).replace(special, "_")
}

fn base_36(id: NodeId) -> String {
    let (mut rest, mut digits) = (id.0.unsigned_abs(), Vec::new());
    loop {
        // A digit is below 36, so nothing is cut.
        digits.extend(char::from_digit((rest % 36) as u32, 36));
        rest /= 36;
        if rest == 0 {
            return digits.into_iter().rev().collect();
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn form(name: &str, id: i64) -> String {
        shown(&NodeName::parse(name).unwrap(), NodeId(id)).into_owned()
    }

    #[test]
    fn a_name_is_transliterated_and_numbered_before_its_extension() {
        for (name, in_ascii) in [
            ("Müller Übersicht.pdf", "Muller Ubersicht~1z8.pdf"),
            ("日本.tar.gz", "RiBen.tar~1z8.gz"),
            ("ordner.ü", "ordner~1z8.u"),
            (".größe", ".grosse~1z8"),
            ("ü.", "u~1z8"),
            ("👑.png", "_crown_~1z8.png"),
            ("\u{f03a}", "~1z8"),
            ("a½b…", "a1_2b...~1z8"),
            ("a~b.ç~d", "a~b~1z8.c_d"),
        ] {
            assert_eq!(form(name, 2564), in_ascii, "{name}");
            assert_eq!(hint(in_ascii), Some(NodeId(2564)));
        }
        for name in ["plain.txt", "a:b", "Icon\r", "report~final.doc"] {
            assert_eq!(form(name, 1), name);
        }
    }

    #[test]
    fn what_names_no_number_is_no_hint() {
        for name in [
            "a.txt",
            "~",
            "backup~",
            "~$report.docx",
            "a~-1",
            "a~+1",
            "a~ 1",
            "a~ü",
            "ü~1",
            "a~zzzzzzzzzzzzzz",
            "a~.1",
        ] {
            assert_eq!(hint(name), None, "{name}");
        }
        assert_eq!(hint("~0"), Some(NodeId(0)));
        assert_eq!(hint("PROGRA~1"), Some(NodeId(1)));
        assert_eq!(hint(&form("ü", i64::MAX)), Some(NodeId(i64::MAX)));
    }

    proptest! {
        #[test]
        fn every_form_is_a_name_in_ascii_that_leads_back(name in "\\PC{1,80}", id in 1..i64::MAX) {
            if let Ok(name) = NodeName::parse(&name) && !name.as_str().is_ascii() {
                let form = shown(&name, NodeId(id));
                prop_assert!(form.is_ascii() && NodeName::parse(&form).is_ok(), "{:?}", form);
                prop_assert!(!form.contains(|letter: char| letter.is_ascii_control()), "{:?}", form);
                prop_assert_eq!(hint(&form), Some(NodeId(id)), "{:?}", form);
            }
        }
    }
}
