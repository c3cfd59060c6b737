//! Small moves that use cases share.

mod discard;
mod judge;

pub(crate) use discard::discard;
pub(crate) use judge::{judge, may_remove};
