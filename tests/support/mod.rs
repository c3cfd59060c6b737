//! A running product for each test, and a client that says exactly what it is told to say.

mod house;
mod wire;

pub use house::TestHouse;
pub use wire::{Answer, Wire};
