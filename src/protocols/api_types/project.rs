//! Projects and who is in them.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::{Change, Time, sent_bytes};

/// What a member is in a project.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ProjectRole {
    /// Changes the project and its members.
    Admin,
    /// Writes files and tasks. `editor` is read as `staff`.
    #[serde(alias = "editor")]
    Staff,
    /// Reads everything.
    Viewer,
}

impl From<domain::ProjectRole> for ProjectRole {
    fn from(role: domain::ProjectRole) -> Self {
        match role {
            domain::ProjectRole::Admin => Self::Admin,
            domain::ProjectRole::Staff => Self::Staff,
            domain::ProjectRole::Viewer => Self::Viewer,
        }
    }
}

impl From<ProjectRole> for domain::ProjectRole {
    fn from(role: ProjectRole) -> Self {
        match role {
            ProjectRole::Admin => Self::Admin,
            ProjectRole::Staff => Self::Staff,
            ProjectRole::Viewer => Self::Viewer,
        }
    }
}

/// A project, as you see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Project {
    /// Its identity.
    pub id: Uuid,
    /// The organization it belongs to; null for a personal one.
    #[schema(required = true)]
    pub organization_id: Option<Uuid>,
    /// What it is called.
    #[schema(example = "Alps 2027")]
    pub name: String,
    /// What it is about.
    #[schema(example = "Where we go, and who comes.")]
    pub description: String,
    /// Who made it; they may be gone.
    pub creator_id: Uuid,
    /// Whether others than its admins see it.
    pub active: bool,
    /// When it was made.
    pub created_at: Time,
    /// When it, or who is in it, last changed.
    pub changed_at: Time,
    /// Since when it is removed and can be restored; null while it is there.
    #[schema(required = true)]
    pub removed_at: Option<Time>,
    /// As what you act in it. Admins and owners of its organization and admins of the server act as `admin` without being
    /// a member.
    pub role: ProjectRole,
    /// What it is called in your drive, in `/Projects/`; null where you are no member.
    #[schema(required = true, example = "Alps 2027 (2)")]
    pub folder: Option<String>,
    /// Whether it is called otherwise there because you have another project of its name.
    pub has_name_clash: bool,
    /// The folder all its files lie in.
    pub root_folder_id: Uuid,
    /// How many members it has.
    pub members: u64,
    /// What its files take, in bytes. This is no part of the ETag.
    #[schema(example = 1_048_576)]
    pub used_bytes: u64,
    /// What they may take, in bytes; null for no limit.
    #[schema(required = true, example = 10_737_418_240_u64)]
    pub quota_bytes: Option<u64>,
}

impl From<domain::Project> for Project {
    fn from(project: domain::Project) -> Self {
        let plain = project.name.folder([]);
        Self {
            id: project.id.0,
            organization_id: project.organization.map(|organization| organization.0),
            description: project.description,
            creator_id: project.creator.0,
            active: project.active,
            created_at: project.created_at.into(),
            changed_at: project.changed_at.into(),
            removed_at: project.removed_at.map(Time::from),
            // Whoever sees a project has a role in it.
            role: project.standing.role().unwrap_or(domain::ProjectRole::Viewer).into(),
            has_name_clash: project.folder.as_ref().is_some_and(|folder| *folder != plain),
            folder: project.folder.map(|folder| folder.to_string()),
            root_folder_id: project.root_uuid,
            members: project.members,
            used_bytes: project.quota.used_bytes,
            quota_bytes: project.quota.limit_bytes,
            name: project.name.to_string(),
        }
    }
}

/// What a project is to be.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewProject {
    /// What it is to be called.
    #[schema(
        example = "Alps 2027",
        max_length = 120,
        pattern = r"^[^\s\u0000-\u001f\u007f-\u009f][^\u0000-\u001f\u007f-\u009f]*$"
    )]
    pub name: String,
    /// What it is about.
    #[serde(default)]
    #[schema(example = "Where we go, and who comes.", max_length = 10_000, pattern = r"^[^\u0000]*$")]
    pub description: String,
    /// The organization it is to belong to; none for a personal one.
    #[serde(default)]
    pub organization_id: Option<Uuid>,
}

