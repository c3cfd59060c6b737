//! Earlier contents of a file.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Time;

/// A content that a file has or had.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FileVersion {
    /// Its number, which is unique for the file.
    pub id: i64,
    /// When it came.
    pub created_at: Time,
    /// When the next one came; null for the current one.
    #[schema(required = true)]
    pub replaced_at: Option<Time>,
    /// Its length.
    pub size_bytes: u64,
    /// Its digest in hexadecimal.
    #[schema(
        example = "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae",
        pattern = "^[0-9a-f]{64}$"
    )]
    pub sha256: String,
    /// The name of who wrote it.
    #[schema(example = "ann")]
    pub by: String,
}
