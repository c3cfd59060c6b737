//! What a snapshot says of itself.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use domain::{Error, Result};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{DATABASE, MANIFEST, NAMES, fault};

/// The layout this program writes.
const FORMAT: u32 = 1;

/// A snapshot in one page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The number of the layout.
    pub format: u32,
    /// The version of Larder that wrote it.
    pub larder: String,
    /// When the database was copied, as RFC 3339 writes it.
    pub time: String,
    /// People with an account.
    pub users: u64,
    /// Files that are not in the trash.
    pub files: u64,
    /// Contents, present and past.
    pub blobs: u64,
    /// What those add up to.
    pub bytes: u64,
    /// Contents that could not be saved, because they were missing or damaged.
    pub damaged: u64,
    /// The digests of the other files of the snapshot.
    pub sha256: BTreeMap<String, String>,
}

impl Manifest {
    /// A manifest of this program, with the digests of the files that lie beside it.
    ///
    /// # Errors
    /// [`Unavailable`](Error::Unavailable) when one of them cannot be read.
    pub fn new(snapshot: &Path, time: String) -> Result<Self> {
        let digests = [DATABASE, NAMES].map(|name| Ok((name.to_owned(), digest_of(&snapshot.join(name))?)));
        Ok(Self {
            format: FORMAT,
            larder: env!("CARGO_PKG_VERSION").to_owned(),
            time,
            users: 0,
            files: 0,
            blobs: 0,
            bytes: 0,
            damaged: 0,
            sha256: digests.into_iter().collect::<Result<_>>()?,
        })
    }

    /// Writes and syncs it.
    ///
    /// # Errors
    /// [`Unavailable`](Error::Unavailable) when that does not work.
    pub fn write(&self, snapshot: &Path) -> Result<()> {
        let text = serde_json::to_string_pretty(self).map_err(Error::internal)?;
        let written = File::options().write(true).create_new(true).mode(0o600).open(snapshot.join(MANIFEST));
        let written = written.and_then(|mut file| {
            file.write_all(text.as_bytes())?;
            file.sync_all()
        });
        written.map_err(fault(snapshot))
    }

    /// Reads the manifest of a snapshot.
    ///
    /// # Errors
    /// [`Unsupported`](Error::Unsupported) when a newer Larder wrote it, [`Unavailable`](Error::Unavailable) when it is
    /// missing or makes no sense.
    pub fn read(snapshot: &Path) -> Result<Self> {
        #[derive(Deserialize)]
        struct Format {
            format: u32,
            larder: String,
        }
        let file = snapshot.join(MANIFEST);
        let unreadable = |error: String| {
            Error::unavailable(
                format!("{} is no readable manifest; take another snapshot.", file.display()),
                error,
            )
        };
        let text = fs::read_to_string(&file).map_err(|error| unreadable(error.to_string()))?;
        let Format { format, larder } =
            serde_json::from_str(&text).map_err(|error| unreadable(error.to_string()))?;
        if format > FORMAT {
            let larder = larder.escape_debug();
            let text = format!(
                "Larder {larder} wrote this snapshot, in a form that this one does not know; restore it with that version, or a later one."
            );
            return Err(Error::Unsupported(text.into()));
        }
        serde_json::from_str(&text).map_err(|error| unreadable(error.to_string()))
    }

    /// Compares a file of the snapshot with what it was.
    ///
    /// # Errors
    /// [`Unavailable`](Error::Unavailable) when it is not the same any more.
    pub fn verify(&self, snapshot: &Path, name: &str) -> Result<()> {
        let file = snapshot.join(name);
        if self.sha256.get(name) == Some(&digest_of(&file)?) {
            return Ok(());
        }
        let text = format!("{} is damaged; take another snapshot with --snapshot.", file.display());
        Err(Error::Unavailable(text.into()))
    }
}

/// The SHA-256 of a file in hexadecimal.
///
/// # Errors
/// [`Unavailable`](Error::Unavailable) when it cannot be read.
pub fn digest_of(file: &Path) -> Result<String> {
    struct Sum(Sha256);
    impl Write for Sum {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.update(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut sum = Sum(Sha256::new());
    File::open(file).and_then(|mut file| io::copy(&mut file, &mut sum)).map_err(fault(file))?;
    Ok(hex::encode(sum.0.finalize()))
}
