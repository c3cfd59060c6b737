//! The tables as SeaORM sees them, one file per table.

pub mod app_password;
pub mod blob;
pub mod lock;
pub mod node;
pub mod property;
pub mod revision;
pub mod space;
pub mod user;
