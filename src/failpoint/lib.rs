//! Named steps of the work at which a test can let the process die, and places where it can let the disk fail. A
//! release build knows none of it.

use std::io;

/// The environment variable that names the step: `upload.shown`, or `upload.shown:3` for the third time it is reached.
/// What begins with `LARDER_` is a setting, and this is none.
pub const STEP: &str = "FAILPOINT";

/// The environment variable that names the place, what happens there, and the file that makes it happen as long as it
/// is there: `blobs.write=error:/tmp/flag`. Beside `error` there is `slow`: whoever comes there waits.
pub const FAULT: &str = "FAILPOINT_FAULT";

/// The work has come to this step: the process dies here, if a test wants that.
#[inline]
pub fn reach(step: &'static str) {
    if cfg!(debug_assertions) {
        armed::reach(step);
    }
}

/// The work is about to use what may be broken here. It may block: for threads that wait for the disk anyway.
///
/// # Errors
/// That of a device that fails, if a test wants one.
#[inline]
pub fn suffer(place: &'static str) -> io::Result<()> {
    match cfg!(debug_assertions) {
        true => faulty::suffer(place),
        false => Ok(()),
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

mod faulty {
    use std::io;
    use std::path::PathBuf;
    use std::sync::OnceLock;
    use std::thread;
    use std::time::Duration;

    struct Fault {
        place: String,
        is_slow: bool,
        /// The fault lasts as long as this file is there.
        flag: PathBuf,
    }

    static FAULT: OnceLock<Option<Fault>> = OnceLock::new();

    const LOOK_AGAIN: Duration = Duration::from_millis(20);
    /// What the system says of a device that fails: EIO.
    const DEVICE_ERROR: i32 = 5;

    pub(super) fn suffer(place: &str) -> io::Result<()> {
        let fault = FAULT.get_or_init(|| read(&std::env::var(super::FAULT).ok()?));
        let Some(fault) = fault.as_ref().filter(|fault| fault.place == place) else { return Ok(()) };
        while fault.is_slow && fault.flag.exists() {
            thread::sleep(LOOK_AGAIN);
        }
        match fault.flag.exists() {
            true => Err(io::Error::from_raw_os_error(DEVICE_ERROR)),
            false => Ok(()),
        }
    }

    fn read(text: &str) -> Option<Fault> {
        let (place, how) = text.split_once('=')?;
        let (kind, flag) = how.split_once(':')?;
        Some(Fault { place: place.to_owned(), is_slow: kind == "slow", flag: flag.into() })
    }
}
