//! What may be done with what was removed.

mod look;

pub use look::{look, members};
