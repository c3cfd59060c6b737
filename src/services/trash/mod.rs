//! What may be done with what was removed; [`relocate`](crate::files::relocate) restores it.

mod look;
mod purge;

pub use look::{list, look, members};
pub use purge::{PURGE, empty, purge, purge_batch, purge_expired};
