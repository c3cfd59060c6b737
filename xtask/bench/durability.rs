//! `bench durability`: what it costs that an answer waits for the disk. Two servers that differ in nothing but the setting
//! take the same files in turn, so that whatever else the machine does meets both.

use std::time::Instant;

use anyhow::Result;

use crate::bench::noise::Noise;
use crate::bench::{Bed, size, table};
use crate::http::Connection;

const SMALL_BYTES: u64 = 4096;

#[derive(clap::Args)]
pub struct Arguments {
    /// Size of the large file
    #[arg(long, default_value = "1G", value_parser = size::parse)]
    size: u64,
    /// How many files of 4 KiB are sent one after another
    #[arg(long, default_value_t = 1000)]
    files: u32,
    /// Times everything is measured; the median counts
    #[arg(long, default_value_t = 3)]
    rounds: u32,
}

pub fn run(power_loss: &Bed, arguments: &Arguments) -> Result<()> {
    let process_crash = Bed::start(&[("LARDER_DURABILITY", "process-crash")])?;
    // Each server keeps every version of the large file, and small files take a block and a folder each.
    let small = u64::from(arguments.files) * 4 * SMALL_BYTES;
    power_loss.require_space(2 * u64::from(arguments.rounds) * (arguments.size + small))?;
    let beds = [power_loss, &process_crash];
    let (mut large, mut small) = ([Vec::new(), Vec::new()], [Vec::new(), Vec::new()]);
    for round in 0..arguments.rounds {
        for (level, bed) in beds.iter().enumerate() {
            large[level].push(put_large(bed, round, arguments.size)?);
        }
        for (level, bed) in beds.iter().enumerate() {
            small[level].push(put_small(bed, round, arguments.files)?);
        }
    }
    let rows = [
        row(&format!("PUT of {}", size::shown(arguments.size)), large),
        row(&format!("PUT of {} files of 4 KiB", arguments.files), small),
    ];
    table::print(&["", "power-loss ms", "process-crash ms", "ratio"], &rows);
    process_crash.server.stop()
}

fn put_large(bed: &Bed, round: u32, size: u64) -> Result<f64> {
    let mut connection = Connection::open(&bed.server)?;
    let started = Instant::now();
    connection.put("/large.bin", size, &mut Noise::new(round.into()))?;
    Ok(milliseconds(started))
}

fn put_small(bed: &Bed, round: u32, files: u32) -> Result<f64> {
    let mut connection = Connection::open(&bed.server)?;
    connection.request("MKCOL", &format!("/{round}"), &[], &[201])?;
    let started = Instant::now();
    for file in 0..files {
        let mut bytes = Noise::new(u64::from(round) << 32 | u64::from(file));
        connection.put(&format!("/{round}/{file}"), SMALL_BYTES, &mut bytes)?;
    }
    Ok(milliseconds(started))
}

fn milliseconds(started: Instant) -> f64 {
    started.elapsed().as_secs_f64() * 1000.0
}

fn row(name: &str, [power_loss, process_crash]: [Vec<f64>; 2]) -> Vec<String> {
    let (power_loss, process_crash) = (table::median(power_loss), table::median(process_crash));
    let ratio = power_loss / process_crash;
    vec![name.to_owned(), format!("{power_loss:.0}"), format!("{process_crash:.0}"), format!("{ratio:.2}")]
}
