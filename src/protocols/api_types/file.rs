//! Files and folders.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::Time;

/// What an entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum EntryKind {
    /// A file.
    File,
    /// A folder.
    Folder,
}

/// A file or folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Entry {
    /// Its identity, which stays the same wherever it is moved.
    pub id: Uuid,
    /// What it is.
    pub kind: EntryKind,
    /// Its name; empty for the top folder of a drive or project.
    #[schema(example = "photo.jpg")]
    pub name: String,
    /// The folder it lies in, or lay in when it was removed; null for the top folder of a drive or project.
    #[schema(required = true)]
    pub folder: Option<Uuid>,
    /// The project it belongs to; null for the caller's own.
    #[schema(required = true)]
    pub project: Option<Uuid>,
    /// The length of a file; null for a folder.
    #[schema(required = true)]
    pub size_bytes: Option<u64>,
    /// What the bytes or else the name of a file show it to be; null for a folder.
    #[schema(required = true, example = "image/jpeg")]
    pub media_type: Option<String>,
    /// The digest of a file's content in hexadecimal; null for a folder.
    #[schema(
        required = true,
        example = "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae",
        pattern = "^[0-9a-f]{64}$"
    )]
    pub sha256: Option<String>,
    /// The ETag of a file's content, for `If-Match` with new content; null for a folder.
    #[schema(required = true, example = "\"12-2c26b46b\"")]
    pub content_etag: Option<String>,
    /// When it was made.
    pub created_at: Time,
    /// When its content last changed.
    pub modified_at: Time,
}

/// What to do where something has the name already.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnConflict {
    /// The new one gets a free name: `photo (1).jpg`.
    #[default]
    Rename,
    /// The new one takes its place: what was there is kept as an earlier version or in the trash.
    Replace,
    /// Nothing happens, and the answer is 409 with the code `name_taken`.
    Fail,
}

impl From<OnConflict> for domain::OnConflict {
    fn from(sent: OnConflict) -> Self {
        match sent {
            OnConflict::Rename => Self::Rename,
            OnConflict::Replace => Self::Replace,
            OnConflict::Fail => Self::Fail,
        }
    }
}

/// Where an uploaded file goes.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct UploadParams {
    /// The folder: its identity, or `home` for the top of the caller's own drive.
    #[param(
        default = "home",
        pattern = r"^(home|[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12})$"
    )]
    pub folder: Option<String>,
    /// The name, unless the body is a form whose files bring theirs.
    #[param(max_length = 255, pattern = r"^(\.?\.?[^./\u0000][^/\u0000]*|\.\.\.[^/\u0000]*)$")]
    pub name: Option<String>,
    /// What to do where something has the name already.
    #[param(inline)]
    pub on_conflict: Option<OnConflict>,
    /// The moment the content is from, if not now.
    #[param(value_type = Option<String>, format = DateTime)]
    pub modified_at: Option<Time>,
}

/// How a file is downloaded.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct DownloadParams {
    /// Whether to be sent to the file store for a large file, where there is one to be sent to. Without it a browser that
    /// opens the address is sent there, and nobody else.
    pub redirect: Option<bool>,
}

/// What changes about a file or folder; what is left out stays.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeEntry {
    /// The new name.
    #[schema(
        example = "photo 2.jpg",
        max_length = 255,
        pattern = r"^(\.?\.?[^./\u0000][^/\u0000]*|\.\.\.[^/\u0000]*)$"
    )]
    pub name: Option<String>,
    /// The folder it is moved to: its identity, or `home`.
    #[schema(
        example = "home",
        pattern = r"^(home|[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12})$"
    )]
    pub folder: Option<String>,
    /// What to do where something has the name already.
    #[serde(default)]
    pub on_conflict: OnConflict,
}

/// How something is removed.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct RemoveParams {
    /// Whether it is purged for good and does not go into the trash.
    #[param(default = false)]
    pub permanent: Option<bool>,
}

/// The bytes of a file.
#[derive(Debug, ToSchema)]
#[schema(value_type = String, format = Binary)]
pub struct Bytes(pub Vec<u8>);

/// Files that are uploaded in a form.
#[derive(Debug, ToSchema)]
pub struct UploadForm {
    /// The files, each with its name. What the fields of the form are called does not matter.
    #[schema(value_type = Vec<Bytes>, min_items = 1, max_items = 1000)]
    pub file: Vec<Bytes>,
}

/// What became of one file of a form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UploadOutcome {
    /// The name it came with.
    #[schema(example = "photo.jpg")]
    pub name: String,
    /// The HTTP status it would have had alone.
    #[schema(example = 201)]
    pub status: u16,
    /// The file, if it was stored.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub file: Option<Entry>,
    /// Why it was not stored.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub code: Option<String>,
    /// The same in a sentence.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub detail: Option<String>,
}

/// What became of the files of a form, in their order: each is stored, or not, by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UploadOutcomes {
    /// One for each file.
    pub outcomes: Vec<UploadOutcome>,
}

/// What somebody may store and stores.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct QuotaUse {
    /// What is stored: files, their earlier versions, and what is in the trash.
    pub used_bytes: u64,
    /// What uploads under way have set aside beside that.
    pub reserved_bytes: u64,
    /// The limit; null where there is none.
    #[schema(required = true)]
    pub limit_bytes: Option<u64>,
    /// What may still be added; null where there is no limit.
    #[schema(required = true)]
    pub available_bytes: Option<u64>,
}
