//! Names as Windows can show them, and back: one formula, without a look at anything else.
//!
//! Windows opens no folder in which one name has a `:` or ends in a dot. What it cannot show is moved to where
//! Cygwin, WSL and the Linux client of SMB put it: the character `c` becomes U+F000 + `c`, in the private use
//! area. No name holds a NUL or a slash, so their two places are free: U+F000 stands for nothing at all and
//! tells names apart that are equal but for case; U+F02F says that the next character, of the same area, is
//! meant as it is. So every name is shown in some form, no two share one, and each form is read back as the
//! name it came from.

use std::borrow::Cow;

/// Stands for nothing: a name that holds it was shown apart from its like in another case.
pub const NOTHING: char = '\u{f000}';
/// What follows stands for itself.
const ITSELF: char = '\u{f02f}';

/// The longest name Windows knows, in UTF-16.
const UNITS_MAX: usize = 255;

/// Alone or before a dot these are devices, in any case. The digits ¹, ² and ³ count as 1, 2 and 3.
const DEVICES: [&str; 6] = ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"];
const NUMBERED_DEVICES: [&str; 2] = ["COM", "LPT"];

/// The name as Windows is shown it.
pub fn shown(name: &str) -> Cow<'_, str> {
    let last = name.len().saturating_sub(1);
    let trailing = name.ends_with(['.', ' ']).then_some(last);
    let device = device_letter(name);
    let is_moved = |at: usize, letter: char| {
        is_unshowable(letter) || trailing == Some(at) || device == Some(at) || is_moved_letter(letter)
    };
    if !name.char_indices().any(|(at, letter)| is_moved(at, letter)) {
        return Cow::Borrowed(name);
    }
    let mut shown = String::with_capacity(name.len() + 8);
    for (at, letter) in name.char_indices() {
        match is_moved(at, letter) {
            true if is_moved_letter(letter) => shown.extend([ITSELF, letter]),
            true => shown.push(moved(letter)),
            false => shown.push(letter),
        }
    }
    Cow::Owned(shown)
}

/// The name that Windows means by one it was shown, or made from one. No slash and no NUL can come of it.
pub fn read(shown: &str) -> Cow<'_, str> {
    if !shown.contains(is_moved_letter) {
        return Cow::Borrowed(shown);
    }
    let mut name = String::with_capacity(shown.len());
    let mut letters = shown.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            NOTHING => {}
            ITSELF => name.push(letters.next_if(|next| is_moved_letter(*next)).unwrap_or(ITSELF)),
            _ if is_moved_letter(letter) => name.push(moved_back(letter)),
            _ => name.push(letter),
        }
    }
    Cow::Owned(name)
}

