//! A running product for each test, and a client that says exactly what it is told to say.

mod house;
mod machine;
mod wire;

pub use house::TestHouse;
pub use machine::{Machine, Outcome, Server, get, labelled, read};
pub use wire::{Answer, Wire};
