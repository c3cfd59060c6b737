//! What becomes of something that meets another of its name.

use std::str::FromStr;

use crate::{Error, Result};

/// What to do where two things of one name meet in a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OnConflict {
    /// The new one gets a free name: `photo (1).jpg`.
    Rename,
    /// The new one takes the place of the old one, which is kept as a version or in the trash.
    Replace,
    /// Nothing happens, and whoever asked is told.
    Fail,
}

impl OnConflict {
    /// All of them as the API writes them.
    pub const WORDS: [&'static str; 3] = ["rename", "replace", "fail"];
}

impl FromStr for OnConflict {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text {
            "rename" => Ok(Self::Rename),
            "replace" => Ok(Self::Replace),
            "fail" => Ok(Self::Fail),
            _ => Err(Error::Invalid("`on_conflict` is `rename`, `replace` or `fail`.".into())),
        }
    }
}
