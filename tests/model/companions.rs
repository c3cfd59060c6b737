//! Which names the house treats as systems' own, in the few names the model knows.

use super::node::Node;
use super::tree::Names;

/// A file with more bytes than these is one like any other.
pub const BYTES_MAX: u64 = 64 * 1024;

const PREFIX: &str = "._";

pub fn is_system(path: &[String]) -> bool {
    path.last().is_some_and(|name| name.starts_with(PREFIX))
}

/// Whether a small upload makes a system file: where an ordinary file is, it stays one.
pub fn may_be_system(path: &[String], old: Option<&Node>) -> bool {
    is_system(path) && old.is_none_or(Node::is_system)
}

/// Where the companion of something would be.
pub fn place_of(path: &[String]) -> Option<Names> {
    let (name, above) = path.split_last().filter(|_| !is_system(path))?;
    Some([above, &[format!("{PREFIX}{name}")]].concat())
}
