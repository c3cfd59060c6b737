//! Where a node lies, seen from the root of its space.

use std::fmt;

use crate::{Error, NodeName, Result, Tree};

/// The names from the root of a space down to a node; none at all for the root itself.
///
/// No row stores a path: it exists only while a request is answered.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct NodePath {
    /// The tree it leads through; none for the caller's own.
    tree: Option<Tree>,
    names: Vec<NodeName>,
}

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
        let path = Self { tree: None, names };
        path.fits(chars_max)?;
        Ok(path)
    }

    /// The same names in another tree than the caller's own.
    pub fn within_tree(self, tree: Tree) -> Self {
        Self { tree: Some(tree), ..self }
    }

    /// The tree it leads through; none for the caller's own.
    pub fn tree(&self) -> Option<Tree> {
        self.tree
    }

    /// Holds the path against a limit in characters, with one `/` before each name.
    ///
    /// # Errors
    /// [`Error::NameTooLong`] when it is longer.
    pub fn fits(&self, chars_max: usize) -> Result<()> {
        let chars: usize = self.names.iter().map(|name| 1 + name.as_str().chars().count()).sum();
        if chars > chars_max {
            let text = format!("This path has {chars} characters; a path may have at most {chars_max}.");
            return Err(Error::NameTooLong(text.into()));
        }
        Ok(())
    }

    /// The names, outermost first.
    pub fn names(&self) -> &[NodeName] {
        &self.names
    }

    /// How many names there are.
    pub fn depth(&self) -> usize {
        self.names.len()
    }

    /// Whether this is the root.
    pub fn is_root(&self) -> bool {
        self.names.is_empty()
    }

    /// The last name; the root has none.
    pub fn name(&self) -> Option<&NodeName> {
        self.names.last()
    }

    /// The path of the folder this lies in; the root lies in none.
    pub fn parent(&self) -> Option<Self> {
        let (_, above) = self.names.split_last()?;
        Some(Self { tree: self.tree, names: above.to_vec() })
    }

    /// The path of a member of this folder.
    pub fn join(&self, name: NodeName) -> Self {
        let mut names = self.names.clone();
        names.push(name);
        Self { tree: self.tree, names }
    }

    /// Puts another name in the place of the one at this depth, where there is one.
    pub fn rename(&mut self, depth: usize, name: NodeName) {
        if let Some(renamed) = self.names.get_mut(depth) {
            *renamed = name;
        }
    }

    /// Whether this is `other` or lies somewhere below it.
    pub fn is_within(&self, other: &Self) -> bool {
        self.tree == other.tree && self.names.starts_with(&other.names)
    }
}

impl fmt::Display for NodePath {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_root() {
            return out.write_str("/");
        }
        self.names.iter().try_for_each(|name| write!(out, "/{name}"))
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
