//! What was removed.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Time;
use crate::file::{Entry, OnConflict};

/// An entry of the trash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TrashEntry {
    /// What was removed.
    #[serde(flatten)]
    pub entry: Entry,
    /// When.
    pub removed_at: Time,
    /// Where it was, as its folder is called today.
    #[schema(example = "/Reports/q3.pdf")]
    pub origin: String,
}

/// Where something goes that is restored.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Restore {
    /// The name; its own, if left out.
    #[schema(
        example = "q3 again.pdf",
        max_length = 255,
        pattern = r"^(\.?\.?[^./\u0000][^/\u0000]*|\.\.\.[^/\u0000]*)$"
    )]
    pub name: Option<String>,
    /// The folder: its identity, or `home`; the one it was in, if left out.
    #[schema(
        example = "home",
        pattern = r"^(home|[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12})$"
    )]
    pub folder: Option<String>,
    /// What to do where something has the name already.
    #[serde(default)]
    pub on_conflict: OnConflict,
}

/// That a trash was emptied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Emptied {
    /// How many entries it had.
    #[schema(example = 12)]
    pub purged: u64,
}
