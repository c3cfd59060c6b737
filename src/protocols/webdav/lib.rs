//! Floor 3, the WebDAV door: the drive people mount (RFC 4918).
//!
//! dav-server speaks the methods it does right, over a [`desk`] made for each request; the listing, the
//! properties and the locks are spoken here. Every method ends in one use case of the services.

mod answer;
mod body;
mod client;
mod config;
mod desk;
mod door;
#[cfg(test)]
mod fuzz;
mod headers;
mod hidden;
mod live;
mod methods;
mod naming;
mod places;
mod redirects;
mod visit;
mod ways;
mod xml;

pub use config::WebdavConfig;
pub use door::{Door, router};
pub use redirects::Redirects;
