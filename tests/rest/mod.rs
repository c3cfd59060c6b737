//! The REST API, as its clients see it.

mod accounts;
mod audit;
mod authorization;
mod document;
mod etags;
mod files;
mod limits;
mod lists;
mod manners;
mod organizations;
mod projects;
mod sessions;
mod tasks;
mod tokens;
mod users;
