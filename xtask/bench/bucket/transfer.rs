//! `bench bucket transfer`: one large file by curl, in turn through Larder and straight to the store behind it.

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, ensure};

use super::store;
use crate::bench::noise::Noise;
use crate::bench::{Bed, size, table};

/// The product's promise: so much of what the same client gets at the same store.
const RATIO_MIN: f64 = 0.8;

#[derive(clap::Args)]
pub struct Arguments {
    /// Address of the store, such as http://127.0.0.1:3900
    #[arg(long)]
    endpoint: String,
    /// What it calls its region
    #[arg(long, default_value = "us-east-1")]
    region: String,
    /// A bucket that is there
    #[arg(long)]
    bucket: String,
    #[arg(long)]
    access_key: String,
    #[arg(long)]
    secret_key: String,
    #[arg(long, default_value = "1G", value_parser = size::parse)]
    size: u64,
    /// Times each transfer is measured; the median counts
    #[arg(long, default_value_t = 7)]
    rounds: u32,
}

pub fn run(arguments: &Arguments) -> Result<()> {
    let Arguments { endpoint, region, bucket, access_key, secret_key, size, rounds } = arguments;
    let bed = Bed::start(&store(endpoint, region, bucket, access_key, secret_key))?;
    bed.require_space(3 * size)?;
    let (source, target) = (bed.folder.path().join("source"), bed.folder.path().join("target"));
    std::io::copy(&mut std::io::Read::take(Noise::new(1), *size), &mut std::fs::File::create(&source)?)?;
    let direct = format!("{endpoint}/{bucket}/larder-bench-direct");
    let through = format!("{}large.bin", bed.server.address);
    let (scheme, keys) = (format!("aws:amz:{region}:s3"), format!("{access_key}:{secret_key}"));
    // Without this header curl would read the file twice, to sign it, and stores refuse a GET that has none.
    let unsigned = "x-amz-content-sha256: UNSIGNED-PAYLOAD";
    let signed = ["--aws-sigv4", &scheme, "--user", &keys, "--header", unsigned].map(str::to_owned);
    let login = ["--user".to_owned(), format!("{}:{}", bed.server.user, bed.server.password)];
    let mut times: [Vec<f64>; 4] = Default::default();
    for _ in 0..*rounds {
        times[0].push(put(&signed, &source, &direct)?);
        times[1].push(put(&login, &source, &through)?);
        times[2].push(get(&signed, &direct, &target)?);
        times[3].push(get(&login, &through, &target)?);
        let compared = Command::new("cmp").arg(&source).arg(&target).status().context("cmp")?;
        ensure!(compared.success(), "other bytes came back");
    }
    let [put_direct, put_through, get_direct, get_through] = times.map(table::median);
    let row = |name: &str, direct: f64, through: f64| {
        let rate = |seconds| size::rate(*size, seconds);
        vec![name.to_owned(), rate(direct), rate(through), format!("{:.2}", direct / through)]
    };
    table::print(
        &[&size::shown(*size), "directly", "through Larder", "ratio"],
        &[row("PUT", put_direct, put_through), row("GET", get_direct, get_through)],
    );
    curl(&signed, &["--request", "DELETE", &direct])?;
    bed.server.stop()?;
    let worst = (put_direct / put_through).min(get_direct / get_through);
    ensure!(
        worst >= RATIO_MIN,
        "{worst:.2} of what goes straight to the store is under the limit of {RATIO_MIN}"
    );
    Ok(())
}

fn put(credentials: &[String], source: &Path, url: &str) -> Result<f64> {
    let source = source.to_str().context("a path in UTF-8")?;
    curl(credentials, &["--upload-file", source, url])
}

fn get(credentials: &[String], url: &str, target: &Path) -> Result<f64> {
    let target = target.to_str().context("a path in UTF-8")?;
    curl(credentials, &["--output", target, url])
}

/// How many seconds it took.
fn curl(credentials: &[String], arguments: &[&str]) -> Result<f64> {
    let started = Instant::now();
    let mut command = Command::new("curl");
    command.args(["--silent", "--show-error", "--fail"]).args(credentials).args(arguments);
    let status = command.status().context("curl is not installed: apt-get install curl")?;
    ensure!(status.success(), "curl failed for {}", arguments.last().unwrap_or(&""));
    Ok(started.elapsed().as_secs_f64())
}
