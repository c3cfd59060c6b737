//! The methods of WebDAV.

pub mod above;
mod begun;
pub mod folder;
pub mod library;
pub mod lock;
pub mod options;
pub mod propfind;
pub mod proppatch;
pub mod redirect;
pub mod report;
