//! In which order files and folders are listed.

use std::str::FromStr;

use crate::{Error, Result};

/// What they are sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NodeKey {
    /// The name, byte by byte.
    Name,
    /// The moment of the content.
    Modified,
    /// The length; folders have none.
    Size,
    /// The moment it was removed, of what is in the trash.
    Removed,
}

impl NodeKey {
    /// Those of what is in a folder.
    pub const IN_FOLDERS: [Self; 3] = [Self::Name, Self::Modified, Self::Size];
    /// Those of what is in the trash.
    pub const IN_TRASH: [Self; 4] = [Self::Name, Self::Modified, Self::Size, Self::Removed];

    /// As the API writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Modified => "modified",
            Self::Size => "size",
            Self::Removed => "removed",
        }
    }
}

/// What they are sorted by, and from which end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct NodeOrder {
    /// By what.
    pub key: NodeKey,
    /// Whether the greatest comes first.
    pub is_descending: bool,
}

impl Default for NodeOrder {
    fn default() -> Self {
        Self { key: NodeKey::Name, is_descending: false }
    }
}

impl NodeOrder {
    /// Reads the word of one of these keys, with a `-` before it for the other way round.
    ///
    /// # Errors
    /// [`Invalid`](Error::Invalid) for anything else.
    pub fn parse(text: &str, keys: &[NodeKey]) -> Result<Self> {
        let (word, is_descending) = text.strip_prefix('-').map_or((text, false), |word| (word, true));
        match keys.iter().find(|key| key.as_str() == word) {
            Some(key) => Ok(Self { key: *key, is_descending }),
            None => {
                let words: Vec<_> = keys.iter().map(|key| key.as_str()).collect();
                let words = words.join(", ");
                let sentence =
                    format!("`order` is one of {words}, with a `-` before it for the other way round.");
                Err(Error::Invalid(sentence.into()))
            }
        }
    }
}

/// Which of them are listed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum NodeFilter {
    /// All of them.
    #[default]
    All,
    /// Files only.
    Files,
    /// Folders only.
    Folders,
}

impl FromStr for NodeFilter {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text {
            "file" => Ok(Self::Files),
            "folder" => Ok(Self::Folders),
            _ => Err(Error::Invalid("`kind` is `file` or `folder`.".into())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_an_order_and_nothing_else_is() {
        for key in NodeKey::IN_TRASH {
            let order = |text: &str| NodeOrder::parse(text, &NodeKey::IN_TRASH).unwrap();
            assert_eq!(order(key.as_str()), NodeOrder { key, is_descending: false });
            assert_eq!(order(&format!("-{}", key.as_str())), NodeOrder { key, is_descending: true });
        }
        for wrong in ["", "-", "--name", "Name", "id", "removed"] {
            assert!(
                matches!(NodeOrder::parse(wrong, &NodeKey::IN_FOLDERS), Err(Error::Invalid(_))),
                "{wrong}"
            );
        }
    }
}
