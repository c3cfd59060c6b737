//! `bench transfer`: PUT and GET of one large file, beside a plain copy of the same bytes with fsync in the same run.

use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;
use std::time::Instant;

use anyhow::{Result, ensure};

use crate::bench::noise::{Compare, Noise};
use crate::bench::{Bed, size, table};
use crate::http::Connection;

const SEED: u64 = 1;
const BUFFER_BYTES: usize = 1024 * 1024;

#[derive(clap::Args)]
pub struct Arguments {
    #[arg(long, default_value = "1G", value_parser = size::parse)]
    size: u64,
    /// Times each transfer is measured; the median counts
    #[arg(long, default_value_t = 3)]
    rounds: u32,
}

pub fn run(bed: &Bed, arguments: &Arguments) -> Result<()> {
    let size = arguments.size;
    // The source, one copy at a time, and every round's upload, which the server keeps as a version.
    bed.require_space(size * (u64::from(arguments.rounds) + 2))?;
    let source = bed.folder.path().join("source");
    let target = bed.folder.path().join("target");
    copy(&mut Noise::new(SEED).take(size), &source)?;

    let (mut plain, mut put, mut get) = (Vec::new(), Vec::new(), Vec::new());
    let mut connection = Connection::open(&bed.server)?;
    for _ in 0..arguments.rounds {
        plain.push(timed(|| copy(&mut File::open(&source)?, &target))?);
        put.push(timed(|| connection.put("/large.bin", size, &mut File::open(&source)?))?);
        get.push(timed(|| download(&mut connection, &target))?);
        compare(&target, size)?;
    }
    let plain = table::median(plain);
    let row = |name: &str, milliseconds: f64| {
        let rate = size::rate(size, milliseconds / 1000.0);
        vec![name.to_owned(), format!("{milliseconds:.0}"), rate, format!("{:.2}", milliseconds / plain)]
    };
    let rows = [
        row("copy and fsync", plain),
        row("PUT", table::median(put)),
        row("GET to file and fsync", table::median(get)),
    ];
    table::print(&[&size::shown(size), "ms", "throughput", "ratio"], &rows);
    Ok(())
}

fn timed(work: impl FnOnce() -> Result<()>) -> Result<f64> {
    let started = Instant::now();
    work()?;
    Ok(started.elapsed().as_secs_f64() * 1000.0)
}

/// Read and write through a buffer, as any program would; `std::fs::copy` may share blocks instead of copying.
fn copy(source: &mut dyn Read, target: &Path) -> Result<()> {
    let mut file = File::create(target)?;
    let mut buffer = vec![0; BUFFER_BYTES];
    loop {
        let part = source.read(&mut buffer)?;
        if part == 0 {
            return Ok(file.sync_all()?);
        }
        file.write_all(&buffer[..part])?;
    }
}

fn download(connection: &mut Connection, target: &Path) -> Result<()> {
    connection.send("GET", "/large.bin", &[], 0, &mut std::io::empty())?;
    let response = connection.receive()?;
    ensure!(response.status == 200, "GET was answered {}", response.status);
    let mut file = File::create(target)?;
    response.read_into(&mut file)?;
    Ok(file.sync_all()?)
}

fn compare(target: &Path, size: u64) -> Result<()> {
    let received = std::io::copy(&mut File::open(target)?, &mut Compare::new(SEED))?;
    ensure!(received == size, "{received} of {size} bytes came back");
    Ok(())
}
