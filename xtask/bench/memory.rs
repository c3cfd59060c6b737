//! `bench memory`: the server's peak resident memory while many clients upload, then download, at once.

use std::io::Write;
use std::time::Instant;

use anyhow::{Result, anyhow, bail};

use crate::bench::noise::{Compare, Noise};
use crate::bench::{Bed, size, table};
use crate::http::Connection;

/// The product's promise, whatever the number of clients and the size of files.
const RESIDENT_BYTES_MAX: u64 = 100 * 1024 * 1024;

#[derive(clap::Args)]
pub struct Arguments {
    /// Clients that work at the same time
    #[arg(long, default_value_t = 50)]
    clients: u32,
    /// Size of each client's file; the server keeps them all until the end
    #[arg(long, default_value = "1G", value_parser = size::parse)]
    size: u64,
}

impl Arguments {
    pub(super) fn clients(&self) -> u32 {
        self.clients
    }
}

pub fn run(bed: &Bed, arguments: &Arguments) -> Result<()> {
    bed.require_space(u64::from(arguments.clients) * arguments.size)?;
    let idle = bed.server.resident_bytes()?;
    let upload = measure(bed, arguments, upload)?;
    let download = measure(bed, arguments, download)?;
    println!(
        "\n{} clients, {} each; {} resident before",
        arguments.clients,
        size::shown(arguments.size),
        size::shown(idle)
    );
    table::print(
        &["", "seconds", "throughput", "peak resident"],
        &[row("upload", &upload), row("download", &download)],
    );
    let peak = upload.resident_bytes_peak.max(download.resident_bytes_peak);
    if peak >= RESIDENT_BYTES_MAX {
        bail!("{} resident is over the limit of {}", size::shown(peak), size::shown(RESIDENT_BYTES_MAX));
    }
    Ok(())
}

pub(super) struct Measured {
    seconds: f64,
    bytes: u64,
    pub(super) resident_bytes_peak: u64,
}

pub(super) fn measure(
    bed: &Bed,
    arguments: &Arguments,
    work: fn(&Bed, u32, u64) -> Result<()>,
) -> Result<Measured> {
    bed.server.forget_peak()?;
    let started = Instant::now();
    std::thread::scope(|scope| {
        let clients: Vec<_> = (0..arguments.clients)
            .map(|client| scope.spawn(move || work(bed, client, arguments.size)))
            .collect();
        clients.into_iter().try_for_each(|client| client.join().map_err(|_| anyhow!("a client panicked"))?)
    })?;
    Ok(Measured {
        seconds: started.elapsed().as_secs_f64(),
        bytes: u64::from(arguments.clients) * arguments.size,
        resident_bytes_peak: bed.server.resident_bytes_peak()?,
    })
}

pub(super) fn upload(bed: &Bed, client: u32, size: u64) -> Result<()> {
    Connection::open(&bed.server)?.put(&path(client), size, &mut Noise::new(client.into()))
}

fn download(bed: &Bed, client: u32, size: u64) -> Result<()> {
    download_into(bed, client, size, &mut Compare::new(client.into()))
}

/// A download whose bytes nobody looks at.
pub(super) fn download_anything(bed: &Bed, client: u32, size: u64) -> Result<()> {
    download_into(bed, client, size, &mut std::io::sink())
}

fn download_into(bed: &Bed, client: u32, size: u64, sink: &mut dyn Write) -> Result<()> {
    let mut connection = Connection::open(&bed.server)?;
    connection.send("GET", &path(client), &[], 0, &mut std::io::empty())?;
    let response = connection.receive()?;
    let status = response.status;
    let received = response.read_into(sink)?;
    if status != 200 || received != size {
        bail!("client {client} got {status} and {received} of {size} bytes");
    }
    Ok(())
}

fn path(client: u32) -> String {
    format!("/client-{client}.bin")
}

pub(super) fn row(name: &str, measured: &Measured) -> Vec<String> {
    vec![
        name.to_owned(),
        format!("{:.1}", measured.seconds),
        size::rate(measured.bytes, measured.seconds),
        size::shown(measured.resident_bytes_peak),
    ]
}
