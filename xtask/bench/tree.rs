//! Folders of many small files, made by PUT over several kept-alive connections.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Instant;

use anyhow::{Result, anyhow};

use crate::bench::Bed;
use crate::http::Connection;

/// Sixteen keep the server's one database writer busy without measuring the client's own threads.
const CONNECTIONS: u32 = 16;

/// Makes `/{name}` with `files` small files, and tells the seconds it took.
pub fn make(bed: &Bed, name: &str, files: u32) -> Result<f64> {
    Connection::open(&bed.server)?.request("MKCOL", &format!("/{name}"), &[], &[201])?;
    let next = AtomicU32::new(0);
    let started = Instant::now();
    std::thread::scope(|scope| {
        let workers: Vec<_> =
            (0..CONNECTIONS).map(|_| scope.spawn(|| fill(bed, name, files, &next))).collect();
        workers.into_iter().try_for_each(|worker| worker.join().map_err(|_| anyhow!("a client panicked"))?)
    })?;
    Ok(started.elapsed().as_secs_f64())
}

fn fill(bed: &Bed, name: &str, files: u32, next: &AtomicU32) -> Result<()> {
    let mut connection = Connection::open(&bed.server)?;
    loop {
        let number = next.fetch_add(1, Ordering::Relaxed);
        if number >= files {
            return Ok(());
        }
        if number > 0 && number.is_multiple_of(10_000) {
            println!("  {number} of {files} files made");
        }
        let content = format!("file {number}\n");
        let path = format!("/{name}/file%20{number:06}.txt");
        connection.put(&path, content.len() as u64, &mut content.as_bytes())?;
    }
}
