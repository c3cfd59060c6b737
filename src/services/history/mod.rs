//! What may be done with a drive as it was at a moment.

mod copy;
mod look;
mod rewind;

pub use copy::copy;
pub use look::{look, members};
pub use rewind::{Rewound, rewind};