/// What of a project is to be different.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProjectPatch {
    /// What it is to be called, in the drives of its members as well.
    #[serde(default)]
    #[schema(
        example = "Alps 2028",
        max_length = 120,
        pattern = r"^[^\s\u0000-\u001f\u007f-\u009f][^\u0000-\u001f\u007f-\u009f]*$"
    )]
    pub name: Option<String>,
    /// What it is about.
    #[serde(default)]
    #[schema(example = "Where we go, and who comes.", max_length = 10_000, pattern = r"^[^\u0000]*$")]
    pub description: Option<String>,
    /// Whether others than its admins are to see it.
    #[serde(default)]
    pub active: Option<bool>,
    /// What its files may take, in bytes; null for no limit. For owners and admins of its organization, and of a personal
    /// project for admins of the server.
    #[serde(default, deserialize_with = "sent_bytes", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<u64>, maximum = 9_223_372_036_854_775_807_i64)]
    pub quota_bytes: Change<u64>,
}

/// How a project is to be purged.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PurgeProject {
    /// Whether the raw objects in the file store go as well, as those of any purged file do. If not, they stay for as many
    /// days as the server's setting `projects.objects_kept_days` says.
    #[serde(default)]
    pub raw_objects: bool,
}

/// Somebody who is in a project.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ProjectMember {
    /// Who.
    pub user_id: Uuid,
    /// What they log in with.
    #[schema(example = "bob")]
    pub user_name: String,
    /// What they are called.
    #[schema(example = "Bob Baker")]
    pub display_name: String,
    /// What they are there.
    pub role: ProjectRole,
    /// Since when they are in it.
    pub since: Time,
}

impl From<domain::ProjectMember> for ProjectMember {
    fn from(member: domain::ProjectMember) -> Self {
        Self {
            user_id: member.user.0,
            user_name: member.name.as_str().to_owned(),
            display_name: member.display_name,
            role: member.role.into(),
            since: member.since.into(),
        }
    }
}

/// What somebody is to be in a project.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProjectMembership {
    /// Their role.
    pub role: ProjectRole,
}

/// Of which projects a list is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ProjectScope {
    /// Of those you are a member of.
    #[default]
    Mine,
    /// Of all you may see.
    All,
}

/// How projects stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ProjectState {
    /// They are active.
    Active,
    /// They are inactive, and not removed.
    Inactive,
    /// They are removed.
    Removed,
}

/// In which order projects are listed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, ToSchema)]
pub enum ProjectOrder {
    /// By name.
    #[default]
    #[serde(rename = "name")]
    Name,
    /// By name, backwards.
    #[serde(rename = "-name")]
    NameDown,
    /// The oldest first.
    #[serde(rename = "created")]
    Created,
    /// The newest first.
    #[serde(rename = "-created")]
    CreatedDown,
    /// The longest unchanged first.
    #[serde(rename = "changed")]
    Changed,
    /// The latest changed first.
    #[serde(rename = "-changed")]
    ChangedDown,
}

/// Which projects are asked for.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ProjectParams {
    /// Whether those you are a member of, or all you may see; with `organization` it is the latter.
    #[param(inline)]
    pub scope: Option<ProjectScope>,
    /// Those of this organization.
    pub organization: Option<Uuid>,
    /// Those that stand so; without it all that are not removed.
    #[param(inline)]
    pub state: Option<ProjectState>,
    /// Those with this text in name or description.
    #[param(max_length = 200, pattern = r"^[^\u0000]*$")]
    pub q: Option<String>,
    /// In which order.
    #[param(inline)]
    pub order: Option<ProjectOrder>,
}

/// In which order members are listed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, ToSchema)]
pub enum ProjectMemberOrder {
    /// By user name.
    #[default]
    #[serde(rename = "name")]
    Name,
    /// By user name, backwards.
    #[serde(rename = "-name")]
    NameDown,
    /// The longest there first.
    #[serde(rename = "since")]
    Since,
    /// The latest come first.
    #[serde(rename = "-since")]
    SinceDown,
}

/// Which members are asked for.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ProjectMemberParams {
    /// Those who are this.
    #[param(inline)]
    pub role: Option<ProjectRole>,
    /// Those with this text in one of their names.
    #[param(max_length = 200, pattern = r"^[^\u0000]*$")]
    pub q: Option<String>,
    /// In which order.
    #[param(inline)]
    pub order: Option<ProjectMemberOrder>,
}
