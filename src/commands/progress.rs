//! How far long work has come, on the standard error where that is a terminal.

use std::io::{self, Write};
use std::sync::atomic::{AtomicU64, Ordering};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::commands::readable;
use crate::house::{Progress, Transferred};

/// A bar of this shape, hidden where there is no terminal.
pub fn bar(template: &str) -> ProgressBar {
    let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr()).with_style(style)
}

/// A bar that counts bytes, with a line above it for each thing that went wrong.
pub struct Bar {
    bar: ProgressBar,
    lost: &'static str,
}

impl Bar {
    /// A bar that is not seen before the work has begun; `lost` says what a thing that went wrong is.
    pub fn new(lost: &'static str) -> Self {
        Self { bar: bar("{bar:30} {bytes} of {total_bytes}, {bytes_per_sec}, {eta} left"), lost }
    }

    /// Takes note of what happened.
    pub fn show(&self, progress: Progress) {
        match progress {
            Progress::Begun(bytes) => self.bar.set_length(bytes),
            Progress::Done(bytes) => self.bar.inc(bytes),
            Progress::Lost(what) => self.bar.suspend(|| {
                // Where even this cannot be written, the exit code is all that is left to say.
                let _ = writeln!(io::stderr(), "{}: {}", self.lost, readable::harmless(&what));
            }),
        }
    }

    /// Takes the bar away.
    pub fn end(self) {
        self.bar.finish_and_clear();
    }
}

/// A bar that counts rows of a database, which are copied and then compared.
pub struct Rows {
    bar: ProgressBar,
    copied: AtomicU64,
}

impl Rows {
    /// A bar that is not seen before the work has begun.
    pub fn new() -> Self {
        let bar = bar("{bar:30} {msg}, {percent} %, {eta} left");
        Self { bar: bar.with_message("copying rows"), copied: AtomicU64::new(0) }
    }

    /// Takes note of what happened.
    pub fn show(&self, step: Transferred) {
        match step {
            Transferred::Begun(rows) => self.bar.set_length(rows.saturating_mul(2)),
            Transferred::Copied(rows) => {
                self.copied.fetch_add(rows, Ordering::Relaxed);
                self.bar.inc(rows);
            }
            Transferred::Compared(rows) => {
                self.bar.set_message("comparing rows");
                self.bar.inc(rows);
            }
        }
    }

    /// Takes the bar away, and says how many rows were copied.
    pub fn end(self) -> u64 {
        self.bar.finish_and_clear();
        self.copied.into_inner()
    }
}
