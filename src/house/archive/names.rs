//! `names.jsonl`: the names of a snapshot in a form that needs neither Larder nor a database, one JSON object a line.

use std::fmt;
use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use chrono::{DateTime, SecondsFormat};
use domain::{BlobId, Error, Result, Timestamp};
use metadata::snapshots::{self, Entry, EntryKind};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{NAMES, fault};

/// One line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// `folder`, `file`, or `version`: an earlier content of a file.
    pub is: Is,
    /// Whose.
    #[serde(flatten)]
    pub owner: Owner,
    /// Names with slashes between them, from the top of the drive or project on.
    pub path: String,
    /// The bytes lie at `blobs/files/<this>/content`; an empty file has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub blob: Option<Uuid>,
    /// How many they are; not said of a folder.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// What they add up to, in hexadecimal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// When it was changed, as RFC 3339 writes it.
    pub modified: String,
    /// Since when it is in the trash, if it is; the path is then the one it had.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub removed: Option<String>,
}

/// Whose tree of files something is in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Owner {
    /// A user, by name.
    User { user: String },
    /// A project, by name; others may have the same.
    Project { project: String, project_id: Uuid },
}

impl fmt::Display for Owner {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User { user: name } | Self::Project { project: name, .. } => out.write_str(name),
        }
    }
}

impl From<snapshots::Owner> for Owner {
    fn from(owner: snapshots::Owner) -> Self {
        match owner {
            snapshots::Owner::User(user) => Self::User { user },
            snapshots::Owner::Project(id, name) => {
                Self::Project { project: name.to_string(), project_id: id.0 }
            }
        }
    }
}

/// What a line is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Is {
    /// A folder.
    Folder,
    /// A file with its present content.
    File,
    /// An earlier content of a file.
    Version,
}

impl Line {
    fn of(entry: Entry) -> Self {
        let is = match entry.kind {
            EntryKind::Folder => Is::Folder,
            EntryKind::File => Is::File,
            EntryKind::Version => Is::Version,
        };
        let content = entry.content.as_ref();
        let size = content.map_or(0, |content| content.size_bytes);
        Self {
            is,
            owner: entry.owner.into(),
            path: entry.path,
            blob: content.map(|content| content.id.0),
            size: (is != Is::Folder).then_some(size),
            sha256: content.map(|content| content.sha256.hex()),
            modified: rfc3339(entry.modified_at),
            removed: entry.removed_at.map(rfc3339),
        }
    }

    /// Under which key its bytes lie.
    pub fn content(&self) -> Option<BlobId> {
        self.blob.map(BlobId)
    }

    /// When it was changed.
    pub fn modified_at(&self) -> Option<Timestamp> {
        let moment = DateTime::parse_from_rfc3339(&self.modified).ok()?;
        Some(Timestamp::from_millis(moment.timestamp_millis()))
    }
}

/// A moment with its milliseconds.
pub fn rfc3339(moment: Timestamp) -> String {
    DateTime::from_timestamp_millis(moment.millis())
        .map_or_else(String::new, |moment| moment.to_rfc3339_opts(SecondsFormat::Millis, true))
}

/// The file while it is written.
pub struct NamesWriter<'a> {
    snapshot: &'a Path,
    out: BufWriter<File>,
    /// Files that are not in the trash.
    pub files: u64,
}

impl<'a> NamesWriter<'a> {
    /// Begins the file in the folder of a snapshot.
    ///
    /// # Errors
    /// [`Unavailable`](Error::Unavailable) when it cannot be made.
    pub fn begin(snapshot: &'a Path) -> Result<Self> {
        let file = File::options().write(true).create_new(true).mode(0o600).open(snapshot.join(NAMES));
        Ok(Self { snapshot, out: BufWriter::new(file.map_err(fault(snapshot))?), files: 0 })
    }

    /// Adds a line.
    ///
    /// # Errors
    /// [`Unavailable`](Error::Unavailable) when it cannot be written.
    pub fn add(&mut self, entry: Entry) -> Result<()> {
        self.files += u64::from(entry.kind == EntryKind::File && entry.removed_at.is_none());
        let line = serde_json::to_string(&Line::of(entry)).map_err(Error::internal)?;
        writeln!(self.out, "{line}").map_err(fault(self.snapshot))
    }

    /// Syncs the file, and says how many files there are in it that are not in the trash.
    ///
    /// # Errors
    /// [`Unavailable`](Error::Unavailable) when that does not work.
    pub fn finish(self) -> Result<u64> {
        let Self { snapshot, out, files } = self;
        let file = out.into_inner().map_err(|error| fault(snapshot)(error.into_error()))?;
        file.sync_all().map_err(fault(snapshot))?;
        Ok(files)
    }
}

/// The lines of a snapshot.
///
/// # Errors
/// [`Unavailable`](Error::Unavailable) when the file, or a line of it, cannot be read.
pub fn lines(snapshot: &Path) -> Result<impl Iterator<Item = Result<Line>>> {
    let file = snapshot.join(NAMES);
    let lines = BufReader::new(File::open(&file).map_err(fault(&file))?).lines();
    Ok(lines.map(move |line| {
        let line = line.map_err(fault(&file))?;
        serde_json::from_str(&line).map_err(|error| {
            Error::unavailable(format!("{} holds a line that cannot be read.", file.display()), error)
        })
    }))
}
