//! Starts the threads and hands over to the command line.

use std::io;
use std::process::ExitCode;

/// Many small, short-lived pieces from many threads: the system's allocator would keep far more memory than is used.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Threads for what waits for the disk or computes a password's hash. The default of 512 would let a burst of
/// requests leave hundreds of idle threads with memory of their own behind.
const BLOCKING_THREADS_MAX: usize = 64;

fn main() -> io::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .max_blocking_threads(BLOCKING_THREADS_MAX)
        .build()?;
    Ok(runtime.block_on(larder::commands::run()))
}
