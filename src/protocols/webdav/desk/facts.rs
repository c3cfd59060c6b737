//! The facts of a file as dav-server asks for them.

use std::time::SystemTime;

use dav_server::davpath::DavPath;
use dav_server::fs::{DavMetaData, FsError, FsResult};
use domain::{ETag, Node, NodeName, NodePath, Result, VirtualFolder};

/// A file or folder as it lies on the desk.
#[derive(Debug, Clone)]
pub(super) struct Flat {
    folder: bool,
    size_bytes: u64,
    modified: Option<SystemTime>,
    etag: Option<ETag>,
}

impl Flat {
    /// A file of which nothing matters but that it is one.
    pub(super) const FILE: Self = Self { folder: false, size_bytes: 0, modified: None, etag: None };
    /// A folder, likewise.
    pub(super) const FOLDER: Self = Self { folder: true, ..Self::FILE };

    pub(super) fn of(node: &Node) -> Self {
        Self {
            folder: node.is_folder(),
            size_bytes: node.size_bytes(),
            modified: Some(node.modified_at.to_system()),
            etag: Some(node.etag()),
        }
    }

    /// Whether the library speaks of this path; it adds a slash where it believes in a folder.
    pub(super) fn same_path(path: &DavPath, other: &NodePath) -> bool {
        let trimmed = |bytes: &[u8]| bytes.strip_suffix(b"/").unwrap_or(bytes).to_vec();
        let other = laid_out(other).map(|other| other.to_string()).unwrap_or_default();
        trimmed(path.as_bytes()) == trimmed(other.as_bytes())
    }
}

/// A path as it lies on the desk, where those of all trees lie side by side: below a folder of nobody's own, and one of the
/// name of its space.
///
/// # Errors
/// None that could be.
pub fn laid_out(path: &NodePath) -> Result<NodePath> {
    let Some(tree) = path.tree() else { return Ok(path.clone()) };
    let above = [VirtualFolder::Projects.name().to_owned(), tree.space.0.to_string()].map(NodeName::stored);
    NodePath::new(above.into_iter().chain(path.names().iter().cloned()).collect(), usize::MAX)
}

impl DavMetaData for Flat {
    fn len(&self) -> u64 {
        self.size_bytes
    }

    fn modified(&self) -> FsResult<SystemTime> {
        self.modified.ok_or(FsError::NotImplemented)
    }

    fn is_dir(&self) -> bool {
        self.folder
    }

    fn etag(&self) -> Option<String> {
        self.etag.as_ref().map(|etag| etag.opaque().to_owned())
    }
}
