//! One request at this door, as far as all methods share it.

use std::sync::Arc;

use domain::{Caller, Conditions, NodePath};
use services::Backends;

/// Who asks, about which path, under which conditions.
pub struct Visit {
    /// Who asks.
    pub caller: Caller,
    /// What answers.
    pub backends: Arc<Backends>,
    /// The path.
    pub path: NodePath,
    /// The path as the client spelled it, percent-encoded and with the prefix of the drive, without a
    /// slash at the end: what an answer calls the resource by.
    pub href: String,
    /// What the client demands.
    pub conditions: Conditions,
}
