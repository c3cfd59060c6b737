//! Floor 3: the JSON on the wire with its OpenAPI schema, for whoever speaks it: the REST door and clients.
//!
//! Field names are in snake_case, identities UUIDs, times RFC 3339 in UTC with milliseconds, and sizes end in their unit.
//! Unknown fields in a request are refused.

pub mod account;
pub mod audit;
pub mod batch;
pub mod change;
pub mod file;
pub mod folder;
pub mod list;
pub mod me;
pub mod organization;
pub mod problem;
pub mod project;
pub mod session;
pub mod task;
pub mod time;
pub mod trash;
pub mod user;
pub mod version;

pub use change::{Change, sent, sent_bytes};
pub use list::{List, ListParams};
pub use problem::Problem;
pub use time::Time;
