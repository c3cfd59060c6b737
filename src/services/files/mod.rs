//! What may be done with files and folders.

mod by_identity;
mod carry;
mod changes;
mod copy;
mod create_folder;
mod download;
mod expire_locks;
mod intake;
mod listing;
mod lock;
mod look;
mod media_type;
mod original_paths;
mod promotion;
mod properties;
mod redirect;
mod relocate;
mod remove;
mod spelling;
mod unfinished;
mod upload;
mod verification;

pub use crate::steps::{Found, ORIGINAL_PATHS};
pub use by_identity::{Destination, at, copy_to, find, home, relocate_to, restore};
pub use changes::{Changes, ChangesRequest};
pub use copy::copy;
pub use create_folder::create_folder;
pub use download::Download;
pub use expire_locks::expire_locks;
pub use listing::{ListRequest, Listed, Scope, children, search_by_name};
pub use lock::{LockRequest, Locked, lock, refresh_lock, unlock};
pub use look::{Look, locks_within, look, member_locks, members, properties};
pub use media_type::media_type;
pub use metadata::changes::Change;
pub use metadata::members::Member;
pub(crate) use original_paths::Walks;
pub use original_paths::refresh_original_paths;
pub use properties::set_properties;
pub use redirect::redirect;
pub use relocate::relocate;
pub use remove::remove;
pub use spelling::{from_ascii_names, in_any_case};
pub use unfinished::discard_unfinished;
pub use upload::{Upload, UploadRequest, Uploaded, upload};

/// Where something goes, and what becomes of what is there.
#[derive(Debug, Clone)]
pub struct Target {
    /// The path.
    pub path: domain::NodePath,
    /// What to do where its name is taken. What is replaced becomes what [`remove`] makes of it.
    pub on_conflict: domain::OnConflict,
    /// The folder that the path must lead into, for whoever means one and not a path.
    pub folder: Option<uuid::Uuid>,
}

impl Target {
    /// A path, whatever folder that leads into.
    pub fn new(path: domain::NodePath, on_conflict: domain::OnConflict) -> Self {
        Self { path, on_conflict, folder: None }
    }
}

/// Whether something new came to be, or took the place of something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Placed {
    /// The name was free.
    Created,
    /// What had the name lies in the trash now; a system file or a placeholder is gone.
    Replaced,
}
