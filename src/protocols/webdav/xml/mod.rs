//! The XML of WebDAV: bodies are read into a small tree, answers are written straight into a buffer.

pub mod element;
pub mod error_body;
pub mod escape;
pub mod href;
pub mod lock_discovery;
pub mod lockinfo;
pub mod multistatus;
pub mod propfind;
pub mod proppatch;
pub mod reader;
pub mod report;
pub mod writer;

pub use error_body::error_body;
pub use gate::headers::dates::{self, http_date};
pub use href::encode_path;
