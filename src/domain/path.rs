//! Where a node lies, seen from the root of its space.

use std::fmt;

use crate::{Error, NodeName, Result};

/// The names from the root of a space down to a node; none at all for the root itself.
///
/// No row stores a path: it exists only while a request is answered.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct NodePath(Vec<NodeName>);

impl NodePath {
    /// The path of the root of a space.
    pub fn root() -> Self {
        Self::default()
    }

    /// Puts a path together and holds it against the limit, in characters with one `/` before each name.
    ///
    /// # Errors
    /// [`Error::NameTooLong`] when it is longer than `chars_max`.
    pub fn new(names: Vec<NodeName>, chars_max: usize) -> Result<Self> {
        let path = Self(names);
        path.fits(chars_max)?;
        Ok(path)
    }

    /// Holds the path against a limit in characters, with one `/` before each name.
    ///
    /// # Errors
    /// [`Error::NameTooLong`] when it is longer.
    pub fn fits(&self, chars_max: usize) -> Result<()> {
        let chars: usize = self.0.iter().map(|name| 1 + name.as_str().chars().count()).sum();
        if chars > chars_max {
            let text = format!("This path has {chars} characters; a path may have at most {chars_max}.");
            return Err(Error::NameTooLong(text.into()));
        }
        Ok(())
    }

    /// The names, outermost first.
    pub fn names(&self) -> &[NodeName] {
        &self.0
    }

    /// How many names there are.
    pub fn depth(&self) -> usize {
        self.0.len()
    }

    /// Whether this is the root.
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// The last name; the root has none.
    pub fn name(&self) -> Option<&NodeName> {
        self.0.last()
    }

    /// The path of the folder this lies in; the root lies in none.
    pub fn parent(&self) -> Option<Self> {
        let (_, above) = self.0.split_last()?;
        Some(Self(above.to_vec()))
    }

    /// The path of a member of this folder.
    pub fn join(&self, name: NodeName) -> Self {
        let mut names = self.0.clone();
        names.push(name);
        Self(names)
    }

    /// Puts another name in the place of the one at this depth, where there is one.
    pub fn rename(&mut self, depth: usize, name: NodeName) {
        if let Some(renamed) = self.0.get_mut(depth) {
            *renamed = name;
        }
    }

    /// Whether this is `other` or lies somewhere below it.
    pub fn is_within(&self, other: &Self) -> bool {
        self.0.starts_with(&other.0)
    }
}

impl fmt::Display for NodePath {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_root() {
            return out.write_str("/");
        }
        self.0.iter().try_for_each(|name| write!(out, "/{name}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> NodePath {
        let names = text.split('/').filter(|name| !name.is_empty());
        NodePath::new(names.map(|name| NodeName::parse(name).unwrap()).collect(), 1024).unwrap()
    }

    #[test]
    fn a_folder_is_within_itself_and_its_neighbour_with_a_longer_name_is_not() {
        assert!(path("/a/b").is_within(&path("/a")));
        assert!(path("/a").is_within(&path("/a")));
        assert!(!path("/ab").is_within(&path("/a")));
    }

    #[test]
    fn the_limit_counts_characters_not_bytes() {
        let name = NodeName::parse(&"ü".repeat(100)).unwrap();
        assert!(NodePath::new(vec![name.clone(); 10], 1010).is_ok());
        assert!(matches!(NodePath::new(vec![name; 10], 1009), Err(Error::NameTooLong(_))));
    }
}
