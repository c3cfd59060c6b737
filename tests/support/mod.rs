//! A running product for each test, and a client that says exactly what it is told to say.

mod drive;
mod house;
mod machine;
mod program;
mod wire;

pub use drive::Drive;
pub use house::{TestHouse, settled};
pub use machine::{Machine, Outcome, Server, get, labelled, read};
pub use program::Program;
pub use wire::{Answer, Wire};
