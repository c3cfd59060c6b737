//! Named steps of the work at which a test can let the process die. A release build knows none of it.

/// The environment variable that names the step: `upload.shown`, or `upload.shown:3` for the third time it is reached.
/// What begins with `LARDER_` is a setting, and this is none.
pub const STEP: &str = "FAILPOINT";

/// The work has come to this step.
#[inline]
pub fn reach(step: &'static str) {
    if cfg!(debug_assertions) {
        armed::reach(step);
    }
}

mod armed {
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicU64, Ordering};

    struct Armed {
        step: String,
        left: AtomicU64,
    }

    static ARMED: OnceLock<Option<Armed>> = OnceLock::new();

    pub(super) fn reach(step: &str) {
        let armed = ARMED.get_or_init(|| std::env::var(super::STEP).ok().map(read));
        let Some(armed) = armed.as_ref().filter(|armed| armed.step == step) else { return };
        if armed.left.fetch_sub(1, Ordering::SeqCst) == 1 {
            // Nothing is closed, flushed or dropped, as when the process is killed.
            std::process::abort();
        }
    }

    fn read(text: String) -> Armed {
        let (step, turn) = text.rsplit_once(':').unwrap_or((&text, "1"));
        Armed { step: step.to_owned(), left: AtomicU64::new(turn.parse().unwrap_or(1)) }
    }
}
