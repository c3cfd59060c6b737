//! Folders, and lists of what is in them.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::ListParams;
use crate::file::{EntryKind, OnConflict};

/// A folder to be made.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewFolder {
    /// The folder it goes into: its identity, or `home` for the top of the caller's own drive.
    #[schema(
        example = "home",
        pattern = r"^(home|[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12})$"
    )]
    pub parent: String,
    /// Its name.
    #[schema(
        example = "Reports",
        max_length = 255,
        pattern = r"^(\.?\.?[^./\u0000][^/\u0000]*|\.\.\.[^/\u0000]*)$"
    )]
    pub name: String,
    /// What to do where something has the name already.
    #[serde(default)]
    pub on_conflict: OnConflict,
}

/// Which files and folders are listed, and how.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct EntryParams {
    /// Only files, or only folders.
    #[param(inline)]
    pub kind: Option<EntryKind>,
    /// Where the page begins: the `next` of the page before.
    pub cursor: Option<String>,
    /// How many entries the page has at most.
    #[param(minimum = 1, maximum = 500, default = 100)]
    pub limit: Option<u32>,
    /// Whether to say how many entries there are in all.
    #[param(default = false)]
    pub total: Option<bool>,
}

impl EntryParams {
    /// Which page is asked for.
    pub fn page(&self) -> ListParams {
        ListParams { cursor: self.cursor.clone(), limit: self.limit, total: self.total }
    }
}

/// In which order what lies in folders is listed.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct EntryOrderParams {
    /// `name`, `modified` or `size`; with a `-` before it the other way round.
    #[param(default = "name", pattern = "^-?(name|modified|size)$")]
    pub order: Option<String>,
}

/// In which order what lies in the trash is listed.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct TrashOrderParams {
    /// `name`, `modified`, `size` or `removed`; with a `-` before it the other way round.
    #[param(default = "name", pattern = "^-?(name|modified|size|removed)$")]
    pub order: Option<String>,
}

/// What is looked for.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SearchParams {
    /// A part of the name, in upper or lower case.
    #[param(min_length = 1, max_length = 255, pattern = r"^[^/\u0000]*$", example = "photo")]
    pub q: String,
    /// Only below this folder.
    pub folder: Option<Uuid>,
    /// Only in this project; without a folder or project, in the caller's own drive.
    pub project: Option<Uuid>,
}

/// Whose trash is meant.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct TrashParams {
    /// The project; without one, the caller's own.
    pub project: Option<Uuid>,
}
