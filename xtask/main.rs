//! Developers' commands; `cargo xtask --help` lists them.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "these commands talk to the person at the terminal"
)]

mod bench;
mod ci;
mod clients;
mod http;
mod server;
mod smoke;
mod stack;
mod stores;
mod test;
mod workspace;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Commands for people who work on Larder
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run every test, on SQLite and disk and on PostgreSQL, S3 and Redis, with the real clients that are installed
    Test(test::Arguments),
    /// Check format and lints, run every test, then try the README's first command
    Ci,
    /// Start the server as the README says, send one file there and back, stop it
    Smoke,
    /// Measure the release build: memory, folders, listing, transfer or durability
    Bench(bench::Arguments),
}

fn main() -> ExitCode {
    let done = match Arguments::parse().command {
        Command::Test(arguments) => test::run(&arguments),
        Command::Ci => ci::run(),
        Command::Smoke => smoke::run(),
        Command::Bench(arguments) => bench::run(&arguments),
    };
    // Not `main() -> Result`: with RUST_BACKTRACE set that hides the sentence above a page of frames.
    done.map_or_else(
        |error| {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        },
        |()| ExitCode::SUCCESS,
    )
}
