//! What keeps database and store in step, and finds out where they are not: the check, the sweep and the scrub;
//! and what is forgotten when its time is over.

mod check;
mod comparison;
mod expired;
mod rounds;
mod scrub;
mod sweep;

pub use check::{Aspect, Check, Found, Numbers, Progress, check};
pub use expired::forget_expired;
pub use metadata::rules::Rule;
pub(crate) use rounds::Rounds;
pub use rounds::{scrub, sweep};
pub use scrub::Scrub;
pub use sweep::{Sweep, Swept};

/// So many blobs are asked for at a time: few enough that a page of them is little memory and is soon done, and many
/// enough that a disk, which has to go through all names for each page, is not gone through too often.
const PAGE: u32 = 20_000;
