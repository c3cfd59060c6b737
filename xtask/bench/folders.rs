//! `bench folders`: COPY, MOVE and DELETE of a large folder take as long as of a small one.

use std::time::Instant;

use anyhow::Result;

use crate::bench::{Bed, table, tree};
use crate::http::Connection;

const SMALL_FILES: u32 = 10;

#[derive(clap::Args)]
pub struct Arguments {
    /// Files in the large folder
    #[arg(long, default_value_t = 100_000)]
    files: u32,
    /// Times each operation is measured; the median counts
    #[arg(long, default_value_t = 5)]
    rounds: u32,
}

pub fn run(bed: &Bed, arguments: &Arguments) -> Result<()> {
    tree::make(bed, "small", SMALL_FILES)?;
    let seconds = tree::make(bed, "large", arguments.files)?;
    println!(
        "{} files made in {seconds:.1} s: {:.0} a second",
        arguments.files,
        f64::from(arguments.files) / seconds
    );
    let small = measure(bed, "small", arguments.rounds)?;
    let large = measure(bed, "large", arguments.rounds)?;
    let rows: Vec<_> = small
        .iter()
        .zip(&large)
        .map(|((name, small), (_, large))| {
            vec![
                name.to_string(),
                format!("{small:.1}"),
                format!("{large:.1}"),
                format!("{:.1}", large / small),
            ]
        })
        .collect();
    let large_head = format!("{} files, ms", arguments.files);
    table::print(&["", &format!("{SMALL_FILES} files, ms"), &large_head, "ratio"], &rows);
    Ok(())
}

/// The median time of each operation in milliseconds; every round copies, moves the copy, and deletes it.
fn measure(bed: &Bed, folder: &str, rounds: u32) -> Result<[(&'static str, f64); 3]> {
    let mut connection = Connection::open(&bed.server)?;
    let root = bed.server.root();
    let (mut copy, mut rename, mut delete) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..rounds {
        let (source, copied, moved) =
            (format!("/{folder}/"), format!("/copy-{round}/"), format!("/moved-{round}/"));
        copy.push(timed(
            &mut connection,
            "COPY",
            &source,
            &[("Destination", &format!("{root}{copied}"))],
            201,
        )?);
        rename.push(timed(
            &mut connection,
            "MOVE",
            &copied,
            &[("Destination", &format!("{root}{moved}"))],
            201,
        )?);
        delete.push(timed(&mut connection, "DELETE", &moved, &[], 204)?);
    }
    Ok([("COPY", table::median(copy)), ("MOVE", table::median(rename)), ("DELETE", table::median(delete))])
}

fn timed(
    connection: &mut Connection,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    expected: u16,
) -> Result<f64> {
    let started = Instant::now();
    connection.request(method, path, headers, &[expected])?;
    Ok(started.elapsed().as_secs_f64() * 1000.0)
}
