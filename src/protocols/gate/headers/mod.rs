//! Headers that more than one door understands.

mod conditions;
pub mod dates;
mod dictionary;
mod digests;
mod ranges;

pub use conditions::{conditions, etags, is_known, tag_end};
pub use digests::{REPR_DIGEST, checksums, repr_digest, wants_sha256};
pub use ranges::{Part, part, range_end, single_range, strong};
