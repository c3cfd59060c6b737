//! The log: lines for people on a terminal, JSON for machines, on the standard error.

use std::io::{self, IsTerminal};

use anyhow::anyhow;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::prelude::*;

use crate::config::{LogConfig, LogFormat, LogLevel};

/// The crates of the house. The others speak up from warnings on: at `debug` the database alone would
/// drown everything else.
const HOUSE: [&str; 10] =
    ["larder", "domain", "metadata", "blobs", "coordination", "services", "gate", "webdav", "web", "jobs"];

/// Starts the log of this process.
pub fn begin(config: &LogConfig) -> anyhow::Result<()> {
    let level = match config.level {
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
        LogLevel::Trace => LevelFilter::TRACE,
    };
    let wanted = Targets::new()
        .with_default(level.min(LevelFilter::WARN))
        .with_targets(HOUSE.map(|name| (name, level)));
    let lines = tracing_subscriber::fmt::layer().with_writer(io::stderr);
    let lines = match config.format {
        LogFormat::Text => lines.with_ansi(io::stderr().is_terminal()).boxed(),
        LogFormat::Json => lines.json().flatten_event(true).boxed(),
    };
    let begun = tracing_subscriber::registry().with(lines.with_filter(wanted)).try_init();
    begun.map_err(|error| anyhow!("The log cannot be started: {error}"))
}
