//! Projects: a team's workspace, with a tree of files of its own.

use std::str::FromStr;

use uuid::Uuid;

use crate::{Error, NodeName, Result, Tree};

/// The identity of a project.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ProjectId(pub Uuid);

/// A project in the drive of one of its members.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MountedProject {
    /// The project.
    pub project: ProjectId,
    /// What it is called there.
    pub folder: NodeName,
    /// Its files.
    pub tree: Tree,
    /// What the member is in it.
    pub role: ProjectRole,
}

/// What a member is in a project, from the least to the most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ProjectRole {
    /// Reads everything.
    Viewer,
    /// Writes files and tasks as well.
    Staff,
    /// Changes the project and its members as well.
    Admin,
}

impl ProjectRole {
    /// As rows and the API write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Staff => "staff",
            Self::Admin => "admin",
        }
    }
}

impl FromStr for ProjectRole {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text {
            "viewer" => Ok(Self::Viewer),
            // `editor` is another name of it.
            "staff" | "editor" => Ok(Self::Staff),
            "admin" => Ok(Self::Admin),
            _ => Err(Error::Invalid("A role in a project is `admin`, `staff` or `viewer`.".into())),
        }
    }
}
