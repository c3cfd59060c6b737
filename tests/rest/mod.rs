//! The REST API, as its clients see it.

mod audit;
mod document;
mod manners;
mod sessions;
