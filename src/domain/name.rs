//! The name of a node within its folder.

use std::fmt;

use unicode_normalization::{UnicodeNormalization, is_nfc};

use crate::{Error, Result};

/// A name in NFC of 1 to 255 bytes of UTF-8, without `/` and NUL, and neither `.` nor `..`.
///
/// Two spellings of one name (Finder sends NFD, everybody else NFC) become equal here, so they can
/// never stand side by side in one folder.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeName(String);

impl NodeName {
    /// The longest name in bytes: what Linux and macOS file systems can hold.
    pub const BYTES_MAX: usize = 255;

    /// Reads a name as a client spelled it.
    ///
    /// # Errors
    /// [`Error::Invalid`] when it cannot be a name, [`Error::NameTooLong`] when it is over the limit.
    pub fn parse(spelled: &str) -> Result<Self> {
        let name: String = if is_nfc(spelled) { spelled.to_owned() } else { spelled.nfc().collect() };
        if name.len() > Self::BYTES_MAX {
            let limit = Self::BYTES_MAX;
            let text = format!("This name has {} bytes; a name may have at most {limit}.", name.len());
            return Err(Error::NameTooLong(text.into()));
        }
        match name.as_str() {
            "" => Err(Error::Invalid("A name cannot be empty.".into())),
            "." | ".." => Err(Error::Invalid("`.` and `..` cannot be names.".into())),
            _ if name.contains(['/', '\0']) => {
                Err(Error::Invalid("A name cannot contain a slash or a NUL character.".into()))
            }
            _ => Ok(Self(name)),
        }
    }

    /// A name that the house itself stored, taken as it is.
    pub fn stored(name: String) -> Self {
        Self(name)
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What stands before the extension, and the extension with its dot, if there is one. What wraps an archive belongs to
    /// it: `.tar.gz` is one. A longer end of a name, or one with a blank in it, is no extension.
    pub fn parts(&self) -> (&str, &str) {
        let is_extension = |end: &str| end.len() <= EXTENSION_BYTES_MAX && !end.contains(char::is_whitespace);
        let stem = match self.0.rsplit_once('.') {
            Some((stem, extension)) if !stem.is_empty() && is_extension(extension) => stem,
            _ => self.0.as_str(),
        };
        let is_archive = |at: &usize| *at > 0 && stem.len() < self.0.len();
        let tar = stem
            .len()
            .checked_sub(TAR.len())
            .filter(|at| is_archive(at) && stem.get(*at..).is_some_and(|end| end.eq_ignore_ascii_case(TAR)));
        self.0.split_at(tar.unwrap_or(stem.len()))
    }
}

/// A text cut off at a character so that it has at most so many bytes.
pub(crate) fn cut(text: &str, bytes_max: usize) -> &str {
    text.get(..text.floor_char_boundary(bytes_max)).unwrap_or_default()
}

const EXTENSION_BYTES_MAX: usize = 32;
const TAR: &str = ".tar";

impl fmt::Display for NodeName {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_spellings_of_a_name_are_one_name() {
        assert_eq!(NodeName::parse("u\u{308}ber").unwrap(), NodeName::parse("über").unwrap());
    }

    #[test]
    fn a_name_of_255_bytes_fits_and_one_of_256_does_not() {
        assert!(NodeName::parse(&"n".repeat(255)).is_ok());
        assert!(matches!(NodeName::parse(&"n".repeat(256)), Err(Error::NameTooLong(_))));
        // The limit counts what is stored: 3 bytes of NFD are 2 of NFC.
        assert!(NodeName::parse(&"u\u{308}".repeat(127)).is_ok());
    }

    #[test]
    fn an_extension_is_short_and_has_no_blanks() {
        for (name, extension) in [
            ("photo.jpg", ".jpg"),
            ("backup.tar.gz", ".tar.gz"),
            ("Backup.2026.TAR.zst", ".TAR.zst"),
            ("backup.tar", ".tar"),
            (".tar.gz", ".gz"),
            (".bashrc", ""),
            ("Makefile", ""),
            ("a.", "."),
            ("Mr. Smith", ""),
            ("a.thirty-three-bytes-are-no-extension", ""),
        ] {
            assert_eq!(NodeName::parse(name).unwrap().parts().1, extension, "{name}");
        }
    }

    #[test]
    fn what_cannot_be_a_name_is_refused() {
        for spelled in ["", ".", "..", "a/b", "a\0b"] {
            assert!(matches!(NodeName::parse(spelled), Err(Error::Invalid(_))), "{spelled:?}");
        }
    }

    #[test]
    fn user_dotfiles_and_the_icon_file_of_finder_are_names() {
        for spelled in [".bashrc", "Icon\r", "...", "~$report.docx", "a:b"] {
            assert_eq!(NodeName::parse(spelled).unwrap().as_str(), spelled);
        }
    }
}
