//! The readers of this door under attack; docs/adding/a-reader.md says how one more is added.

mod bodies;
mod conditions;
mod grammar;
mod headers;
mod judge;
mod paths;
