//! The names that something gets whose own is taken: `photo (1).jpg`, `photo (2).jpg` and so on.

use crate::name::cut;
use crate::{Code, Error, Message, NodeName};

/// A name that a number goes into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NumberedName {
    before: String,
    after: String,
}

impl NumberedName {
    /// The highest number: each that is taken is looked at, while others who want to write wait.
    pub const NUMBER_MAX: u32 = 10_000;

    /// The number goes before the extension of a file, and to the end of a folder's name. The end of a name that gets too
    /// long is cut off before it, so that all numbers fit.
    pub fn of(name: &NodeName, is_folder: bool) -> Self {
        let (stem, extension) = if is_folder { (name.as_str(), "") } else { name.parts() };
        let number_bytes = format!(" ({})", Self::NUMBER_MAX).len();
        let room = NodeName::BYTES_MAX.saturating_sub(number_bytes + extension.len());
        Self { before: format!("{} (", cut(stem, room)), after: format!("){extension}") }
    }

    /// What stands before the number.
    pub fn before(&self) -> &str {
        &self.before
    }

    /// What stands after it.
    pub fn after(&self) -> &str {
        &self.after
    }

    /// The name with this number.
    pub fn with(&self, number: u32) -> NodeName {
        NodeName::stored(format!("{}{number}{}", self.before, self.after))
    }

    /// What somebody hears who may not have another name, or where all of them are taken.
    pub fn taken() -> Error {
        let sentence = "There is something with this name already; nothing was changed.";
        Error::Exists(Message::coded(Code::NameTaken, sentence))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn numbered(name: &str, is_folder: bool) -> String {
        NumberedName::of(&NodeName::parse(name).unwrap(), is_folder).with(1).to_string()
    }

    #[test]
    fn the_number_stands_before_the_extension_of_a_file() {
        for (name, expected) in [
            ("photo.jpg", "photo (1).jpg"),
            ("photo (1).jpg", "photo (1) (1).jpg"),
            ("backup.tar.gz", "backup (1).tar.gz"),
            (".bashrc", ".bashrc (1)"),
            ("Makefile", "Makefile (1)"),
        ] {
            assert_eq!(numbered(name, false), expected);
        }
        assert_eq!(numbered("v1.2", true), "v1.2 (1)");
    }

    #[test]
    fn a_long_name_is_cut_at_a_character_so_that_its_number_and_extension_stay() {
        let name = format!("{}.jpg", "ü".repeat(125));
        let numbered = numbered(&name, false);
        assert_eq!(numbered, format!("{} (1).jpg", "ü".repeat(121)));
        assert!(numbered.len() <= NodeName::BYTES_MAX);
    }

    proptest! {
        #[test]
        fn every_one_is_a_name(
            name in "\\PC{1,200}", number in 1..=NumberedName::NUMBER_MAX, is_folder in any::<bool>()
        ) {
            if let Ok(name) = NodeName::parse(&name) {
                let made = NumberedName::of(&name, is_folder).with(number);
                prop_assert_eq!(NodeName::parse(made.as_str()).ok(), Some(made));
            }
        }
    }
}
