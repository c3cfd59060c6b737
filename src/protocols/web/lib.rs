//! Floor 3, the web door: the page for people at `/`. How to mount the drive stands here once, for the page and for
//! what commands print.

pub mod accounts;
mod guides;
pub mod mounting;
mod page;
mod quoted;
mod system;
mod visited;

pub use mounting::Address;
pub use page::{Drive, router};
pub use quoted::quoted;
