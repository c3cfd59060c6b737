//! What people do with Larder from one door to another, with the real program.

mod back_ups;
mod first_day;
mod going_back;
mod joining;
mod moving;
mod moving_contents;
mod upgrades;

pub use upgrades::{VERSIONS, unpack};
