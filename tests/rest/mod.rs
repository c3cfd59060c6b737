//! The REST API, as its clients see it.

mod audit;
mod document;
mod files;
mod limits;
mod manners;
mod sessions;
