//! The headers of a request, read once and into words that cannot be wrong.

mod conditions;
mod small;
mod target;

pub use conditions::conditions;
pub use small::{Depth, depth, lock_token, overwrite, single_range, strong, timeout};
pub use target::{DestinationError, Prefix, Target, destination};
