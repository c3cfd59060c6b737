//! Reads the command line and hands over.

use std::process::ExitCode;

/// Many small, short-lived pieces from many threads: the system's allocator would keep far more memory than is used.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> ExitCode {
    larder::commands::run().await
}
