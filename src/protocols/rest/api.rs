//! What every route works with.

use std::sync::Arc;

use domain::Door;
use gate::{Gate, Limits};
use services::Backends;

/// The floor below, and the gate.
#[derive(Clone)]
pub struct Api {
    /// What answers.
    pub backends: Arc<Backends>,
    /// Where callers are told from strangers.
    pub gate: Gate,
    /// How many requests there may be.
    pub limits: Limits,
}

impl Api {
    /// A door before these back ends.
    pub fn new(backends: Arc<Backends>) -> Self {
        let limits = Limits::new(Arc::clone(&backends));
        Self { gate: Gate::new(Arc::clone(&backends), Door::Rest), limits, backends }
    }
}
