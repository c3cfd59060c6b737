//! What may be done with what was removed; [`relocate`](crate::files::relocate) restores it.

mod look;
mod purge;

pub use look::{Entry, list, look, members, page};
pub use purge::{PURGE, empty, empty_tree, purge, purge_batch, purge_expired};
