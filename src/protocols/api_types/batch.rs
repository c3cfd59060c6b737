//! The same done to many files and folders.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::file::OnConflict;

/// What is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Operation {
    /// Into the folder that is given.
    Move,
    /// Into the folder that is given, or beside the original.
    Copy,
    /// Into the trash.
    Remove,
    /// Out of the trash, into the folder that is given or the one it was in.
    Restore,
    /// For good, out of the trash or not.
    Purge,
}

/// What is to be done to many files and folders.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Batch {
    /// What.
    pub operation: Operation,
    /// To which, at most 1,000.
    #[schema(min_items = 1, max_items = 1000)]
    pub ids: Vec<Uuid>,
    /// The folder they go to: its identity, or `home`.
    #[schema(
        example = "home",
        pattern = r"^(home|[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12})$"
    )]
    pub folder: Option<String>,
    /// What to do where something has a name already.
    #[serde(default)]
    pub on_conflict: OnConflict,
}

/// What became of one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Outcome {
    /// Which.
    pub id: Uuid,
    /// 200 when it was done and 201 when there is a copy; otherwise the HTTP status it would have been refused with alone.
    #[schema(example = 200)]
    pub status: u16,
    /// The copy, if it was copied.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub copy: Option<Uuid>,
    /// Why nothing was done.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub code: Option<String>,
    /// The same in a sentence.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub detail: Option<String>,
}

/// What became of all, in the order they were asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Outcomes {
    /// One for each.
    pub outcomes: Vec<Outcome>,
}
