//! How far long work has come, on the standard error where that is a terminal.

use std::io::{self, Write};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::house::Progress;

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
                let _ = writeln!(io::stderr(), "{}: {what}", self.lost);
            }),
        }
    }

    /// Takes the bar away.
    pub fn end(self) {
        self.bar.finish_and_clear();
    }
}
