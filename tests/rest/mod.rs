//! The REST API, as its clients see it.

mod admin_users;
mod document;
mod manners;
mod sessions;
