//! The REST API, as its clients see it.

mod document;
mod manners;
mod sessions;
