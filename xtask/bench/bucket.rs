//! `bench bucket`: Larder over an S3 store. Its memory while many clients upload at once, against a store that takes
//! everything and keeps nothing; and its speed beside the same client at the same real store.

mod sink;
mod transfer;

use anyhow::{Result, bail};

use crate::bench::{Bed, memory, size, table};
use sink::Sink;

/// The product's promise with 50 clients that upload 1 GiB each.
const RESIDENT_BYTES_MAX: u64 = 200 * 1024 * 1024;

#[derive(clap::Args)]
pub struct Arguments {
    #[command(subcommand)]
    bench: Bench,
}

#[derive(clap::Subcommand)]
enum Bench {
    /// Peak resident memory while many clients upload and download large files
    Memory(memory::Arguments),
    /// PUT and GET of one large file by curl, through Larder and directly
    Transfer(transfer::Arguments),
}

pub fn run(arguments: &Arguments) -> Result<()> {
    match &arguments.bench {
        Bench::Memory(arguments) => measure_memory(arguments),
        Bench::Transfer(arguments) => transfer::run(arguments),
    }
}

fn measure_memory(arguments: &memory::Arguments) -> Result<()> {
    let sink = Sink::start()?;
    let endpoint = sink.endpoint();
    let bed = Bed::start(&store(&endpoint, "sink", "sink", "sink", "sink"))?;
    let idle = bed.server.resident_bytes()?;
    let upload = memory::measure(&bed, arguments, memory::upload)?;
    let download = memory::measure(&bed, arguments, memory::download_anything)?;
    println!("\n{} clients; {} resident before", arguments.clients(), size::shown(idle));
    table::print(
        &["", "seconds", "throughput", "peak resident"],
        &[memory::row("upload", &upload), memory::row("download", &download)],
    );
    let peak = upload.resident_bytes_peak.max(download.resident_bytes_peak);
    if peak >= RESIDENT_BYTES_MAX {
        bail!("{} resident is over the limit of {}", size::shown(peak), size::shown(RESIDENT_BYTES_MAX));
    }
    bed.server.stop()
}

/// The variables that put a server on a store.
fn store<'a>(
    endpoint: &'a str,
    region: &'a str,
    bucket: &'a str,
    access_key: &'a str,
    secret_key: &'a str,
) -> [(&'static str, &'a str); 6] {
    [
        ("LARDER_BLOBS_STORE", "s3"),
        ("LARDER_S3_ENDPOINT", endpoint),
        ("LARDER_S3_BUCKET", bucket),
        ("LARDER_S3_REGION", region),
        ("LARDER_S3_ACCESS_KEY", access_key),
        ("LARDER_S3_SECRET_KEY", secret_key),
    ]
}
