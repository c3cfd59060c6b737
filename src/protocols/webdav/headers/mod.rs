//! The headers of a request, read once and into words that cannot be wrong.

mod conditions;
mod small;
mod target;
mod times;

pub use conditions::conditions;
pub use gate::headers::{
    REPR_DIGEST, checksums, is_known, range_end, repr_digest, single_range, strong, wants_sha256,
};
pub use small::{Depth, depth, lock_token, overwrite, timeout};
pub use target::{DestinationError, Prefix, Target, destination};
pub use times::{accept, times};
