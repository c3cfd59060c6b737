//! What goes wrong on demand.

use parking_lot::Mutex;

/// How a call goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// It is refused with this status and this word, and nothing is done.
    Refused(u16, &'static str),
    /// It is done, and the connection is lost before the answer.
    AnswerLost,
    /// The answer breaks off after so many bytes of its body.
    CutAfter(u64),
    /// Nothing is ever answered.
    Hangs,
}

impl Fault {
    /// The store is in trouble.
    pub const ERROR: Self = Self::Refused(500, "InternalError");
    /// The store is asked too much.
    pub const SLOW_DOWN: Self = Self::Refused(503, "SlowDown");
    /// The key may not do this.
    pub const FORBIDDEN: Self = Self::Refused(403, "AccessDenied");
}

/// The faults that are to come.
#[derive(Default)]
pub struct Faults(Mutex<Vec<(String, u64, Fault)>>);

impl Faults {
    /// Lets the next few calls of an operation go wrong; `*` stands for all.
    pub fn add(&self, operation: &str, times: u64, fault: Fault) {
        self.0.lock().push((operation.to_owned(), times, fault));
    }

    /// Forgets all.
    pub fn clear(&self) {
        self.0.lock().clear();
    }

    /// What goes wrong with this call.
    pub fn next(&self, operation: &str) -> Option<Fault> {
        let mut all = self.0.lock();
        let (_, left, fault) =
            all.iter_mut().find(|(name, left, _)| *left > 0 && (name == operation || name == "*"))?;
        *left -= 1;
        Some(*fault)
    }
}
