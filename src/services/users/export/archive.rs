//! A ZIP archive that is written to whoever reads it, entry by entry.

use std::borrow::Cow;

use async_zip::base::write::{EntryStreamWriter, ZipFileWriter};
use async_zip::{Compression, ZipDateTime, ZipDateTimeBuilder, ZipEntryBuilder};
use domain::{Error, Node, Result, Timestamp, windows_name};
use futures_util::AsyncWriteExt as _;
use tokio::io::{AsyncWriteExt as _, DuplexStream};
use tokio_util::compat::{Compat, TokioAsyncWriteCompatExt};

use crate::files::Download;

/// How much of a file is in memory at once.
const PART_BYTES: usize = 64 * 1024;

/// What of a file is not in the archive.
pub(super) enum Left {
    /// All of it is.
    Nothing,
    /// It could not be read at all.
    Out(Error),
    /// It could not be read to its end.
    Rest(Error),
}

/// An archive that is being written. What it holds in memory are the names of its entries, which stand once more at its
/// end.
pub(super) struct Archive {
    zip: ZipFileWriter<Compat<DuplexStream>>,
}

impl Archive {
    /// An empty archive.
    pub(super) fn over(writer: DuplexStream) -> Self {
        Self { zip: ZipFileWriter::new(writer.compat_write()) }
    }

    /// Adds a file of these bytes.
    pub(super) async fn whole(&mut self, path: &str, at: Timestamp, bytes: &[u8]) -> Result<()> {
        let entry = entry(path, at, Compression::Deflate).unix_permissions(FILE);
        self.zip.write_entry_whole(entry, bytes).await.map_err(Error::internal)
    }

    /// Adds a folder, whose path ends with a slash.
    pub(super) async fn folder(&mut self, path: &str, at: Timestamp) -> Result<()> {
        let entry = entry(path, at, Compression::Stored).unix_permissions(FOLDER);
        self.zip.write_entry_whole(entry, &[]).await.map_err(Error::internal)
    }

    /// Adds a file as it is read. What cannot be read to its end is as long as what could be.
    pub(super) async fn file(&mut self, path: &str, node: &Node, download: &mut Download) -> Result<Left> {
        // Before there is an entry: small files are found damaged here.
        let mut part = match download.read(PART_BYTES).await {
            Ok(part) => part,
            Err(error) => return Ok(Left::Out(error)),
        };
        let entry = entry(path, node.modified_at, compression(node)).unix_permissions(FILE);
        let mut writer = self.zip.write_entry_stream(entry).await.map_err(Error::internal)?;
        let mut left = Left::Nothing;
        while !part.is_empty() {
            writer.write_all(&part).await.map_err(Error::internal)?;
            part = match download.read(PART_BYTES).await {
                Ok(part) => part,
                Err(error) => {
                    left = Left::Rest(error);
                    break;
                }
            };
        }
        writer.close().await.map_err(Error::internal)?;
        Ok(left)
    }

    /// Begins a file that is written bit by bit.
    pub(super) async fn begin(&mut self, path: &str, at: Timestamp) -> Result<Piecemeal<'_>> {
        let entry = entry(path, at, Compression::Deflate).unix_permissions(FILE);
        Ok(Piecemeal { writer: self.zip.write_entry_stream(entry).await.map_err(Error::internal)? })
    }

    /// Ends the archive with the list of its entries.
    pub(super) async fn close(self) -> Result<()> {
        // What is given back has not been flushed.
        let mut writer = self.zip.close().await.map_err(Error::internal)?.into_inner();
        writer.shutdown().await.map_err(Error::internal)
    }
}

/// A file of an archive that is being written.
pub(super) struct Piecemeal<'a> {
    writer: EntryStreamWriter<'a, Compat<DuplexStream>>,
}

impl Piecemeal<'_> {
    /// Adds bytes.
    pub(super) async fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.writer.write_all(bytes).await.map_err(Error::internal)
    }

    /// Ends the file.
    pub(super) async fn close(self) -> Result<()> {
        self.writer.close().await.map_err(Error::internal)
    }
}

/// The types and permissions of Unix.
const FILE: u16 = 0o100_644;
const FOLDER: u16 = 0o040_755;

fn entry(path: &str, at: Timestamp, compression: Compression) -> ZipEntryBuilder {
    ZipEntryBuilder::new(path.to_owned().into(), compression).last_modification_date(date(at))
}

/// Contents that are compressed already are stored as they are.
fn compression(node: &Node) -> Compression {
    const DENSE: [&str; 7] = ["zip", "gzip", "compressed", "7z", "bzip2", "officedocument", "opendocument"];
    let media_type = node.blob().and_then(|blob| blob.content.media_type.as_deref()).unwrap_or_default();
    let is_picture =
        media_type.starts_with("image/") && !media_type.contains("svg") && !media_type.contains("bmp");
    let is_media = is_picture || media_type.starts_with("video/") || media_type.starts_with("audio/");
    match is_media || DENSE.iter().any(|word| media_type.contains(word)) {
        true => Compression::Stored,
        false => Compression::Deflate,
    }
}

/// In UTC and to two seconds, from 1980 to 2107: more an archive cannot say.
fn date(at: Timestamp) -> ZipDateTime {
    let text = at.moment();
    let number = |from: usize, to: usize| text.get(from..to).and_then(|digits| digits.parse::<u32>().ok());
    let builder = ZipDateTimeBuilder::new();
    match (number(0, 4), number(5, 7), number(8, 10), number(11, 13), number(14, 16), number(17, 19)) {
        (Some(year @ 1980..=2107), Some(month), Some(day), Some(hour), Some(minute), Some(second)) => {
            let builder = builder.year(year.cast_signed()).month(month).day(day);
            builder.hour(hour).minute(minute).second(second)
        }
        _ => builder.year(1980).month(1).day(1),
    }
    .build()
}

/// A name that is one name wherever the archive is unpacked. No two become the same.
pub(super) fn safe_name(name: &str) -> Cow<'_, str> {
    let is_moved = |letter: char| ('\u{f000}'..='\u{f0ff}').contains(&letter);
    match name.contains(|letter: char| letter == '\\' || letter.is_control() || is_moved(letter)) {
        true => windows_name::shown(name),
        false => Cow::Borrowed(name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_leads_nowhere_else() {
        assert_eq!(safe_name("a:b .txt"), "a:b .txt");
        for name in ["..\\..\\evil", "a\nb", "C:\\x"] {
            assert!(!safe_name(name).contains(['\\', '\n']), "{name}");
        }
        assert_ne!(safe_name("a\\b"), safe_name("a\u{f05c}b"));
    }

    #[test]
    fn a_date_that_an_archive_cannot_say_is_the_first_it_can() {
        let first = ZipDateTimeBuilder::new().year(1980).month(1).day(1).build();
        for at in [0, -1, i64::MIN, i64::MAX, 5_000_000_000_000_000] {
            assert_eq!(date(Timestamp::from_millis(at)), first, "{at}");
        }
        // 2026-11-22T03:04:06Z
        let at = date(Timestamp::from_millis(1_795_316_646_000));
        let same = ZipDateTimeBuilder::new().year(2026).month(11).day(22).hour(3).minute(4).second(6).build();
        assert_eq!(at, same);
    }
}
