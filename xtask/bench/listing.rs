//! `bench listing`: PROPFIND Depth 1 of a large folder streams in constant memory.

use std::io::{self, Write};
use std::time::Instant;

use anyhow::{Result, ensure};

use crate::bench::{Bed, size, table, tree};
use crate::http::Connection;

/// What rclone asks of every entry.
const BODY: &str = "<?xml version=\"1.0\"?><d:propfind xmlns:d=\"DAV:\"><d:prop><d:displayname/><d:getlastmodified/>\
    <d:getcontentlength/><d:resourcetype/><d:getcontenttype/><d:getetag/></d:prop></d:propfind>";

#[derive(clap::Args)]
pub struct Arguments {
    /// Files in the large folder
    #[arg(long, default_value_t = 100_000)]
    files: u32,
}

pub fn run(bed: &Bed, arguments: &Arguments) -> Result<()> {
    tree::make(bed, "small", 100)?;
    tree::make(bed, "large", arguments.files)?;
    let rows = [list(bed, "small", 100)?, list(bed, "large", arguments.files)?];
    table::print(&["entries", "first byte, ms", "total, ms", "bytes", "µs an entry", "peak growth"], &rows);
    Ok(())
}

fn list(bed: &Bed, folder: &str, files: u32) -> Result<Vec<String>> {
    let mut connection = Connection::open(&bed.server)?;
    bed.server.forget_peak()?;
    let resident_before = bed.server.resident_bytes()?;
    let started = Instant::now();
    let headers = [("Depth", "1"), ("Content-Type", "application/xml")];
    connection.send("PROPFIND", &format!("/{folder}/"), &headers, BODY.len() as u64, &mut BODY.as_bytes())?;
    let mut answer = Answer { started, first_byte_ms: None, entries: 0, tail: Vec::new() };
    let response = connection.receive()?;
    let status = response.status;
    let bytes = response.read_into(&mut answer)?;
    let total_ms = started.elapsed().as_secs_f64() * 1000.0;
    ensure!(status == 207, "PROPFIND was answered {status}");
    ensure!(answer.entries == files + 1, "{} entries came, {} were expected", answer.entries, files + 1);
    Ok(vec![
        files.to_string(),
        format!("{:.1}", answer.first_byte_ms.unwrap_or(f64::NAN)),
        format!("{total_ms:.1}"),
        size::shown(bytes),
        format!("{:.1}", total_ms * 1000.0 / f64::from(files)),
        size::shown(bed.server.resident_bytes_peak()?.saturating_sub(resident_before)),
    ])
}

/// Notes when the first byte of the body came and counts the entries, holding none of them.
struct Answer {
    started: Instant,
    first_byte_ms: Option<f64>,
    entries: u32,
    /// The last bytes seen, since a tag may be cut by the end of a read.
    tail: Vec<u8>,
}

/// Ends each entry whatever prefix the server chose.
const ENTRY_END: &[u8] = b":response>";

impl Write for Answer {
    fn write(&mut self, part: &[u8]) -> io::Result<usize> {
        self.first_byte_ms.get_or_insert_with(|| self.started.elapsed().as_secs_f64() * 1000.0);
        self.tail.extend_from_slice(part);
        // A start and an end tag each hold the word; the start tag opens with `<D:`, the end tag with `</D:`.
        let found = self.tail.windows(ENTRY_END.len() + 3).filter(|window| is_entry_end(window)).count();
        self.entries += u32::try_from(found).unwrap_or(u32::MAX);
        let kept = self.tail.len().min(ENTRY_END.len() + 2);
        self.tail.drain(..self.tail.len() - kept);
        Ok(part.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// `</D:response>` with a prefix of one letter, as this server writes it.
fn is_entry_end(window: &[u8]) -> bool {
    window.starts_with(b"</") && window.ends_with(ENTRY_END)
}
