//! Floor 3, the hall every request passes: connections, credentials, limits, request ids, the access
//! log, metrics, health, and the table that turns the house's errors into HTTP. The doors stand in it.

mod activity;
mod address;
mod body;
mod config;
mod connection;
mod conversation;
mod credentials;
mod elsewhere;
mod forwarded;
mod hall;
mod header_block;
pub mod headers;
mod health;
mod limits;
mod metrics;
mod origin;
mod product;
mod request_line;
mod server;
#[cfg(test)]
mod stage;
mod status;
mod tls;
mod visit;

pub use address::{address, address_or_none};
pub use config::{GateConfig, TlsConfig};
pub use credentials::{Gate, challenge, presented, visit};
pub use elsewhere::is_elsewhere;
pub use hall::enclose;
pub use health::router as health_router;
pub use limits::{Limits, PATIENCE, WAITING_MAX, tell_limits};
pub use metrics::{Metrics, admin_router};
pub use origin::{Origin, Peer};
pub use server::serve;
pub use status::{answer, log_once, retry_after, status};
pub use tls::{PemFile, Tls, expires};