/// A form of a shown name that differs from it, and from its other forms, by more than case; nothing when it
/// would be longer than Windows reads. With 0 it is the name itself.
pub fn apart(shown: Cow<'_, str>, number: usize) -> Option<Cow<'_, str>> {
    let units = shown.encode_utf16().count().saturating_add(number);
    if units > UNITS_MAX {
        return None;
    }
    if number == 0 {
        return Some(shown);
    }
    // Before the extension, so that the file opens in the same program.
    let end = shown.rfind('.').filter(|at| *at > 0).unwrap_or(shown.len());
    let mut apart = shown.into_owned();
    apart.insert_str(end, &NOTHING.to_string().repeat(number));
    Some(Cow::Owned(apart))
}

/// The name without its case: two names are one to Windows if these are equal.
///
/// As in Windows each letter counts by itself, so `ß` is not `SS`; and no letter beyond ASCII is one of ASCII,
/// which keeps `ı` and `ſ` apart from `I` and `S`.
pub fn folded(name: &str) -> String {
    // By way of the capital, since a letter such as sigma has two small forms.
    let fold = |letter: char| {
        let capital = alone(letter.to_uppercase(), letter);
        alone(capital.to_lowercase(), capital)
    };
    name.chars().map(fold).collect()
}

/// The other case of a letter where that is one letter too.
fn alone(mut other: impl Iterator<Item = char>, letter: char) -> char {
    match (other.next(), other.next()) {
        (Some(one), None) if one.is_ascii() == letter.is_ascii() => one,
        _ => letter,
    }
}

fn is_unshowable(letter: char) -> bool {
    letter.is_ascii_control() || matches!(letter, '<' | '>' | ':' | '"' | '\\' | '|' | '?' | '*')
}

fn is_moved_letter(letter: char) -> bool {
    matches!(letter, '\u{f000}'..='\u{f07f}')
}

fn moved(letter: char) -> char {
    char::from_u32(u32::from(NOTHING) + u32::from(letter)).unwrap_or(letter)
}

fn moved_back(letter: char) -> char {
    char::from_u32(u32::from(letter) - u32::from(NOTHING)).unwrap_or(letter)
}

/// Where the last letter of a device's name is, if the name is one of a device.
fn device_letter(name: &str) -> Option<usize> {
    let device = name.split('.').next().unwrap_or(name).trim_end_matches(' ');
    let is_numbered = |start: &str| {
        let number = device.get(..start.len()).filter(|begin| begin.eq_ignore_ascii_case(start));
        let mut number = number.map(|begin| device[begin.len()..].chars()).into_iter().flatten();
        matches!((number.next(), number.next()), (Some('0'..='9' | '¹' | '²' | '³'), None))
    };
    let is_device = DEVICES.iter().any(|known| known.eq_ignore_ascii_case(device))
        || NUMBERED_DEVICES.iter().any(|start| is_numbered(start));
    is_device.then(|| device.rfind(|letter: char| letter.is_ascii_alphabetic())).flatten()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;
    use crate::NodeName;

    #[test]
    fn what_windows_cannot_show_is_shown_in_the_private_use_area() {
        for (name, form) in [
            ("a:b", "a\u{f03a}b"),
            ("<>:\"\\|?*", "\u{f03c}\u{f03e}\u{f03a}\u{f022}\u{f05c}\u{f07c}\u{f03f}\u{f02a}"),
            ("Icon\r", "Icon\u{f00d}"),
            ("\u{1}\u{1f}\u{7f}", "\u{f001}\u{f01f}\u{f07f}"),
            ("end.", "end\u{f02e}"),
            ("end ", "end\u{f020}"),
            (". .", ". \u{f02e}"),
            ("...", "..\u{f02e}"),
            ("con", "co\u{f06e}"),
            ("Nul.tar.gz", "Nu\u{f06c}.tar.gz"),
            ("COM1", "CO\u{f04d}1"),
            ("lpt\u{b2}.txt", "lp\u{f074}\u{b2}.txt"),
            ("CONIN$", "CONI\u{f04e}$"),
            ("aux .txt", "au\u{f078} .txt"),
            ("CON ", "CO\u{f04e}\u{f020}"),
            ("a\u{f03a}\u{f02f}\u{f000}", "a\u{f02f}\u{f03a}\u{f02f}\u{f02f}\u{f02f}\u{f000}"),
        ] {
            assert_eq!(shown(name), form, "{name:?}");
            assert_eq!(read(form), name, "{form:?}");
        }
    }

    #[test]
    fn what_windows_can_show_is_shown_as_it_is() {
        for name in [
            "a.txt",
            " a",
            ".a",
            "console",
            "COM10",
            "COM",
            "com\u{2074}",
            "xCON",
            "CON-1",
            "CONIN",
            "übersicht & co, (1) [2] 100%",
            "日本",
            "🦀",
            "\u{f080}\u{efff}",
            "",
        ] {
            assert!(matches!(shown(name), Cow::Borrowed(form) if form == name), "{name:?}");
            assert!(matches!(read(name), Cow::Borrowed(form) if form == name), "{name:?}");
        }
    }

    #[test]
    fn no_slash_and_no_nul_is_read_out_of_anything() {
        assert_eq!(read("a\u{f02f}b\u{f000}c\u{f02f}"), "a\u{f02f}bc\u{f02f}");
        assert_eq!(read("\u{f02e}\u{f02e}\u{f02f}etc"), "..\u{f02f}etc");
    }

    #[test]
    fn names_that_differ_by_case_alone_are_told_apart_before_the_extension() {
        let apart = |name: &str, number| apart(shown(name), number).map(Cow::into_owned);
        assert_eq!(apart("readme.txt", 0).unwrap(), "readme.txt");
        assert_eq!(apart("readme.txt", 2).unwrap(), "readme\u{f000}\u{f000}.txt");
        assert_eq!(apart(".profile", 1).unwrap(), ".profile\u{f000}");
        assert_eq!(apart("ä", 1).unwrap(), "ä\u{f000}");
        assert_eq!(read("readme\u{f000}\u{f000}.txt"), "readme.txt");
        assert_eq!(apart(&"n".repeat(254), 1).map(|form| form.chars().count()), Some(255));
        assert_eq!(apart(&"n".repeat(255), 1), None);
        assert_eq!(apart("n", usize::MAX), None);
    }

    #[test]
    fn case_counts_letter_by_letter() {
        assert_eq!(folded("Straße ÜBER.txt"), folded("STRAßE über.TXT"));
        assert_ne!(folded("Straße"), folded("STRASSE"));
        assert_ne!(folded("ı"), folded("i"));
        assert_ne!(folded("ſ"), folded("s"));
        assert_eq!(folded("ΣΊΣΥΦΟΣ"), folded("σίσυφος"));
        assert_eq!(folded("ᾼ"), folded("ᾳ"));
        assert_eq!(folded("İ").chars().count(), 1);
    }

    /// Names of few letters, so that they meet: in both cases, moved, unshowable, composed.
    fn names() -> impl Strategy<Value = Vec<String>> {
        let letter = prop::sample::select(vec![
            'c', 'o', 'n', 'C', 'O', 'N', '.', ' ', ':', '*', '1', 'ä', 'Ä', '\u{338}', '\u{301}', '<', '\r',
            '\u{f000}', '\u{f02e}', '\u{f02f}', '\u{f03a}', '\u{f06f}', '\u{f06e}', '\u{f04e}', '🦀',
        ]);
        let name = prop::collection::vec(letter, 1..6).prop_map(String::from_iter);
        prop::collection::vec(name, 1..60)
    }

    proptest! {
        #[test]
        fn whatever_a_folder_holds_no_two_names_are_shown_alike_and_each_is_read_back(spelled in names()) {
            let names: HashSet<NodeName> = spelled.iter().filter_map(|name| NodeName::parse(name).ok()).collect();
            let mut seen = std::collections::HashMap::<String, usize>::new();
            let mut forms = HashSet::new();
            for name in &names {
                let form = shown(name.as_str());
                let number = seen.entry(folded(&form)).or_default();
                let form = apart(form, *number).unwrap();
                *number += 1;
                prop_assert!(!form.contains(is_unshowable) && !form.ends_with(['.', ' ']), "{:?}", form);
                prop_assert_eq!(device_letter(&form), None, "{:?}", form);
                prop_assert_eq!(&NodeName::parse(&read(&form)).unwrap(), name, "{:?}", form);
                prop_assert!(forms.insert(folded(&form)), "{:?} is shown twice", form);
            }
        }

        #[test]
        fn any_name_is_read_back_whatever_it_holds(name in "\\PC{0,20}|[\u{efff}-\u{f081}a.: ]{0,20}") {
            let forms = [shown(&name), apart(shown(&name), 3).unwrap()];
            for form in forms {
                let back = read(&form);
                prop_assert_eq!(&*back, name.as_str(), "{:?}", form);
            }
        }
    }
}
