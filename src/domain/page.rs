//! Long lists, a page at a time: a page begins behind the last entry of the one before, so that none is skipped or told
//! twice whatever comes and goes in between.

use std::fmt;

use crate::{Code, Error, Message, Result};

/// The longest page.
pub const ENTRIES_MAX: u32 = 500;
/// The length of a page whose length nobody chose.
pub const ENTRIES: u32 = 100;

/// What entries are sorted by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Key {
    /// A moment, a size or another number.
    Number(i64),
    /// A name.
    Text(String),
}

/// A place in a list: behind the entry with this key and, among those with the same key, this identity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    /// The order that it is a place in.
    pub order: String,
    /// What that entry was sorted by.
    pub key: Key,
    /// Its identity as text.
    pub id: String,
}

impl Cursor {
    /// Reads what [`Display`](fmt::Display) wrote.
    ///
    /// # Errors
    /// [`Invalid`](Error::Invalid) for anything else.
    pub fn parse(text: &str) -> Result<Self> {
        let unknown = || {
            let sentence = "This cursor is none of this list; begin with the first page.";
            Error::Invalid(Message::coded(Code::CursorUnknown, sentence))
        };
        let bytes = hex::decode(text).map_err(|_| unknown())?;
        let text = String::from_utf8(bytes).map_err(|_| unknown())?;
        let mut parts = text.splitn(3, '\n');
        let (Some(order), Some(id), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(unknown());
        };
        let key = match key.split_at_checked(1).ok_or_else(unknown)? {
            ("n", number) => Key::Number(number.parse().map_err(|_| unknown())?),
            // Neither database takes a zero in a text.
            ("t", name) if !name.contains('\0') => Key::Text(name.to_owned()),
            _ => return Err(unknown()),
        };
        Ok(Self { order: order.to_owned(), key, id: id.to_owned() })
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = match &self.key {
            Key::Number(number) => format!("n{number}"),
            Key::Text(name) => format!("t{name}"),
        };
        out.write_str(&hex::encode(format!("{}\n{}\n{key}", self.order, self.id)))
    }
}

/// Which part of a list is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageRequest {
    /// Behind which entry; none for the beginning.
    pub after: Option<Cursor>,
    /// How many entries, from 1 to [`ENTRIES_MAX`].
    pub entries: u32,
    /// Whether it is to be said how many there are in all.
    pub with_total: bool,
}

impl Default for PageRequest {
    fn default() -> Self {
        Self { after: None, entries: ENTRIES, with_total: false }
    }
}

/// A part of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// The entries, in the order asked for.
    pub entries: Vec<T>,
    /// Where the next page begins; none when this is the last one.
    pub next: Option<Cursor>,
    /// How many entries there are in all, if that was asked.
    pub total: Option<u64>,
}

impl<T> Page<T> {
    /// The same page of other entries.
    pub fn map<U>(self, change: impl FnMut(T) -> U) -> Page<U> {
        Page { entries: self.entries.into_iter().map(change).collect(), next: self.next, total: self.total }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_as_it_was_written_and_nothing_else_is_one() {
        for key in [Key::Number(-7), Key::Text("a\nb".to_owned()), Key::Text(String::new())] {
            let cursor = Cursor { order: "name".to_owned(), key, id: "7".to_owned() };
            assert_eq!(Cursor::parse(&cursor.to_string()).unwrap(), cursor);
        }
        for wrong in
            ["", "zz", "00", &hex::encode("name\n7\nx"), &hex::encode("a\n7\nt\0"), &hex::encode("a\n7\n")]
        {
            assert!(matches!(Cursor::parse(wrong), Err(Error::Invalid(_))), "{wrong}");
        }
    }
}
