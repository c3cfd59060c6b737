//! The REST API, as its clients see it.

mod admin_users;
mod audit;
mod authorization;
mod document;
mod files;
mod limits;
mod manners;
mod organizations;
mod projects;
mod sessions;
mod tasks;
