//! The headers of a request, read once and into words that cannot be wrong.

mod conditions;
mod dictionary;
mod digests;
mod small;
mod target;
mod times;

pub use conditions::conditions;
pub use digests::{REPR_DIGEST, checksums, repr_digest, wants_sha256};
pub use small::{Depth, depth, lock_token, overwrite, range_end, single_range, strong, timeout};
pub use target::{DestinationError, Prefix, Target, destination};
pub use times::{accept, times};
